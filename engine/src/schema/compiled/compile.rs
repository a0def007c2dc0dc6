//! From a schema to its checks.

use std::collections::HashMap;
use std::sync::Arc;

use jsonschema::Validator;
use serde_json::{Map, Value};

use super::formats;
use super::keywords::{Draft, GROUPS, Keywords, NAMING, has_name, has_pattern, is_note};
use super::number::{self, Integer, NumberCheck, Range};
use super::string::{Length, StringCheck};
use super::{ArrayCheck, Check, Compiled, Id, MAX_NAMES, Names, ObjectCheck, Step, kind_bit};
use crate::json::Kind;
use crate::schema::instance::Tape;
use crate::schema::validator;
use crate::words::Words;

/// More checks than a schema has that people write.
const MAX_CHECKS: usize = 10_000;

/// How deep checks of one and the same value may lie in one another.
const MAX_STEPS: usize = 32;

/// The schema's checks; `None` where it can't be taken apart.
pub(super) fn compile(schema: &Value) -> Option<Compiled> {
    let mut compiler = Compiler {
        document: schema,
        draft: Draft::of(schema)?,
        checks: Vec::new(),
        references: HashMap::new(),
        validators: HashMap::new(),
    };
    let root = compiler.reserve()?;
    compiler.references.insert("#", root);
    compiler.fill(root, schema)?;
    compiler.ends().then(|| Compiled { checks: compiler.checks.into_iter().map(Arc::new).collect(), root })
}

struct Compiler<'s> {
    document: &'s Value,
    draft: Draft,
    checks: Vec<Check>,
    /// The checks of what is referred to, made or in the making.
    references: HashMap<&'s str, Id>,
    /// By the schema's text.
    validators: HashMap<String, Arc<Validator<Tape>>>,
}

impl Check {
    /// The check that every value of these kinds passes.
    fn of_kinds(kinds: u8) -> Self {
        Self {
            kinds,
            boolean: None,
            string: if kinds & kind_bit(Kind::String) == 0 {
                StringCheck::of_none()
            } else {
                StringCheck::of_all()
            },
            number: None,
            array: None,
            object: None,
            steps: Vec::new(),
        }
    }

    /// Works out what depends on the rest of the check.
    fn settle(&mut self) {
        if self.kinds & kind_bit(Kind::String) == 0 {
            self.string = StringCheck::of_none();
        }
        if let Some(number) = &mut self.number {
            number.settle();
        }
    }

    fn number_mut(&mut self) -> &mut NumberCheck {
        self.number.get_or_insert_with(|| Box::new(NumberCheck::of_all()))
    }
}

/// All kinds.
const ANY: u8 = u8::MAX;

impl<'s> Compiler<'s> {
    fn reserve(&mut self) -> Option<Id> {
        self.checks.push(Check::of_kinds(0));
        Id::try_from(self.checks.len() - 1).ok().filter(|_| self.checks.len() <= MAX_CHECKS)
    }

    fn schema(&mut self, schema: &'s Value) -> Option<Id> {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str)
            && schema
                .as_object()?
                .keys()
                .all(|name| name == "$ref" || is_note(name) && !NAMING.contains(&name.as_str()))
        {
            return self.reference(reference);
        }
        let id = self.reserve()?;
        self.fill(id, schema)?;
        Some(id)
    }

    fn schemas(&mut self, schemas: &'s Value) -> Option<Vec<Id>> {
        schemas.as_array()?.iter().map(|schema| self.schema(schema)).collect()
    }

    /// As [`Self::schema`], with none where nothing is asked.
    fn part(&mut self, schema: &'s Value) -> Option<Option<Id>> {
        let all = schema.as_bool() == Some(true)
            || schema.as_object().is_some_and(|keywords| {
                keywords.keys().all(|name| is_note(name) && !NAMING.contains(&name.as_str()))
            });
        if all { Some(None) } else { self.schema(schema).map(Some) }
    }

    fn maybe(&mut self, schema: Option<&'s Value>) -> Option<Option<Id>> {
        schema.map_or(Some(None), |schema| self.part(schema))
    }

