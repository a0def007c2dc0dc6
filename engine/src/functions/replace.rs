//! `replace`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::{text, wrong};
use super::bounded::Bounded;
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "replace",
    group: Group::Text,
    summary: "The text with another in the place of each piece that is found.",
    parameters: &[
        Parameter::new("text", Type::String, "The text."),
        Parameter::new("from", Type::String, "The piece to find, which is not empty."),
        Parameter::new("to", Type::String, "What stands in its place."),
    ],
    returns: Type::String,
    examples: &[
        Example::new(r#"replace("2026-11-21", "-", "/")"#, r#""2026/11/21""#),
        Example::new(r#"replace("a b", " ", "")"#, r#""ab""#),
        Example::new(r#"replace("aaa", "aa", "b")"#, r#""ba""#),
        Example::new(r#"replace("abc", "", "-")"#, "error argument"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        let (text, from, to) = (text(arguments, 0), text(arguments, 1), text(arguments, 2));
        if from.is_empty() {
            return Err(wrong(&SIGNATURE, 1, "is empty"));
        }
        let mut result = Bounded::default();
        for (at, piece) in text.split(from.as_ref()).enumerate() {
            if at > 0 {
                result.push(&to)?;
            }
            result.push(piece)?;
        }
        Ok(Value::from(result.into_text()))
    })
}
