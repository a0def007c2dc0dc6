//! What goes into the engine and what comes out: records, and a verdict for each.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use enrich_dsl::model::{Compression, PerObject};

use crate::lookup::{ErrorCode, Requests};
use crate::reasons::Reason;
use crate::time::Timestamp;

/// One record of a batch. What it says is its own, or borrowed from the buffer that it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record<'r> {
    /// The event's bytes, or why there are none.
    pub payload: Payload<'r>,
    /// Where the record comes from.
    pub origin: Origin<'r>,
    /// How many records of its id, with other bytes, stood before it in the batch that it first came in;
    /// more than 0 only for a record that was kept and comes again. See [`crate::output::repeats`].
    pub repeat: usize,
}

impl<'r> Record<'r> {
    /// A record with these bytes.
    #[must_use]
    pub fn new(event: impl Into<Vec<u8>>, origin: Origin<'r>) -> Self {
        Self { payload: Payload::Event(Cow::Owned(event.into())), origin, repeat: 0 }
    }

    /// A record whose bytes stay where they are.
    #[must_use]
    pub fn borrowed(event: &'r [u8], origin: Origin<'r>) -> Self {
        Self { payload: Payload::Event(Cow::Borrowed(event)), origin, repeat: 0 }
    }

    /// A record whose event could not be read out of its envelope: it will be rejected.
    #[must_use]
    pub fn unreadable(raw: impl Into<Vec<u8>>, reason: Reason, origin: Origin<'r>) -> Self {
        Self { payload: Payload::Unreadable { raw: Cow::Owned(raw.into()), reason }, origin, repeat: 0 }
    }

    /// A record that is left for a later batch: it will fail.
    #[must_use]
    pub fn unread(raw: impl Into<Vec<u8>>, reason: Reason, origin: Origin<'r>) -> Self {
        Self { payload: Payload::Unread { raw: Cow::Owned(raw.into()), reason }, origin, repeat: 0 }
    }

    /// The bytes that a reject keeps.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match &self.payload {
            Payload::Event(bytes)
            | Payload::Unreadable { raw: bytes, .. }
            | Payload::Unread { raw: bytes, .. } => bytes,
        }
    }
}

/// The bytes of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Payload<'r> {
    /// The event as its producer wrote it.
    Event(Cow<'r, [u8]>),
    /// The caller's adapter could not get at the event.
    Unreadable {
        /// What stands in the event's place.
        raw: Cow<'r, [u8]>,
        /// Why it can't be read.
        reason: Reason,
    },
    /// The caller's adapter has left the record for a later batch.
    Unread {
        /// The record's bytes.
        raw: Cow<'r, [u8]>,
        /// Why it is left.
        reason: Reason,
    },
}

/// Where a record comes from: what rules read as `record.…`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Origin<'r> {
    /// Name of the stream, queue, delivery stream or table.
    pub stream: Cow<'r, str>,
    /// The stream's whole ARN, where there is one; of a Kafka topic, what tells its cluster from others.
    pub arn: Option<Cow<'r, str>>,
    /// The shard or partition.
    pub shard: Option<Cow<'r, str>>,
    /// The sequence number or message id.
    pub sequence: Option<Cow<'r, str>>,
    /// The place inside an aggregate.
    pub sub_sequence: Option<u64>,
    /// The partition key.
    pub partition_key: Option<Cow<'r, str>>,
    /// The hash that the producer chose in place of the partition key's.
    pub explicit_hash_key: Option<Cow<'r, str>>,
    /// When the record arrived at its source.
    pub arrival: Option<Timestamp>,
}

impl<'r> Origin<'r> {
    /// A record of that stream, with nothing else known.
    #[must_use]
    pub fn stream(name: impl Into<Cow<'r, str>>) -> Self {
        Self { stream: name.into(), ..Self::default() }
    }

