//! `url_decode`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};
use percent_encoding::percent_decode_str;

use super::Function;
use super::arguments::{text, wrong};
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "url_decode",
    group: Group::Encoding,
    summary: "The text with each `%XX` as the byte that it stands for. A `+` stays a `+`; the bytes must \
              be UTF-8.",
    parameters: &[Parameter::new("text", Type::String, "The text.")],
    returns: Type::String,
    examples: &[
        Example::new(r#"url_decode("a%20b%26c%3D%C3%BC")"#, r#""a b&c=ü""#),
        Example::new(r#"url_decode("100%")"#, r#""100%""#),
        Example::new(r#"url_decode(replace("a+b", "+", " "))"#, r#""a b""#),
        Example::new(r#"url_decode("%FF")"#, "error argument"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        let text = text(arguments, 0);
        let decoded = percent_decode_str(&text).decode_utf8();
        let decoded = decoded.map_err(|_| wrong(&SIGNATURE, 0, "holds bytes that are not UTF-8"))?;
        Ok(Value::from(decoded.into_owned()))
    })
}
