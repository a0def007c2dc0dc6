//! `sha256`

use enrich_dsl::functions::{Example, Parameter, Signature, Type};
use sha2::{Digest as _, Sha256};

use super::Function;
use crate::value::Value;

pub(super) fn function() -> Function {
    let signature = Signature {
        name: "sha256",
        summary: "The SHA-256 of the text's UTF-8 bytes, in 64 lower-case hexadecimal digits.",
        parameters: &[Parameter { name: "text", ty: Type::String, summary: "The text." }],
        returns: Type::String,
        examples: &[Example {
            call: "sha256(\"abc\")",
            result: "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"",
        }],
    };
    Function::new(signature, |arguments, _| {
        let text = arguments.first().and_then(Value::as_str).unwrap_or_default();
        Ok(Value::from(crate::hex(&Sha256::digest(text.as_bytes()))))
    })
}
