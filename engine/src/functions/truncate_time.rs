//! `truncate_time`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::{text, time, wrong};
use crate::time::Period;
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "truncate_time",
    group: Group::Time,
    summary: "The start of the period that an instant lies in, in RFC 3339, UTC. A week begins on Monday.",
    parameters: &[
        Parameter::new("time", Type::String, "An instant in RFC 3339."),
        Parameter::new(
            "period",
            Type::String,
            "`second`, `minute`, `hour`, `day`, `week`, `month` or `year`.",
        ),
    ],
    returns: Type::String,
    examples: &[
        Example::new(r#"truncate_time(now(), "hour")"#, r#""2026-11-21T10:00:00.000Z""#),
        Example::new(r#"truncate_time("2026-11-21T00:30:00+01:00", "day")"#, r#""2026-11-20T00:00:00.000Z""#),
        Example::new(r#"truncate_time(now(), "week")"#, r#""2026-11-16T00:00:00.000Z""#),
        Example::over(r#"{"every": "h"}"#, "truncate_time(now(), .every)", "error argument"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        let time = time(&SIGNATURE, arguments, 0)?;
        let period = period(&text(arguments, 1)).ok_or_else(|| wrong(&SIGNATURE, 1, "is not a period"))?;
        let fails = || wrong(&SIGNATURE, 0, "is before all periods");
        time.start_of(period).map(|start| Value::from(start.rfc3339())).ok_or_else(fails)
    })
    .verified_by(|arguments| {
        let word = arguments.get(1).copied().flatten()?;
        let periods = "`second`, `minute`, `hour`, `day`, `week`, `month` or `year`";
        period(word).is_none().then(|| format!("`{word}` is not a period: write {periods}"))
    })
}

fn period(word: &str) -> Option<Period> {
    Some(match word {
        "second" => Period::Second,
        "minute" => Period::Minute,
        "hour" => Period::Hour,
        "day" => Period::Day,
        "week" => Period::Week,
        "month" => Period::Month,
        "year" => Period::Year,
        _ => return None,
    })
}
