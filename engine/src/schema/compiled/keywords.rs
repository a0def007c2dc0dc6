//! The words of schemas: what the keywords of one subschema are, and which of them go together.

use serde_json::{Map, Value};

/// What gives a schema a name or a draft of its own, and what refers to such names.
pub(super) const NAMING: [&str; 10] = [
    "$id",
    "id",
    "$schema",
    "$anchor",
    "$dynamicAnchor",
    "$recursiveAnchor",
    "$vocabulary",
    "$dynamicRef",
    "$recursiveRef",
    "$ref",
];

/// What asks nothing of a value, besides `x-…`.
pub(super) const NOTES: [&str; 13] = [
    "$schema",
    "$id",
    "id",
    "$comment",
    "title",
    "description",
    "default",
    "deprecated",
    "examples",
    "readOnly",
    "writeOnly",
    "$defs",
    "definitions",
];

pub(super) fn is_note(name: &str) -> bool {
    NOTES.contains(&name) || name.starts_with("x-")
}

/// Keywords that mean something only together; any other is judged by itself.
pub(super) const GROUPS: [&[&str]; 6] = [
    &["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"],
    &["if", "then", "else"],
    &["contains", "minContains", "maxContains"],
    &["contentEncoding", "contentMediaType", "contentSchema"],
    &["prefixItems", "items", "additionalItems"],
    &["properties", "patternProperties", "additionalProperties"],
];

#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub(in crate::schema) enum Draft {
    Four,
    Six,
    Seven,
    Of2019,
    Of2020,
}

impl Draft {
    pub(in crate::schema) fn of(schema: &Value) -> Option<Self> {
        let Some(name) = schema.get("$schema") else { return Some(Self::Of2020) };
        let name = name.as_str()?;
        Some(match name.strip_suffix('#').unwrap_or(name) {
            "http://json-schema.org/draft-04/schema" => Self::Four,
            "http://json-schema.org/draft-06/schema" => Self::Six,
            "http://json-schema.org/draft-07/schema" => Self::Seven,
            "https://json-schema.org/draft/2019-09/schema" => Self::Of2019,
            "https://json-schema.org/draft/2020-12/schema" => Self::Of2020,
            _ => return None,
        })
    }
}

/// The keywords of one subschema, and those of them that are left to be read.
pub(super) struct Keywords<'s> {
    pub(super) all: &'s Map<String, Value>,
    pub(super) left: Vec<&'s str>,
}

impl<'s> Keywords<'s> {
    pub(super) fn get(&self, name: &str) -> Option<&'s Value> {
        self.all.get(name)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.all.contains_key(name)
    }

    /// Marks keywords as read.
    pub(super) fn done(&mut self, names: &[&str]) {
        self.left.retain(|left| !names.contains(left));
    }

    /// The bounds of a size, with none where they are not there. `None` where one is no plain integer.
    pub(super) fn sizes(&mut self, least: &str, most: &str) -> Option<(usize, usize)> {
        let size = |name: &str, missing: usize| match self.get(name) {
            Some(size) => usize::try_from(size.as_u64()?).ok(),
            None => Some(missing),
        };
        let sizes = (size(least, 0)?, size(most, usize::MAX)?);
        self.done(&[least, most]);
        Some(sizes)
    }
}

/// Whether the library matches patterns for this keyword.
pub(super) fn has_pattern(name: &str, value: &Value) -> bool {
    let names = ["pattern", "patternProperties"];
    names.contains(&name) || has_name(value, &names)
}

/// Whether one of these names is anywhere in it.
pub(super) fn has_name(value: &Value, names: &[&str]) -> bool {
    match value {
        Value::Object(members) => {
            members.iter().any(|(name, member)| names.contains(&name.as_str()) || has_name(member, names))
        }
        Value::Array(items) => items.iter().any(|item| has_name(item, names)),
        _ => false,
    }
}
