//! A batch of a Kinesis event source mapping: written in order up to the first failure.
//!
//! 1. What failed already decides what is not written at all.
//! 2. Rejects and objects of single records come first. One that fails moves the end forward; what was
//!    written behind it is overwritten under the same keys when it comes again.
//! 3. Objects of several records come last, with only what lies before that end: their keys name their
//!    first and last records, so a redelivery from the middle would not overwrite them.

use enrich_engine::output::{Enriched, objects};
use enrich_engine::{PerObject, Placement, Reason, Record, Verdict};

use super::fate::{all_failed, settle};
use super::write::Write;
use super::{Batch, Delivered, Fate};
use crate::HandlerError;
use crate::answer;

impl Batch<'_> {
    pub(super) async fn kinesis(self, state: Option<&str>) -> Delivered {
        let mut fates: Vec<Fate> = self
            .records
            .iter()
            .zip(self.verdicts)
            .map(|(record, verdict)| self.placed(record, verdict))
            .collect();
        settle(&mut fates, self.records);

        let mut writes = self.rejects(&fates);
        writes.extend(self.outputs(&mut fates, |per| per == PerObject::Record));
        let mut objects = self.write(writes, &mut fates).await;
        settle(&mut fates, self.records);

        let writes = self.outputs(&mut fates, |per| per != PerObject::Record);
        objects += self.write(writes, &mut fates).await;
        settle(&mut fates, self.records);

        let answer = self.checkpoint(&fates).map(|checkpoint| answer::kinesis(checkpoint.as_ref(), state));
        if answer.is_err() {
            all_failed(&mut fates);
        }
        Delivered { answer, fates, objects }
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

    fn checkpoint(&self, fates: &[Fate]) -> Result<Option<crate::SequenceNumber>, HandlerError> {
        let failed = self.records.iter().zip(fates).filter(|(_, fate)| fate.failed().is_some());
        Ok(answer::checkpoint(failed.map(|(record, _)| record.origin.sequence.as_deref()))?)
    }
}

fn written(verdict: &Verdict) -> Option<(&Placement, &[u8])> {
    match verdict {
        Verdict::Enriched { placement: Some(placement), event, .. } => Some((placement, event)),
        _ => None,
    }
}
