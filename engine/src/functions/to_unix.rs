//! `to_unix`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::time;
use crate::decimal;
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "to_unix",
    group: Group::Time,
    summary: "Seconds since 1970 began, with a fraction where the instant has milliseconds.",
    parameters: &[Parameter::new("time", Type::String, "An instant in RFC 3339.")],
    returns: Type::Number,
    examples: &[
        Example::new(r#"to_unix("2026-11-21T10:00:00Z")"#, "1795255200"),
        Example::new(r#"to_unix("2026-11-21T10:00:00.250+01:00")"#, "1795251600.25"),
        Example::new(r#"to_unix("2026-11-21")"#, "error argument"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        let millis = time(&SIGNATURE, arguments, 0)?.as_millis().to_string();
        Ok(Value::Number(decimal::multiply(&millis, "0.001")?.into()))
    })
}
