//! `add_time`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::{text, time, wrong};
use crate::Timestamp;
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "add_time",
    group: Group::Time,
    summary: "The instant a while later, or earlier with a minus sign, in RFC 3339, UTC, with milliseconds.",
    parameters: &[
        Parameter::new("time", Type::String, "An instant in RFC 3339."),
        Parameter::new(
            "duration",
            Type::String,
            "A whole number and its unit, `ms`, `s`, `m`, `h` or `d`: `90s`, `-7d`.",
        ),
    ],
    returns: Type::String,
    examples: &[
        Example::new(r#"add_time("2026-11-21T10:00:00Z", "90s")"#, r#""2026-11-21T10:01:30.000Z""#),
        Example::new(r#"add_time(now(), "-7d")"#, r#""2026-11-14T10:00:00.123Z""#),
        Example::over(r#"{"wait": "1 hour"}"#, "add_time(now(), .wait)", "error argument"),
        Example::new(r#"add_time(now(), "9999999d")"#, "error argument"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        let time = time(&SIGNATURE, arguments, 0)?;
        let Some(duration) = milliseconds(&text(arguments, 1)) else {
            return Err(wrong(&SIGNATURE, 1, "is not a duration"));
        };
        let later = time.as_millis().checked_add(duration).and_then(Timestamp::from_millis);
        let fails = || wrong(&SIGNATURE, 1, "leads out of the years -9999 to 9999");
        later.map(|time| Value::from(time.rfc3339())).ok_or_else(fails)
    })
    .verified_by(|arguments| {
        let duration = arguments.get(1).copied().flatten()?;
        milliseconds(duration)
            .is_none()
            .then(|| format!("`{duration}` is not a duration such as `90s` or `-7d`"))
    })
}

fn milliseconds(duration: &str) -> Option<i64> {
    let unit = duration.find(|character: char| character.is_ascii_alphabetic())?;
    let (count, unit) = duration.split_at_checked(unit)?;
    let unit = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    count.parse::<i64>().ok()?.checked_mul(unit)
}
