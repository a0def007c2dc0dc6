//! `floor`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::number;
use crate::decimal::{self, Rounding};
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "floor",
    group: Group::Number,
    summary: "The largest whole number that is not above the number.",
    parameters: &[Parameter::new("number", Type::Number, "The number.")],
    returns: Type::Number,
    examples: &[
        Example::new("floor(2.9)", "2"),
        Example::new("floor(-2.1)", "-3"),
        Example::new("floor(3.0)", "3"),
        Example::new("floor(1e999999999)", "error arithmetic"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        let rounded = decimal::round(number(arguments, 0), 0, Rounding::Floor)?;
        Ok(Value::Number(rounded.into()))
    })
}
