//! One invocation, from its bytes to its answer.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use enrich_engine::output::{NoSink, Sinks, repeats};
use enrich_engine::{Clock, Context, Destination, Engine, Outcome, Record, Timestamp, Verdict};
use futures_util::FutureExt as _;

use crate::deliver::{Batch, Counts, Delivered, Fate};
use crate::envelope::{Caller, Invocation, Room};
use crate::shadow::{self, ShadowSummary};
use crate::summary::millis;
use crate::{HandlerError, Summary};

/// Handles invocations: one for all callers and all streams that the rules take.
///
/// The engine must be built with [`enrich_engine::Builder::outputs`].
#[derive(Clone)]
pub struct Handler {
    pub(crate) engine: Engine,
    pub(crate) sinks: Sinks,
    pub(crate) rejects: Option<Destination>,
    pub(crate) clock: Arc<dyn Clock>,
    rooms: Arc<Rooms>,
    shadow: Option<Engine>,
}

/// What invocations are read into, kept from one to the next: memory that is new costs more than what is done with it.
#[derive(Debug, Default)]
struct Rooms(Mutex<Vec<Room>>);

impl Rooms {
    fn take(&self) -> Room {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    fn give_back(&self, room: Room) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(room);
    }
}

/// An invocation's answer, and what it did.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Invoked {
    /// The answer, byte for byte; or why the invocation fails, and its caller brings the batch again.
    pub answer: Result<Vec<u8>, HandlerError>,
    /// What it did.
    pub summary: Summary,
}

/// What became of records that were tried again.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Replayed {
    /// What became of each, in their order.
    pub fates: Vec<Fate>,
    /// The same in counts.
    pub summary: Summary,
}

