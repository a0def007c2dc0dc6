//! `join`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::{any, text, with_node, wrong};
use super::bounded::Bounded;
use crate::json::Kind;
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "join",
    group: Group::Text,
    summary: "The elements of an array as one text. Numbers and booleans are written as they stand.",
    parameters: &[
        Parameter::new("array", Type::Array, "Texts, numbers or booleans."),
        Parameter::new("separator", Type::String, "What stands between two elements."),
    ],
    returns: Type::String,
    examples: &[
        Example::over(r#"{"tags": ["a", "b", 1.50]}"#, r#"join(.tags, "|")"#, r#""a|b|1.50""#),
        Example::over(r#"{"tags": []}"#, r#"join(.tags, ", ")"#, r#""""#),
        Example::over(r#"{"tags": ["a", null]}"#, r#"join(.tags, "|")"#, "error argument"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        let separator = text(arguments, 1);
        with_node(any(arguments, 0), |array| {
            let mut result = Bounded::default();
            for (at, element) in array.elements().enumerate() {
                if at > 0 {
                    result.push(&separator)?;
                }
                match element.kind() {
                    Kind::String => result.push(&element.as_str().unwrap_or_default())?,
                    Kind::Number | Kind::Bool => result.push(element.raw())?,
                    _ => {
                        return Err(wrong(
                            &SIGNATURE,
                            0,
                            "has an element that is no string, number or boolean",
                        ));
                    }
                }
            }
            Ok(Value::from(result.into_text()))
        })
    })
}
