//! `type_of`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::any;
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "type_of",
    group: Group::Type,
    summary: "The type of a value: `null`, `boolean`, `number`, `string`, `array` or `object`.",
    parameters: &[Parameter::new("value", Type::Any, "Any value.")],
    returns: Type::String,
    examples: &[
        Example::new(r#"type_of("1")"#, r#""string""#),
        Example::over(r#"{"tags": []}"#, "type_of(.tags)", r#""array""#),
        Example::new("type_of(null)", r#""null""#),
        Example::new("type_of(.nowhere)", "absent"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| Ok(Value::String(any(arguments, 0).ty().as_str().into())))
}
