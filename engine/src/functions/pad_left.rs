//! `pad_left`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::{count, text, wrong};
use super::bounded::{TEXT_LIMIT, too_large};
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "pad_left",
    group: Group::Text,
    summary: "The text, filled up at its start to a number of characters. A longer text stays as it is.",
    parameters: &[
        Parameter::new("text", Type::String, "The text."),
        Parameter::new("width", Type::Number, "The least number of characters."),
        Parameter::new("with", Type::String, "The one character that fills."),
    ],
    returns: Type::String,
    examples: &[
        Example::new(r#"pad_left("7", 3, "0")"#, r#""007""#),
        Example::new(r#"pad_left("1234", 3, "0")"#, r#""1234""#),
        Example::new(r#"pad_left(string(42), 5, "·")"#, r#""···42""#),
        Example::new(r#"pad_left("7", 3, "ab")"#, "error argument"),
        Example::new(r#"pad_left("7", 1e9, "0")"#, "error size"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        let (text, with) = (text(arguments, 0), text(arguments, 2));
        let mut characters = with.chars();
        let (Some(_), None) = (characters.next(), characters.next()) else {
            return Err(wrong(&SIGNATURE, 2, "is not one character"));
        };
        let missing = count(&SIGNATURE, arguments, 1)?.saturating_sub(text.chars().count());
        if missing > TEXT_LIMIT {
            return Err(too_large());
        }
        Ok(Value::from(format!("{}{text}", with.repeat(missing))))
    })
}
