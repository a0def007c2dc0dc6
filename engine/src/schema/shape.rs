//! What a JSON Schema says of the events that fit it, as far as a checker of rules can use it.
//!
//! Keywords that are not read here narrow what fits, so leaving them out is safe: the shape is that
//! of more events, never of fewer.

use std::cell::Cell;

use enrich_dsl::functions::Type;
use enrich_dsl::model::Literal;
use enrich_dsl::types::{Shape, Types};
use serde_json::{Map, Value};

/// How deep schemas are followed, through references too: recursive ones end here.
const MAX_DEPTH: usize = 12;

/// How many schemas are read for one shape: references can multiply.
const MAX_SCHEMAS: usize = 10_000;

/// Enumerations with more values are read as their types.
const MAX_VALUES: usize = 100;

/// The shape of what fits the schema.
pub(super) fn shape(root: &Value) -> Shape {
    let name = root.get("$schema").and_then(Value::as_str).unwrap_or_default();
    let old = ["draft-04", "draft-06", "draft-07"].iter().any(|draft| name.contains(draft));
    let oldest = name.contains("draft-04");
    Reader { root, old, oldest, left: Cell::new(MAX_SCHEMAS) }.shape(root, 0)
}

struct Reader<'s> {
    root: &'s Value,
    /// Whether the draft is one in which `$ref` hides everything beside it, and which does not know
    /// `unevaluatedProperties`.
    old: bool,
    /// Whether the draft does not know `const` either.
    oldest: bool,
    left: Cell<usize>,
}

impl Reader<'_> {
    fn shape(&self, schema: &Value, depth: usize) -> Shape {
        let schema = match schema {
            Value::Bool(false) => return Shape::of_types(Types::NONE),
            Value::Object(schema) => schema,
            _ => return Shape::any(),
        };
        let Some(left) = self.left.get().checked_sub(1) else { return Shape::any() };
        self.left.set(left);
        // Inside a schema with a name of its own references lead elsewhere.
        let named = schema.contains_key("$id") || schema.get("id").is_some_and(Value::is_string);
        if depth > MAX_DEPTH || (depth > 0 && named) {
            return Shape::any();
        }
        let reference = schema.get("$ref").map(|target| self.reference(target, depth));
        match reference {
            Some(target) if self.old => target,
            Some(target) => self.own(schema, depth).and(&target),
            None => self.own(schema, depth),
        }
    }

    fn reference(&self, target: &Value, depth: usize) -> Shape {
        let pointer = target.as_str().and_then(|text| text.strip_prefix('#'));
        match pointer.and_then(|pointer| self.root.pointer(pointer)) {
            Some(schema) => self.shape(schema, depth + 1),
            None => Shape::any(),
        }
    }

    /// What the schema says itself, and through the schemas that it joins.
    fn own(&self, schema: &Map<String, Value>, depth: usize) -> Shape {
        let mut shape = Shape::of_types(types(schema.get("type")));
        self.members(schema, &mut shape, depth);
        let list = |name: &str| schema.get(name).and_then(Value::as_array);
        // Behind other elements `items` is about the rest only.
        let prefix = schema.contains_key("prefixItems");
        if let Some(items @ (Value::Object(_) | Value::Bool(_))) = schema.get("items").filter(|_| !prefix) {
            shape.items = Some(Box::new(self.shape(items, depth + 1)));
        }
        if let Some(values) = list("enum") {
            shape = shape.and(&one_of(values));
        }
        if let Some(value) = schema.get("const").filter(|_| !self.oldest) {
            shape = shape.and(&one_of(std::slice::from_ref(value)));
        }
        for one in list("allOf").into_iter().flatten() {
            shape = shape.and(&self.shape(one, depth + 1));
        }
        for name in ["anyOf", "oneOf"] {
            let either = list(name).into_iter().flatten().map(|one| self.shape(one, depth + 1));
            if let Some(either) = either.reduce(|one, two| join(&one, &two)) {
                shape = shape.and(&either);
            }
        }
        shape
    }

    fn members(&self, schema: &Map<String, Value>, shape: &mut Shape, depth: usize) {
        for (name, member) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            shape.members.insert(name.clone(), self.shape(member, depth + 1).optional());
        }
        let required = schema.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            let member = shape.members.entry(name.to_owned()).or_insert_with(Shape::any);
            member.optional = false;
        }
        let no_others = |name: &str| schema.get(name) == Some(&Value::Bool(false));
        // What else names members; `unevaluatedProperties` looks into schemas that are joined, too.
        let others = ["patternProperties"];
        let joined =
            ["allOf", "anyOf", "oneOf", "$ref", "$dynamicRef", "$recursiveRef", "if", "dependentSchemas"];
        let has = |names: &[&str]| names.iter().any(|name| schema.contains_key(*name));
        let closed = no_others("additionalProperties")
            || (no_others("unevaluatedProperties")
                && !self.old
                && !schema.contains_key("additionalProperties")
                && !has(&joined));
        shape.open = !closed || has(&others);
    }
}

/// Either of two schemas. What can't be is left out.
fn join(one: &Shape, two: &Shape) -> Shape {
    match (one.types.is_empty(), two.types.is_empty()) {
        (true, _) => two.clone(),
        (_, true) => one.clone(),
        _ => one.or(two),
    }
}

