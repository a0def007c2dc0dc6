//! What becomes of one record.

use enrich_engine::{Reason, ReasonCode};

/// What becomes of one record. Once its objects are written, this is what the caller may be told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fate {
    /// Its event is enriched, and written where the caller takes nothing back.
    Enriched,
    /// A rule does not want it.
    Dropped,
    /// It is rejected, and its reject is written.
    Rejected(Reason),
    /// Nothing of it is sure: it is to be tried again.
    Failed(Reason),
}

impl Fate {
    /// A record that fails because the invocation does.
    pub(crate) fn with_batch() -> Self {
        Fate::Failed(Reason::new(ReasonCode::WithBatch, "the batch fails as a whole"))
    }

    pub(crate) fn failed(&self) -> Option<&Reason> {
        match self {
            Fate::Failed(reason) => Some(reason),
            _ => None,
        }
    }
}

/// Fails all records, because the invocation fails.
pub(super) fn all_failed(fates: &mut [Fate]) {
    for fate in fates.iter_mut().filter(|fate| fate.failed().is_none()) {
        *fate = Fate::with_batch();
    }
}
