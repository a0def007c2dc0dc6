//! Verdicts to what is durable, and to the answer that is true then.
//!
//! 1. `fate` is what becomes of each record: it begins as the engine's verdict, and only gets worse.
//! 2. `mapping` is for event source mappings, which take nothing back. It keeps the `order` of a shard, a
//!    partition or a message group: what lies behind a failure waits with it.
//! 3. `firehose` and `pipes` give the events back. A transformation says of each record what became of
//!    it; a pipe knows no partial failure, and a record that fails takes the batch with it.
//! 4. `write` writes objects, several at a time.

mod fate;
mod firehose;
mod mapping;
mod order;
mod pipes;
mod write;

use enrich_engine::output::{Rejected, reject};
use enrich_engine::{Location, Reason, Record, Timestamp, Verdict};

use crate::envelope::Caller;
use crate::{Handler, HandlerError};
pub(crate) use fate::{BEHIND_FAILURE, Fate, WITH_BATCH};
use write::Write;

/// A batch that the engine has seen. There is a verdict for each record.
#[derive(Clone, Copy)]
pub(crate) struct Batch<'a> {
    pub(crate) handler: &'a Handler,
    pub(crate) records: &'a [Record],
    pub(crate) verdicts: &'a [Verdict],
    /// No write begins later.
    pub(crate) deadline: Option<Timestamp>,
}

/// What became of a batch.
pub(crate) struct Delivered {
    pub(crate) answer: Result<Vec<u8>, HandlerError>,
    /// The fates of the records, in their order.
    pub(crate) fates: Vec<Fate>,
    /// How many objects are durable.
    pub(crate) objects: u64,
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
            Verdict::Rejected { rule, reason } => self.rejected(rule.as_deref(), reason.clone()),
            Verdict::Failed { reason, .. } => Fate::Failed(reason.clone()),
            _ => Fate::Failed(Reason::new("internal", "the engine gave a verdict that is not known here")),
        }
    }

    /// A rejected record: where there is no place for rejects, its bytes would be lost.
    fn rejected(&self, rule: Option<&str>, reason: Reason) -> Fate {
        if self.destination(rule).is_some() {
            return Fate::Rejected(reason);
        }
        let message =
            format!("the record is rejected as `{}`, and there is no destination for rejects", reason.code);
        Fate::Failed(Reason::new("no_rejects", message))
    }

    /// Where rejects go: the rule's own destination, else the deployment's.
    fn destination(&self, rule: Option<&str>) -> Option<&Location> {
        rule.and_then(|rule| self.handler.engine.rejects(rule)).or(self.handler.rejects.as_ref())
    }

    /// The objects of the records whose fate it is to be rejected, in their order.
    fn rejects(&self, fates: &[Fate]) -> Vec<Write> {
        let rejects = self.records.iter().zip(self.verdicts).zip(fates).enumerate();
        rejects
            .filter_map(|(at, ((record, verdict), fate))| {
                let Fate::Rejected(reason) = fate else { return None };
                let rule = rule(verdict);
                let rejected = Rejected { record, rule, reason, rules: self.handler.engine.hash() };
                let object = reject(rejected, self.destination(rule)?);
                Some(Write { object, records: vec![at] })
            })
            .collect()
    }

    /// Writes the objects; the records of one that can't be written are failed. `together` says that all
    /// come again with the first of them.
    async fn write(&self, writes: Vec<Write>, fates: &mut [Fate], together: bool) -> u64 {
        let (store, clock) = (&*self.handler.store, &*self.handler.clock);
        let written = write::all(store, clock, self.deadline, writes, together).await;
        for (records, reason) in written.failed {
            for at in records {
                if let Some(fate) = fates.get_mut(at) {
                    *fate = Fate::Failed(reason.clone());
                }
            }
        }
        written.objects
    }
}

fn rule(verdict: &Verdict) -> Option<&str> {
    match verdict {
        Verdict::Enriched { rule, .. } | Verdict::Dropped { rule } => Some(rule),
        Verdict::Rejected { rule, .. } | Verdict::Failed { rule, .. } => rule.as_deref(),
        _ => None,
    }
}
