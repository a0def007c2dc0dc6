//! `mask_email`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::text;
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "mask_email",
    group: Group::Privacy,
    summary: "An e-mail address with `***` for all before its `@` but the first character. A text that \
              is no address is `***` whole.",
    parameters: &[Parameter::new("text", Type::String, "The text.")],
    returns: Type::String,
    examples: &[
        Example::new(r#"mask_email("ada@example.com")"#, r#""a***@example.com""#),
        Example::new(r#"mask_email("a@example.com")"#, r#""***@example.com""#),
        Example::new(r#"mask_email("not given")"#, r#""***""#),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        let text = text(arguments, 0);
        let Some((name, domain)) = text.rsplit_once('@') else {
            return Ok(Value::from("***".to_owned()));
        };
        // The one character of a name is the whole name.
        let first = name.chars().next().filter(|first| name.len() > first.len_utf8());
        Ok(Value::from(format!("{}***@{domain}", first.map_or_else(String::new, String::from))))
    })
}
