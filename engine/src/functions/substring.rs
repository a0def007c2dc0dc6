//! `substring`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::{count, from_either_end, text, whole};
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "substring",
    group: Group::Text,
    summary: "Characters of a text, from a place on. What lies outside of the text is left out.",
    parameters: &[
        Parameter::new("text", Type::String, "The text."),
        Parameter::new(
            "start",
            Type::Number,
            "The first character: 0 is the first of the text, -1 the last.",
        ),
        Parameter::new("length", Type::Number, "How many characters, all that follow without it.").optional(),
    ],
    returns: Type::String,
    examples: &[
        Example::new(r#"substring("größe", 2, 2)"#, r#""öß""#),
        Example::new(r#"substring("4111222233334444", -4)"#, r#""4444""#),
        Example::new(r#"substring("abc", 1, 100)"#, r#""bc""#),
        Example::new(r#"substring("abc", 7)"#, r#""""#),
        Example::new(r#"substring("abc", 0.5)"#, "error argument"),
        Example::new(r#"substring("abc", 0, -1)"#, "error argument"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        let text = text(arguments, 0);
        let start = whole(&SIGNATURE, arguments, 1)?;
        let length = if arguments.len() > 2 { count(&SIGNATURE, arguments, 2)? } else { usize::MAX };
        // Further back than the text is long: from its first character on.
        let start = match from_either_end(start, if start < 0 { text.chars().count() } else { 0 }) {
            Some(start) => start,
            None if start < 0 => 0,
            None => usize::MAX,
        };
        Ok(Value::from(text.chars().skip(start).take(length).collect::<String>()))
    })
}
