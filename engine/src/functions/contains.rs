//! `contains`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::{any, text, with_node, wrong};
use super::canonical::canonical;
use crate::json::Kind;
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "contains",
    group: Group::Text,
    summary: "Whether a text has another in it, or an array has a value as an element. Numbers are \
              compared by value, whatever their digits.",
    parameters: &[
        Parameter::new("whole", Type::Any, "A text or an array."),
        Parameter::new("part", Type::Any, "A text; any value where the whole is an array."),
    ],
    returns: Type::Boolean,
    examples: &[
        Example::new(r#"contains("premium plus", "plus")"#, "true"),
        Example::over(r#"{"scores": [1.0, 2]}"#, "contains(.scores, 1)", "true"),
        Example::over(r#"{"tags": ["new"]}"#, r#"contains(.tags, "ne")"#, "false"),
        Example::new(r#"contains("a1", 1)"#, "error argument"),
        Example::new("contains(true, true)", "error argument"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        let (whole, part) = (any(arguments, 0), any(arguments, 1));
        match (whole.kind(), part.as_str()) {
            (Some(Kind::Array), _) => {
                let part = with_node(part, canonical);
                let found =
                    with_node(whole, |array| array.elements().any(|element| canonical(element) == part));
                Ok(Value::Bool(found))
            }
            (Some(Kind::String), Some(part)) => Ok(Value::Bool(text(arguments, 0).contains(part.as_ref()))),
            (Some(Kind::String), None) => Err(wrong(&SIGNATURE, 1, "is not a string, as the whole is")),
            _ => Err(wrong(&SIGNATURE, 0, "is neither a string nor an array")),
        }
    })
}
