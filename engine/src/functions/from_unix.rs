//! `from_unix`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::{instant, number};
use crate::decimal;

const SIGNATURE: Signature = Signature {
    name: "from_unix",
    group: Group::Time,
    summary: "The instant so many seconds after 1970 began, in RFC 3339, UTC, with milliseconds; digits \
              behind them are cut.",
    parameters: &[Parameter::new("seconds", Type::Number, "Seconds, with or without a fraction.")],
    returns: Type::String,
    examples: &[
        Example::new("from_unix(1795255200)", r#""2026-11-21T10:00:00.000Z""#),
        Example::new("from_unix(1795255200.1239)", r#""2026-11-21T10:00:00.123Z""#),
        Example::new("from_unix(-1)", r#""1969-12-31T23:59:59.000Z""#),
        Example::new("from_unix(1e12)", "error argument"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        let millis = decimal::multiply(number(arguments, 0), "1000")?;
        instant(&SIGNATURE, &millis)
    })
}
