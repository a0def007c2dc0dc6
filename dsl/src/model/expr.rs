//! Expressions.

use super::{Text, TextPart, Variable};
use crate::source::Span;
pub use crate::syntax::tree::{Arithmetic, Comparison};

/// A value that is worked out for each event.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expr {
    /// A value that stands in the rule.
    Literal(Literal),
    /// A text with holes or variables.
    Text(Text),
    /// A field of the event.
    Event(Path),
    /// An attribute of a lookup's item; with an empty path the whole item.
    Lookup {
        /// The lookup's place in [`super::Rule::lookups`].
        lookup: usize,
        /// The attribute, and what is inside it.
        path: Path,
    },
    /// A field of the element that a [`super::ForEach`] is at; with an empty path the whole element.
    Element(Path),
    /// As [`Expr::Lookup`], of a lookup inside the [`super::ForEach`].
    ElementLookup {
        /// The lookup's place in [`super::ForEach::lookups`].
        lookup: usize,
        /// The attribute, and what is inside it.
        path: Path,
    },
    /// A field of the record's envelope.
    Record(RecordField),
    /// What went wrong, inside `on error`.
    Error(ErrorField),
    /// A function's result.
    Call {
        /// The function's name.
        function: String,
        /// The arguments, as many as its signature has.
        arguments: Vec<Expr>,
        /// Where it is called.
        span: Span,
    },
    /// A comparison.
    Compare {
        /// Which.
        comparison: Comparison,
        /// Left of it.
        left: Box<Expr>,
        /// Right of it.
        right: Box<Expr>,
    },
    /// Arithmetic on two numbers: decimal, 38 digits.
    Arithmetic {
        /// Which operation.
        operation: Arithmetic,
        /// Left of it.
        left: Box<Expr>,
        /// Right of it.
        right: Box<Expr>,
    },
    /// The number with the other sign.
    Negate(Box<Expr>),
    /// One of two values.
    If {
        /// The condition.
        condition: Box<Expr>,
        /// The value where it holds.
        then: Box<Expr>,
        /// The value where it does not.
        otherwise: Box<Expr>,
        /// Where it stands.
        span: Span,
    },
    /// `left ?? right`: the left value unless it is absent or null.
    Coalesce(Box<Expr>, Box<Expr>),
    /// Both hold.
    And(Box<Expr>, Box<Expr>),
    /// One holds.
    Or(Box<Expr>, Box<Expr>),
    /// It does not hold.
    Not(Box<Expr>),
}

/// A value that stands in the rule.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Literal {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean(bool),
    /// A number, as its text.
    Number(String),
    /// Text.
    String(String),
}

/// Names from the outside in.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(pub Vec<String>);

impl Path {
    /// Whether one of the paths leads to or into what the other leads to.
    #[must_use]
    pub fn overlaps(&self, other: &Path) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a == b)
    }
}

impl std::fmt::Display for Path {
    /// As the language writes it: `.customer."first-name"`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for segment in &self.0 {
            let mut characters = segment.chars();
            let plain = characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
                && characters.all(|character| character.is_ascii_alphanumeric() || character == '_');
            if plain { write!(f, ".{segment}")? } else { write!(f, ".{segment:?}")? }
        }
        Ok(())
    }
}

/// A field of `record`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordField {
    /// Name of the stream, queue, delivery stream or table.
    Stream,
    /// The shard or partition.
    Shard,
    /// The sequence number or message id.
    Sequence,
    /// The place inside an aggregate.
    SubSequence,
    /// The partition key.
    PartitionKey,
    /// When the record arrived, RFC 3339.
    Arrival,
    /// What tells the record from every other.
    Id,
}

impl RecordField {
    /// All, with the name that rules use.
    pub const ALL: &'static [(&'static str, RecordField)] = &[
        ("stream", RecordField::Stream),
        ("shard", RecordField::Shard),
        ("sequence", RecordField::Sequence),
        ("sub_sequence", RecordField::SubSequence),
        ("partition_key", RecordField::PartitionKey),
        ("arrival", RecordField::Arrival),
        ("id", RecordField::Id),
    ];
}

/// A field of `error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorField {
    /// A short stable word.
    Code,
    /// One sentence.
    Message,
}

impl ErrorField {
    /// All, with the name that rules use.
    pub const ALL: &'static [(&'static str, ErrorField)] =
        &[("code", ErrorField::Code), ("message", ErrorField::Message)];
}

impl Expr {
    /// Calls `visit` for this expression and every one inside it.
    pub fn walk<'e>(&'e self, visit: &mut dyn FnMut(&'e Expr)) {
        visit(self);
        match self {
            Expr::Text(text) => {
                for part in &text.0 {
                    if let TextPart::Hole(hole) = part {
                        hole.walk(visit);
                    }
                }
            }
            Expr::Call { arguments, .. } => arguments.iter().for_each(|argument| argument.walk(visit)),
            Expr::Compare { left, right, .. }
            | Expr::Arithmetic { left, right, .. }
            | Expr::Coalesce(left, right)
            | Expr::And(left, right)
            | Expr::Or(left, right) => {
                left.walk(visit);
                right.walk(visit);
            }
            Expr::If { condition, then, otherwise, .. } => {
                condition.walk(visit);
                then.walk(visit);
                otherwise.walk(visit);
            }
            Expr::Not(inner) | Expr::Negate(inner) => inner.walk(visit),
            Expr::Literal(_) | Expr::Event(_) | Expr::Lookup { .. } | Expr::Record(_) | Expr::Error(_) => {}
            Expr::Element(_) | Expr::ElementLookup { .. } => {}
        }
    }

    /// The variables in this expression and those inside it.
    pub fn variables(&self) -> Vec<&Variable> {
        let mut variables = Vec::new();
        self.walk(&mut |expr| {
            if let Expr::Text(text) = expr {
                variables.extend(text.own_variables());
            }
        });
        variables
    }
}
