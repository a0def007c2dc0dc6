//! `parse_json`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::{part, text, wrong};
use crate::json::Document;

const SIGNATURE: Signature = Signature {
    name: "parse_json",
    group: Group::Encoding,
    summary: "The value that a JSON text says, its numbers as they are.",
    parameters: &[Parameter::new("text", Type::String, "The text.")],
    returns: Type::Any,
    examples: &[
        Example::new(r#"parse_json("[1.50, true]")"#, "[1.50, true]"),
        Example::over(r#"{"body": "{\"user\": \"u1\"}"}"#, "parse_json(.body)", r#"{"user": "u1"}"#),
        Example::new(r#"parse_json("null")"#, "null"),
        Example::new(r#"parse_json("1,")"#, "error argument"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        let text = text(arguments, 0);
        match Document::parse(text.as_bytes()) {
            Ok(document) => Ok(part(Some(document.root()))),
            Err(error) => Err(wrong(&SIGNATURE, 0, &format!("is not JSON: {error}"))),
        }
    })
}
