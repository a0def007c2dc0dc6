//! `abs`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::number;
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "abs",
    group: Group::Number,
    summary: "The number without its sign, its digits as they are.",
    parameters: &[Parameter::new("number", Type::Number, "The number.")],
    returns: Type::Number,
    examples: &[
        Example::new("abs(-12.50)", "12.50"),
        Example::new("abs(3)", "3"),
        Example::over(r#"{"n": "3"}"#, "abs(.n)", "error argument"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        let number = number(arguments, 0);
        Ok(Value::Number(number.strip_prefix('-').unwrap_or(number).to_owned().into()))
    })
}
