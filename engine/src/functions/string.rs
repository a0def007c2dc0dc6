//! `string`

use enrich_dsl::functions::{Example, Parameter, Signature, Type};

use super::Function;
use crate::value::Value;

pub(super) fn function() -> Function {
    let signature = Signature {
        name: "string",
        summary: "A number or boolean as text, its digits as they are; a text stays as it is.",
        parameters: &[Parameter { name: "value", ty: Type::Any, summary: "A text, a number or a boolean." }],
        returns: Type::String,
        examples: &[
            Example { call: "string(1.50)", result: "\"1.50\"" },
            Example { call: "string(true)", result: "\"true\"" },
            Example { call: "string(null)", result: "error cast" },
        ],
    };
    Function::new(signature, |arguments, _| arguments.first().unwrap_or(&Value::Absent).cast(Type::String))
}
