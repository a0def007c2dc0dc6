//! A batch of a Firehose data transformation: each record's result, and the events themselves.
//!
//! What is not enriched is `ProcessingFailed`: Firehose keeps the record as it came among its own errors,
//! and does not bring it again. Only an invocation that fails is brought again, a few times, and then all
//! of its records go there. So it fails where nothing could be enriched, and a retry can help.

use enrich_engine::{Placement, Reason, ReasonCode, Verdict};

use super::fate::all_failed;
use super::pipes::failures;
use super::{Batch, Counts, Delivered, Fate};
use crate::HandlerError;
use crate::answer::{self, AnswerError, Transformed};
use crate::envelope::Echo;

impl Batch<'_> {
    pub(super) async fn firehose(self, echoes: &[Echo]) -> Delivered {
        let mut fates: Vec<Fate> = self.verdicts.iter().map(|verdict| self.kept(verdict)).collect();
        let mut written = Counts::default();
        // First, because an answer that can't be given fails the batch.
        let mut answer = hopeless(&fates).and_then(|()| Ok(self.transformed(echoes, &mut fates)?));
        if answer.is_ok() {
            // What is refused for good Firehose keeps all the same.
            written = self.write(self.rejects(&fates), &mut fates, false).await.counts;
            answer = hopeless(&fates).and(answer);
        }
        if answer.is_err() {
            all_failed(&mut fates);
        }
        Delivered { answer, fates, written }
    }

    /// As the verdict says. A rejected record is kept by Firehose, wherever else it goes.
    fn kept(&self, verdict: &Verdict) -> Fate {
        match verdict {
            Verdict::Rejected { reason, .. } => Fate::Rejected(reason.clone()),
            verdict => self.fate(verdict),
        }
    }

    /// The answer; enriched events for which it has no room are failed.
    fn transformed(&self, echoes: &[Echo], fates: &mut [Fate]) -> Result<Vec<u8>, AnswerError> {
        let results = self.verdicts.iter().zip(&*fates).zip(echoes);
        let results: Vec<_> = results
            .map(|((verdict, fate), echo)| match (verdict, fate) {
                (Verdict::Enriched { event, placement, .. }, Fate::Enriched) => {
                    let partition: &[_] = match placement {
                        Some(Placement::Partition(keys)) => keys,
                        _ => &[],
                    };
                    (echo, Transformed::Ok { event, partition })
                }
                (_, Fate::Dropped) => (echo, Transformed::Dropped),
                _ => (echo, Transformed::Failed),
            })
            .collect();
        let (answer, left_out) = answer::firehose(&results)?;
        for at in left_out {
            if let Some(fate) = fates.get_mut(at) {
                let message = "the answer has no room for the enriched event: make the buffer of the \
                               delivery stream's transformation smaller";
                *fate = Fate::Failed(Reason::new(ReasonCode::AnswerTooLarge, message));
            }
        }
        Ok(answer)
    }
}

/// Fails the invocation where a retry can help and gives nothing away: nothing is enriched.
fn hopeless(fates: &[Fate]) -> Result<(), HandlerError> {
    let transient =
        |fate: &Fate| fate.failed().is_some_and(|reason| reason.code != ReasonCode::AnswerTooLarge.as_str());
    if fates.contains(&Fate::Enriched) || !fates.iter().any(transient) {
        return Ok(());
    }
    failures(fates)
}
