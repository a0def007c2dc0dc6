//! `lower`

use enrich_dsl::functions::{Example, Parameter, Signature, Type};

use super::Function;
use crate::value::Value;

pub(super) fn function() -> Function {
    let signature = Signature {
        name: "lower",
        summary: "The text in lower case.",
        parameters: &[Parameter { name: "text", ty: Type::String, summary: "The text." }],
        returns: Type::String,
        examples: &[
            Example { call: "lower(\"Ada@Example.COM\")", result: "\"ada@example.com\"" },
            Example { call: "lower(\"ÄÖ\")", result: "\"äö\"" },
        ],
    };
    Function::new(signature, |arguments, _| {
        let text = arguments.first().and_then(Value::as_str).unwrap_or_default();
        Ok(Value::from(text.to_lowercase()))
    })
}
