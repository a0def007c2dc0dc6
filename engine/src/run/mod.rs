//! One batch, in one straight line.
//!
//! 1. [`prepare`]: a stream's bytes to a view of the event ([`decode`]), then route, validate and decide
//!    early drops.
//! 2. [`plan`]: the keys of all events, merged by table and without duplicates. [`fetch`]: what is not kept
//!    from earlier batches is asked, one question a source. Lookups keyed by another lookup's item come in
//!    a later wave.
//! 3. [`apply`]: statement by statement, pure; then the event's new text and its verdict. [`append`] is the
//!    short way to the same verdict, for events that only get new members.

mod answers;
mod append;
mod apply;
mod buffers;
mod copies;
mod decode;
mod fetch;
mod lines;
mod pace;
mod place;
mod plan;
mod prepare;
mod routes;
mod stages;
mod tell;
mod usual;

use std::borrow::Cow;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::batch::{KeptCounts, Origin, Outcome, Record, StageKind, Verdict};
use crate::context::Context;
use crate::explain::Trace;
use crate::json::{Elements, Node, Tape, Tapes};
use crate::limits::{ItemRoom, Limits, NoRoom, Room, together};
use crate::lookup::{ErrorCode, Failure, Source, TableCache};
use crate::program::{ForEach, Lookup, Program};
use crate::reasons::{Reason, ReasonCode};
use answers::{Answers, KeyId};
pub(crate) use buffers::Pool;
use buffers::{Buffers, Reading};
pub(crate) use pace::Pace;
use plan::Planner;
use prepare::Preparer;
pub(crate) use prepare::internal;
use routes::Router;
use stages::Stages;

/// Runs a batch through the program.
pub(crate) async fn batch(
    program: &Program,
    sources: &[Arc<dyn Source>],
    caches: &[Option<TableCache>],
    (limits, pool): (Limits, &Pool),
    mut pace: Pace<'_>,
    records: &[Record<'_>],
    (context, trace): (Context, Option<&Trace>),
) -> Outcome {
    let together = together(records);
    let mut stages = Stages::begin(pace.clock().unwrap_or(&context.now), program.waves + 2);
    let Buffers { reading, mut answers, out } = pool.take();
    answers.begin(program);
    let Prepared { mut events, mut reading, bytes } =
        prepared(program, limits, &mut pace, records, &mut answers, (reading, context, trace));
    stages.end(StageKind::Prepare);
    for wave in 0..program.waves {
        if wave > 0 {
            let planner = Planner::new(program, wave, (context, trace));
            let count = events.len();
            let step = |events: &mut Vec<Event<'_>>, at: usize| {
                if let Some(Event::Taken(taken)) = events.get(at) {
                    planner.event(taken, &mut reading, &mut answers);
                }
            };
            for_each(&mut events, count, step, |events, at| {
                if let Some(event) = events.get_mut(at) {
                    *event = Event::Done(panicked(event.rule(program)));
                }
            });
        }
        let mut room = ItemRoom::new(limits, program.waves);
        fetch::fetch(program, sources, caches, (wave, &mut room), &mut answers, context).await;
        stages.end(StageKind::Fetch(answers.take_requests()));
    }
    let found = apply::Found { tapes: &reading.tapes, keys: &reading.keys, answers: &answers };
    let mut applying = apply::Applying::new(program, found, limits, (context, trace), (out, bytes));
    let mut room = Room::new(limits, together);
    let (mut verdicts, trying) = (Vec::with_capacity(events.len()), Cell::new(None));
    let count = events.len();
    let mut events = events.into_iter();
    let step = |verdicts: &mut Vec<Verdict>, at: usize| match events.next() {
        Some(Event::Done(verdict)) => verdicts.push(verdict),
        Some(Event::Taken(taken)) => {
            trying.set(program.rules.get(taken.rule).map(|rule| &rule.name));
            if pace.ends_apply(at) {
                verdicts.push(no_time(trying.get()));
                return;
            }
            let verdict = applying.apply(&taken);
            let lines = &mut applying.appending.lines;
            match without_room(&verdict, at, taken.text.len() + lines.event_bytes(), &mut room) {
                Some(other) => verdicts.push(other),
                None => {
                    if matches!(verdict, Verdict::Enriched { .. }) {
                        lines.keep(verdicts.len());
                    }
                    verdicts.push(verdict);
                }
            }
            if lines.is_full() {
                lines.end(verdicts);
            }
        }
        None => verdicts.push(internal()),
    };
    for_each(&mut verdicts, count, step, |verdicts, _| verdicts.push(panicked(trying.get())));
    applying.appending.lines.end(&mut verdicts);
    let (lookups, lines, out) = applying.end(caches);
    pool.give_back(Buffers { reading, answers, out });
    stages.end(StageKind::Apply);
    Outcome { verdicts, lines, lookups, stages: stages.into_ended(), kept: kept_counts(caches) }
}

