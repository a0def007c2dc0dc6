//! Where each field that a rule writes comes from.
//!
//! [`trace`] goes through the statements as the engine would, with every outcome of every lookup at once;
//! [`fields`] knows at each place which statements a field's value may come from.

mod fields;
mod trace;

use std::fmt;

use enrich_dsl::functions::Type;
use enrich_dsl::model::{ErrorField, Literal, Path, RecordField, Template, TemplatePart};

use crate::rules::Rules;

/// Where the fields of a rule's events come from. Every field that is not named comes out as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleLineage {
    /// The rule's name.
    pub rule: String,
    /// The streams that it takes, as the rule writes them.
    pub streams: Vec<String>,
    /// Its lookups, those of loops behind the others.
    pub lookups: Vec<LookupLineage>,
    /// The fields that it writes, sorted.
    pub fields: Vec<FieldLineage>,
    /// The fields that it takes out, sorted.
    pub removed: Vec<RemovedField>,
}

/// A lookup, and what its key is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LookupLineage {
    /// Its name.
    pub name: String,
    /// The table, by its name in the rules.
    pub table: String,
    /// Where the table is, as the rules write it: `${PROFILES_TABLE:user-profiles}`.
    pub source: String,
    /// The index that it asks, if it does.
    pub index: Option<String>,
    /// The array for whose elements it is made, if it is.
    pub each: Option<FieldPath>,
    /// The parts of its key, in the order of the table.
    pub key: Vec<KeyLineage>,
}

/// A part of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyLineage {
    /// Its name.
    pub part: String,
    /// What its value is worked out from. Event fields are meant as they arrived.
    pub value: Derived,
}

/// A field of the event that comes out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldLineage {
    /// The field.
    pub path: FieldPath,
    /// Whether it may come out as it arrived: no statement writes it in all cases.
    pub arrived: bool,
    /// The statements whose value it may have in the end, in the order of the rule.
    pub writes: Vec<Write>,
}

/// A field that does not come out, or not always.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RemovedField {
    /// The field.
    pub path: FieldPath,
    /// Whether it is taken out in all cases.
    pub always: bool,
}

/// A statement that writes a field.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Write {
    /// Which.
    pub statement: Statement,
    /// The lookup whose outcome it depends on: that it copies from, or in whose block it stands.
    pub lookup: Option<String>,
    /// The outcomes of that lookup in which it writes.
    pub outcomes: Vec<Outcome>,
    /// What the value is worked out from.
    pub value: Derived,
    /// The type that a copied value is converted to.
    pub cast: Option<Type>,
    /// What a `copy` writes where the attribute or the item is absent.
    pub default: Option<Literal>,
}

/// A kind of statement that writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Statement {
    /// `copy`
    Copy,
    /// `set`
    Set,
}

/// How a lookup ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The item exists.
    Found,
    /// There is no such item.
    Missing,
    /// A part of the key is absent.
    NoKey,
    /// It is not known.
    Error,
}

impl Outcome {
    /// The words of the language: `found`, `missing`, `no key`, `error`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Found => "found",
            Outcome::Missing => "missing",
            Outcome::NoKey => "no key",
            Outcome::Error => "error",
        }
    }
}

/// What a value is worked out from, through all statements above that it depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Derived {
    /// The places that values are read from, each once, in the order in which they are read.
    pub from: Vec<Origin>,
    /// The names of the functions that are called, each once.
    pub functions: Vec<String>,
}

/// A place that values come from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// An attribute of a lookup's item.
    Attribute {
        /// The lookup.
        lookup: String,
        /// The table, by its name in the rules.
        table: String,
        /// The attribute and what is inside it; the empty path is the whole item.
        path: Path,
        /// The attributes of the whole item that are left out.
        except: Vec<String>,
    },
    /// A field of the event as it arrived.
    Event(FieldPath),
    /// A field of the record's envelope.
    Record(RecordField),
    /// What went wrong with the lookup in whose `on error` it stands.
    Error(ErrorField),
    /// A value that stands in the rule.
    Constant(Literal),
    /// A variable of the rules, by its name.
    Variable(String),
}

/// A field of an event, through the elements of arrays: `.lines[].product`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldPath(pub Vec<Segment>);

/// A step of a [`FieldPath`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// Into each element of an array.
    Each,
    /// Into the field of that name.
    Name(String),
}

impl FieldPath {
    fn of(path: &Path) -> Self {
        Self::default().inside(path)
    }

    fn inside(&self, path: &Path) -> Self {
        let names = path.0.iter().map(|name| Segment::Name(name.clone()));
        Self(self.0.iter().cloned().chain(names).collect())
    }

    fn each(&self) -> Self {
        Self(self.0.iter().cloned().chain([Segment::Each]).collect())
    }
}

impl fmt::Display for FieldPath {
    /// As the language writes paths, `[]` for each element; the whole event is `.`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str(".");
        }
        self.0.iter().try_for_each(|segment| match segment {
            Segment::Each => f.write_str("[]"),
            Segment::Name(name) => write!(f, "{}", Path(vec![name.clone()])),
        })
    }
}

impl Rules {
    /// Where the fields come from that each rule writes, in the order of the rules.
    #[must_use]
    pub fn lineage(&self) -> Vec<RuleLineage> {
        self.set.rules.iter().map(|rule| trace::rule(rule, &self.set.tables)).collect()
    }
}

/// A text with variables as the rules write it.
fn written(template: &Template) -> String {
    let parts = template.0.iter().map(|part| match part {
        TemplatePart::Literal(text) => text.clone(),
        TemplatePart::Variable(variable) => match &variable.default {
            Some(default) => format!("${{{}:{default}}}", variable.name),
            None => format!("${{{}}}", variable.name),
        },
    });
    parts.collect()
}
