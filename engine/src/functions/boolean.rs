//! `boolean`

use enrich_dsl::functions::{Example, Parameter, Signature, Type};

use super::Function;
use crate::value::Value;

pub(super) fn function() -> Function {
    let signature = Signature {
        name: "boolean",
        summary: "The text `true` or `false` as a boolean; a boolean stays as it is.",
        parameters: &[Parameter { name: "value", ty: Type::Any, summary: "A text or a boolean." }],
        returns: Type::Boolean,
        examples: &[
            Example { call: "boolean(\"true\")", result: "true" },
            Example { call: "boolean(\"yes\")", result: "error cast" },
            Example { call: "boolean(1)", result: "error cast" },
        ],
    };
    Function::new(signature, |arguments, _| arguments.first().unwrap_or(&Value::Absent).cast(Type::Boolean))
}
