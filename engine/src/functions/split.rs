//! `split`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::{text, wrong};
use super::bounded::Bounded;
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "split",
    group: Group::Text,
    summary: "The pieces of a text between the separators, as an array.",
    parameters: &[
        Parameter::new("text", Type::String, "The text."),
        Parameter::new("separator", Type::String, "What stands between the pieces; not empty."),
    ],
    returns: Type::Array,
    examples: &[
        Example::new(r#"split("a,b,,c", ",")"#, r#"["a","b","","c"]"#),
        Example::new(r#"split("abc", ", ")"#, r#"["abc"]"#),
        Example::new(r#"split("", ",")"#, r#"[""]"#),
        Example::new(r#"at(split("ada@example.com", "@"), 1)"#, r#""example.com""#),
        Example::new(r#"split("abc", "")"#, "error argument"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        let (text, separator) = (text(arguments, 0), text(arguments, 1));
        if separator.is_empty() {
            return Err(wrong(&SIGNATURE, 1, "is empty"));
        }
        let mut array = Bounded::default();
        for (at, piece) in text.split(separator.as_ref()).enumerate() {
            array.push(if at == 0 { "[" } else { "," })?;
            array.push_string(piece)?;
        }
        array.push("]")?;
        Ok(Value::Json(array.into_text().into()))
    })
}
