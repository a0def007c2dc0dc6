//! What a function looks like from outside: all that checking a call needs.

use std::fmt;

/// The type of a value, as far as it can be told without running anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Type {
    /// Not known before the event comes.
    Any,
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// A number.
    Number,
    /// Text.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl Type {
    /// The word that messages and pages use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Type::Any => "any",
            Type::Null => "null",
            Type::Boolean => "boolean",
            Type::Number => "number",
            Type::String => "string",
            Type::Array => "array",
            Type::Object => "object",
        }
    }

    /// The word in a sentence: `a string`, `an object`, `null`.
    #[must_use]
    pub fn with_article(self) -> &'static str {
        match self {
            Type::Any => "any value",
            Type::Null => "null",
            Type::Boolean => "a boolean",
            Type::Number => "a number",
            Type::String => "a string",
            Type::Array => "an array",
            Type::Object => "an object",
        }
    }

    /// Whether a value of this type may stand where `wanted` is asked for.
    #[must_use]
    pub fn fits(self, wanted: Type) -> bool {
        self == wanted || self == Type::Any || wanted == Type::Any
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A function as callers and its page see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The name in rules.
    pub name: &'static str,
    /// One sentence on what it gives.
    pub summary: &'static str,
    /// What it takes, all of it required.
    pub parameters: &'static [Parameter],
    /// What it gives. Any function gives nothing (absent) for an absent argument.
    pub returns: Type,
    /// Calls with their results; each is run as a test.
    pub examples: &'static [Example],
}

/// One parameter of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The name in the function's page.
    pub name: &'static str,
    /// The type that the argument must have.
    pub ty: Type,
    /// One sentence on what it is.
    pub summary: &'static str,
}

/// A call and what it gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// The expression.
    pub call: &'static str,
    /// The result as JSON, or the error's code behind `error `.
    pub result: &'static str,
}
