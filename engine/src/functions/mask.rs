//! `mask`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::{count, text};
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "mask",
    group: Group::Privacy,
    summary: "The text with a `*` for each character but the last ones. A text with no more than those \
              is masked whole.",
    parameters: &[
        Parameter::new("text", Type::String, "The text."),
        Parameter::new("keep_last", Type::Number, "How many characters stay, none without it.").optional(),
    ],
    returns: Type::String,
    examples: &[
        Example::new(r#"mask("4111222233334444", 4)"#, r#""************4444""#),
        Example::new(r#"mask("größe")"#, r#""*****""#),
        Example::new(r#"mask("1234", 4)"#, r#""****""#),
        Example::new(r#"mask("123", -1)"#, "error argument"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        let text = text(arguments, 0);
        let keep = if arguments.len() > 1 { count(&SIGNATURE, arguments, 1)? } else { 0 };
        let length = text.chars().count();
        let hidden = if keep < length { length - keep } else { length };
        let masked =
            text.chars().enumerate().map(|(at, character)| if at < hidden { '*' } else { character });
        Ok(Value::from(masked.collect::<String>()))
    })
}
