//! What became of a run's events, in a few lines.

use std::fmt;

use enrich_engine::LookupCounts;

/// How many events ended in which verdict, and how the lookups went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Written to standard output.
    pub enriched: u64,
    /// Dropped by a rule.
    pub dropped: u64,
    /// Rejected: a retry can't help.
    pub rejected: u64,
    /// Failed: a retry can help.
    pub failed: u64,
    /// The lookups of all batches, in the order of the rules.
    pub lookups: Vec<LookupCounts>,
}

impl Summary {
    /// All events.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.enriched + self.dropped + self.rejected + self.failed
    }

    /// Adds the lookups of a batch.
    pub fn add(&mut self, lookups: Vec<LookupCounts>) {
        LookupCounts::add_all(&mut self.lookups, lookups);
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { enriched, dropped, rejected, failed, lookups } = self;
        let events = count(self.events(), "event");
        writeln!(
            f,
            "{events}: {enriched} enriched, {dropped} dropped, {rejected} rejected, {failed} failed"
        )?;
        for LookupCounts { rule, lookup, found, missing, no_key, failed, cached, stale, .. } in lookups {
            if found + missing + no_key + failed == 0 {
                continue;
            }
            write!(f, "{rule}, {lookup}: {found} found, {missing} missing, {no_key} no key, {failed} error")?;
            if cached + stale > 0 {
                write!(f, " (of an earlier batch {cached}, expired {stale})")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// `1 event`, `2 events`.
pub(crate) fn count(number: u64, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}
