//! `string`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::any;

const SIGNATURE: Signature = Signature {
    name: "string",
    group: Group::Type,
    summary: "A number or boolean as text, its digits as they are; a text stays as it is.",
    parameters: &[Parameter::new("value", Type::Any, "A text, a number or a boolean.")],
    returns: Type::String,
    examples: &[
        Example::new("string(1.50)", r#""1.50""#),
        Example::new("string(true)", r#""true""#),
        Example::new("string(null)", "error cast"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| any(arguments, 0).cast(Type::String))
}
