//! `base64_decode`

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::{text, wrong};
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "base64_decode",
    group: Group::Encoding,
    summary: "The text behind Base64, of the standard alphabet or that for URLs, with or without \
              padding. The bytes must be UTF-8.",
    parameters: &[Parameter::new("text", Type::String, "The text.")],
    returns: Type::String,
    examples: &[
        Example::new(r#"base64_decode("R3LDvMOfZQ==")"#, r#""Grüße""#),
        Example::new(r#"base64_decode("eyJzdWIiOiJ1MSJ9")"#, r#""{\"sub\":\"u1\"}""#),
        Example::new(r#"base64_decode("Pz8_Pg")"#, r#""???>""#),
        Example::new(r#"base64_decode("a b")"#, "error argument"),
        Example::new(r#"base64_decode("/w==")"#, "error argument"),
    ],
};

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        let standard = text(arguments, 0).replace('-', "+").replace('_', "/");
        let bytes = LENIENT.decode(standard).map_err(|_| wrong(&SIGNATURE, 0, "is not Base64"))?;
        let decoded = String::from_utf8(bytes);
        decoded.map(Value::from).map_err(|_| wrong(&SIGNATURE, 0, "holds bytes that are not UTF-8"))
    })
}
