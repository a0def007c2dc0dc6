//! A batch of lines to what is written of them, tried again while a table gives no answer.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use enrich_engine::output::Rejected;
use enrich_engine::{Clock, Context, Engine, LookupCounts, Origin, Outcome, Reason, Record, Verdict};
use tokio::runtime::Handle;

use super::FileError;
use super::journal::Counts;
use super::signals::Stop;
use crate::clock::LocalClock;
use crate::input::Line;
use crate::rejects::{Place, Rejects};

/// The first pause before events are tried again; each is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// What all batches have in common.
pub(super) struct Enricher {
    pub(super) engine: Engine,
    pub(super) clock: LocalClock,
    /// Drives the connections to tables.
    pub(super) runtime: Handle,
    pub(super) stop: Stop,
    /// How long events are tried again.
    pub(super) retry_for: Duration,
    /// Whether there is a place for rejects.
    pub(super) keeps_rejects: bool,
}

/// Where the events of a file come from.
pub(super) struct From {
    /// The file, as people write it.
    pub(super) file: PathBuf,
    pub(super) origin: Origin<'static>,
}

/// What came of a batch.
#[derive(Default)]
pub(super) struct Piece {
    /// The enriched events, a line each, in their order.
    pub(super) events: Vec<u8>,
    /// The rejected ones, a document each.
    pub(super) rejects: Vec<u8>,
    pub(super) counts: Counts,
    pub(super) lookups: Vec<LookupCounts>,
}

impl Enricher {
    /// Every line ends in exactly one place, or none of the batch does.
    pub(super) fn piece(&self, lines: Vec<Line>, from: &From) -> Result<Piece, FileError> {
        let numbers: Vec<u64> = lines.iter().map(|line| line.number).collect();
        let records: Vec<_> = lines.into_iter().map(|line| line.into_record(from.origin.clone())).collect();
        let mut piece = Piece::default();
        let verdicts = self.verdicts(&records, &numbers, &mut piece.lookups)?;
        let mut rejects = Rejects::new(&mut piece.rejects);
        for ((record, line), verdict) in records.iter().zip(numbers).zip(verdicts) {
            match verdict {
                Verdict::Enriched { event, .. } => {
                    piece.events.extend_from_slice(&event);
                    piece.events.push(b'\n');
                    piece.counts.enriched += 1;
                }
                Verdict::Dropped { .. } => piece.counts.dropped += 1,
                Verdict::Rejected { reason, .. } if !self.keeps_rejects => {
                    return Err(FileError::Unkept { line, reason });
                }
                Verdict::Rejected { rule, reason, lookups } => {
                    let (rule, rules) = (rule.as_deref(), self.engine.hash());
                    let (reason, lookups, repeat) = (&reason, &lookups[..], record.repeat);
                    let rejected = Rejected { record, repeat, rule, reason, rules, lookups };
                    let place = Place { file: Some(&from.file), line };
                    rejects.keep(place, rejected).map_err(|source| FileError::Write { source })?;
                    piece.counts.rejected += 1;
                }
                // None is left; and of a verdict of a later engine nothing is known to be written.
                _ => return Err(FileError::Engine),
            }
        }
        Ok(piece)
    }

