//! `merge`

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::arguments::{any, with_node};
use super::bounded::Bounded;
use super::{CallError, Function};
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "merge",
    group: Group::Collection,
    summary: "The members of two objects in one. Where both have a name, the value of the second counts, \
              in the place of the first. Objects inside are not merged.",
    parameters: &[
        Parameter::new("object", Type::Object, "The object."),
        Parameter::new("over", Type::Object, "What is laid over it."),
    ],
    returns: Type::Object,
    examples: &[
        Example::over(
            r#"{"a": {"x": 1, "y": 2}, "b": {"x": 3, "z": 4}}"#,
            "merge(.a, .b)",
            r#"{"x":3,"y":2,"z":4}"#,
        ),
        Example::over(r#"{"a": {"x": {"y": 1}}, "b": {"x": {}}}"#, "merge(.a, .b)", r#"{"x":{}}"#),
        Example::over(r#"{"a": {}, "b": []}"#, "merge(.a, .b)", "error argument"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        with_node(any(arguments, 0), |object| {
            with_node(any(arguments, 1), |over| {
                let mut places: HashMap<Cow<'_, str>, usize> = HashMap::new();
                let mut members: Vec<(Cow<'_, str>, &str)> = Vec::new();
                for (name, value) in object.members().chain(over.members()) {
                    match places.entry(name.text()) {
                        Entry::Occupied(place) => {
                            if let Some(member) = members.get_mut(*place.get()) {
                                member.1 = value.raw();
                            }
                        }
                        Entry::Vacant(place) => {
                            members.push((place.key().clone(), value.raw()));
                            place.insert(members.len() - 1);
                        }
                    }
                }
                written(&members)
            })
        })
    })
}

fn written(members: &[(Cow<'_, str>, &str)]) -> Result<Value<'static>, CallError> {
    let mut result = Bounded::default();
    result.push("{")?;
    for (at, (name, value)) in members.iter().enumerate() {
        result.push(if at == 0 { "" } else { "," })?;
        result.push_string(name)?;
        result.push(":")?;
        result.push(value)?;
    }
    result.push("}")?;
    Ok(Value::Json(result.into_text().into()))
}