/// How much is kept of all tables that say so.
fn kept_counts(caches: &[Option<TableCache>]) -> Option<KeptCounts> {
    caches.iter().flatten().map(TableCache::counts).reduce(|mut all, one| {
        all += one;
        all
    })
}

/// The events of a batch before any lookup. The keys of the first wave are worked out, as long as an event is at hand.
struct Prepared<'r> {
    events: Vec<Event<'r>>,
    reading: Reading,
    /// The bytes of the events.
    bytes: usize,
}

fn prepared<'r>(
    program: &Program,
    limits: Limits,
    pace: &mut Pace<'_>,
    records: &'r [Record<'r>],
    answers: &mut Answers,
    (mut reading, context, trace): (Reading, Context, Option<&Trace>),
) -> Prepared<'r> {
    let together = together(records);
    let planner = Planner::new(program, 0, (context, trace));
    let mut router = Router::new(program, std::mem::take(&mut reading.routes));
    let mut preparer = Preparer { program, reading, context, trace };
    let mut room = Room::new(limits, together);
    // A panic is told of the rule that was tried when it came.
    let trying = Cell::new(None);
    let step = |events: &mut Vec<Event<'r>>, at: usize| {
        trying.set(None);
        let Some(record) = records.get(at) else { return };
        if pace.ends_prepare(at) {
            events.push(Event::Done(no_time(None)));
            return;
        }
        let route = router.of(&record.origin);
        preparer.prepare(events, (record, (at + 1).saturating_sub(together)), route, &trying);
        let Some(event) = events.last_mut() else { return };
        if let Err(no_room) = room.take(at, event.bytes()) {
            *event = Event::Done(unplaced(event.rule(program), no_room));
        }
        if let Event::Taken(taken) = event {
            planner.event(taken, &mut preparer.reading, answers);
            preparer.let_go(taken);
        }
    };
    let mut events = Vec::with_capacity(records.len());
    for_each(&mut events, records.len(), step, |events, at| {
        events.truncate(at);
        events.push(Event::Done(panicked(trying.get())));
    });
    let Preparer { mut reading, .. } = preparer;
    reading.routes = router.end();
    Prepared { events, reading, bytes: room.taken() }
}

/// Does one step of each record. A panic in it is a fault of ours, or of an embedder's function: `rejected` then
/// rejects this record with its bytes, as it would happen again, and the others go on.
fn for_each<S>(
    state: &mut S,
    count: usize,
    mut step: impl FnMut(&mut S, usize),
    mut rejected: impl FnMut(&mut S, usize),
) {
    let at = Cell::new(0);
    while at.get() < count {
        let steps = || {
            while at.get() < count {
                step(state, at.get());
                at.set(at.get() + 1);
            }
        };
        if catch_unwind(AssertUnwindSafe(steps)).is_err() {
            rejected(state, at.get());
            at.set(at.get() + 1);
        }
    }
}

fn panicked(rule: Option<&Arc<str>>) -> Verdict {
    let message = "the engine failed on this record; please report it";
    rejected(rule, Reason::new(ReasonCode::Internal, message))
}

/// Another verdict, where the batch has no room for an enriched event: as it arrived and as it is now it has so many
/// bytes.
fn without_room(verdict: &Verdict, at: usize, bytes: usize, room: &mut Room) -> Option<Verdict> {
    let Verdict::Enriched { rule, .. } = verdict else { return None };
    let no_room = room.take(at, bytes).err()?;
    Some(unplaced(Some(rule), no_room))
}

/// The verdict on an event for which there is no room.
fn unplaced(rule: Option<&Arc<str>>, no_room: NoRoom) -> Verdict {
    match no_room {
        NoRoom::Ever(reason) => rejected(rule, reason),
        NoRoom::Here(reason) => Verdict::Failed { rule: rule.cloned(), reason },
    }
}

/// A record on its way.
enum Event<'r> {
    /// The verdict is known before any lookup.
    Done(Verdict),
    /// A rule has taken it.
    Taken(Taken<'r>),
}

