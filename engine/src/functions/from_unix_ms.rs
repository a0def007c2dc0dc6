//! `from_unix_ms`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::{instant, number};

const SIGNATURE: Signature = Signature {
    name: "from_unix_ms",
    group: Group::Time,
    summary: "The instant so many milliseconds after 1970 began, in RFC 3339, UTC; digits behind them \
              are cut.",
    parameters: &[Parameter::new("milliseconds", Type::Number, "Milliseconds.")],
    returns: Type::String,
    examples: &[
        Example::new("from_unix_ms(1795255200123)", r#""2026-11-21T10:00:00.123Z""#),
        Example::new("from_unix_ms(0)", r#""1970-01-01T00:00:00.000Z""#),
        Example::new("from_unix_ms(1e15)", "error argument"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| instant(&SIGNATURE, number(arguments, 0)))
}