fn types(keyword: Option<&Value>) -> Types {
    let one = |name: &Value| match name.as_str() {
        Some("string") => Types::of(Type::String),
        Some("number" | "integer") => Types::of(Type::Number),
        Some("boolean") => Types::of(Type::Boolean),
        Some("array") => Types::of(Type::Array),
        Some("object") => Types::of(Type::Object),
        Some("null") => Types::of(Type::Null),
        _ => Types::ANY,
    };
    match keyword {
        None => Types::ANY,
        Some(Value::Array(names)) => names.iter().map(one).fold(Types::NONE, Types::or),
        Some(name) => one(name),
    }
}

/// A value of an enumeration.
fn one_of(values: &[Value]) -> Shape {
    let of = |value: &Value| match value {
        Value::Null => Type::Null,
        Value::Bool(_) => Type::Boolean,
        Value::Number(_) => Type::Number,
        Value::String(_) => Type::String,
        Value::Array(_) => Type::Array,
        Value::Object(_) => Type::Object,
    };
    let mut shape =
        Shape::of_types(values.iter().map(|value| Types::of(of(value))).fold(Types::NONE, Types::or));
    if values.len() <= MAX_VALUES {
        shape.values = values.iter().map(literal).collect();
    }
    shape
}

/// A plain value. Fractions are none: their text may have been another.
fn literal(value: &Value) -> Option<Literal> {
    match value {
        Value::Null => Some(Literal::Null),
        Value::Bool(value) => Some(Literal::Boolean(*value)),
        Value::Number(number) if number.is_i64() => Some(Literal::Number(number.to_string())),
        Value::String(text) => Some(Literal::String(text.clone())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a schema says of the path `x`.
    fn said(schema: &str) -> String {
        let schema: Value = serde_json::from_str(schema).expect("JSON");
        let shape = shape(&schema).narrowed(Types::of(Type::Object)).get("x");
        let optional = if shape.optional { ", or absent" } else { "" };
        format!("{}{optional}", shape.types)
    }

    #[test]
    fn what_schemas_say() {
        for (schema, expected) in [
            ("true", "any value, or absent"),
            ("{}", "any value, or absent"),
            (r#"{"additionalProperties": false}"#, "never there, or absent"),
            (r#"{"additionalProperties": false, "patternProperties": {"^x": {}}}"#, "any value, or absent"),
            (r#"{"unevaluatedProperties": false}"#, "never there, or absent"),
            (
                r#"{"unevaluatedProperties": false, "allOf": [{"properties": {"x": {}}}]}"#,
                "any value, or absent",
            ),
            (r#"{"properties": {"x": {"type": "string"}}}"#, "a string, or absent"),
            (r#"{"properties": {"x": {"type": "integer"}}, "required": ["x"]}"#, "a number"),
            (r#"{"required": ["x"]}"#, "any value"),
            (r#"{"properties": {"x": {"type": ["string", "null"]}}, "required": ["x"]}"#, "a string or null"),
            (r#"{"properties": {"x": {"enum": ["a", 1]}}, "required": ["x"]}"#, "a string or a number"),
            (r#"{"properties": {"x": {"const": null}}, "required": ["x"]}"#, "null"),
            (
                r##"{"properties": {"x": {"$ref": "#/$defs/t"}}, "$defs": {"t": {"type": "array"}}}"##,
                "an array, or absent",
            ),
            (r##"{"properties": {"x": {"$ref": "other.json"}}}"##, "any value, or absent"),
            (r##"{"properties": {"x": {"$ref": "#"}}}"##, "any value, or absent"),
            (r#"{"allOf": [{"required": ["x"]}, {"properties": {"x": {"type": "boolean"}}}]}"#, "a boolean"),
            (
                r#"{"oneOf": [{"properties": {"x": {"type": "string"}}, "required": ["x"]}, {"properties": {"x": {"type": "number"}}}]}"#,
                "a string or a number, or absent",
            ),
            (
                r#"{"anyOf": [{"required": ["x"]}, {"required": ["y"]}], "properties": {"x": {"type": "string"}}}"#,
                "a string, or absent",
            ),
            (
                r#"{"if": {"required": ["x"]}, "then": {"properties": {"x": {"type": "string"}}}}"#,
                "any value, or absent",
            ),
            // Beside a reference, old drafts read nothing.
            (
                r##"{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"x": {"$ref": "#/definitions/t", "type": "string"}}, "definitions": {"t": {"type": ["number", "string"]}}}"##,
                "a string or a number, or absent",
            ),
            (
                r##"{"properties": {"x": {"$ref": "#/definitions/t", "type": "string"}}, "definitions": {"t": {"type": ["number", "string"]}}}"##,
                "a string, or absent",
            ),
            // Inside a schema with a name of its own, `#` is that schema.
            (
                r##"{"properties": {"x": {"$id": "urn:x", "$ref": "#/$defs/t"}}, "$defs": {"t": {"type": "array"}}}"##,
                "any value, or absent",
            ),
        ] {
            assert_eq!(said(schema), expected, "{schema}");
        }
    }

    #[test]
    fn schemas_that_refer_to_themselves_end() {
        let schema = r##"{"properties": {"x": {"allOf": [{"$ref": "#"}, {"$ref": "#"}, {"$ref": "#"}, {"$ref": "#"}]}}}"##;
        assert_eq!(said(schema), "any value, or absent");
    }
}
