//! What the engine decides about one event, told as it decides.

mod provenance;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use enrich_dsl::model::Path;
use enrich_dsl::source::Span;

use crate::batch::{LookupEnd, Verdict};
use crate::program::RuleId;

/// What became of one event, and why. See [`crate::Engine::explain`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// The verdict, as [`crate::Engine::enrich`] gives it.
    pub verdict: Verdict,
    /// What led to it, in the order in which it was decided.
    pub decisions: Vec<Decision>,
}

/// Something that was decided about an event.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Decision {
    /// The place in the rules that says so.
    pub span: Span,
    /// The element that a `for each` was at.
    pub element: Option<Element>,
    /// What was decided.
    pub kind: DecisionKind,
}

/// What was decided about an event.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecisionKind {
    /// A rule's `when` was asked.
    When {
        /// The rule.
        rule: Arc<str>,
        /// Whether it takes the event.
        holds: bool,
    },
    /// A rule took the event.
    Took {
        /// The rule.
        rule: Arc<str>,
    },
    /// The event was held against its rule's schema.
    Schema {
        /// What does not fit; `None` where all does.
        complaint: Option<String>,
    },
    /// A lookup's statement was reached.
    Lookup(LookupDecision),
    /// A statement wrote a field.
    Wrote {
        /// Where: a path of the event, inside a loop one of the element.
        path: Path,
        /// The value, as JSON.
        value: String,
        /// What it is.
        written: Written,
    },
    /// A statement took a field out, or wrote what is absent.
    Removed {
        /// Where: a path of the event, inside a loop one of the element.
        path: Path,
    },
    /// A `set` or `drop when` was left out, as it reads a lookup that failed.
    Skipped,
    /// A `drop when` was asked.
    Drop {
        /// Whether it drops the event.
        holds: bool,
    },
    /// An `if` was asked.
    If {
        /// Whether its value is that behind `then`.
        holds: bool,
    },
}

/// How a lookup of an event ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LookupDecision {
    /// Its name.
    pub lookup: String,
    /// The table's name at its source.
    pub table: String,
    /// The index that is asked in place of the table.
    pub index: Option<String>,
    /// The key's parts with their values, as JSON; `None` where there is no key.
    pub key: Option<Vec<(String, String)>>,
    /// How it ended.
    pub end: LookupEnd,
    /// Whether a missing item may still come: then the event fails, and its source brings it again.
    pub awaited: bool,
    /// Where the answer comes from; `None` where nothing was answered.
    pub freshness: Option<Freshness>,
    /// How long ago the answer was asked for, in milliseconds; `None` where nothing was answered.
    pub age_ms: Option<u64>,
    /// Of one that failed: why.
    pub failure: Option<String>,
}

/// What a statement wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Written {
    /// An attribute of an item.
    Attribute,
    /// The default of an attribute that is not there.
    Default,
    /// What a `set` says.
    Value,
}

/// Where the answer to a lookup comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Freshness {
    /// From its source, just now.
    New,
    /// From an earlier batch.
    Kept,
    /// From an earlier batch, and expired; its source failed.
    Stale,
}

impl Freshness {
    /// The word for it: `new`, `kept` or `stale`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Freshness::New => "new",
            Freshness::Kept => "kept",
            Freshness::Stale => "stale",
        }
    }
}

/// An element of an array. It is shown as `.items[2]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Element {
    /// The array's path in the event.
    pub array: Path,
    /// The element's place, from 0.
    pub at: usize,
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]", self.array, self.at)
    }
}

/// Where decisions are told while an event is on its way. The future of a batch may move between threads, hence the lock.
#[derive(Debug, Default)]
pub(crate) struct Trace(Mutex<Told>);

#[derive(Debug, Default)]
struct Told {
    decisions: Vec<Decision>,
    element: Option<Element>,
}

impl Trace {
    fn told(&self) -> std::sync::MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn tell(&self, span: Span, kind: DecisionKind) {
        let mut told = self.told();
        let element = told.element.clone();
        told.decisions.push(Decision { span, element, kind });
    }

    /// What is told from now on is about this element.
    pub(crate) fn enter(&self, array: &[String], at: usize) {
        self.told().element = Some(Element { array: Path(array.to_vec()), at });
    }

    /// What is told from now on is about the event.
    pub(crate) fn leave(&self) {
        self.told().element = None;
    }

    /// Where the fields come from that were added so far.
    pub(crate) fn provenance(&self, rule: &RuleId) -> String {
        provenance::document(rule, &self.told().decisions)
    }

    pub(crate) fn into_decisions(self) -> Vec<Decision> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner).decisions
    }
}
