//! `sum`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::{any, with_node, wrong};
use crate::decimal;
use crate::json::Node;
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "sum",
    group: Group::Number,
    summary: "The sum of an array of numbers, or of a field of its objects, rounded once at 38 digits; 0 of none.",
    parameters: &[
        Parameter::new("array", Type::Array, "Numbers, or objects with a field to add up."),
        Parameter::new("field", Type::String, "The objects' field; objects without it count nothing.")
            .optional(),
    ],
    returns: Type::Number,
    examples: &[
        Example::over(r#"{"prices": [12.50, 0.50, 1e1]}"#, "sum(.prices)", "23"),
        Example::over(r#"{"prices": []}"#, "sum(.prices)", "0"),
        Example::over(
            r#"{"lines": [{"total": 21}, {"total": 0.50}, {}]}"#,
            r#"sum(.lines, "total")"#,
            "21.5",
        ),
        Example::over(r#"{"prices": [1, "2"]}"#, "sum(.prices)", "error argument"),
        Example::over(r#"{"prices": [1e999]}"#, "sum(.prices)", "error arithmetic"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        with_node(any(arguments, 0), |array| {
            let field = arguments.get(1).and_then(Value::as_str);
            let numbers = array.elements().filter_map(|element| match &field {
                Some(name) => element.get(name),
                None => Some(element),
            });
            if numbers.clone().any(|number| number.as_number().is_none()) {
                return Err(wrong(&SIGNATURE, 0, "has an element that is no number"));
            }
            let sum = decimal::sum(numbers.filter_map(Node::as_number))?;
            Ok(Value::Number(sum.into()))
        })
    })
}
