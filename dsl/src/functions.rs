//! What a function looks like from outside: all that checking a call needs.

use std::fmt;

/// The type of a value, as far as it can be told without running anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// What a function is about: the part of its page that it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Group {
    /// Text in, text out.
    Text,
    /// Numbers, in decimal.
    Number,
    /// Instants.
    Time,
    /// Arrays and objects.
    Collection,
    /// Other spellings of a text or a value.
    Encoding,
    /// Hashes, and what hides the most of a text.
    Privacy,
    /// Types of values.
    Type,
    /// What is about none of these, and what an embedding program adds.
    Other,
}

impl Group {
    /// All groups, in the order of the page.
    pub const ALL: [Group; 8] = [
        Group::Text,
        Group::Number,
        Group::Time,
        Group::Collection,
        Group::Encoding,
        Group::Privacy,
        Group::Type,
        Group::Other,
    ];

    /// The heading on the page.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Group::Text => "Text",
            Group::Number => "Numbers",
            Group::Time => "Time",
            Group::Collection => "Arrays and objects",
            Group::Encoding => "Encoding",
            Group::Privacy => "Hashing and masking",
            Group::Type => "Types",
            Group::Other => "Other",
        }
    }
}

/// The function that tells where an event's fields come from. It sees what was done so far, so it stands in a `set`
/// alone.
pub const PROVENANCE: &str = "provenance";

/// A function as callers and its page see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The name in rules.
    pub name: &'static str,
    /// What it is about.
    pub group: Group,
    /// What it gives, in a sentence or a few.
    pub summary: &'static str,
    /// What it takes: first what is required, then what may be left out.
    pub parameters: &'static [Parameter],
    /// What it gives. Any function gives nothing (absent) for an absent argument.
    pub returns: Type,
    /// Calls with their results; each is run as a test.
    pub examples: &'static [Example],
}

impl Signature {
    /// How many arguments a call has: at least, and at most.
    #[must_use]
    pub fn arity(&self) -> (usize, usize) {
        let required = self.parameters.iter().take_while(|parameter| !parameter.optional).count();
        (required, self.parameters.len())
    }
}

impl fmt::Display for Signature {
    /// `round(number: number, places?: number)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.name)?;
        for (at, parameter) in self.parameters.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            let mark = if parameter.optional { "?" } else { "" };
            write!(f, "{comma}{}{mark}: {}", parameter.name, parameter.ty)?;
        }
        f.write_str(")")
    }
}

/// One parameter of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Parameter {
    /// The name in the function's page.
    pub name: &'static str,
    /// The type that the argument must have.
    pub ty: Type,
    /// One sentence on what it is.
    pub summary: &'static str,
    /// Whether a call may leave it out.
    pub optional: bool,
}

impl Parameter {
    /// A parameter that every call has an argument for.
    #[must_use]
    pub const fn new(name: &'static str, ty: Type, summary: &'static str) -> Self {
        Self { name, ty, summary, optional: false }
    }

    /// One that a call may leave out. Only optional ones may follow it.
    #[must_use]
    pub const fn optional(self) -> Self {
        Self { optional: true, ..self }
    }
}

/// A call and what it gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Example {
    /// The expression.
    pub call: &'static str,
    /// The event that it reads.
    pub event: &'static str,
    /// The result as JSON, `absent`, or the error's code behind `error `.
    pub result: &'static str,
}

impl Example {
    /// A call that reads no event.
    #[must_use]
    pub const fn new(call: &'static str, result: &'static str) -> Self {
        Self { call, event: "{}", result }
    }

    /// A call over an event.
    #[must_use]
    pub const fn over(event: &'static str, call: &'static str, result: &'static str) -> Self {
        Self { call, event, result }
    }
}
