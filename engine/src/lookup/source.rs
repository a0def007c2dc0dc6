//! The seam to the tables: one batched question, answered key by key.

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use enrich_dsl::model::KeyType;

use super::{Failure, Item, Key};
use crate::time::Timestamp;

/// A future that a trait object can return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where the items are: DynamoDB, memory, files, or an embedder's own.
///
/// A source is asked once for each stage of a batch, with the keys of all events and tables together,
/// without duplicates. It never fails as a whole: what can't be answered is [`Answer::Failed`] for
/// the keys that it concerns, and a fault of one table or key must not spread to the others.
///
/// ```
/// use enrich_engine::lookup::{Answer, Answers, BoxFuture, Questions, Source};
///
/// /// A table in which every key is missing.
/// struct Empty;
///
/// impl Source for Empty {
///     fn fetch<'a>(&'a self, questions: &'a Questions) -> BoxFuture<'a, Answers> {
///         Box::pin(async move {
///             let mut answers = Answers::none_yet(questions);
///             for (table, question) in questions.tables.iter().enumerate() {
///                 for key in 0..question.keys.len() {
///                     answers.set(table, key, Answer::Missing);
///                 }
///             }
///             answers
///         })
///     }
/// }
/// ```
pub trait Source: Send + Sync {
    /// Answers every question. A question left open counts as failed, and its events are retried.
    fn fetch<'a>(&'a self, questions: &'a Questions) -> BoxFuture<'a, Answers>;
}

impl<S: Source + ?Sized> Source for Arc<S> {
    fn fetch<'a>(&'a self, questions: &'a Questions) -> BoxFuture<'a, Answers> {
        self.as_ref().fetch(questions)
    }
}

/// All that one stage of one batch asks of one source.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Questions {
    /// The tables asked, each once.
    pub tables: Vec<TableQuestions>,
    /// When the answer is of no use any more; `None` where the caller sets no limit.
    pub deadline: Option<Timestamp>,
}

impl Questions {
    /// Questions to these tables, to be answered by the deadline.
    #[must_use]
    pub fn new(tables: Vec<TableQuestions>, deadline: Option<Timestamp>) -> Self {
        Self { tables, deadline }
    }
}

/// The keys that are asked of one table.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TableQuestions {
    /// The table.
    pub table: Arc<Table>,
    /// The keys: canonical, none twice.
    pub keys: Vec<Key>,
    /// Which attributes the answers need.
    pub attributes: Arc<Attributes>,
}

impl TableQuestions {
    /// Asks `table` for `attributes` of the items under `keys`.
    #[must_use]
    pub fn new(table: Arc<Table>, keys: Vec<Key>, attributes: impl Into<Arc<Attributes>>) -> Self {
        Self { table, keys, attributes: attributes.into() }
    }
}

/// A table as its source knows it: what the rules declare, with the variables filled in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Table {
    /// The name at the source (for DynamoDB the table's name or ARN).
    pub name: String,
    /// The parts of the key in the order declared, which is the order of a [`Key`]'s values.
    pub key: Vec<(String, KeyType)>,
    /// The index whose key this is; `None` where it is the table's own. Of an index, two items under one
    /// key are the failure [`super::ErrorCode::Ambiguous`].
    pub index: Option<String>,
}

impl Table {
    /// The table of that name with these key parts.
    #[must_use]
    pub fn new(name: impl Into<String>, key: Vec<(String, KeyType)>) -> Self {
        Self { name: name.into(), key, index: None }
    }

    /// As an index of that name, which has the key.
    #[must_use]
    pub fn by_index(mut self, index: impl Into<String>) -> Self {
        self.index = Some(index.into());
        self
    }
}

/// Which top-level attributes an answer must hold. A source may return more.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Attributes {
    /// All of them.
    All,
    /// These (none at all where only the item's existence counts).
    Named(BTreeSet<String>),
}

/// The answer for one key.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Answer {
    /// The item.
    Found(Arc<Item>),
    /// There is no such item: a fact, not an error.
    Missing,
    /// The question could not be answered.
    Failed(Failure),
}

/// The requests that went over the wire to answer questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Requests {
    /// Requests that were sent, the repeated ones too.
    pub sent: u64,
    /// Those of them that repeat one which was throttled, got lost, or came back with unprocessed keys.
    pub repeated: u64,
    /// Keys that came back unprocessed, each as often as it did.
    pub unprocessed: u64,
}

impl std::ops::AddAssign for Requests {
    fn add_assign(&mut self, Self { sent, repeated, unprocessed }: Self) {
        self.sent += sent;
        self.repeated += repeated;
        self.unprocessed += unprocessed;
    }
}

/// The answers to one [`Questions`], place by place. A place that nobody fills is a failure.
#[derive(Clone, Debug)]
pub struct Answers {
    tables: Vec<Vec<Option<Answer>>>,
    requests: Requests,
}

impl Answers {
    /// No answer yet, for each key asked.
    #[must_use]
    pub fn none_yet(questions: &Questions) -> Self {
        let tables = questions.tables.iter().map(|table| vec![None; table.keys.len()]).collect();
        Self { tables, requests: Requests::default() }
    }

    /// Tells that these requests were sent for the answers, too. A source that has everything at hand sends none.
    pub fn count(&mut self, requests: Requests) {
        self.requests += requests;
    }

    /// The requests that were sent for the answers.
    #[must_use]
    pub fn requests(&self) -> Requests {
        self.requests
    }

    /// Answers the key at `key` of the table at `table`, both counted as in the questions. An answer
    /// to a question that was never asked is let go.
    pub fn set(&mut self, table: usize, key: usize, answer: Answer) {
        if let Some(place) = self.tables.get_mut(table).and_then(|keys| keys.get_mut(key)) {
            *place = Some(answer);
        }
    }

    /// Whether that key has an answer.
    #[must_use]
    pub fn is_set(&self, table: usize, key: usize) -> bool {
        self.get(table, key).is_some()
    }

    /// The answer to that key, if there is one.
    #[must_use]
    pub fn get(&self, table: usize, key: usize) -> Option<&Answer> {
        self.tables.get(table).and_then(|keys| keys.get(key)).and_then(Option::as_ref)
    }
}

impl fmt::Debug for dyn Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source")
    }
}
