//! `unique`

use std::collections::HashSet;

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::{any, with_node};
use super::bounded::Bounded;
use super::canonical::canonical;
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "unique",
    group: Group::Collection,
    summary: "An array without its repetitions: of what is the same, the first stays. Numbers are the \
              same by value, whatever their digits, and objects whatever the order of their members.",
    parameters: &[Parameter::new("array", Type::Array, "The array.")],
    returns: Type::Array,
    examples: &[
        Example::over(r#"{"tags": ["b", "a", "b"]}"#, "unique(.tags)", r#"["b","a"]"#),
        Example::over(r#"{"n": [1, 1.0, "1"]}"#, "unique(.n)", r#"[1,"1"]"#),
        Example::over(r#"{"tags": []}"#, "unique(.tags)", "[]"),
        Example::over(r#"{"tags": "a"}"#, "unique(.tags)", "error argument"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        let mut seen = HashSet::new();
        with_node(any(arguments, 0), |array| {
            let mut result = Bounded::default();
            result.push("[")?;
            for element in array.elements() {
                let first = seen.is_empty();
                if seen.insert(canonical(element)) {
                    result.push(if first { "" } else { "," })?;
                    result.push(element.raw())?;
                }
            }
            result.push("]")?;
            Ok(Value::Json(result.into_text().into()))
        })
    })
}
