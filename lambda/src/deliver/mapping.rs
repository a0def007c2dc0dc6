//! A batch of an event source mapping: each lane of it written in order up to its first failure.
//!
//! 1. What failed already decides what is not written at all.
//! 2. Rejects and objects of single records come first. One that fails moves its lane's end forward; what was
//!    written behind it is overwritten under the same keys when it comes again.
//! 3. Objects of several records come last, with only what lies before that end: their keys name their
//!    first and last records, so a redelivery from the middle would not overwrite them.
//! 4. After 2 and after 3 the records whose objects are refused for good go to the rejects.

use enrich_engine::output::{Enriched, objects};
use enrich_engine::{PerObject, Placement, Reason, ReasonCode, Record, Verdict};

use super::fate::all_failed;
use super::order::{Order, number};
use super::write::{Refused, Write, behind_failure};
use super::{Batch, Delivered, Fate};
use crate::answer::{self, AnswerError};
use crate::envelope::{Caller, Message};

/// How often a refused object is halved while none of its parts is taken: then it is not a record that
/// is refused, and to write each alone would take twice as many writes as there are records.
const HOPELESS: usize = 4;

impl Batch<'_> {
    pub(super) async fn mapping(self, caller: &Caller) -> Delivered {
        let order = Order::new(caller, self.records);
        let mut fates: Vec<_> = self
            .records
            .iter()
            .zip(self.verdicts)
            .map(|(record, verdict)| self.placed(record, verdict))
            .collect();
        order.settle(&mut fates);

        let mut delivery = Delivery { batch: self, caller, order: &order, fates, objects: 0, over: false };
        delivery.singles().await;
        delivery.batches().await;
        let Delivery { mut fates, objects, .. } = delivery;
        order.close(&mut fates);

        let answer = self.failures(caller, &order, &fates);
        if answer.is_err() {
            all_failed(&mut fates);
        }
        Delivered { answer: answer.map_err(Into::into), fates, objects }
    }

    /// As the verdict says, where there is a place for the event.
    fn placed(&self, record: &Record, verdict: &Verdict) -> Fate {
        match verdict {
            Verdict::Enriched { rule, placement: None, .. } => {
                let message = format!("the rule `{rule}` has no output, and the caller takes no events back");
                Fate::Failed(Reason::new(ReasonCode::NoOutput, message))
            }
            Verdict::Enriched { rule, .. } if record.origin.sequence.is_none() => {
                let message = "the record has no sequence number to name its object by";
                self.rejected(Some(rule), Reason::new(ReasonCode::NoSequence, message))
            }
            verdict => self.fate(verdict),
        }
    }

    /// The event of a record that goes into an object of that kind.
    fn output(&self, at: usize, kind: impl Fn(PerObject) -> bool) -> Option<Enriched<'_>> {
        let (record, repeat) = (self.records.get(at)?, *self.repeats.get(at)?);
        let (placement, event) = written(self.verdicts.get(at)?)?;
        let origin = &record.origin;
        kind(placement.per).then_some(Enriched { record: at, repeat, origin, placement, event })
    }

    /// Tells the caller what to bring again, in its own words.
    fn failures(&self, caller: &Caller, order: &Order, fates: &[Fate]) -> Result<Vec<u8>, AnswerError> {
        let origins = |lane: Vec<usize>| lane.into_iter().filter_map(|at| self.records.get(at));
        let failed = order.failed(fates);
        match caller {
            Caller::Sqs { messages, .. } => {
                // In the order of the batch, not of the groups.
                let fates = |message: &Message| fates.get(message.records.clone()).unwrap_or_default();
                let failed = |message: &&Message| fates(message).iter().any(|fate| fate.failed().is_some());
                answer::sqs(messages.iter().filter(failed).map(|message| message.id.as_deref()))
            }
            Caller::Replay => Ok(Vec::new()),
            Caller::Kafka => {
                let mut checkpoints = Vec::with_capacity(failed.len());
                for lane in failed {
                    let partition = origins(lane.clone()).next().map(|record| &record.origin);
                    let offset = answer::checkpoint(origins(lane).map(number))?;
                    checkpoints.extend(partition.zip(offset));
                }
                Ok(answer::kafka(checkpoints.iter().map(|(origin, offset)| {
                    (origin.stream.as_str(), origin.shard.as_deref().unwrap_or_default(), offset)
                })))
            }
            Caller::Kinesis { state } | Caller::DynamoDb { state } => {
                let checkpoint = answer::checkpoint(failed.into_iter().flat_map(origins).map(number))?;
                Ok(answer::stream(checkpoint.as_ref(), state.as_deref()))
            }
            // These take the events back, and are answered elsewhere.
            Caller::Firehose { .. } | Caller::Pipes => Err(AnswerError::NoSequenceNumber),
        }
    }
}

