//! `round`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::{number, whole};
use crate::decimal::{self, Rounding};
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "round",
    group: Group::Number,
    summary: "The number with that many digits behind its point. A half is rounded away from zero, and \
              zeros at the end are not written.",
    parameters: &[
        Parameter::new("number", Type::Number, "The number."),
        Parameter::new("places", Type::Number, "How many digits, 0 without it; -2 rounds to hundreds.")
            .optional(),
    ],
    returns: Type::Number,
    examples: &[
        Example::new("round(2.5)", "3"),
        Example::new("round(-2.5)", "-3"),
        Example::new("round(1.005, 2)", "1.01"),
        Example::new("round(49.990, 2)", "49.99"),
        Example::new("round(1250, -2)", "1300"),
        Example::new("round(1, 0.5)", "error argument"),
        Example::new("round(1e999999999)", "error arithmetic"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        let places = if arguments.len() > 1 { whole(&SIGNATURE, arguments, 1)? } else { 0 };
        let rounded = decimal::round(number(arguments, 0), places, Rounding::HalfAway)?;
        Ok(Value::Number(rounded.into()))
    })
}
