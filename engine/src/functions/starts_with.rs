//! `starts_with`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::text;
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "starts_with",
    group: Group::Text,
    summary: "Whether a text begins with another.",
    parameters: &[
        Parameter::new("text", Type::String, "The text."),
        Parameter::new("start", Type::String, "What it may begin with."),
    ],
    returns: Type::Boolean,
    examples: &[
        Example::new(r#"starts_with("USER#1", "USER#")"#, "true"),
        Example::new(r#"starts_with("user#1", "USER#")"#, "false"),
        Example::new(r#"starts_with("a", "")"#, "true"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        Ok(Value::Bool(text(arguments, 0).starts_with(text(arguments, 1).as_ref())))
    })
}