    fn fill(&mut self, id: Id, schema: &'s Value) -> Option<()> {
        let check = match schema {
            Value::Bool(all) => Check::of_kinds(if *all { ANY } else { 0 }),
            Value::Object(all) => {
                let root = std::ptr::eq(schema, self.document);
                let own: &[&str] = if root { &["$id", "id", "$schema", "$ref"] } else { &["$ref"] };
                if all.keys().any(|name| NAMING.contains(&name.as_str()) && !own.contains(&name.as_str())) {
                    return None;
                }
                self.keywords(Keywords { all, left: all.keys().map(String::as_str).collect() })?
            }
            _ => return None,
        };
        *self.checks.get_mut(id as usize)? = check;
        Some(())
    }

    fn keywords(&mut self, mut words: Keywords<'s>) -> Option<Check> {
        let mut check = Check::of_kinds(ANY);
        if let Some(reference) = words.get("$ref") {
            check.steps.push(Step::Also(self.reference(reference.as_str()?)?));
            if self.draft <= Draft::Seven {
                // Beside a reference, old drafts read nothing.
                return Some(check);
            }
        }
        words.left.retain(|name| *name != "$ref" && !is_note(name));
        if words.has("unevaluatedProperties") || words.has("unevaluatedItems") {
            // They depend on all others, a reference among them.
            if words.has("$ref") {
                return None;
            }
            let all = std::mem::take(&mut words.left);
            check.steps.push(self.library(words.all, &all)?);
            return Some(check);
        }
        let integer = types(&mut check, &mut words)?;
        enumeration(&mut check, &mut words, self.draft);
        if integer {
            let integer = if self.draft == Draft::Four { Integer::Written } else { Integer::Whole };
            check.number_mut().integer = Some(integer);
        }
        if let Some(range) = self.range(&mut words) {
            check.number_mut().range = range;
        }
        self.strings(&mut check, &mut words)?;
        check.settle();
        self.arrays(&mut check, &mut words)?;
        self.objects(&mut check, &mut words)?;
        self.joined(&mut check, &mut words)?;
        while let Some(&name) = words.left.first() {
            let one = [name];
            let group = GROUPS.into_iter().find(|group| group.contains(&name)).unwrap_or(&one);
            let group: Vec<&str> = group.iter().copied().filter(|name| words.left.contains(name)).collect();
            check.steps.push(self.library(words.all, &group)?);
            words.done(&group);
        }
        Some(check)
    }

    /// What is referred to: the whole schema, or one of its definitions. References to other places may lead
    /// through schemas with names of their own.
    fn reference(&mut self, reference: &'s str) -> Option<Id> {
        if let Some(id) = self.references.get(reference) {
            return Some(*id);
        }
        let (place, name) = reference.strip_prefix("#/")?.split_once('/')?;
        if !["$defs", "definitions"].contains(&place) || name.contains(['/', '~', '%']) {
            return None;
        }
        let target = self.document.get(place)?.get(name)?;
        let id = self.reserve()?;
        self.references.insert(reference, id);
        self.fill(id, target)?;
        Some(id)
    }

