//! `url_encode`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Function;
use super::arguments::text;
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "url_encode",
    group: Group::Encoding,
    summary: "The text for a place in a URL: all but letters, digits and `-_.~` as `%XX`.",
    parameters: &[Parameter::new("text", Type::String, "The text.")],
    returns: Type::String,
    examples: &[
        Example::new(r#"url_encode("a b&c=ü")"#, r#""a%20b%26c%3D%C3%BC""#),
        Example::new(r#"url_encode("a-b_c.d~e")"#, r#""a-b_c.d~e""#),
    ],
};

/// All that RFC 3986 does not call unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        Ok(Value::from(utf8_percent_encode(&text(arguments, 0), RESERVED).to_string()))
    })
}
