//! `upper`

use enrich_dsl::functions::{Example, Parameter, Signature, Type};

use super::Function;
use crate::value::Value;

pub(super) fn function() -> Function {
    let signature = Signature {
        name: "upper",
        summary: "The text in upper case.",
        parameters: &[Parameter { name: "text", ty: Type::String, summary: "The text." }],
        returns: Type::String,
        examples: &[
            Example { call: "upper(\"eu-west-1\")", result: "\"EU-WEST-1\"" },
            Example { call: "upper(\"straße\")", result: "\"STRASSE\"" },
        ],
    };
    Function::new(signature, |arguments, _| {
        let text = arguments.first().and_then(Value::as_str).unwrap_or_default();
        Ok(Value::from(text.to_uppercase()))
    })
}