    /// The bounds of numbers. None where there are none, or the library has to judge them.
    fn range(&self, words: &mut Keywords<'s>) -> Option<Range> {
        let group = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];
        if !group.iter().any(|name| words.has(name)) {
            return None;
        }
        let bound = |name: &str, missing: f64| match words.get(name) {
            // Draft 4 has booleans for exclusive ones.
            Some(bound) => bound.as_number().and_then(number::limit),
            None => Some(missing),
        };
        let range = Range {
            min: bound("minimum", Range::ALL.min)?,
            max: bound("maximum", Range::ALL.max)?,
            above: bound("exclusiveMinimum", Range::ALL.above)?,
            below: bound("exclusiveMaximum", Range::ALL.below)?,
        };
        words.done(&group);
        Some(range)
    }

    fn strings(&mut self, check: &mut Check, words: &mut Keywords<'s>) -> Option<()> {
        if (words.has("minLength") || words.has("maxLength"))
            && let Some((min, max)) = words.sizes("minLength", "maxLength")
        {
            check.string.length = Length::new(min, max);
        }
        if let Some(certain) = words.get("format").and_then(Value::as_str).and_then(formats::certain) {
            check.string.format = Some((certain, self.validator(words.all, &["format"])?));
            words.done(&["format"]);
        }
        Some(())
    }

    fn arrays(&mut self, check: &mut Check, words: &mut Keywords<'s>) -> Option<()> {
        let mut array = ArrayCheck { min: 0, max: usize::MAX, prefix: Vec::new(), items: None };
        let before = words.left.len();
        if let Some(sizes) = words.sizes("minItems", "maxItems") {
            (array.min, array.max) = sizes;
        }
        // Tuples of the older drafts are the library's.
        let tuple = words.get("items").is_some_and(Value::is_array)
            || words.has("additionalItems")
            || (words.has("prefixItems") && self.draft != Draft::Of2020);
        if !tuple {
            for schema in words.get("prefixItems").and_then(Value::as_array).into_iter().flatten() {
                array.prefix.push(self.part(schema)?);
            }
            array.items = self.maybe(words.get("items"))?;
            words.done(&["prefixItems", "items"]);
        }
        if words.left.len() < before {
            check.array = Some(Box::new(array));
        }
        Some(())
    }

    fn objects(&mut self, check: &mut Check, words: &mut Keywords<'s>) -> Option<()> {
        let before = words.left.len();
        let (min, max) = words.sizes("minProperties", "maxProperties").unwrap_or((0, usize::MAX));
        let mut properties = Vec::new();
        let mut others = None;
        if !words.has("patternProperties") {
            others = self.maybe(words.get("additionalProperties"))?;
            for (name, schema) in words.get("properties").and_then(Value::as_object).into_iter().flatten() {
                properties.push((name.as_str(), self.part(schema)?));
            }
            words.done(&["properties", "additionalProperties"]);
        }
        let mut required = Names::default();
        // In draft 3 it was a boolean.
        if let Some(names) = words.get("required").and_then(Value::as_array) {
            for name in names {
                let name = name.as_str()?;
                let at = properties.iter().position(|(known, _)| *known == name).unwrap_or_else(|| {
                    properties.push((name, others));
                    properties.len() - 1
                });
                *required.get_mut(at / 64)? |= 1 << (at % 64);
            }
            words.done(&["required"]);
        }
        if words.left.len() < before {
            if properties.len() > MAX_NAMES {
                return None;
            }
            let names = Words::new(properties.iter().map(|(name, _)| *name))?;
            let members = properties.into_iter().map(|(_, id)| id).collect();
            check.object = Some(Box::new(ObjectCheck { min, max, names, members, required, others }));
        }
        Some(())
    }

    fn joined(&mut self, check: &mut Check, words: &mut Keywords<'s>) -> Option<()> {
        if let Some(all) = words.get("allOf") {
            check.steps.extend(self.schemas(all)?.into_iter().map(Step::Also));
        }
        if let Some(any) = words.get("anyOf") {
            check.steps.push(Step::Any(self.schemas(any)?));
        }
        if let Some(one) = words.get("oneOf") {
            check.steps.push(Step::One(self.schemas(one)?));
        }
        if let Some(not) = words.get("not") {
            check.steps.push(Step::Not(self.schema(not)?));
        }
        words.done(&["allOf", "anyOf", "oneOf", "not"]);
        if self.draft >= Draft::Seven
            && let Some(condition) = words.get("if")
        {
            let condition = self.schema(condition)?;
            let (then, otherwise) = (self.maybe(words.get("then"))?, self.maybe(words.get("else"))?);
            check.steps.push(Step::If { condition, then, otherwise });
            words.done(&["if", "then", "else"]);
        }
        Some(())
    }

    /// These keywords of a schema, judged by the library.
    fn library(&mut self, all: &'s Map<String, Value>, names: &[&str]) -> Option<Step> {
        let validator = self.validator(all, names)?;
        let certain = !names.iter().any(|name| all.get(*name).is_some_and(|value| has_pattern(name, value)));
        Some(Step::Library { validator, certain })
    }

    fn validator(&mut self, all: &'s Map<String, Value>, names: &[&str]) -> Option<Arc<Validator<Tape>>> {
        let mut alone = Map::new();
        if let Some(draft) = self.document.get("$schema") {
            alone.insert("$schema".to_owned(), draft.clone());
        }
        for name in names {
            let value = all.get(*name)?;
            let plain = ["enum", "const"].contains(name);
            if !plain && has_name(value, &NAMING) {
                return None;
            }
            alone.insert((*name).to_owned(), value.clone());
        }
        let alone = Value::Object(alone);
        let text = alone.to_string();
        if let Some(validator) = self.validators.get(&text) {
            return Some(Arc::clone(validator));
        }
        let validator = Arc::new(validator(&alone).ok()?);
        self.validators.insert(text, Arc::clone(&validator));
        Some(validator)
    }

    /// Whether each value is behind a few checks, and none leads back to itself on the same value.
    fn ends(&self) -> bool {
        let mut depths = vec![None; self.checks.len()];
        (0..self.checks.len())
            .all(|at| self.depth(at, &mut depths, 0).is_some_and(|depth| depth <= MAX_STEPS))
    }

    /// How deep the checks of one value lie in one another behind this one; `None` for more than a few.
    fn depth(&self, at: usize, depths: &mut [Option<usize>], above: usize) -> Option<usize> {
        if let Some(depth) = *depths.get(at)? {
            return Some(depth);
        }
        let mut deepest = 0;
        for id in self.checks.get(at)?.steps.iter().flat_map(Step::ids) {
            if above > MAX_STEPS {
                return None;
            }
            deepest = deepest.max(self.depth(id as usize, depths, above + 1)? + 1);
        }
        *depths.get_mut(at)? = Some(deepest);
        Some(deepest)
    }
}

