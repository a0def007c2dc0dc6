//! `trim`

use enrich_dsl::functions::{Example, Parameter, Signature, Type};

use super::Function;
use crate::value::Value;

pub(super) fn function() -> Function {
    let signature = Signature {
        name: "trim",
        summary: "The text without the white space at its ends.",
        parameters: &[Parameter { name: "text", ty: Type::String, summary: "The text." }],
        returns: Type::String,
        examples: &[Example { call: "trim(\"  a b \")", result: "\"a b\"" }],
    };
    Function::new(signature, |arguments, _| {
        let text = arguments.first().and_then(Value::as_str).unwrap_or_default();
        Ok(Value::from(text.trim().to_owned()))
    })
}
