//! `number`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::any;

const SIGNATURE: Signature = Signature {
    name: "number",
    group: Group::Type,
    summary: "A text that is exactly a JSON number, as that number; a number stays as it is.",
    parameters: &[Parameter::new("value", Type::Any, "A text or a number.")],
    returns: Type::Number,
    examples: &[
        Example::new(r#"number("49.990")"#, "49.990"),
        Example::new(r#"number(" 1")"#, "error cast"),
        Example::new("number(true)", "error cast"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| any(arguments, 0).cast(Type::Number))
}