    /// A record of the stream of that name, or of that ARN: `arn:aws:kinesis:REGION:ACCOUNT:stream/NAME`.
    #[must_use]
    pub fn named(stream: &str) -> Origin<'static> {
        let resource = stream.strip_prefix("arn:").and_then(|rest| rest.splitn(5, ':').nth(4));
        let Some(resource) = resource else { return Origin::stream(stream.to_owned()) };
        let mut origin = Origin::stream(resource.split('/').nth(1).unwrap_or(resource).to_owned());
        origin.arn = Some(stream.to_owned().into());
        origin
    }

    /// What tells the record from every other: `STREAM:SHARD:SEQUENCE`, with `:SUB_SEQUENCE` behind it
    /// for a record out of an aggregate. `None` where the source numbers nothing.
    #[must_use]
    pub fn id(&self) -> Option<String> {
        let sequence = self.sequence.as_deref()?;
        let shard = self.shard.as_deref().unwrap_or_default();
        let mut id = format!("{}:{shard}:{sequence}", self.stream);
        if let Some(sub_sequence) = self.sub_sequence {
            id.push_str(&format!(":{sub_sequence}"));
        }
        Some(id)
    }
}

/// What became of one event. Every record of a batch gets exactly one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// A rule took the event and enriched it.
    Enriched {
        /// The rule's name.
        rule: Arc<str>,
        /// The event with what the rule changed. It shares its memory with others of its batch: copy it to
        /// keep it alone for long.
        event: Bytes,
        /// Where it goes: if [`crate::Context::placed`] asks for it and the rule has an output, or if
        /// [`crate::Context::partitioned`] does.
        placement: Option<Placement>,
    },
    /// A rule says that the event is not wanted.
    Dropped {
        /// The rule's name.
        rule: Arc<str>,
    },
    /// The event can't be enriched, and a retry can't help.
    Rejected {
        /// The rule's name, where one took the event.
        rule: Option<Arc<str>>,
        /// Why.
        reason: Reason,
        /// How the rule's lookups ended, as far as the event came.
        lookups: Vec<LookupOutcome>,
    },
    /// The event was not enriched, and a retry can help.
    Failed {
        /// The rule's name, where one took the event.
        rule: Option<Arc<str>>,
        /// Why.
        reason: Reason,
    },
}

/// How a lookup of a rejected event ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LookupOutcome {
    /// The lookup's name.
    pub lookup: String,
    /// The table's name at its source.
    pub table: String,
    /// How it ended.
    pub end: LookupEnd,
    /// For a lookup inside a `for each`: the place of the element at which the event was rejected,
    /// counted from 0. Lookups of the elements before it are not told.
    pub element: Option<usize>,
}

/// How a lookup ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LookupEnd {
    /// The item was there.
    Found,
    /// There is no such item.
    Missing,
    /// A part of the key was absent, null or empty.
    NoKey,
    /// The lookup failed, whether the rule has an `on error` for it or not.
    Failed(ErrorCode),
}

impl LookupEnd {
    /// The word for it: `found`, `missing`, `no_key` or `failed`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            LookupEnd::Found => "found",
            LookupEnd::Missing => "missing",
            LookupEnd::NoKey => "no_key",
            LookupEnd::Failed(_) => "failed",
        }
    }
}

/// Where an enriched event goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Placement {
    /// Into an object.
    Object(Arc<ObjectPlace>),
    /// To the delivery stream of that name.
    Firehose(Arc<str>),
    /// Into a partition of the delivery stream that it came from: names with their values, as texts. A rule
    /// without `partition by` has none.
    Partition(Vec<(Arc<str>, String)>),
}

/// Which objects an enriched event goes into.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ObjectPlace {
    /// The bucket.
    pub bucket: Arc<str>,
    /// What stands before the object's own name.
    pub prefix: String,
    /// What goes into one object.
    pub per: PerObject,
    /// How it is compressed.
    pub compression: Compression,
}

/// What became of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// The verdicts, in the order of the records.
    pub verdicts: Vec<Verdict>,
    /// What the enriched events are parts of: one behind the other, each with a line break behind it and none in it. Those
    /// that go into one object need not be put together then: see [`crate::output::objects`]. Only where
    /// [`crate::Context::placed`] asks for places, and where no event has a line break.
    pub lines: Vec<Bytes>,
    /// How the lookups ended, in the order of the rules and their lookups.
    pub lookups: Vec<LookupCounts>,
    /// What was done, one after the other.
    pub stages: Vec<Stage>,
    /// What is kept of tables; `None` where no table of the rules says `cache`.
    pub kept: Option<KeptCounts>,
}

