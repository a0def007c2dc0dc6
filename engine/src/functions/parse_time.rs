//! `parse_time`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::{text, wrong};
use crate::Timestamp;
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "parse_time",
    group: Group::Time,
    summary: "The instant that a text names by a `strptime` format, in RFC 3339, UTC, with milliseconds. \
              Without an offset in the text it is in UTC, and a date alone is its midnight.",
    parameters: &[
        Parameter::new("text", Type::String, "The text."),
        Parameter::new("format", Type::String, "A format such as `%d/%b/%Y:%H:%M:%S %z`."),
    ],
    returns: Type::String,
    examples: &[
        Example::new(
            r#"parse_time("21/Nov/2026:10:00:00 +0100", "%d/%b/%Y:%H:%M:%S %z")"#,
            r#""2026-11-21T09:00:00.000Z""#,
        ),
        Example::new(r#"parse_time("20261121", "%Y%m%d")"#, r#""2026-11-21T00:00:00.000Z""#),
        Example::new(r#"parse_time("2026-02-30", "%Y-%m-%d")"#, "error argument"),
    ],
};

/// 2011-12-13T14:15:16Z: two digits in each place, so that what is written by a format can be read by it.
const SAMPLE: i64 = 1_323_785_716_000;

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        let time = Timestamp::parse_by(&text(arguments, 0), &text(arguments, 1));
        let fails = || wrong(&SIGNATURE, 0, "names no instant by the format");
        time.map(|time| Value::from(time.rfc3339())).ok_or_else(fails)
    })
    .verified_by(|arguments| {
        let format = arguments.get(1).copied().flatten()?;
        let written = Timestamp::from_millis(SAMPLE)?.format(format);
        let read = written.and_then(|text| Timestamp::parse_by(&text, format));
        read.is_none().then(|| format!("`{format}` is not a format that names an instant"))
    })
}
