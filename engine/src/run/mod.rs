//! One batch, in one straight line.
//!
//! 1. [`prepare`]: a stream's bytes to a view of the event ([`decode`]), then route, validate and decide
//!    early drops.
//! 2. [`plan`]: the keys of all events, merged by table and without duplicates. [`fetch`]: what is not kept
//!    from earlier batches is asked, one question a source. Lookups keyed by another lookup's item come in
//!    a later wave.
//! 3. [`apply`]: statement by statement, pure; then the event's new text and its verdict.

mod apply;
mod decode;
mod fetch;
mod pace;
mod plan;
mod prepare;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::batch::{LookupCounts, Origin, Outcome, Record, Verdict};
use crate::context::Context;
use crate::json::{Document, Elements, Node};
use crate::limits::{ItemRoom, Limits, NoRoom, Room, together};
use crate::lookup::{ErrorCode, Failure, Key, Source, TableCache};
use crate::program::{ForEach, Lookup, Program};
use crate::reasons::{Reason, ReasonCode};
pub(crate) use pace::Pace;

/// Runs a batch through the program.
pub(crate) async fn batch(
    program: &Program,
    sources: &[Arc<dyn Source>],
    caches: &[Option<TableCache>],
    limits: Limits,
    mut pace: Pace<'_>,
    records: &[Record],
    context: Context,
) -> Outcome {
    let together = together(records);
    let mut room = Room::new(limits, together);
    let prepared = |(at, record)| {
        if pace.ends_prepare(at) {
            return Event::Done(no_time(None));
        }
        // A panic is told of the rule that was tried when it came.
        let trying = Cell::new(None);
        let step = || prepare::prepare(program, record, context, &trying);
        let event = contained(|| trying.get(), step, Event::Done);
        event.within(&mut room, at, at < together, program)
    };
    let mut events: Vec<Event<'_>> = records.iter().enumerate().map(prepared).collect();
    let mut answers = fetch::Answered::new(program);
    for wave in 0..program.waves {
        let wanted = plan::keys(program, &mut events, &answers, wave, context);
        let mut room = ItemRoom::new(limits, program.waves);
        fetch::fetch(program, sources, caches, (&wanted, &mut room), &mut answers, context).await;
    }
    let mut counts = counters(program);
    let mut room = Room::new(limits, together);
    let verdict = |(at, event): (usize, Event<'_>)| {
        let (rule, bytes) = (event.rule(program), event.bytes());
        if matches!(event, Event::Taken(_)) && pace.ends_apply(at) {
            return no_time(rule);
        }
        let apply = || apply::apply(program, &event, &answers, limits, context, &mut counts);
        within(contained(|| rule, apply, |verdict| verdict), at, bytes, &mut room)
    };
    let verdicts = events.into_iter().enumerate().map(verdict).collect();
    Outcome { verdicts, lookups: counts.into_iter().flatten().collect() }
}

/// Does one step of one record. A panic in it is a fault of ours, or of an embedder's function; it rejects
/// this record with its bytes, as it would happen again, and leaves the others alone.
fn contained<'p, T>(
    rule: impl FnOnce() -> Option<&'p Arc<str>>,
    step: impl FnOnce() -> T,
    rejected_as: impl FnOnce(Verdict) -> T,
) -> T {
    catch_unwind(AssertUnwindSafe(step)).unwrap_or_else(|_| {
        let message = "the engine failed on this record; please report it";
        rejected_as(rejected(rule(), Reason::new(ReasonCode::Internal, message)))
    })
}

/// The verdict, if the batch has room for its event.
fn within(verdict: Verdict, at: usize, arrived: usize, room: &mut Room) -> Verdict {
    let Verdict::Enriched { rule, event, .. } = &verdict else { return verdict };
    match room.take(at, arrived.saturating_add(event.len())) {
        Ok(()) => verdict,
        Err(no_room) => unplaced(Some(rule), no_room),
    }
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
    /// The event, if the batch has room for it as it arrived.
    fn within(mut self, room: &mut Room, at: usize, first: bool, program: &Program) -> Self {
        if let Event::Taken(taken) = &mut self {
            taken.first = first;
        }
        match room.take(at, self.bytes()) {
            Ok(()) => self,
            Err(no_room) => Event::Done(unplaced(self.rule(program), no_room)),
        }
    }

    /// The bytes that are held of it.
    fn bytes(&self) -> usize {
        match self {
            Event::Done(_) => 0,
            Event::Taken(taken) => taken.document.text().len(),
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
    record: &'r Record,
    document: Document<'r>,
    /// The place of its rule in the program.
    rule: usize,
    /// Whether it is the first one of the batch, or out of one record with it: no batch has more room for it.
    first: bool,
    /// The keys of the rule's lookups, as far as the waves have come.
    keys: Vec<Asked>,
    /// The keys of the rule's loops: by loop, element and lookup.
    loops: Vec<Vec<Vec<Asked>>>,
}

impl Taken<'_> {
    /// What a failed answer is for this event.
    fn failure(&self, answer: &Failure) -> Failure {
        if self.first && answer.code == ErrorCode::ItemsTooLarge {
            let message = "the event's items have no room in any batch: copy less of them, or give the function more memory";
            return Failure { transient: false, message: message.to_owned(), ..answer.clone() };
        }
        answer.clone()
    }

    /// The elements that a loop goes over; none where there is no array.
    fn elements(&self, each: &ForEach) -> Option<Elements<'_>> {
        self.array(each).map(Node::elements)
    }

    /// The array that a loop goes over, as it arrived.
    fn array(&self, each: &ForEach) -> Option<Node<'_>> {
        each.array.iter().try_fold(self.document.root(), |node, name| node.get(name))
    }
}

/// What a lookup asks.
#[derive(Clone, Debug)]
enum Asked {
    /// Not worked out yet.
    NotYet,
    /// A part of the key is absent, null or empty.
    NoKey,
    /// This key.
    Key(Key),
    /// The key can't be worked out.
    Failed(Failure),
}

/// Whether a missing item is waited for: the event is young, and its source can bring it again.
fn may_come(lookup: &Lookup, origin: &Origin, context: Context) -> bool {
    let (Some(within), Some(arrival)) = (lookup.retry_missing_ms, origin.arrival) else { return false };
    let age = context.now.as_millis().saturating_sub(arrival.as_millis());
    context.retrying && u64::try_from(age).unwrap_or(0) < within
}

/// One count for each lookup of each rule.
fn counters(program: &Program) -> Vec<Vec<LookupCounts>> {
    let count = |rule: &crate::program::Rule| {
        rule.all_lookups().map(|lookup| LookupCounts::new(&rule.name, &lookup.name)).collect()
    };
    program.rules.iter().map(count).collect()
}

fn no_time(rule: Option<&Arc<str>>) -> Verdict {
    let message =
        "no time was left for the event: make the source's batches smaller, or the function's timeout longer";
    Verdict::Failed { rule: rule.cloned(), reason: Reason::new(ReasonCode::NoTime, message) }
}

fn rejected(rule: Option<&Arc<str>>, reason: Reason) -> Verdict {
    Verdict::Rejected { rule: rule.cloned(), reason, lookups: Vec::new() }
}
