//! `base64_encode`

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::text;
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "base64_encode",
    group: Group::Encoding,
    summary: "The text's UTF-8 bytes in Base64, with padding.",
    parameters: &[Parameter::new("text", Type::String, "The text.")],
    returns: Type::String,
    examples: &[
        Example::new(r#"base64_encode("Grüße")"#, r#""R3LDvMOfZQ==""#),
        Example::new(r#"base64_encode("")"#, r#""""#),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| Ok(Value::from(STANDARD.encode(text(arguments, 0).as_bytes()))))
}
