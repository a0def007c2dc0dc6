//! `to_json`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::any;
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "to_json",
    group: Group::Encoding,
    summary: "A value as JSON text, as it stands.",
    parameters: &[Parameter::new("value", Type::Any, "Any value.")],
    returns: Type::String,
    examples: &[
        Example::over(
            r#"{"a": {"n": 1.50, "b": [true]}}"#,
            "to_json(.a)",
            r#""{\"n\": 1.50, \"b\": [true]}""#,
        ),
        Example::new(r#"to_json("a")"#, r#""\"a\"""#),
        Example::new("to_json(null)", r#""null""#),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        Ok(any(arguments, 0).to_json().map_or(Value::Absent, Value::from))
    })
}
