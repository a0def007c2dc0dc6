//! `upper`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::text;
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "upper",
    group: Group::Text,
    summary: "The text in upper case.",
    parameters: &[Parameter::new("text", Type::String, "The text.")],
    returns: Type::String,
    examples: &[
        Example::new(r#"upper("eu-west-1")"#, r#""EU-WEST-1""#),
        Example::new(r#"upper("straße")"#, r#""STRASSE""#),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| Ok(Value::from(text(arguments, 0).to_uppercase())))
}