impl Handler {
    /// A handler that writes to `sinks`. Rejected records whose rule names no destination go to
    /// `rejects`; with none at all they count as failed.
    ///
    /// # Errors
    /// Where the rules or `rejects` need a sink that is not given.
    pub fn new(
        engine: Engine,
        sinks: Sinks,
        rejects: Option<Destination>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, NoSink> {
        let kinds = engine.writes_to();
        sinks.hold(rejects.as_ref().map_or(kinds, |rejects| kinds.with(rejects)))?;
        let rooms = Arc::default();
        Ok(Self { engine: engine.with_clock(clock.clone()), sinks, rejects, clock, rooms, shadow: None })
    }

    /// The same with a candidate rule set, whose verdicts are compared with those that count and go nowhere: see
    /// [`Summary::shadow`]. It must be built as the other one is.
    #[must_use]
    pub fn with_shadow(self, candidate: Option<Engine>) -> Self {
        let shadow = candidate.map(|engine| engine.with_clock(self.clock.clone()));
        Self { shadow, ..self }
    }

    /// The candidate beside the engine.
    #[must_use]
    pub fn shadow(&self) -> Option<&Engine> {
        self.shadow.as_ref()
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The answer to an invocation.
    ///
    /// # Errors
    /// Where the invocation fails as a whole, and its caller brings the batch again.
    pub async fn handle(&self, body: &[u8], deadline: Option<Timestamp>) -> Result<Vec<u8>, HandlerError> {
        self.invoke(body, deadline).await.answer
    }

    /// The answer to an invocation, and what it did. `deadline` is when the caller stops waiting; without one
    /// only the limits of the sources and of the store count. One that has passed already is not known, because
    /// clocks differ, or a local runtime sends one of 1970: then all is done in half a minute.
    pub async fn invoke(&self, body: &[u8], deadline: Option<Timestamp>) -> Invoked {
        let mut summary = Summary { rules: self.engine.hash().to_owned(), ..Summary::default() };
        let begun = self.clock.now();
        let mut room = self.rooms.take();
        let answer = match Invocation::read(body, &mut room) {
            Ok(invocation) => self.serve(&invocation, (begun, deadline), &mut summary).await.answer,
            Err(error) => Err(error.into()),
        };
        self.rooms.give_back(room);
        summary.answer_bytes = answer.as_ref().map_or(0, |answer| answer.len() as u64);
        Invoked { answer, summary }
    }

    /// Tries records again that were kept because they were not enriched, each by itself. What is written
    /// for them has the names that it would have had at first, except that each gets an object of its own,
    /// so that to do it twice changes nothing.
    pub async fn replay(&self, records: Vec<Record<'static>>, deadline: Option<Timestamp>) -> Replayed {
        let mut summary = Summary { rules: self.engine.hash().to_owned(), ..Summary::default() };
        let invocation = Invocation::new(Caller::Replay, records);
        let times = (self.clock.now(), deadline);
        let Delivered { fates, .. } = self.serve(&invocation, times, &mut summary).await;
        Replayed { fates, summary }
    }

    async fn serve(
        &self,
        invocation: &Invocation<'_>,
        (begun, deadline): (Timestamp, Option<Timestamp>),
        summary: &mut Summary,
    ) -> Delivered {
        let Invocation { caller, records, in_order } = invocation;
        summary.caller = caller.name();
        summary.records = u64::try_from(records.len()).unwrap_or(u64::MAX);
        summary.bytes = records.iter().map(|record| record.bytes().len() as u64).sum();
        let now = self.clock.now();
        summary.read_ms = millis(begun, now);
        let oldest = records.iter().filter_map(|record| record.origin.arrival).min();
        summary.lag_ms = oldest.map(|oldest| millis(oldest, now));
        let times = Times::new(now, deadline);
        let context = Context::at(now).by(times.lookups).until(times.verdicts);
        // A mapping takes nothing back, and brings failed records again.
        let context = match caller {
            Caller::Firehose { .. } => context.partitioned(),
            caller if caller.takes_events() => context,
            _ => context.placed(),
        };
        let context = if caller.retries() { context.retrying() } else { context };
        let outcome = self.enrich(records, context).await;
        let enriched = self.clock.now();
        summary.enrich_ms = millis(now, enriched);
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(error) => {
                let fates = vec![Fate::with_batch(); records.len()];
                summary.count(&fates, &[]);
                return Delivered { answer: Err(error), fates, written: Counts::default() };
            }
        };
        let repeats = if *in_order { vec![0; records.len()] } else { repeats(records) };
        let (verdicts, lines) = (&outcome.verdicts, &outcome.lines);
        let batch =
            Batch { handler: self, records, verdicts, lines, repeats: &repeats, now, deadline: times.writes };
        let delivered = batch.deliver(caller).await;
        summary.write_ms = millis(enriched, self.clock.now());
        let Counts { objects, lines, messages, bytes } = delivered.written;
        (summary.objects, summary.lines, summary.messages) = (objects, lines, messages);
        summary.written_bytes = bytes;
        if let Some(candidate) = &self.shadow {
            summary.shadow = Some(self.compared(candidate, records, &outcome.verdicts, context).await);
        }
        summary.count(&delivered.fates, &outcome.verdicts);
        (summary.lookups, summary.stages, summary.kept) = (outcome.lookups, outcome.stages, outcome.kept);
        delivered
    }

    /// What the candidate would have done with a batch that is done.
    async fn compared(
        &self,
        candidate: &Engine,
        records: &[Record<'_>],
        verdicts: &[Verdict],
        context: Context,
    ) -> ShadowSummary {
        if context.deadline.is_some_and(|deadline| self.clock.now() >= deadline) {
            return ShadowSummary::skipped(candidate);
        }
        shadow::compare(candidate, records, verdicts, context).await
    }

    async fn enrich(&self, records: &[Record<'_>], context: Context) -> Result<Outcome, HandlerError> {
        let outcome = AssertUnwindSafe(self.engine.enrich(records, context)).catch_unwind().await;
        let outcome = outcome.map_err(|_| HandlerError::Panicked)?;
        // A record without a verdict would be told as done.
        if outcome.verdicts.len() == records.len() {
            Ok(outcome)
        } else {
            Err(HandlerError::Internal("the engine gave not exactly one verdict for each record"))
        }
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handler")
            .field("engine", &self.engine)
            .field("rejects", &self.rejects)
            .finish_non_exhaustive()
    }
}

/// The time of an invocation whose deadline is not known, in milliseconds.
const UNKNOWN: i64 = 30_000;

/// When each step of an invocation has to end.
#[derive(Debug, PartialEq, Eq)]
struct Times {
    /// A third of the time, and at most 10 s, is left for what comes behind.
    lookups: Option<Timestamp>,
    /// Half of that is left for the writes.
    verdicts: Option<Timestamp>,
    /// An eighth of the time, and at most half a second, is left for the answer.
    writes: Option<Timestamp>,
}

impl Times {
    fn new(now: Timestamp, deadline: Option<Timestamp>) -> Self {
        let Some(deadline) = deadline else { return Self { lookups: None, verdicts: None, writes: None } };
        let left = match deadline.as_millis().saturating_sub(now.as_millis()) {
            ..=0 => UNKNOWN,
            left => left,
        };
        let answer = (left / 8).min(500);
        let writes = (left / 3).min(10_000);
        let before = |reserve: i64| Timestamp::from_millis(now.as_millis().saturating_add(left - reserve));
        Self {
            lookups: before(answer + writes),
            verdicts: before(answer + writes / 2),
            writes: before(answer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_leaves_time_for_the_next() {
        let at = |millis: i64| Timestamp::from_millis(1_795_255_200_000 + millis).expect("an instant");
        for (left, lookups, verdicts, writes) in [
            (1, 1, 1, 1),
            (3_000, 1_625, 2_125, 2_625),
            (20_000, 12_834, 16_167, 19_500),
            (60_000, 49_500, 54_500, 59_500),
            (900_000, 889_500, 894_500, 899_500),
            // What has passed is not known.
            (0, 19_500, 24_500, 29_500),
            (-5, 19_500, 24_500, 29_500),
            (-1_795_255_200_000, 19_500, 24_500, 29_500),
        ] {
            let [lookups, verdicts, writes] = [lookups, verdicts, writes].map(|end| Some(at(end)));
            assert_eq!(Times::new(at(0), Some(at(left))), Times { lookups, verdicts, writes }, "{left}");
        }
        assert_eq!(Times::new(at(0), None), Times { lookups: None, verdicts: None, writes: None });
    }
}
