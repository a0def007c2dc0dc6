//! Checked rules compiled for running: variables filled in, functions found, tables merged.

mod append;
mod compile;
mod destination;
mod names;
mod paths;
mod pattern;

use std::collections::BTreeSet;
use std::sync::Arc;

use enrich_dsl::functions::Type;
use enrich_dsl::model::{
    Arithmetic, Comparison, Compression, Copy, Decode, ErrorField, KeyType, OnInvalid, PerObject, RecordField,
};
use enrich_dsl::source::Span;

use crate::functions::Function;
use crate::json::Node;
use crate::lookup::{Attributes, Policy, Table};
use crate::schema::Schema;
use crate::value::Value;
pub(crate) use append::{Addition, Append, Brings, Brought, Numbers, Otherwise};
pub use compile::BuildError;
use compile::value as value_of;
pub(crate) use compile::{Compile, compile, value as literal};
pub use destination::{Destination, Location};
pub(crate) use names::{MOST as MOST_NAMES, Names};
pub(crate) use pattern::Pattern;

/// A whole rule set.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) rules: Vec<Rule>,
    pub(crate) tables: Vec<TableSlot>,
    /// How many waves of lookups the deepest rule needs.
    pub(crate) waves: usize,
    /// How many lookups and constants its rules add members out of.
    pub(crate) numbers: Numbers,
}

/// A table at its source. Tables of several rules that resolve to the same one share a slot.
#[derive(Debug)]
pub(crate) struct TableSlot {
    /// The place of its source in the engine.
    pub(crate) source: usize,
    pub(crate) table: Arc<Table>,
    /// What all rules together need of its items.
    pub(crate) attributes: Arc<Attributes>,
    /// The types that the rules declare for attributes.
    pub(crate) types: BTreeSet<(String, Type)>,
    /// How long its answers are kept; `None` where a declaration of it says nothing of that.
    pub(crate) cache: Option<Policy>,
}

/// What tells a rule from every other, in this rule set and in those before and after it.
#[derive(Clone, Debug, Default)]
pub(crate) struct RuleId {
    pub(crate) name: Arc<str>,
    /// The rule set's hash.
    pub(crate) rules: Arc<str>,
}

#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) name: Arc<str>,
    pub(crate) streams: Vec<Pattern>,
    pub(crate) decode: Vec<Decode>,
    pub(crate) when: Option<Condition>,
    /// The paths that `when` reads.
    pub(crate) when_paths: Vec<Vec<String>>,
    pub(crate) schema: Option<(Arc<Schema>, OnInvalid)>,
    /// Conditions of `drop when` that read only the arrived event: decided before any lookup.
    pub(crate) early_drops: Vec<Condition>,
    pub(crate) lookups: Vec<Lookup>,
    pub(crate) loops: Vec<ForEach>,
    pub(crate) steps: Vec<Step>,
    pub(crate) output: Option<Output>,
    pub(crate) rejects: Option<Destination>,
    /// Names with their values, each as one text.
    pub(crate) partition: Vec<(Arc<str>, Expr)>,
    /// The place of its schema's name, and its own.
    pub(crate) schema_span: Span,
    pub(crate) span: Span,
    /// The paths of the event that the rule reads or writes: none of them may be there twice.
    pub(crate) paths: Vec<Vec<String>>,
    /// The names that these paths begin with; `None` where they are too many for one look.
    pub(crate) names: Option<Names>,
    /// Whether one of these paths leads into a value.
    pub(crate) deep: bool,
    /// Whether it tells what it decided: then that is written down on the way.
    pub(crate) tells_decisions: bool,
    /// What the rule adds, where it does nothing else.
    pub(crate) append: Option<Append>,
}

impl Rule {
    /// Whether the rule may look into the value of a member of that name.
    pub(crate) fn looks_into(&self, name: &str) -> bool {
        let Some(names) = self.names.as_ref().filter(|_| !self.paths.iter().any(Vec::is_empty)) else {
            return true;
        };
        let reads = self.append.as_ref().map_or(u64::MAX, |append| append.reads);
        names.place(name).is_some_and(|place| reads >> place & 1 == 1)
    }

    /// The lookups of the rule, then those of its loops: the order in which they are counted.
    pub(crate) fn all_lookups(&self) -> impl Iterator<Item = &Lookup> {
        self.lookups.iter().chain(self.loops.iter().flat_map(|each| &each.lookups))
    }

    /// The field that `when` asks, and the texts of which it has to be one, where that is all that `when` asks.
    pub(crate) fn asks_text(&self) -> Option<(&[String], Vec<&str>)> {
        self.when.as_ref()?.expr.asks_text()
    }
}

/// An expression that decides about a whole event, with the place of its statement.
#[derive(Debug)]
pub(crate) struct Condition {
    pub(crate) expr: Expr,
    pub(crate) span: Span,
}

/// What is done for each element of an array.
#[derive(Debug)]
pub(crate) struct ForEach {
    pub(crate) array: Vec<String>,
    /// The most elements that the array may have.
    pub(crate) max: usize,
    pub(crate) lookups: Vec<Lookup>,
    pub(crate) steps: Vec<Step>,
    /// The paths of the element that are read or written.
    pub(crate) paths: Vec<Vec<String>>,
    /// How many lookups of the rule are counted before this loop's.
    pub(crate) counted: usize,
}

