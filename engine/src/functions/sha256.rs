//! `sha256`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};
use sha2::{Digest as _, Sha256};

use super::Function;
use super::arguments::text;
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "sha256",
    group: Group::Privacy,
    summary: "The SHA-256 of the text's UTF-8 bytes, in 64 lower-case hexadecimal digits. Who can guess \
              the text can check the guess: `hmac_sha256` is for pseudonyms.",
    parameters: &[Parameter::new("text", Type::String, "The text.")],
    returns: Type::String,
    examples: &[
        Example::new(
            r#"sha256("abc")"#,
            r#""ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad""#,
        ),
        Example::new(r#"sha256(lower("Ada@Example.com")) == sha256("ada@example.com")"#, "true"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        Ok(Value::from(crate::hex(&Sha256::digest(text(arguments, 0).as_bytes()))))
    })
}
