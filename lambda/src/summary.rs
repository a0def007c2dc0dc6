//! What an invocation did, in counts.

use std::borrow::Cow;
use std::collections::BTreeMap;

use enrich_engine::{LookupCounts, Reason, ReasonCode};

use crate::ShadowSummary;
use crate::deliver::Fate;

/// What an invocation did, in counts: nothing here comes out of an event or an item.
///
/// `records = enriched + dropped + rejected + failed`, always. Enriched and rejected are only those
/// that are durable (or, under Pipes and Firehose, in the answer) and that the caller does not bring again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Who called, see [`Caller::name`](crate::envelope::Caller::name); empty where the invocation can't be read.
    pub caller: &'static str,
    /// What tells the rule set from every other. See [`enrich_engine::Engine::hash`].
    pub rules: String,
    /// The records of the batch.
    pub records: u64,
    /// Enriched.
    pub enriched: u64,
    /// Dropped by a rule.
    pub dropped: u64,
    /// Rejected: by the codes of their reasons in [`Summary::rejected_codes`].
    pub rejected: u64,
    /// Failed, to be brought again: by the codes of their reasons in [`Summary::failed_codes`].
    pub failed: u64,
    /// The bytes of their events, as they came.
    pub bytes: u64,
    /// How old the oldest record was when its batch began, in milliseconds; `None` where no record says when it arrived.
    pub lag_ms: Option<u64>,
    /// How long enriching took, the tables' answers included, in milliseconds.
    pub enrich_ms: u64,
    /// How long writing took, in milliseconds.
    pub write_ms: u64,
    /// Objects that were written.
    pub objects: u64,
    /// Events that were put into delivery streams.
    pub lines: u64,
    /// Rejects that were sent to queues.
    pub messages: u64,
    /// Why records were rejected, and how many for each reason.
    pub rejected_codes: BTreeMap<Cow<'static, str>, u64>,
    /// Why records failed, and how many for each reason.
    pub failed_codes: BTreeMap<Cow<'static, str>, u64>,
    /// Why the first record failed that did not fail because of another one. The sentence names tables,
    /// buckets and attributes, never values.
    pub first_failure: Option<Reason>,
    /// How the lookups ended.
    pub lookups: Vec<LookupCounts>,
    /// What a candidate rule set would do otherwise, where there is one.
    pub shadow: Option<ShadowSummary>,
}

impl Summary {
    /// Adds another one of the same rules.
    pub fn add(&mut self, other: Self) {
        self.caller = other.caller;
        self.rules = other.rules;
        for (mine, theirs) in [
            (&mut self.records, other.records),
            (&mut self.enriched, other.enriched),
            (&mut self.dropped, other.dropped),
            (&mut self.rejected, other.rejected),
            (&mut self.failed, other.failed),
            (&mut self.objects, other.objects),
            (&mut self.lines, other.lines),
            (&mut self.messages, other.messages),
            (&mut self.bytes, other.bytes),
            (&mut self.enrich_ms, other.enrich_ms),
            (&mut self.write_ms, other.write_ms),
        ] {
            *mine += theirs;
        }
        for (mine, theirs) in
            [(&mut self.rejected_codes, other.rejected_codes), (&mut self.failed_codes, other.failed_codes)]
        {
            for (code, count) in theirs {
                *mine.entry(code).or_default() += count;
            }
        }
        self.lag_ms = self.lag_ms.max(other.lag_ms);
        self.first_failure = self.first_failure.take().or(other.first_failure);
        LookupCounts::add_all(&mut self.lookups, other.lookups);
        self.shadow = other.shadow.or(self.shadow.take());
    }

    pub(crate) fn count(&mut self, fates: &[Fate]) {
        for fate in fates {
            let count = match fate {
                Fate::Enriched => &mut self.enriched,
                Fate::Dropped => &mut self.dropped,
                Fate::Rejected(_) => &mut self.rejected,
                Fate::Failed(_) => &mut self.failed,
            };
            *count += 1;
        }
        self.rejected_codes = codes(fates.iter().filter_map(|fate| match fate {
            Fate::Rejected(reason) => Some(reason),
            _ => None,
        }));
        self.failed_codes = codes(fates.iter().filter_map(Fate::failed));
        let others = [ReasonCode::BehindFailure, ReasonCode::WithBatch].map(ReasonCode::as_str);
        let own = |reason: &&Reason| !others.contains(&&*reason.code);
        self.first_failure = fates.iter().filter_map(Fate::failed).find(own).cloned();
    }
}

/// How often each code is among the reasons.
pub(crate) fn codes<'a>(reasons: impl Iterator<Item = &'a Reason>) -> BTreeMap<Cow<'static, str>, u64> {
    let mut codes = BTreeMap::new();
    for reason in reasons {
        *codes.entry(reason.code.clone()).or_default() += 1;
    }
    codes
}
