//! Tables.

use super::Template;
use crate::functions::Type;
use crate::source::Span;

/// The type of a part of a table's key: a closed set, DynamoDB has no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyType {
    /// Text (DynamoDB's `S`).
    String,
    /// A number (DynamoDB's `N`).
    Number,
    /// Bytes (DynamoDB's `B`); events carry them as base64 text.
    Binary,
}

impl KeyType {
    /// The word that rules use for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            KeyType::String => "string",
            KeyType::Number => "number",
            KeyType::Binary => "binary",
        }
    }
}

/// A table that rules look up in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The name that rules use.
    pub name: String,
    /// Where its items are.
    pub source: Source,
    /// The parts of its key, in the order declared.
    pub key: Vec<(String, KeyType)>,
    /// The indexes that lookups may use.
    pub indexes: Vec<Index>,
    /// The attributes that rules may read, with their types: an item that has another type is an
    /// error. Empty where the table declares none, and then any may be read. Bytes are text here.
    pub attributes: Vec<(String, Type)>,
    /// How long answers are kept, if they are.
    pub cache: Option<Cache>,
    /// Where it is declared.
    pub span: Span,
}

/// Where the items of a table are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The kind of source: `dynamodb`.
    pub kind: String,
    /// The table's name there.
    pub location: Template,
}

/// An index of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Its name at the source.
    pub name: String,
    /// The parts of its key, in the order declared.
    pub key: Vec<(String, KeyType)>,
}

/// How long answers are kept. All times are in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cache {
    /// An item.
    pub ttl_ms: u64,
    /// That there is no such item; `None` keeps no misses.
    pub missing_ms: Option<u64>,
    /// How much longer an item may be served while the table fails; `None` serves nothing stale.
    pub stale_ms: Option<u64>,
    /// How many bytes may be kept.
    pub max_bytes: Option<u64>,
}
