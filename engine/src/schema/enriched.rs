//! The JSON Schema of enriched events: what the schema of the events says, moved on through a rule.

use std::collections::BTreeSet;

use enrich_dsl::functions::Type;
use enrich_dsl::model::{Copied, Literal, Lookup, Rule, Step, StepKind};
use enrich_dsl::types::{Shape, Types};
use serde_json::{Map, Value, json};

/// The drafts' name of the newest one, which schemas without a name are read as.
const NEWEST: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema of the enriched events of a rule. `shape` is what is known of them, `arrived` the schema
/// of the events that come in.
///
/// Fields that the rule leaves alone keep their schema word for word, with its formats and bounds.
pub(crate) fn enriched(rule: &Rule, shape: &Shape, arrived: Option<&Value>) -> Value {
    let draft = arrived.and_then(|schema| schema.get("$schema")).and_then(Value::as_str).unwrap_or(NEWEST);
    let render = Render { never: if draft.contains("draft-04") { json!({"not": {}}) } else { json!(false) } };
    let mut schema = render.object(shape);
    if let Some(arrived) = arrived {
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        let verbatim = Verbatim { touched: touched(rule), arrived };
        let referring = properties.is_some_and(|properties| verbatim.keep(properties));
        for name in ["$defs", "definitions"].into_iter().filter(|_| referring) {
            if let Some(definitions) = arrived.get(name) {
                schema.insert(name.to_owned(), definitions.clone());
            }
        }
    }
    let mut named = Map::new();
    named.insert("$schema".to_owned(), draft.into());
    named.insert("title".to_owned(), rule.name.as_str().into());
    named.extend(schema);
    Value::Object(named)
}

/// The original schemas of members that a rule leaves alone.
struct Verbatim<'s> {
    touched: BTreeSet<&'s str>,
    arrived: &'s Value,
}

impl Verbatim<'_> {
    /// Puts them in, where they mean the same in their new place. Whether one refers to definitions.
    fn keep(&self, properties: &mut Map<String, Value>) -> bool {
        let mut referring = false;
        let Some(original) = self.arrived.get("properties").and_then(Value::as_object) else { return false };
        // Beside a reference or in a part of its own, a schema says more of its members than stands here;
        // the shape has that, and the words would lose it.
        let alone = ["$ref", "allOf", "anyOf", "oneOf"].iter().all(|name| self.arrived.get(name).is_none());
        let definitions = ["$defs", "definitions"].iter().filter_map(|name| self.arrived.get(name));
        let movable = definitions.map(references).try_fold((), |(), found| found.map(|_| ())).is_some();
        for (name, schema) in properties.iter_mut() {
            let Some(word) = original.get(name).filter(|_| alone && !self.touched.contains(name.as_str()))
            else {
                continue;
            };
            match references(word) {
                Some(false) => *schema = word.clone(),
                Some(true) if movable => {
                    *schema = word.clone();
                    referring = true;
                }
                _ => {}
            }
        }
        referring
    }
}

/// Whether a schema refers to definitions; `None` where it refers to anything else, or has a name that
/// references inside it are relative to.
fn references(schema: &Value) -> Option<bool> {
    match schema {
        Value::Object(members) => {
            let named = ["$id", "id", "$anchor", "$dynamicRef", "$recursiveRef"];
            if named.iter().any(|name| members.get(*name).is_some_and(Value::is_string)) {
                return None;
            }
            let own = match members.get("$ref") {
                None => false,
                Some(target) => {
                    let target = target.as_str()?;
                    if !target.starts_with("#/$defs/") && !target.starts_with("#/definitions/") {
                        return None;
                    }
                    true
                }
            };
            members.values().try_fold(own, |found, member| Some(references(member)? || found))
        }
        Value::Array(items) => items.iter().try_fold(false, |found, item| Some(references(item)? || found)),
        _ => Some(false),
    }
}

/// The top-level fields that a rule may write.
fn touched(rule: &Rule) -> BTreeSet<&str> {
    fn steps<'r>(steps: &'r [Step], found: &mut BTreeSet<&'r str>) {
        found.extend(steps.iter().filter_map(|step| match &step.kind {
            StepKind::Set { target, .. } | StepKind::Remove(target) => target.0.first().map(String::as_str),
            _ => None,
        }));
    }
    fn lookup<'r>(lookup: &'r Lookup, found: &mut BTreeSet<&'r str>) {
        for copy in &lookup.copies {
            match &copy.what {
                Copied::Named(names) => {
                    found.extend(names.iter().filter_map(|(_, path)| path.0.first()).map(String::as_str));
                }
                Copied::All { into, .. } => found.extend(into.0.first().map(String::as_str)),
                _ => {}
            }
        }
        lookup.blocks().for_each(|block| steps(block, found));
    }
    let mut found = BTreeSet::new();
    steps(&rule.steps, &mut found);
    rule.lookups.iter().for_each(|one| lookup(one, &mut found));
    found.extend(rule.loops.iter().filter_map(|each| each.array.0.first()).map(String::as_str));
    found
}

struct Render {
    /// The schema that nothing fits.
    never: Value,
}

impl Render {
    fn schema(&self, shape: &Shape) -> Value {
        if shape.types.is_empty() { self.never.clone() } else { Value::Object(self.object(shape)) }
    }

    fn object(&self, shape: &Shape) -> Map<String, Value> {
        let mut schema = Map::new();
        let mut put = |name: &str, value: Value| drop(schema.insert(name.to_owned(), value));
        match shape.types.only() {
            Some(ty) => put("type", ty.as_str().into()),
            None if shape.types == Types::ANY => {}
            None => put("type", shape.types.iter().map(Type::as_str).collect()),
        }
        let values: Option<Vec<Value>> =
            shape.values.as_ref().and_then(|values| values.iter().map(value).collect());
        values.into_iter().filter(|values| !values.is_empty()).for_each(|values| put("enum", values.into()));
        if shape.types.has(Type::Object) {
            if !shape.members.is_empty() {
                let members = shape.members.iter();
                put(
                    "properties",
                    members
                        .map(|(name, member)| (name.to_string(), self.schema(member)))
                        .collect::<Map<_, _>>()
                        .into(),
                );
            }
            let required: Vec<&str> = (shape.members.iter())
                .filter(|(_, member)| !member.optional && !member.types.is_empty())
                .map(|(name, _)| &**name)
                .collect();
            if !required.is_empty() {
                put("required", required.into());
            }
            if !shape.open {
                put("additionalProperties", false.into());
            }
        }
        if let Some(items) = shape.items.as_ref().filter(|_| shape.types.has(Type::Array)) {
            put("items", self.schema(items));
        }
        schema
    }
}

/// A value of an enumeration. Numbers with a fraction are left out: readers may round them.
fn value(literal: &Literal) -> Option<Value> {
    match literal {
        Literal::Null => Some(Value::Null),
        Literal::Boolean(value) => Some((*value).into()),
        Literal::Number(text) => text.parse::<i64>().ok().map(Value::from),
        Literal::String(text) => Some(text.as_str().into()),
        _ => None,
    }
}
