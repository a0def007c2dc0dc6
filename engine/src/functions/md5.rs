//! `md5`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};
use md5::{Digest as _, Md5};

use super::Function;
use super::arguments::text;
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "md5",
    group: Group::Privacy,
    summary: "The MD5 of the text's UTF-8 bytes, in 32 lower-case hexadecimal digits. It protects \
              nothing: it is for joins with keys that others made so.",
    parameters: &[Parameter::new("text", Type::String, "The text.")],
    returns: Type::String,
    examples: &[
        Example::new(r#"md5("abc")"#, r#""900150983cd24fb0d6963f7d28e17f72""#),
        Example::new(r#"md5("")"#, r#""d41d8cd98f00b204e9800998ecf8427e""#),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        Ok(Value::from(crate::hex(&Md5::digest(text(arguments, 0).as_bytes()))))
    })
}
