//! `length`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::arguments::any;
use super::{CallError, Function};
use crate::reasons::ReasonCode;
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "length",
    group: Group::Collection,
    summary: "How many characters a text has, elements an array, or members an object.",
    parameters: &[Parameter::new("value", Type::Any, "A text, an array or an object.")],
    returns: Type::Number,
    examples: &[
        Example::new(r#"length("größe")"#, "5"),
        Example::over(r#"{"tags": ["a", "b"]}"#, "length(.tags)", "2"),
        Example::new("length(1)", "error argument"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        let value = any(arguments, 0);
        match value.length() {
            Some(length) => Ok(Value::Number(length.to_string().into())),
            None => Err(CallError::new(
                ReasonCode::Argument,
                format!("`length` of {} is not defined", value.with_article()),
            )),
        }
    })
}
