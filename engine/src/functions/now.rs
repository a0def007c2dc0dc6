//! `now`

use enrich_dsl::functions::{Example, Signature, Type};

use super::Function;
use crate::value::Value;

pub(super) fn function() -> Function {
    let signature = Signature {
        name: "now",
        summary: "The instant of the batch in RFC 3339, UTC, with milliseconds; the same for all its events.",
        parameters: &[],
        returns: Type::String,
        examples: &[Example { call: "now()", result: "\"2026-11-21T10:00:00.123Z\"" }],
    };
    Function::new(signature, |_, context| Ok(Value::from(context.now.rfc3339())))
}