impl Step {
    /// The checks of the same value.
    fn ids(&self) -> Vec<Id> {
        match self {
            Self::Also(id) | Self::Not(id) => vec![*id],
            Self::Any(ids) | Self::One(ids) => ids.clone(),
            Self::If { condition, then, otherwise } => {
                [Some(*condition), *then, *otherwise].into_iter().flatten().collect()
            }
            Self::Library { .. } => Vec::new(),
        }
    }
}

/// Reads `type`; whether numbers have to be integers.
fn types(check: &mut Check, words: &mut Keywords<'_>) -> Option<bool> {
    let Some(types) = words.get("type") else { return Some(false) };
    let one = std::slice::from_ref(types);
    let (mut kinds, mut integer, mut number) = (0, false, false);
    for name in types.as_array().map_or(one, Vec::as_slice) {
        kinds |= kind_bit(match name.as_str()? {
            "null" => Kind::Null,
            "boolean" => Kind::Bool,
            "string" => Kind::String,
            "array" => Kind::Array,
            "object" => Kind::Object,
            "number" => {
                number = true;
                Kind::Number
            }
            "integer" => {
                integer = true;
                Kind::Number
            }
            _ => return None,
        });
    }
    words.done(&["type"]);
    check.kinds &= kinds;
    Some(integer && !number)
}

/// Reads `enum`, or `const`, if all values are plain ones.
fn enumeration(check: &mut Check, words: &mut Keywords<'_>, draft: Draft) {
    let (name, values) = match (words.get("enum"), words.get("const")) {
        (Some(Value::Array(values)), _) => ("enum", values.as_slice()),
        (None, Some(value)) if draft >= Draft::Six => ("const", std::slice::from_ref(value)),
        _ => return,
    };
    let (mut kinds, mut strings, mut numbers, mut booleans) = (0, Vec::new(), Vec::new(), Vec::new());
    for value in values {
        kinds |= kind_bit(match value {
            Value::Null => Kind::Null,
            Value::Bool(value) => {
                booleans.push(*value);
                Kind::Bool
            }
            Value::Number(value) => {
                let Some(value) = number::limit(value) else { return };
                numbers.push(value);
                Kind::Number
            }
            Value::String(value) => {
                strings.push(value.as_str());
                Kind::String
            }
            Value::Array(_) | Value::Object(_) => return,
        });
    }
    let Some(strings) = Words::new(strings.into_iter()) else { return };
    words.done(&[name]);
    check.kinds &= kinds;
    check.boolean = booleans.first().copied().filter(|first| !booleans.contains(&!first));
    check.string.words = Some(strings);
    check.number_mut().values = Some(numbers);
}
