//! One invocation, from its bytes to its answer.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use enrich_engine::output::{NoSink, Sinks, repeats};
use enrich_engine::{Clock, Context, Destination, Engine, Outcome, Record, Timestamp};
use futures_util::FutureExt as _;

use crate::deliver::{Batch, Delivered, Fate};
use crate::envelope::{Caller, Invocation};
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
        Ok(Self { engine, sinks, rejects, clock })
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

    /// The answer to an invocation, and what it did. `deadline` is when the caller stops waiting.
    pub async fn invoke(&self, body: &[u8], deadline: Option<Timestamp>) -> Invoked {
        let mut summary = Summary { rules: self.engine.hash().to_owned(), ..Summary::default() };
        let answer = match Invocation::read(body) {
            Ok(invocation) => self.serve(&invocation, deadline, &mut summary).await,
            Err(error) => Err(error.into()),
        };
        Invoked { answer, summary }
    }

    async fn serve(
        &self,
        invocation: &Invocation,
        deadline: Option<Timestamp>,
        summary: &mut Summary,
    ) -> Result<Vec<u8>, HandlerError> {
        let Invocation { caller, records } = invocation;
        summary.caller = caller.name();
        summary.records = u64::try_from(records.len()).unwrap_or(u64::MAX);
        let now = self.clock.now();
        let times = Times::new(now, deadline);
        let context = Context::at(now).by(times.lookups);
        // A mapping takes nothing back, and brings failed records again; the others do neither.
        let context = match caller {
            Caller::Firehose { .. } => context.partitioned(),
            caller if caller.takes_events() => context,
            _ => context.placed().retrying(),
        };
        let outcome = match self.enrich(records, context).await {
            Ok(outcome) => outcome,
            Err(error) => {
                summary.count(&vec![Fate::with_batch(); records.len()]);
                return Err(error);
            }
        };
        let (verdicts, repeats) = (&outcome.verdicts, repeats(records));
        let batch =
            Batch { handler: self, records, verdicts, repeats: &repeats, now, deadline: times.writes };
        let Delivered { answer, fates, written } = batch.deliver(caller).await;
        summary.objects = written.objects;
        summary.lines = written.lines;
        summary.messages = written.messages;
        summary.lookups = outcome.lookups;
        summary.count(&fates);
        answer
    }

    async fn enrich(&self, records: &[Record], context: Context) -> Result<Outcome, HandlerError> {
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

/// When each step of an invocation has to end.
#[derive(Debug, PartialEq, Eq)]
struct Times {
    /// A third of the time, and at most 10 s, is left for the writes.
    lookups: Option<Timestamp>,
    /// An eighth of the time, and at most half a second, is left for the answer.
    writes: Option<Timestamp>,
}

impl Times {
    fn new(now: Timestamp, deadline: Option<Timestamp>) -> Self {
        let Some(deadline) = deadline else { return Self { lookups: None, writes: None } };
        let left = deadline.as_millis().saturating_sub(now.as_millis()).max(0);
        let answer = (left / 8).min(500);
        let writes = (left / 3).min(10_000);
        let before = |reserve: i64| Timestamp::from_millis(deadline.as_millis().saturating_sub(reserve));
        Self { lookups: before(answer + writes), writes: before(answer) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_leaves_time_for_the_next() {
        let at = |millis: i64| Timestamp::from_millis(1_795_255_200_000 + millis).expect("an instant");
        for (left, lookups, writes) in [
            (0, 0, 0),
            (-5, -5, -5),
            (3_000, 1_625, 2_625),
            (20_000, 12_834, 19_500),
            (60_000, 49_500, 59_500),
            (900_000, 889_500, 899_500),
        ] {
            let expected = Times { lookups: Some(at(lookups)), writes: Some(at(writes)) };
            assert_eq!(Times::new(at(0), Some(at(left))), expected, "{left}");
        }
        assert_eq!(Times::new(at(0), None), Times { lookups: None, writes: None });
    }
}