impl Event<'_> {
    /// The bytes that are held of it.
    fn bytes(&self) -> usize {
        match self {
            Event::Done(_) => 0,
            Event::Taken(taken) => taken.text.len(),
        }
    }

    /// The name of the rule that has taken it.
    fn rule<'p>(&self, program: &'p Program) -> Option<&'p Arc<str>> {
        match self {
            Event::Done(_) => None,
            Event::Taken(taken) => program.rules.get(taken.rule).map(|rule| &rule.name),
        }
    }
}

struct Taken<'r> {
    record: &'r Record<'r>,
    text: Cow<'r, str>,
    /// `None` once nobody reads the event any more, unless something about it is unusual.
    tape: Option<Tape>,
    /// The place of its rule in the program.
    rule: usize,
    /// How far it stands behind the first event of the batch and those out of one record with that. No batch has more
    /// room for these, which have 0.
    past_first: usize,
    /// Which of its rule's names the event has.
    present: u64,
    /// Where the values of these names are told in [`Reading::fields`].
    fields: usize,
    /// Where the keys of the rule's lookups are.
    keys: usize,
    /// Where the keys of the rule's loops are, by loop.
    loops: Vec<usize>,
}

impl Taken<'_> {
    /// The event, as it arrived; `null` where its tape is let go.
    fn root<'d>(&'d self, tapes: &'d Tapes) -> Node<'d> {
        tapes.root(&self.text, self.tape.unwrap_or_default())
    }

    /// Where the keys of one element of a loop are.
    fn loop_keys(&self, place: usize, each: &ForEach, element: usize) -> usize {
        self.loops.get(place).copied().unwrap_or(usize::MAX).saturating_add(element * each.lookups.len())
    }

    /// What a failed answer is for this event.
    fn failure(&self, answer: &Failure) -> Failure {
        if self.past_first == 0 && answer.code == ErrorCode::ItemsTooLarge {
            let message = "the event's items have no room in any batch: copy less of them, or give the function more memory";
            return Failure { transient: false, message: message.to_owned(), ..answer.clone() };
        }
        answer.clone()
    }

    /// The elements that a loop goes over; none where there is no array.
    fn elements<'d>(&'d self, tapes: &'d Tapes, each: &ForEach) -> Option<Elements<'d>> {
        self.array(tapes, each).map(Node::elements)
    }

    /// The array that a loop goes over, as it arrived.
    fn array<'d>(&'d self, tapes: &'d Tapes, each: &ForEach) -> Option<Node<'d>> {
        each.array(self.root(tapes))
    }
}

/// What a lookup asks.
#[derive(Clone, Debug)]
enum Asked {
    /// Not worked out yet.
    NotYet,
    /// A part of the key is absent, null or empty.
    NoKey,
    /// The key of that number.
    Key(KeyId),
    /// The key can't be worked out.
    Failed(Box<Failure>),
}

/// What the lookups of a batch's events ask: those of an event side by side, those of a loop for each element.
#[derive(Debug, Default)]
struct Keys(Vec<Asked>);

impl Keys {
    fn clear(&mut self) {
        self.0.clear();
    }

    /// Makes room for so many, and gives the place of the first one.
    fn open(&mut self, count: usize) -> usize {
        let first = self.0.len();
        self.0.extend(std::iter::repeat_with(|| Asked::NotYet).take(count));
        first
    }

    fn set(&mut self, at: usize, asked: Asked) {
        if let Some(known) = self.0.get_mut(at) {
            *known = asked;
        }
    }

    /// Those of these lookups, the first of which is at that place.
    fn of(&self, first: usize, lookups: &[Lookup]) -> &[Asked] {
        self.0.get(first..first.saturating_add(lookups.len())).unwrap_or_default()
    }
}

/// Whether a missing item is waited for: the event is young, and its source can bring it again.
fn may_come(lookup: &Lookup, origin: &Origin<'_>, context: Context) -> bool {
    let (Some(within), Some(arrival)) = (lookup.retry_missing_ms, origin.arrival) else { return false };
    let age = context.now.as_millis().saturating_sub(arrival.as_millis());
    context.retrying && u64::try_from(age).unwrap_or(0) < within
}

fn no_time(rule: Option<&Arc<str>>) -> Verdict {
    let message =
        "no time was left for the event: make the source's batches smaller, or the function's timeout longer";
    Verdict::Failed { rule: rule.cloned(), reason: Reason::new(ReasonCode::NoTime, message) }
}

fn rejected(rule: Option<&Arc<str>>, reason: Reason) -> Verdict {
    Verdict::Rejected { rule: rule.cloned(), reason, lookups: Vec::new() }
}
