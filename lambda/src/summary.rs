//! What an invocation did, in counts.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use enrich_engine::lookup::Requests;
use enrich_engine::{KeptCounts, LookupCounts, Reason, ReasonCode, Stage, StageKind, Timestamp, Verdict};

use crate::ShadowSummary;
use crate::deliver::{Fate, taken_by};

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
    /// How long it took to get the records out of the invocation, in milliseconds.
    pub read_ms: u64,
    /// How long enriching took, the tables' answers included, in milliseconds.
    pub enrich_ms: u64,
    /// The stages of enriching.
    pub stages: Vec<Stage>,
    /// How long writing took, in milliseconds.
    pub write_ms: u64,
    /// Objects that were written.
    pub objects: u64,
    /// Events that were put into delivery streams.
    pub lines: u64,
    /// Rejects that were sent to queues.
    pub messages: u64,
    /// The bytes of all these, as they were written: of objects compressed where the rule says so.
    pub written_bytes: u64,
    /// The bytes of the answer; 0 where the invocation fails.
    pub answer_bytes: u64,
    /// Why records were rejected, and how many for each reason.
    pub rejected_codes: BTreeMap<Cow<'static, str>, u64>,
    /// Why records failed, and how many for each reason.
    pub failed_codes: BTreeMap<Cow<'static, str>, u64>,
    /// Why the first record failed that did not fail because of another one. The sentence names tables,
    /// buckets and attributes, never values.
    pub first_failure: Option<Reason>,
    /// What became of the records that each rule took, by its name.
    pub by_rule: BTreeMap<Arc<str>, RuleCounts>,
    /// How the lookups ended.
    pub lookups: Vec<LookupCounts>,
    /// What is kept of tables; `None` where no table of the rules says `cache`.
    pub kept: Option<KeptCounts>,
    /// What a candidate rule set would do otherwise, where there is one.
    pub shadow: Option<ShadowSummary>,
}

/// What became of the records that a rule took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleCounts {
    /// Enriched.
    pub enriched: u64,
    /// Dropped by the rule.
    pub dropped: u64,
    /// Rejected.
    pub rejected: u64,
    /// Failed, to be brought again.
    pub failed: u64,
}

impl RuleCounts {
    fn count(&mut self, fate: &Fate) {
        let count = match fate {
            Fate::Enriched => &mut self.enriched,
            Fate::Dropped => &mut self.dropped,
            Fate::Rejected(_) => &mut self.rejected,
            Fate::Failed(_) => &mut self.failed,
        };
        *count += 1;
    }
}

impl std::ops::AddAssign for RuleCounts {
    fn add_assign(&mut self, Self { enriched, dropped, rejected, failed }: Self) {
        self.enriched += enriched;
        self.dropped += dropped;
        self.rejected += rejected;
        self.failed += failed;
    }
}

impl Summary {
    /// The requests that were sent to tables.
    #[must_use]
    pub fn requests(&self) -> Requests {
        let mut requests = Requests::default();
        for stage in &self.stages {
            if let StageKind::Fetch(sent) = stage.kind {
                requests += sent;
            }
        }
        requests
    }

    /// How long the stages of that kind took together, in milliseconds.
    #[must_use]
    pub fn stage_ms(&self, is_kind: impl Fn(StageKind) -> bool) -> u64 {
        let stages = self.stages.iter().filter(|stage| is_kind(stage.kind));
        stages.map(|stage| millis(stage.begun, stage.ended)).sum()
    }

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
            (&mut self.written_bytes, other.written_bytes),
            (&mut self.answer_bytes, other.answer_bytes),
            (&mut self.read_ms, other.read_ms),
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
        for (rule, counts) in other.by_rule {
            *self.by_rule.entry(rule).or_default() += counts;
        }
        LookupCounts::add_all(&mut self.lookups, other.lookups);
        self.stages.extend(other.stages);
        self.kept = match (self.kept, other.kept) {
            (Some(before), Some(mut now)) => {
                now.evicted += before.evicted;
                Some(now)
            }
            (before, now) => now.or(before),
        };
        self.shadow = other.shadow.or(self.shadow.take());
    }

    /// Counts what became of the records; `verdicts` says which rules took them, as far as that is known.
    pub(crate) fn count(&mut self, fates: &[Fate], verdicts: &[Verdict]) {
        let mut all = RuleCounts::default();
        // Those of one rule mostly follow one another.
        let mut run = (None::<&Arc<str>>, RuleCounts::default());
        let rules = verdicts.iter().map(taken_by).chain(std::iter::repeat(None));
        for (fate, rule) in fates.iter().zip(rules) {
            if run.0.map(Arc::as_ptr) != rule.map(Arc::as_ptr) {
                all += self.count_run(std::mem::replace(&mut run, (rule, RuleCounts::default())));
            }
            run.1.count(fate);
        }
        all += self.count_run(run);
        let RuleCounts { enriched, dropped, rejected, failed } = all;
        (self.enriched, self.dropped, self.rejected, self.failed) = (enriched, dropped, rejected, failed);
        if rejected + failed == 0 {
            return;
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

    /// Adds what became of records that a rule took, or none.
    fn count_run(&mut self, (rule, counts): (Option<&Arc<str>>, RuleCounts)) -> RuleCounts {
        match rule.map(|rule| (rule, self.by_rule.get_mut(rule))) {
            Some((_, Some(known))) => *known += counts,
            Some((rule, None)) => drop(self.by_rule.insert(Arc::clone(rule), counts)),
            None => {}
        }
        counts
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

/// From one instant to another, in milliseconds; none where a clock was set back.
pub(crate) fn millis(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_millis().saturating_sub(from.as_millis())).unwrap_or(0)
}
