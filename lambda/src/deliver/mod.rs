//! Verdicts to what is durable, and to the answer that is true then.
//!
//! 1. `fate` is what becomes of each record: it begins as the engine's verdict, and only gets worse.
//! 2. `mapping` is for event source mappings, which take nothing back. It keeps the `order` of a shard, a
//!    partition or a message group: what lies behind a failure waits with it.
//! 3. `firehose` and `pipes` give the events back. A transformation says of each record what became of
//!    it; a pipe knows no partial failure, and a record that fails takes the batch with it.
//! 4. `redrive` looks after messages of a queue that hold rejects.
//! 5. `write` writes objects, lines and messages, several calls at a time. What is refused for good becomes
//!    a reject, so that it does not block its shard until it expires.

mod fate;
mod firehose;
mod mapping;
mod order;
mod pipes;
mod redrive;
mod write;

use std::sync::Arc;

use bytes::Bytes;
use enrich_engine::output::{Rejected, reject, reject_message};
use enrich_engine::{Destination, LookupOutcome, Reason, ReasonCode, Record, Timestamp, Verdict};

use crate::envelope::Caller;
use crate::{Handler, HandlerError};
pub use fate::Fate;
pub(crate) use write::Counts;
use write::{Messages, Refused, Write, Written};

/// A batch that the engine has seen. There is a verdict for each record.
#[derive(Clone, Copy)]
pub(crate) struct Batch<'a> {
    pub(crate) handler: &'a Handler,
    pub(crate) records: &'a [Record<'a>],
    pub(crate) verdicts: &'a [Verdict],
    /// See [`enrich_engine::Outcome::lines`].
    pub(crate) lines: &'a [Bytes],
    /// How many records before each one have its id.
    pub(crate) repeats: &'a [usize],
    /// The instant of the batch.
    pub(crate) now: Timestamp,
    /// No write begins later.
    pub(crate) deadline: Option<Timestamp>,
}

/// What became of a batch.
pub(crate) struct Delivered {
    pub(crate) answer: Result<Vec<u8>, HandlerError>,
    /// The fates of the records, in their order.
    pub(crate) fates: Vec<Fate>,
    /// What is durable.
    pub(crate) written: Counts,
}

impl Batch<'_> {
    /// Writes what has to be written for that caller, then answers.
    pub(crate) async fn deliver(self, caller: &Caller) -> Delivered {
        match caller {
            Caller::Firehose { echoes } => self.firehose(echoes).await,
            Caller::Pipes => self.pipes().await,
            mapping => self.mapping(mapping).await,
        }
    }

    fn fate(&self, verdict: &Verdict) -> Fate {
        match verdict {
            Verdict::Enriched { .. } => Fate::Enriched,
            Verdict::Dropped { .. } => Fate::Dropped,
            Verdict::Rejected { rule, reason, .. } => self.rejected(rule.as_deref(), reason.clone()),
            Verdict::Failed { reason, .. } => Fate::Failed(reason.clone()),
            _ => {
                let message = "the engine gave a verdict that is not known here";
                Fate::Failed(Reason::new(ReasonCode::UnknownVerdict, message))
            }
        }
    }

    /// A rejected record: where there is no place for rejects, its bytes would be lost.
    fn rejected(&self, rule: Option<&str>, reason: Reason) -> Fate {
        if self.destination(rule).is_some() {
            return Fate::Rejected(reason);
        }
        let message =
            format!("the record is rejected as `{}`, and there is no destination for rejects", reason.code);
        Fate::Failed(Reason::new(ReasonCode::NoRejects, message))
    }

    /// Where rejects go: the rule's own destination, else the deployment's.
    fn destination(&self, rule: Option<&str>) -> Option<&Destination> {
        rule.and_then(|rule| self.handler.engine.rejects(rule)).or(self.handler.rejects.as_ref())
    }

    /// What is to be written for the records whose fate it is to be rejected.
    fn rejects(&self, fates: &[Fate]) -> Vec<Write> {
        let (mut writes, mut messages) = (Vec::new(), Messages::default());
        for (at, fate) in fates.iter().enumerate() {
            let Fate::Rejected(reason) = fate else { continue };
            let (Some(record), Some(verdict), Some(repeat)) =
                (self.records.get(at), self.verdicts.get(at), self.repeats.get(at))
            else {
                continue;
            };
            let (rule, rules) = (rule(verdict), self.handler.engine.hash());
            let rejected =
                Rejected { record, repeat: *repeat, rule, reason, rules, lookups: lookups(verdict) };
            match self.destination(rule) {
                Some(Destination::Objects(location)) => {
                    writes.push(Write::Object { object: reject(rejected, location), records: vec![at] });
                }
                Some(Destination::Queue(queue)) => {
                    let fifo = queue.is_fifo().then_some(self.now);
                    messages.push(queue, reject_message(rejected, fifo), at);
                }
                _ => {}
            }
        }
        writes.extend(messages.writes());
        writes
    }

    /// Writes. The records of what fails do too; those that are refused for good are the
    /// caller's to deal with. `together` says that all come again with the first that fails.
    async fn write(&self, writes: Vec<Write>, fates: &mut [Fate], together: bool) -> Written {
        let (sinks, clock) = (&self.handler.sinks, &*self.handler.clock);
        let written = write::all(sinks, clock, self.deadline, writes, together).await;
        for (records, reason) in &written.failed {
            for &at in records {
                if let Some(fate) = fates.get_mut(at) {
                    *fate = Fate::Failed(reason.clone());
                }
            }
        }
        written
    }

    /// What becomes of the records whose objects are refused for good: an event is rejected, and a reject
    /// fails, since nothing else keeps its bytes. Gives the records that are rejected now.
    fn refused(&self, refused: &Refused, fates: &mut [Fate]) -> Vec<usize> {
        let mut rejected = Vec::new();
        let records =
            refused.iter().flat_map(|(records, reason)| records.iter().map(move |at| (*at, reason)));
        for (at, reason) in records {
            let Some(fate) = fates.get_mut(at) else { continue };
            *fate = match fate {
                Fate::Failed(_) => continue,
                // The one refusal that has nothing to do with the destination as it is.
                Fate::Rejected(_) if reason.code == ReasonCode::RejectTooLarge.as_str() => {
                    Fate::Failed(reason.clone())
                }
                Fate::Rejected(Reason { code, .. }) => {
                    let why = &reason.message;
                    let message =
                        format!("the record is rejected as `{code}`, and its reject is refused: {why}");
                    Fate::Failed(Reason::new(ReasonCode::NoRejects, message))
                }
                _ => {
                    rejected.push(at);
                    self.rejected(self.verdicts.get(at).and_then(rule), reason.clone())
                }
            };
        }
        rejected
    }
}

/// How the lookups of an event ended that the engine has rejected.
fn lookups(verdict: &Verdict) -> &[LookupOutcome] {
    match verdict {
        Verdict::Rejected { lookups, .. } => lookups,
        _ => &[],
    }
}

fn rule(verdict: &Verdict) -> Option<&str> {
    taken_by(verdict).map(|rule| &**rule)
}

/// The name of the rule that took the event.
pub(crate) fn taken_by(verdict: &Verdict) -> Option<&Arc<str>> {
    match verdict {
        Verdict::Enriched { rule, .. } | Verdict::Dropped { rule } => Some(rule),
        Verdict::Rejected { rule, .. } | Verdict::Failed { rule, .. } => rule.as_ref(),
        _ => None,
    }
}