/// A batch on its way to what is durable.
struct Delivery<'a> {
    batch: Batch<'a>,
    caller: &'a Caller,
    order: &'a Order,
    fates: Vec<Fate>,
    objects: u64,
    /// A write has failed, and all records come again with it, so that no more are begun.
    over: bool,
}

impl Delivery<'_> {
    /// Rejects, and objects of single records.
    async fn singles(&mut self) {
        let mut writes = self.batch.rejects(&self.fates);
        writes.extend(self.outputs(0..self.fates.len(), |per| per == PerObject::Record));
        let refused = self.write(writes).await;
        self.reject(refused).await;
    }

    /// Objects of several records.
    async fn batches(&mut self) {
        let writes = self.outputs(0..self.fates.len(), |per| per != PerObject::Record);
        let mut refused = Vec::new();
        for (records, reason) in self.write(writes).await {
            refused.extend(self.halve(records, reason).await);
        }
        self.reject(refused).await;
    }

    /// Writes what can be written of a refused object, half by half, so that only what is at fault is
    /// rejected. Gives what is refused to the end.
    async fn halve(&mut self, records: Vec<usize>, reason: Reason) -> Refused {
        let (mut refused, mut alone, mut taken) = (vec![(records, reason)], Vec::new(), false);
        for round in 0.. {
            alone.extend(refused.extract_if(.., |(records, _)| records.len() < 2));
            if refused.is_empty() || (round == HOPELESS && !taken) || self.over {
                break;
            }
            let halves = refused.iter().flat_map(|(records, _)| records.chunks(records.len().div_ceil(2)));
            let writes = halves.flat_map(|half| self.outputs(half.iter().copied(), |_| true)).collect();
            let before = self.objects;
            refused = self.write(writes).await;
            taken |= self.objects > before;
        }
        if self.over {
            for at in refused.drain(..).flat_map(|(records, _)| records) {
                if let Some(fate) = self.fates.get_mut(at).filter(|fate| fate.failed().is_none()) {
                    *fate = Fate::Failed(behind_failure());
                }
            }
        }
        alone.append(&mut refused);
        alone
    }

    /// Rejects the records of refused objects.
    async fn reject(&mut self, refused: Refused) {
        let rejected = self.batch.refused(&refused, &mut self.fates);
        self.order.settle(&mut self.fates);
        let mut writes = self.batch.rejects(&self.fates);
        writes.retain(|write| write.records.iter().all(|at| rejected.contains(at)));
        let refused = self.write(writes).await;
        self.batch.refused(&refused, &mut self.fates);
        self.order.settle(&mut self.fates);
    }

    /// Writes, and gives what is refused for good.
    async fn write(&mut self, writes: Vec<Write>) -> Refused {
        let together = self.order.is_one_lane();
        let written = self.batch.write(writes, &mut self.fates, together).await;
        self.objects += written.objects;
        self.over = together && !written.failed.is_empty();
        self.order.settle(&mut self.fates);
        written.refused
    }

    /// The objects of those enriched events that go into objects of that kind.
    fn outputs(
        &self,
        records: impl Iterator<Item = usize>,
        kind: impl Fn(PerObject) -> bool + Copy,
    ) -> Vec<Write> {
        let enriched = records.filter(|at| self.fates.get(*at) == Some(&Fate::Enriched));
        let events: Vec<_> = enriched.filter_map(|at| self.batch.output(at, kind)).collect();
        // All have names: what has no sequence number is not enriched here.
        let (kept, new): (Vec<_>, Vec<_>) =
            events.into_iter().partition(|event| self.caller.was_kept(event.record));
        // What was kept is alone: an object of several is named by its first and last record, and between
        // these may be others that are in an object of that name already.
        let (laid, _unnamed) = objects(&new);
        let alone = kept.iter().flat_map(|event| objects(std::slice::from_ref(event)).0);
        laid.into_iter()
            .chain(alone)
            .map(|laid| Write { object: laid.object, records: laid.records })
            .collect()
    }
}

fn written(verdict: &Verdict) -> Option<(&Placement, &[u8])> {
    match verdict {
        Verdict::Enriched { placement: Some(placement), event, .. } => Some((placement, event)),
        _ => None,
    }
}
