//! `to_unix_ms`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::time;
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "to_unix_ms",
    group: Group::Time,
    summary: "Milliseconds since 1970 began.",
    parameters: &[Parameter::new("time", Type::String, "An instant in RFC 3339.")],
    returns: Type::Number,
    examples: &[
        Example::new("to_unix_ms(now())", "1795255200123"),
        Example::new(r#"to_unix_ms("1969-12-31T23:59:59Z")"#, "-1000"),
        Example::new(r#"to_unix_ms("10:00")"#, "error argument"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        let millis = time(&SIGNATURE, arguments, 0)?.as_millis();
        Ok(Value::Number(millis.to_string().into()))
    })
}
