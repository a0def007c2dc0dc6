//! `lower`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::text;
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "lower",
    group: Group::Text,
    summary: "The text in lower case.",
    parameters: &[Parameter::new("text", Type::String, "The text.")],
    returns: Type::String,
    examples: &[
        Example::new(r#"lower("Ada@Example.COM")"#, r#""ada@example.com""#),
        Example::new(r#"lower("ÄÖ")"#, r#""äö""#),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| Ok(Value::from(text(arguments, 0).to_lowercase())))
}
