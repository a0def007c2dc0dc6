//! `ends_with`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::text;
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "ends_with",
    group: Group::Text,
    summary: "Whether a text ends with another.",
    parameters: &[
        Parameter::new("text", Type::String, "The text."),
        Parameter::new("end", Type::String, "What it may end with."),
    ],
    returns: Type::Boolean,
    examples: &[
        Example::new(r#"ends_with("report.csv", ".csv")"#, "true"),
        Example::new(r#"ends_with("report.csv", ".CSV")"#, "false"),
        Example::new(r#"ends_with("a", "")"#, "true"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        Ok(Value::Bool(text(arguments, 0).ends_with(text(arguments, 1).as_ref())))
    })
}
