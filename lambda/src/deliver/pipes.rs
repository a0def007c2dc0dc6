//! A batch of an EventBridge pipe: the enriched events in order, or none at all.
//!
//! A pipe's enrichment has no partial failure. One record that fails fails the invocation, the pipe
//! brings the whole batch again, and nothing of it is written before that is known.

use enrich_engine::Verdict;

use super::fate::all_failed;
use super::{Batch, Counts, Delivered, Fate};
use crate::summary;
use crate::{HandlerError, answer};

impl Batch<'_> {
    pub(super) async fn pipes(self) -> Delivered {
        let mut fates: Vec<Fate> = self.verdicts.iter().map(|verdict| self.fate(verdict)).collect();
        let mut counts = Counts::default();
        // First, because an answer that is too long fails the batch too.
        let mut answer = failures(&fates).and_then(|()| self.events());
        if answer.is_ok() {
            let written = self.write(self.rejects(&fates), &mut fates, true).await;
            counts = written.counts;
            self.refused(&written.refused, &mut fates);
            answer = failures(&fates).and(answer);
        }
        if answer.is_err() {
            all_failed(&mut fates);
        }
        Delivered { answer, fates, written: counts }
    }

    fn events(&self) -> Result<Vec<u8>, HandlerError> {
        let events = self.verdicts.iter().filter_map(|verdict| match verdict {
            Verdict::Enriched { event, .. } => Some(&event[..]),
            _ => None,
        });
        Ok(answer::pipes(events)?)
    }
}

/// Why the invocation fails, where a record failed.
pub(super) fn failures(fates: &[Fate]) -> Result<(), HandlerError> {
    let failed = summary::codes(fates.iter().filter_map(Fate::failed));
    if failed.is_empty() {
        return Ok(());
    }
    Err(HandlerError::RecordsFailed { records: fates.len(), failed: failed.into_iter().collect() })
}
