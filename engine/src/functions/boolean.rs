//! `boolean`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};

use super::Function;
use super::arguments::any;

const SIGNATURE: Signature = Signature {
    name: "boolean",
    group: Group::Type,
    summary: "The text `true` or `false` as a boolean; a boolean stays as it is.",
    parameters: &[Parameter::new("value", Type::Any, "A text or a boolean.")],
    returns: Type::Boolean,
    examples: &[
        Example::new(r#"boolean("true")"#, "true"),
        Example::new(r#"boolean("yes")"#, "error cast"),
        Example::new("boolean(1)", "error cast"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| any(arguments, 0).cast(Type::Boolean))
}
