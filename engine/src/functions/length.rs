//! `length`

use enrich_dsl::functions::{Example, Parameter, Signature, Type};

use super::{CallError, Function};
use crate::value::Value;

pub(super) fn function() -> Function {
    let signature = Signature {
        name: "length",
        summary: "How many characters a text has, elements an array, or members an object.",
        parameters: &[Parameter { name: "value", ty: Type::Any, summary: "A text, an array or an object." }],
        returns: Type::Number,
        examples: &[
            Example { call: "length(\"größe\")", result: "5" },
            Example { call: "length(1)", result: "error argument" },
        ],
    };
    Function::new(signature, |arguments, _| {
        let value = arguments.first().unwrap_or(&Value::Absent);
        match value.length() {
            Some(length) => Ok(Value::Number(length.to_string().into())),
            None => Err(CallError::new(
                "argument",
                format!("`length` of {} is not defined", value.with_article()),
            )),
        }
    })
}
