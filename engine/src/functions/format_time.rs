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
        Example::over(r#"{"day": "yesterday"}"#, r#"format_time(.day, "%F")"#, "error argument"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        let formatted = time(&SIGNATURE, arguments, 0)?.format(&text(arguments, 1));
        formatted.map(Value::from).ok_or_else(|| wrong(&SIGNATURE, 1, "is no time format"))
    })
    .verified_by(|arguments| {
        let plain = |at: usize| arguments.get(at).copied().flatten();
        if let Some(time) = plain(0).filter(|time| Timestamp::parse(time).is_none()) {
            return Some(format!("`{time}` is not an instant in RFC 3339; the format comes second"));
        }
        let format = plain(1)?;
        if Timestamp::EPOCH.format(format).is_none() {
            return Some(format!("`{format}` is not a time format"));
        }
        let constant = !format.contains('%');
        constant.then(|| {
            format!("`{format}` holds no `%`, so it stands for no time; write `%Y-%m-%d` or the like")
        })
    })
}
