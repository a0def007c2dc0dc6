//! `at`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::{any, from_either_end, part, whole, with_node};

const SIGNATURE: Signature = Signature {
    name: "at",
    group: Group::Collection,
    summary: "One element of an array; absent where it has none there.",
    parameters: &[
        Parameter::new("array", Type::Array, "The array."),
        Parameter::new("index", Type::Number, "Its place: 0 is the first, -1 the last."),
    ],
    returns: Type::Any,
    examples: &[
        Example::over(r#"{"tags": ["a", "b"]}"#, "at(.tags, 1)", r#""b""#),
        Example::over(r#"{"tags": ["a", "b"]}"#, "at(.tags, -2)", r#""a""#),
        Example::over(r#"{"tags": ["a", "b"]}"#, "at(.tags, 2)", "absent"),
        Example::over(r#"{"tags": ["a", "b"]}"#, "at(.tags, 0.5)", "error argument"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        let index = whole(&SIGNATURE, arguments, 1)?;
        Ok(with_node(any(arguments, 0), |array| {
            let place = from_either_end(index, array.elements().count());
            part(place.and_then(|place| array.elements().nth(place)))
        }))
    })
}
