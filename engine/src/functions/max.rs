//! `max`

use std::cmp::Ordering;

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::arguments::any;
use super::{CallError, Function};
use crate::reasons::ReasonCode;

const SIGNATURE: Signature = Signature {
    name: "max",
    group: Group::Number,
    summary: "The larger of two numbers, its digits as they are; the first where both are the same.",
    parameters: &[
        Parameter::new("a", Type::Number, "A number."),
        Parameter::new("b", Type::Number, "Another."),
    ],
    returns: Type::Number,
    examples: &[
        Example::new("max(3, 10)", "10"),
        Example::new("max(-1.50, 0)", "0"),
        Example::new("max(1.0, 1)", "1.0"),
        Example::over(r#"{"n": "3"}"#, "max(.n, 1)", "error argument"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        let (a, b) = (any(arguments, 0), any(arguments, 1));
        match b.order(a) {
            Some(Ordering::Greater) => Ok(b.clone()),
            Some(_) => Ok(a.clone()),
            None => Err(CallError::new(
                ReasonCode::Arithmetic,
                "a number has an exponent of more than fifteen digits",
            )),
        }
    })
}
