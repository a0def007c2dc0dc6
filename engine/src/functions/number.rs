//! `number`

use enrich_dsl::functions::{Example, Parameter, Signature, Type};

use super::Function;
use crate::value::Value;

pub(super) fn function() -> Function {
    let signature = Signature {
        name: "number",
        summary: "A text that is exactly a JSON number, as that number; a number stays as it is.",
        parameters: &[Parameter { name: "value", ty: Type::Any, summary: "A text or a number." }],
        returns: Type::Number,
        examples: &[
            Example { call: "number(\"49.990\")", result: "49.990" },
            Example { call: "number(\" 1\")", result: "error cast" },
            Example { call: "number(true)", result: "error cast" },
        ],
    };
    Function::new(signature, |arguments, _| arguments.first().unwrap_or(&Value::Absent).cast(Type::Number))
}
