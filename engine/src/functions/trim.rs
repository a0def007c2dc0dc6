//! `trim`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::text;
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "trim",
    group: Group::Text,
    summary: "The text without the white space at its ends.",
    parameters: &[Parameter::new("text", Type::String, "The text.")],
    returns: Type::String,
    examples: &[Example::new(r#"trim("  a b ")"#, r#""a b""#), Example::new(r#"trim(" \n ")"#, r#""""#)],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| Ok(Value::from(text(arguments, 0).trim().to_owned())))
}
