//! `format_time`

use enrich_dsl::functions::{Example, Parameter, Signature, Type};

use super::{CallError, Function};
use crate::Timestamp;
use crate::value::Value;

pub(super) fn function() -> Function {
    let signature = Signature {
        name: "format_time",
        summary: "An instant in UTC, written by a `strftime` format.",
        parameters: &[
            Parameter { name: "time", ty: Type::String, summary: "An instant in RFC 3339." },
            Parameter { name: "format", ty: Type::String, summary: "A format such as `%Y/%m/%d/%H`." },
        ],
        returns: Type::String,
        examples: &[
            Example { call: "format_time(now(), \"%Y/%m/%d/%H\")", result: "\"2026/11/21/10\"" },
            Example {
                call: "format_time(\"2026-01-02T23:30:00-02:00\", \"dt=%F\")",
                result: "\"dt=2026-01-03\"",
            },
            Example { call: "format_time(\"yesterday\", \"%F\")", result: "error argument" },
        ],
    };
    Function::new(signature, |arguments, _| {
        let text = |at: usize| arguments.get(at).and_then(Value::as_str).unwrap_or_default();
        let time = Timestamp::parse(&text(0)).ok_or_else(|| {
            CallError::new("argument", "`time` of `format_time` is not an instant in RFC 3339")
        })?;
        let formatted = time.format(&text(1));
        formatted
            .map(Value::from)
            .ok_or_else(|| CallError::new("argument", "`format` of `format_time` is no time format"))
    })
    .verified_by(|arguments| {
        let format = arguments.get(1).copied().flatten()?;
        let sample = Timestamp::from_millis(0)?;
        sample.format(format).is_none().then(|| format!("`{format}` is not a time format"))
    })
}
