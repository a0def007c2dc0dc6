//! `format_time`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::{text, time, wrong};
use crate::Timestamp;
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "format_time",
    group: Group::Time,
    summary: "An instant in UTC, written by a `strftime` format.",
    parameters: &[
        Parameter::new("time", Type::String, "An instant in RFC 3339."),
        Parameter::new("format", Type::String, "A format such as `%Y/%m/%d/%H`."),
    ],
    returns: Type::String,
    examples: &[
        Example::new(r#"format_time(now(), "%Y/%m/%d/%H")"#, r#""2026/11/21/10""#),
        Example::new(r#"format_time("2026-01-02T23:30:00-02:00", "dt=%F")"#, r#""dt=2026-01-03""#),
        Example::new(r#"format_time("yesterday", "%F")"#, "error argument"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        let formatted = time(&SIGNATURE, arguments, 0)?.format(&text(arguments, 1));
        formatted.map(Value::from).ok_or_else(|| wrong(&SIGNATURE, 1, "is no time format"))
    })
    .verified_by(|arguments| {
        let format = arguments.get(1).copied().flatten()?;
        Timestamp::EPOCH.format(format).is_none().then(|| format!("`{format}` is not a time format"))
    })
}