impl ForEach {
    /// The array that it goes over; `None` where there is no value at its place.
    pub(crate) fn array<'d>(&self, event: Node<'d>) -> Option<Node<'d>> {
        self.array.iter().try_fold(event, |node, name| node.get(name))
    }
}

/// The most elements of a looped array where the schema does not say it.
pub(crate) const MAX_ELEMENTS: usize = 100;

#[derive(Debug)]
pub(crate) struct Lookup {
    pub(crate) name: String,
    /// The place of its table in [`Program::tables`].
    pub(crate) slot: usize,
    pub(crate) key: Vec<KeyPart>,
    /// The lookups of the rule whose items its key reads.
    pub(crate) upstream: Vec<usize>,
    /// The lookups of the same loop whose items its key reads.
    pub(crate) inner_upstream: Vec<usize>,
    /// In which round of questions its key is known.
    pub(crate) wave: usize,
    pub(crate) copies: Vec<Copy>,
    pub(crate) found: Vec<Step>,
    pub(crate) missing: Branch,
    /// How young an event may be, in milliseconds, whose miss fails it.
    pub(crate) retry_missing_ms: Option<u64>,
    pub(crate) no_key: Branch,
    pub(crate) error: Option<Vec<Step>>,
}

#[derive(Debug)]
pub(crate) struct KeyPart {
    pub(crate) name: String,
    pub(crate) ty: KeyType,
    pub(crate) value: Expr,
    /// Where the value is a field of the event: its place among the rule's names.
    pub(crate) field: Option<usize>,
}

#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) instead: bool,
    pub(crate) steps: Vec<Step>,
}

#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) kind: StepKind,
    /// The place of its statement.
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum StepKind {
    Lookup(usize),
    ForEach(usize),
    Set { target: Vec<String>, value: Expr },
    Remove(Vec<String>),
    Drop(Expr),
}

#[derive(Debug)]
pub(crate) enum Output {
    S3 {
        bucket: Arc<str>,
        prefix: Expr,
        /// Whether the prefix is the same for all events of a batch.
        is_constant: bool,
        per: PerObject,
        compression: Compression,
    },
    Firehose(Arc<str>),
}

#[derive(Debug)]
pub(crate) enum Expr {
    Literal(Value<'static>),
    Text(Vec<Part>),
    Event(Vec<String>),
    Lookup {
        lookup: usize,
        path: Vec<String>,
    },
    Element(Vec<String>),
    ElementLookup {
        lookup: usize,
        path: Vec<String>,
    },
    Record(RecordField),
    Error(ErrorField),
    Call {
        function: Function,
        arguments: Vec<Expr>,
    },
    /// Where the fields come from that the rule has added so far.
    Provenance(RuleId),
    Compare {
        comparison: Comparison,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Arithmetic {
        operation: Arithmetic,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Negate(Box<Expr>),
    If {
        condition: Box<Expr>,
        then: Box<Expr>,
        otherwise: Box<Expr>,
        span: Span,
    },
    Coalesce(Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
}

#[derive(Debug)]
pub(crate) enum Part {
    Literal(String),
    Hole(Expr),
}

impl Expr {
    /// As [`Rule::asks_text`]: `.field == "a"`, or several of them with `or` between.
    fn asks_text(&self) -> Option<(&[String], Vec<&str>)> {
        match self {
            Expr::Compare { comparison: Comparison::Equal, left, right } => match (&**left, &**right) {
                (Expr::Event(field), Expr::Literal(Value::String(text)))
                | (Expr::Literal(Value::String(text)), Expr::Event(field)) => Some((field, vec![text])),
                _ => None,
            },
            Expr::Or(left, right) => {
                let ((field, mut texts), (other, more)) = (left.asks_text()?, right.asks_text()?);
                texts.extend(more);
                (field == other).then_some((field, texts))
            }
            _ => None,
        }
    }

    /// Whether the value is the same for all events of a batch.
    pub(crate) fn is_constant(&self) -> bool {
        match self {
            Expr::Literal(_) => true,
            Expr::Text(parts) => parts.iter().all(|part| match part {
                Part::Literal(_) => true,
                Part::Hole(hole) => hole.is_constant(),
            }),
            Expr::Call { arguments, .. } => arguments.iter().all(Expr::is_constant),
            Expr::Compare { left, right, .. }
            | Expr::Arithmetic { left, right, .. }
            | Expr::Coalesce(left, right)
            | Expr::And(left, right)
            | Expr::Or(left, right) => left.is_constant() && right.is_constant(),
            Expr::Negate(inner) | Expr::Not(inner) => inner.is_constant(),
            Expr::If { condition, then, otherwise, .. } => {
                condition.is_constant() && then.is_constant() && otherwise.is_constant()
            }
            Expr::Event(_)
            | Expr::Lookup { .. }
            | Expr::Element(_)
            | Expr::ElementLookup { .. }
            | Expr::Record(_)
            | Expr::Error(_)
            | Expr::Provenance(_) => false,
        }
    }
}
