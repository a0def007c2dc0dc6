//! `seconds_between`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::time;
use crate::decimal;
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "seconds_between",
    group: Group::Time,
    summary: "How many seconds lie between two instants; below zero where the second is the earlier one.",
    parameters: &[
        Parameter::new("from", Type::String, "An instant in RFC 3339."),
        Parameter::new("to", Type::String, "Another."),
    ],
    returns: Type::Number,
    examples: &[
        Example::new(r#"seconds_between("2026-11-21T09:59:30Z", now())"#, "30.123"),
        Example::new(r#"seconds_between("2026-11-21T10:00:00Z", "2026-11-21T10:00:00+01:00")"#, "-3600"),
        Example::new(r#"seconds_between(now(), "today")"#, "error argument"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        let (from, to) = (time(&SIGNATURE, arguments, 0)?, time(&SIGNATURE, arguments, 1)?);
        let millis = (to.as_millis() - from.as_millis()).to_string();
        Ok(Value::Number(decimal::multiply(&millis, "0.001")?.into()))
    })
}
