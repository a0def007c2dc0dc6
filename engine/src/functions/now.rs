//! `now`

use enrich_dsl::functions::{Example, Group, Signature, Type};

use super::Function;
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "now",
    group: Group::Time,
    summary: "The instant of the batch in RFC 3339, UTC, with milliseconds; the same for all its events.",
    parameters: &[],
    returns: Type::String,
    examples: &[Example::new("now()", r#""2026-11-21T10:00:00.123Z""#)],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |_, context| Ok(Value::from(context.now.rfc3339())))
}
