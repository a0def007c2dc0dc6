//! `first`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::{any, part, with_node};

const SIGNATURE: Signature = Signature {
    name: "first",
    group: Group::Collection,
    summary: "The first element of an array; absent where there is none.",
    parameters: &[Parameter::new("array", Type::Array, "The array.")],
    returns: Type::Any,
    examples: &[
        Example::over(r#"{"tags": ["a", "b"]}"#, "first(.tags)", r#""a""#),
        Example::over(r#"{"tags": []}"#, "first(.tags)", "absent"),
        Example::new(r#"first(split("ada@example.com", "@"))"#, r#""ada""#),
        Example::over(r#"{"tags": "a"}"#, "first(.tags)", "error argument"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        Ok(with_node(any(arguments, 0), |array| part(array.elements().next())))
    })
}
