//! `last`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::{any, part, with_node};

const SIGNATURE: Signature = Signature {
    name: "last",
    group: Group::Collection,
    summary: "The last element of an array; absent where there is none.",
    parameters: &[Parameter::new("array", Type::Array, "The array.")],
    returns: Type::Any,
    examples: &[
        Example::over(r#"{"tags": ["a", "b"]}"#, "last(.tags)", r#""b""#),
        Example::over(r#"{"tags": []}"#, "last(.tags)", "absent"),
        Example::new(r#"last(split("a/b/c.csv", "/"))"#, r#""c.csv""#),
        Example::over(r#"{"tags": {}}"#, "last(.tags)", "error argument"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        Ok(with_node(any(arguments, 0), |array| part(array.elements().last())))
    })
}
