//! `ceil`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::number;
use crate::decimal::{self, Rounding};
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "ceil",
    group: Group::Number,
    summary: "The smallest whole number that is not below the number.",
    parameters: &[Parameter::new("number", Type::Number, "The number.")],
    returns: Type::Number,
    examples: &[
        Example::new("ceil(2.1)", "3"),
        Example::new("ceil(-2.9)", "-2"),
        Example::new("ceil(3.0)", "3"),
        Example::new("ceil(1e999999999)", "error arithmetic"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        let rounded = decimal::round(number(arguments, 0), 0, Rounding::Ceiling)?;
        Ok(Value::Number(rounded.into()))
    })
}
