//! A batch of an event source mapping: each lane of it written in order up to its first failure.
//!
//! 1. What failed already decides what is not written at all.
//! 2. Rejects and objects of single records come first. One that fails moves its lane's end forward; what was
//!    written behind it is overwritten under the same keys when it comes again.
//! 3. Objects of several records come last, with only what lies before that end: their keys name their
//!    first and last records, so a redelivery from the middle would not overwrite them.

use enrich_engine::output::{Enriched, objects};
use enrich_engine::{PerObject, Placement, Reason, Record, Verdict};

use super::fate::all_failed;
use super::order::{Order, number};
use super::write::Write;
use super::{Batch, Delivered, Fate};
use crate::answer::{self, AnswerError};
use crate::envelope::Caller;

impl Batch<'_> {
    pub(super) async fn mapping(self, caller: &Caller) -> Delivered {
        let order = Order::new(caller, self.records);
        let mut fates: Vec<Fate> = self
            .records
            .iter()
            .zip(self.verdicts)
            .map(|(record, verdict)| self.placed(record, verdict))
            .collect();
        order.settle(&mut fates);

        let mut writes = self.rejects(&fates);
        writes.extend(self.outputs(&mut fates, |per| per == PerObject::Record));
        let mut objects = self.write(writes, &mut fates, order.is_one_lane()).await;
        order.settle(&mut fates);

        let writes = self.outputs(&mut fates, |per| per != PerObject::Record);
        objects += self.write(writes, &mut fates, order.is_one_lane()).await;
        order.settle(&mut fates);

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
                Fate::Failed(Reason::new("no_output", message))
            }
            Verdict::Enriched { rule, .. } if record.origin.sequence.is_none() => {
                let message = "the record has no sequence number to name its object by";
                self.rejected(Some(rule), Reason::new("no_sequence", message))
            }
            verdict => self.fate(verdict),
        }
    }

    /// The objects of the enriched events that go into objects of that kind.
    fn outputs(&self, fates: &mut [Fate], kind: impl Fn(PerObject) -> bool) -> Vec<Write> {
        let events: Vec<Enriched<'_>> = self
            .records
            .iter()
            .zip(self.verdicts)
            .zip(&*fates)
            .enumerate()
            .filter(|(_, (_, fate))| **fate == Fate::Enriched)
            .filter_map(|(at, ((record, verdict), _))| {
                let (placement, event) = written(verdict)?;
                kind(placement.per).then_some(Enriched {
                    record: at,
                    origin: &record.origin,
                    placement,
                    event,
                })
            })
            .collect();
        let (laid, unnamed) = objects(&events);
        for at in unnamed {
            if let Some(fate) = fates.get_mut(at) {
                *fate = Fate::Failed(Reason::new("no_sequence", "the record's object has no name"));
            }
        }
        laid.into_iter().map(|laid| Write { object: laid.object, records: laid.records }).collect()
    }

    /// Tells the caller what to bring again, in its own words.
    fn failures(&self, caller: &Caller, order: &Order, fates: &[Fate]) -> Result<Vec<u8>, AnswerError> {
        let origins = |lane: Vec<usize>| lane.into_iter().filter_map(|at| self.records.get(at));
        let failed = order.failed(fates);
        match caller {
            Caller::Sqs { .. } => {
                // In the order of the batch, not of the groups.
                let failed = self.records.iter().zip(fates).filter(|(_, fate)| fate.failed().is_some());
                answer::sqs(failed.map(|(record, _)| record.origin.sequence.as_deref()))
            }
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

fn written(verdict: &Verdict) -> Option<(&Placement, &[u8])> {
    match verdict {
        Verdict::Enriched { placement: Some(placement), event, .. } => Some((placement, event)),
        _ => None,
    }
}