/// One stage of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stage {
    /// What was done.
    pub kind: StageKind,
    /// When it began. An engine without a clock takes no time: see [`Engine::with_clock`](crate::Engine::with_clock).
    pub begun: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
}

/// What a stage of a batch does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StageKind {
    /// Reads and validates the events, chooses their rules, and works out the keys that they ask for.
    Prepare,
    /// Has a wave of lookups answered: a batch has one for each that follows from another one's item. Keys
    /// that depend on earlier waves are worked out here too.
    Fetch(Requests),
    /// Applies the rules' statements and writes the events' new text.
    Apply,
}

/// What is kept of all tables together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeptCounts {
    /// Answers that are kept by now.
    pub entries: u64,
    /// Bytes that they take in memory, about.
    pub bytes: u64,
    /// Answers that had to make room for others, or found none at all, since the last batch that told it.
    pub evicted: u64,
}

impl std::ops::AddAssign for KeptCounts {
    fn add_assign(&mut self, Self { entries, bytes, evicted }: Self) {
        self.entries += entries;
        self.bytes += bytes;
        self.evicted += evicted;
    }
}

/// How often a lookup ended how.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LookupCounts {
    /// The rule's name.
    pub rule: Arc<str>,
    /// The lookup's name.
    pub lookup: String,
    /// The item was there.
    pub found: u64,
    /// There is no such item.
    pub missing: u64,
    /// A part of the key was absent, null or empty.
    pub no_key: u64,
    /// The lookup failed.
    pub failed: u64,
    /// How many of those failed without a question, since the table is left alone (`circuit_open`).
    pub circuit_open: u64,
    /// Of those found and missing: answered by what an earlier batch kept.
    pub cached: u64,
    /// How many of those are missing: that there is no item was kept.
    pub cached_missing: u64,
    /// Of those found: the table failed, and what was kept has expired, but may be served a while.
    pub stale: u64,
}

impl LookupCounts {
    /// Of that lookup of that rule, with nothing counted yet.
    #[must_use]
    pub fn new(rule: &Arc<str>, lookup: &str) -> Self {
        let (rule, lookup) = (Arc::clone(rule), lookup.to_owned());
        Self {
            rule,
            lookup,
            found: 0,
            missing: 0,
            no_key: 0,
            failed: 0,
            circuit_open: 0,
            cached: 0,
            cached_missing: 0,
            stale: 0,
        }
    }

    /// Adds the counts of another batch to those of all before it.
    pub fn add_all(all: &mut Vec<Self>, batch: Vec<Self>) {
        for counts in batch {
            match all.iter_mut().find(|known| known.rule == counts.rule && known.lookup == counts.lookup) {
                Some(known) => known.add(&counts),
                None => all.push(counts),
            }
        }
    }

    /// Adds what the same lookup did in another batch.
    pub fn add(&mut self, other: &Self) {
        let Self {
            rule: _,
            lookup: _,
            found,
            missing,
            no_key,
            failed,
            circuit_open,
            cached,
            cached_missing,
            stale,
        } = other;
        self.found += found;
        self.missing += missing;
        self.no_key += no_key;
        self.failed += failed;
        self.circuit_open += circuit_open;
        self.cached += cached;
        self.cached_missing += cached_missing;
        self.stale += stale;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_by_its_arn() {
        for (stream, name) in [
            ("arn:aws:kinesis:eu-west-1:123456789012:stream/orders", "orders"),
            ("arn:aws:sqs:eu-west-1:123456789012:clicks", "clicks"),
            ("arn:aws:dynamodb:eu-west-1:123456789012:table/T/stream/2026-01-01T00:00:00.000", "T"),
        ] {
            let origin = Origin::named(stream);
            assert_eq!((&*origin.stream, origin.arn.as_deref()), (name, Some(stream)));
        }
        assert_eq!(Origin::named("orders"), Origin::stream("orders"));
    }
}
