//! Schemas that are valid at sight, so that the library need not be asked.
//!
//! The library holds a schema against the schema of schemas, and has to compile that first: of the time that a function takes to
//! start with a small rule set, a quarter. Here only the words that most schemas are made of are known, each with the one form
//! that every draft gives it; with any other word, or form, a schema is the library's to judge.

use serde_json::{Map, Value};

use super::compiled::Draft;

/// Whether a schema is valid beyond doubt. `false` says nothing.
pub(super) fn is_plainly_valid(document: &Value) -> bool {
    // Draft 4 has other forms for some words.
    let known = Draft::of(document).is_some_and(|draft| draft > Draft::Four);
    known
        && document.as_object().is_some_and(|words| words.iter().all(|(name, value)| root_word(name, value)))
}

fn root_word(name: &str, value: &Value) -> bool {
    name == "$schema" || word(name, value)
}

fn schema(value: &Value) -> bool {
    match value {
        Value::Bool(_) => true,
        Value::Object(words) => words.iter().all(|(name, value)| word(name, value)),
        _ => false,
    }
}

/// Whether a word of a schema has the form that it must have.
fn word(name: &str, value: &Value) -> bool {
    match name {
        "title" | "description" | "$comment" | "format" => value.is_string(),
        "default" | "const" => true,
        "examples" => value.is_array(),
        "readOnly" | "uniqueItems" => value.is_boolean(),
        "type" => match value {
            Value::Array(names) => !names.is_empty() && distinct(names) && names.iter().all(is_type),
            name => is_type(name),
        },
        "enum" => value.as_array().is_some_and(|values| !values.is_empty() && distinct(values)),
        "required" => {
            value.as_array().is_some_and(|names| names.iter().all(Value::is_string) && distinct(names))
        }
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => value.is_number(),
        "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" => {
            value.is_u64()
        }
        "properties" => value.as_object().is_some_and(schemas),
        "items" | "additionalProperties" | "not" | "contains" | "propertyNames" => schema(value),
        "allOf" | "anyOf" | "oneOf" => {
            value.as_array().is_some_and(|parts| !parts.is_empty() && parts.iter().all(schema))
        }
        name => name.starts_with("x-"),
    }
}

const TYPES: [&str; 7] = ["null", "boolean", "integer", "number", "string", "array", "object"];

fn is_type(name: &Value) -> bool {
    name.as_str().is_some_and(|name| TYPES.contains(&name))
}

fn schemas(named: &Map<String, Value>) -> bool {
    named.values().all(schema)
}

fn distinct(values: &[Value]) -> bool {
    values.iter().enumerate().all(|(at, value)| !values.iter().take(at).any(|before| before == value))
}