    /// A verdict for each record, of which none is failed.
    fn verdicts(
        &self,
        records: &[Record<'static>],
        lines: &[u64],
        lookups: &mut Vec<LookupCounts>,
    ) -> Result<Vec<Verdict>, FileError> {
        let begun = Instant::now();
        let mut verdicts = self.batch(records, lookups)?;
        let (mut pause, mut before) = (FIRST_PAUSE, records.len());
        loop {
            let failed: Vec<usize> = positions(&verdicts);
            let first = failed.first().and_then(|at| Some((*lines.get(*at)?, reason(verdicts.get(*at)?)?)));
            let Some((line, reason)) = first else { return Ok(verdicts) };
            // Events that have no room in a batch get it where fewer come with them, however late it is.
            let left = self.retry_for.saturating_sub(begun.elapsed());
            if left.is_zero() && failed.len() == before {
                return Err(FileError::Failed { count: failed.len(), line, reason: reason.clone() });
            }
            self.stop.wait(pause.min(left))?;
            (pause, before) = ((pause * 2).min(LONGEST_PAUSE), failed.len());
            let again: Vec<_> = failed.iter().filter_map(|at| records.get(*at).cloned()).collect();
            for (at, verdict) in failed.iter().zip(self.batch(&again, lookups)?) {
                if let Some(failed) = verdicts.get_mut(*at) {
                    *failed = verdict;
                }
            }
        }
    }

    fn batch(
        &self,
        records: &[Record<'_>],
        lookups: &mut Vec<LookupCounts>,
    ) -> Result<Vec<Verdict>, FileError> {
        let batch = self.engine.enrich(records, Context::at(self.clock.now()));
        let Outcome { verdicts, lookups: counts, .. } = self.runtime.block_on(batch);
        LookupCounts::add_all(lookups, counts);
        if verdicts.len() == records.len() { Ok(verdicts) } else { Err(FileError::Engine) }
    }
}

/// Where the failed ones are.
fn positions(verdicts: &[Verdict]) -> Vec<usize> {
    verdicts.iter().enumerate().filter(|(_, verdict)| reason(verdict).is_some()).map(|(at, _)| at).collect()
}

fn reason(verdict: &Verdict) -> Option<&Reason> {
    match verdict {
        Verdict::Failed { reason, .. } => Some(reason),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use enrich_engine::Rules;
    use enrich_engine::lookup::{Answer, Answers, BoxFuture, ErrorCode, Failure, Questions, Source};

    use super::*;
    use crate::input::Lines;

    /// A table that is throttled so often, and then has no item.
    struct Throttled {
        times: usize,
        asked: Arc<AtomicUsize>,
    }

    impl Source for Throttled {
        fn fetch<'a>(&'a self, questions: &'a Questions) -> BoxFuture<'a, Answers> {
            let asked = self.asked.fetch_add(1, Ordering::Relaxed);
            let mut answers = Answers::none_yet(questions);
            for (table, question) in questions.tables.iter().enumerate() {
                for key in 0..question.keys.len() {
                    // The first key has its answer at once.
                    let fails = asked < self.times && (asked > 0 || key > 0);
                    let failed = Answer::Failed(Failure::new(ErrorCode::Throttled, "for a while"));
                    answers.set(table, key, if fails { failed } else { Answer::Missing });
                }
            }
            Box::pin(async move { answers })
        }
    }

    const EVENTS: &str = "{\"id\":\"a\"}\n{\"id\":\"b\"}\nnot json\n{\"id\":\"c\"}\n";

    /// What comes of these events with a table that is throttled so often, and how often it was asked.
    fn piece(times: usize, retry_for: u64, stop: &Stop) -> (Result<Piece, FileError>, usize) {
        let rules = "table t { source dynamodb \"t\" key id: string }
            rule r { stream \"s\" lookup x from t where id = .id { copy name default \"none\" } }";
        let asked = Arc::new(AtomicUsize::new(0));
        let table = Throttled { times, asked: Arc::clone(&asked) };
        let rules = Rules::from_text(rules).expect("rules");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let enricher = Enricher {
            engine: Engine::builder(rules).tables(table).build().expect("an engine"),
            clock: LocalClock::new(None).expect("a clock"),
            runtime: runtime.handle().clone(),
            stop: stop.clone(),
            retry_for: Duration::from_secs(retry_for),
            keeps_rejects: true,
        };
        let lines = Lines::new(EVENTS.as_bytes()).without_pauses().chunk().expect("lines");
        let from = From { file: "events".into(), origin: Origin::stream("s") };
        (enricher.piece(lines, &from), asked.load(Ordering::Relaxed))
    }

    #[test]
    fn failed_events_are_tried_again_and_stay_in_order() {
        let (piece, asked) = piece(2, 60, &Stop::default());
        let piece = piece.expect("it is over");
        let expected = ["a", "b", "c"].map(|id| format!("{{\"id\":\"{id}\",\"name\":\"none\"}}\n"));
        assert_eq!(String::from_utf8(piece.events).expect("text"), expected.concat());
        assert_eq!((piece.counts, asked), (Counts { enriched: 3, dropped: 0, rejected: 1 }, 3));
        assert_eq!(piece.rejects.iter().filter(|byte| **byte == b'\n').count(), 1);
    }

    #[test]
    fn what_fails_too_long_fails_the_file() {
        let (piece, asked) = piece(usize::MAX, 0, &Stop::default());
        let error = piece.map(|_| ()).expect_err("it fails").to_string();
        assert!(error.starts_with("line 2: failed: throttled: "), "{error}");
        assert!(error.ends_with("; 1 more of its batch too"), "{error}");
        // Once more, since fewer came together.
        assert_eq!(asked, 2);
    }

    #[test]
    fn a_pause_ends_with_the_run() {
        let stop = Stop::default();
        stop.set();
        let (piece, asked) = piece(usize::MAX, 3_600, &stop);
        assert!(matches!(piece, Err(FileError::Stopped)));
        assert_eq!(asked, 1);
    }
}
