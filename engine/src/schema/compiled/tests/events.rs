//! Events that fit a schema, or nearly do.

use std::fmt::Write as _;

use serde_json::Value;

use super::generate::{FORMATS, NAMES, NUMBERS, Random, STRINGS, mutated, plain};

/// The text of an event that a schema may be about.
pub(super) fn event(random: &mut Random, schema: &Value) -> String {
    let mut text = String::new();
    Writer { root: schema }.value(random, &mut text, schema, 6);
    text
}

struct Writer<'s> {
    root: &'s Value,
}

impl Writer<'_> {
    fn value(&self, random: &mut Random, text: &mut String, schema: &Value, depth: usize) {
        if depth == 0 || random.one_in(30) {
            return any(random, text);
        }
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            let target = self.root.pointer(target.trim_start_matches('#')).unwrap_or(&Value::Null);
            return self.value(random, text, target, depth - 1);
        }
        for name in ["allOf", "anyOf", "oneOf", "not", "if", "then"] {
            if let Some(part) = schema.get(name).filter(|_| random.one_in(2)) {
                let part = part.as_array().map_or(part, |parts| random.pick(parts));
                return self.value(random, text, part, depth - 1);
            }
        }
        let values = schema.get("enum").and_then(Value::as_array);
        if let Some(value) = values.map(|values| random.pick(values)).or(schema.get("const")) {
            return written(random, text, value);
        }
        let has = |names: &[&str]| names.iter().any(|name| schema.get(name).is_some());
        let types = schema.get("type");
        let ty = types.and_then(Value::as_array).map(|types| random.pick(types)).or(types);
        match ty.and_then(Value::as_str) {
            Some("object") => self.members(random, text, schema, depth),
            Some("array") => self.elements(random, text, schema, depth),
            Some("string") => string(random, text, schema),
            Some("integer" | "number") => text.push_str(random.word(&NUMBERS)),
            Some("boolean") => text.push_str(random.word(&["true", "false"])),
            Some("null") => text.push_str("null"),
            _ if has(&["properties", "required", "patternProperties"]) => {
                self.members(random, text, schema, depth);
            }
            _ if has(&["items", "minItems", "prefixItems", "contains"]) => {
                self.elements(random, text, schema, depth);
            }
            _ if has(&["format", "pattern", "minLength", "maxLength"]) => string(random, text, schema),
            _ if has(&["minimum", "maximum", "exclusiveMinimum", "multipleOf"]) => {
                text.push_str(random.word(&NUMBERS));
            }
            _ => any(random, text),
        }
    }

    fn members(&self, random: &mut Random, text: &mut String, schema: &Value, depth: usize) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let required = schema.get("required").and_then(Value::as_array);
        let mut names: Vec<&str> = properties.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        names.retain(|_| !random.one_in(5));
        if !random.one_in(10) {
            names.extend(required.into_iter().flatten().filter_map(Value::as_str));
        }
        if random.one_in(4) {
            names.push(random.word(&NAMES));
        }
        names.sort_by_key(|_| random.next());
        if !random.one_in(40) {
            // Else some may be there twice.
            let mut seen = Vec::new();
            names.retain(|name| {
                !seen.contains(name) && {
                    seen.push(*name);
                    true
                }
            });
        }
        text.push('{');
        for (at, name) in names.into_iter().enumerate() {
            text.push_str(if at > 0 { "," } else { "" });
            quoted(random, text, name);
            text.push(':');
            let others = schema.get("additionalProperties").unwrap_or(&Value::Bool(true));
            let part = properties.and_then(|properties| properties.get(name)).unwrap_or(others);
            self.value(random, text, part, depth - 1);
        }
        text.push('}');
    }

    fn elements(&self, random: &mut Random, text: &mut String, schema: &Value, depth: usize) {
        let items = schema.get("items").unwrap_or(&Value::Bool(true));
        text.push('[');
        for at in 0..random.below(5) {
            text.push_str(if at > 0 { ", " } else { "" });
            let tuple = schema.get("prefixItems").unwrap_or(items);
            self.value(random, text, tuple.get(at).unwrap_or(items), depth - 1);
        }
        text.push(']');
    }
}

fn string(random: &mut Random, text: &mut String, schema: &Value) {
    let format = schema.get("format").and_then(Value::as_str);
    let texts =
        FORMATS.iter().find(|(name, _)| Some(*name) == format).map_or(&STRINGS[..], |(_, texts)| *texts);
    let found = random.word(texts);
    let found = if random.one_in(5) { mutated(random, found) } else { found.to_owned() };
    quoted(random, text, &found);
}

/// Any value.
fn any(random: &mut Random, text: &mut String) {
    match random.below(8) {
        0 => text.push_str(r#"{"a":1,"kind":"a","größe":[]}"#),
        1 => text.push_str(r#"[1,"a",{"b":null}]"#),
        2 => text.push_str(random.word(&NUMBERS)),
        _ => {
            let value = plain(random);
            written(random, text, &value);
        }
    }
}

fn written(random: &mut Random, text: &mut String, value: &Value) {
    match value {
        Value::String(value) => quoted(random, text, value),
        value => _ = write!(text, "{value}"),
    }
}

/// A string, now and then with escapes that it does not need.
fn quoted(random: &mut Random, text: &mut String, value: &str) {
    let escaped = random.one_in(12);
    text.push('"');
    for letter in value.chars() {
        if letter < ' ' || ['"', '\\'].contains(&letter) || (escaped && letter < '\u{ffff}') {
            _ = write!(text, "\\u{:04x}", u32::from(letter));
        } else {
            text.push(letter);
        }
    }
    text.push('"');
}
