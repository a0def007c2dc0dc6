//! What a case knows: its events, its clock, what is in the buckets, and what went wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use enrich_engine::lookup::ErrorCode;
use enrich_engine::{Clock, Timestamp};
use tokio::time::Instant;

use crate::events::Event;
use crate::weather::Weather;

/// 2026-11-21T10:00:00Z: when a case begins, and all its events arrive.
pub(crate) const START: i64 = 1_795_255_200_000;

/// What does not hold, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) check: Check,
    pub(crate) what: String,
}

/// What has to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Check {
    /// What is acknowledged is durable, or dropped by a rule.
    Durable,
    /// At the end every event is where it belongs.
    Complete,
    /// What is written or given back is what a run without faults gives.
    Content,
    /// An event that comes again overwrites what it wrote.
    OneKey,
    /// Nothing is written behind a failure.
    Order,
    /// The case ends after so many invocations.
    Ends,
    /// The counts of an invocation add up, and are those of its answer.
    Counts,
    /// An invocation ends before its deadline.
    Deadline,
    /// Nothing of an event, a key or an item is in what is logged.
    Secret,
    /// The answer is one that the caller takes as it is meant.
    Answer,
    /// Without a fault nothing is given up.
    Needless,
}

/// A write.
#[derive(Clone, Debug)]
pub(crate) struct Put {
    pub(crate) invocation: usize,
    /// The events in the object.
    pub(crate) events: Vec<usize>,
    pub(crate) written: bool,
    /// The handler knows that it may not be written, and has to have its events brought again.
    pub(crate) failed: bool,
    /// An object of several events.
    pub(crate) batch: bool,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    trace: Vec<String>,
    violation: Option<Violation>,
    /// The events in each object, by `BUCKET/KEY`.
    pub(crate) objects: BTreeMap<String, Vec<usize>>,
    pub(crate) puts: Vec<Put>,
    /// The events that the caller has taken back, or keeps itself.
    pub(crate) kept: BTreeSet<usize>,
    /// The events that went to the caller's own destination for what it gives up.
    pub(crate) given_up: BTreeSet<usize>,
    /// The codes with which tables failed.
    source_codes: BTreeSet<&'static str>,
    /// Something has not minded the deadline.
    rude: bool,
    /// How many tables do not mind it just now: another invocation may wait with the one that asked.
    hanging: usize,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) events: Vec<Event>,
    /// Whether the caller takes the events back.
    pub(crate) takes_events: bool,
    /// Whether there is a place for rejects.
    pub(crate) rejects: bool,
    /// The check that is held where not all are.
    pub(crate) only: Option<Check>,
    weather: Mutex<Weather>,
    state: Mutex<State>,
    start: Instant,
}

impl World {
    pub(crate) fn new(events: Vec<Event>, takes_events: bool, rejects: bool, weather: Weather) -> Self {
        let (weather, state) = (Mutex::new(weather), Mutex::new(State::default()));
        Self { events, takes_events, rejects, only: None, weather, state, start: Instant::now() }
    }

    pub(crate) fn with_weather<T>(&self, read: impl FnOnce(&mut Weather) -> T) -> T {
        read(&mut self.weather.lock().expect("the weather"))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("the state")
    }

    /// Milliseconds since 1970, by the clock of the case.
    pub(crate) fn now(&self) -> i64 {
        START + i64::try_from(self.start.elapsed().as_millis()).expect("milliseconds")
    }

    pub(crate) async fn sleep_until(&self, millis: i64) {
        let left = u64::try_from(millis - self.now()).unwrap_or(0);
        tokio::time::sleep(Duration::from_millis(left)).await;
    }

    /// Says what happens, for who reads a failure.
    pub(crate) fn note(&self, what: &str) {
        let at = self.now() - START;
        self.state().trace.push(format!("{at:>7} ms  {what}"));
    }

    /// Keeps the first thing that does not hold, of the checks that are held.
    pub(crate) fn violated(&self, check: Check, what: String) {
        self.note(&format!("VIOLATION of {check:?}: {what}"));
        if self.only.is_none_or(|only| only == check) {
            self.state().violation.get_or_insert(Violation { check, what });
        }
    }

    pub(crate) fn violation(&self) -> Option<Violation> {
        self.state().violation.clone()
    }

    pub(crate) fn trace(&self) -> Vec<String> {
        self.state().trace.clone()
    }

    pub(crate) fn source_failed(&self, code: ErrorCode) {
        self.state().source_codes.insert(code.as_str());
    }

    /// Whether a table has failed with that code.
    pub(crate) fn source_has_failed(&self, code: &str) -> bool {
        self.state().source_codes.contains(code)
    }

    /// Whether something has not minded a deadline since this was asked, or does not just now.
    pub(crate) fn was_rude(&self) -> bool {
        let mut state = self.state();
        std::mem::take(&mut state.rude) || state.hanging > 0
    }

    /// Says nothing, and minds no deadline, until whoever asks is given up.
    pub(crate) async fn hang(&self) {
        let _hanging = Hanging::begin(self);
        std::future::pending::<()>().await;
    }

    /// Whether an object holds the event.
    pub(crate) fn is_written(&self, event: usize) -> bool {
        self.state().objects.values().any(|events| events.contains(&event))
    }

    /// Whether the event is in the output, in the rejects, or with the caller.
    pub(crate) fn is_durable(&self, event: usize) -> bool {
        self.is_written(event) || self.state().kept.contains(&event)
    }
}

/// Ends with the call that hangs.
struct Hanging<'w>(&'w World);

impl<'w> Hanging<'w> {
    fn begin(world: &'w World) -> Self {
        let mut state = world.state();
        (state.rude, state.hanging) = (true, state.hanging + 1);
        Self(world)
    }
}

impl Drop for Hanging<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        (state.rude, state.hanging) = (true, state.hanging - 1);
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(World::now(self)).expect("an instant")
    }
}
