//! The questions of a wave: from what is kept of earlier batches, from the call of another batch, or from
//! the sources, all of them together.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use enrich_dsl::functions::Type;
use futures_util::future::{FutureExt as _, join, join_all};

use super::plan::{SlotKeys, Wanted};
use crate::context::Context;
use crate::limits::ItemRoom;
use crate::lookup::{
    Answer, Call, Called, ErrorCode, Failure, Flight, Key, Landing, Questions, Source, TableCache,
    TableQuestions,
};
use crate::program::Program;
use crate::value::Value;

/// What the tables have answered, by slot and key.
pub(super) struct Answered(Vec<HashMap<Key, Given>>);

/// An answer, and where it comes from.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub(super) answer: Answer,
    pub(super) freshness: Freshness,
}

impl Given {
    /// Whether this is a miss of an earlier batch.
    pub(super) fn is_kept_miss(&self) -> bool {
        self.freshness == Freshness::Kept && matches!(self.answer, Answer::Missing)
    }
}

/// Where an answer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Freshness {
    /// From its source, just now.
    New,
    /// From an earlier batch.
    Kept,
    /// From an earlier batch, and expired; its source failed.
    Stale,
}

impl Answered {
    pub(super) fn new(program: &Program) -> Self {
        Self(program.tables.iter().map(|_| HashMap::new()).collect())
    }

    pub(super) fn get(&self, slot: usize, key: &Key) -> Option<&Given> {
        self.0.get(slot).and_then(|answers| answers.get(key))
    }

    /// Keeps the item of that key only if there is room for it.
    fn bound(&mut self, slot: usize, key: &Key, room: &mut ItemRoom) {
        let given = self.0.get_mut(slot).and_then(|answers| answers.get_mut(key));
        if let Some(given) = given.filter(|given| given.freshness == Freshness::New)
            && let Answer::Found(item) = &given.answer
            && let Err(failure) = room.take(item.text().len())
        {
            given.answer = Answer::Failed(failure);
        }
    }

    fn give(&mut self, slot: usize, key: Key, answer: Answer, freshness: Freshness) {
        if let Some(answers) = self.0.get_mut(slot) {
            answers.insert(key, Given { answer, freshness });
        }
    }
}

/// Asks for the keys of a wave, slice by slice, as long as there is room for their items. What is kept of earlier
/// batches takes none: it is there anyway.
pub(super) async fn fetch(
    program: &Program,
    sources: &[Arc<dyn Source>],
    caches: &[Option<TableCache>],
    (wanted, room): (&Wanted, &mut ItemRoom),
    answers: &mut Answered,
    context: Context,
) {
    let mut rest = wanted.keys.as_slice();
    while !rest.is_empty() {
        let (slice, behind) = rest.split_at(room.next_keys().min(rest.len()));
        if slice.is_empty() {
            for (slot, key) in behind {
                answers.give(*slot, key.clone(), Answer::Failed(room.is_used_up()), Freshness::New);
            }
            return;
        }
        ask(program, sources, caches, wanted.by_slot(slice), answers, context).await;
        for (slot, key) in slice {
            answers.bound(*slot, key, room);
        }
        rest = behind;
    }
}

/// Asks for keys, and keeps the answers.
async fn ask(
    program: &Program,
    sources: &[Arc<dyn Source>],
    caches: &[Option<TableCache>],
    asked: Vec<SlotKeys>,
    answers: &mut Answered,
    context: Context,
) {
    let mut wave = Wave { program, sources, caches, context, awaited: Vec::new(), answers };
    let (unknown, flights) = wave.recall(asked);
    let calls = wave.calls(unknown);
    let waiting =
        flights.into_iter().map(|(slot, key, flight)| flight.answer().map(move |it| (slot, key, it)));
    let (calls, others) = join(join_all(calls.into_iter().map(Asking::end)), join_all(waiting)).await;
    wave.settle(calls);
    // What another batch could not find out in its own time may yet be answered in this one's.
    let again = wave.learn(others);
    let calls = wave.calls(again);
    let calls = join_all(calls.into_iter().map(Asking::end)).await;
    wave.settle(calls);
}

/// A wave of questions.
struct Wave<'a> {
    program: &'a Program,
    sources: &'a [Arc<dyn Source>],
    caches: &'a [Option<TableCache>],
    context: Context,
    /// By slot, the keys whose items may still come: of them no miss is kept, nor one served that was.
    awaited: Vec<HashSet<Key>>,
    answers: &'a mut Answered,
}

/// A slot, a key of it that another batch is asking, and where the answer will be.
type InFlight = (usize, Key, Flight);

/// A call that is to be made.
struct Asking<'a> {
    call: Call,
    /// The slots of its tables.
    slots: Vec<usize>,
    /// Keeps the call's keys among those that are being asked.
    _landings: Vec<Landing<'a>>,
}

impl Asking<'_> {
    async fn end(self) -> (Vec<usize>, Arc<Called>) {
        (self.slots, self.call.await)
    }
}

impl<'a> Wave<'a> {
    fn cache(&self, slot: usize) -> Option<&'a TableCache> {
        self.caches.get(slot).and_then(Option::as_ref)
    }

    fn is_awaited(&self, slot: usize, key: &Key) -> bool {
        self.awaited.get(slot).is_some_and(|keys| keys.contains(key))
    }

    /// Answers what is kept. Gives the keys to ask by slot, and those that another batch is asking.
    fn recall(&mut self, asked: Vec<SlotKeys>) -> (Vec<Vec<Key>>, Vec<InFlight>) {
        let (mut unknown, mut flights) = (Vec::with_capacity(asked.len()), Vec::new());
        let Context { now, deadline, .. } = self.context;
        for (slot, keys) in asked.into_iter().enumerate() {
            self.awaited.push(keys.awaited);
            let Some(cache) = self.cache(slot) else {
                unknown.push(keys.keys);
                continue;
            };
            let mut left = Vec::new();
            for key in keys.keys {
                let awaited = self.is_awaited(slot, &key);
                let fresh = cache.fresh(&key, now);
                match fresh.filter(|answer| !awaited || matches!(answer, Answer::Found(_))) {
                    Some(answer) => self.answers.give(slot, key, answer, Freshness::Kept),
                    None => match cache.flights.get(&key, now, deadline).filter(|_| !awaited) {
                        Some(flight) => flights.push((slot, key, flight)),
                        None => left.push(key),
                    },
                }
            }
            unknown.push(left);
        }
        (unknown, flights)
    }

    /// One call for each source that has anything to answer.
    fn calls(&self, keys: Vec<Vec<Key>>) -> Vec<Asking<'a>> {
        let mut calls: Vec<(Vec<usize>, Questions)> = self
            .sources
            .iter()
            .map(|_| (Vec::new(), Questions::new(Vec::new(), self.context.deadline)))
            .collect();
        for (slot, (table, keys)) in self.program.tables.iter().zip(keys).enumerate() {
            if let Some((slots, questions)) = calls.get_mut(table.source).filter(|_| !keys.is_empty()) {
                slots.push(slot);
                let table = TableQuestions::new(Arc::clone(&table.table), keys, table.attributes.clone());
                questions.tables.push(table);
            }
        }
        let calls = self.sources.iter().zip(calls).filter(|(_, (slots, _))| !slots.is_empty());
        calls.map(|(source, (slots, questions))| self.asking(source, slots, questions)).collect()
    }

    fn asking(&self, source: &Arc<dyn Source>, slots: Vec<usize>, questions: Questions) -> Asking<'a> {
        let source = Arc::clone(source);
        let tables = slots.iter().zip(&questions.tables).enumerate();
        let cached: Vec<_> = tables
            .filter_map(|(at, (slot, table))| Some((at, self.cache(*slot)?, table.keys.clone())))
            .collect();
        let call = async move {
            let answers = source.fetch(&questions).await;
            Arc::new(Called { questions, answers })
        };
        let call = call.boxed().shared();
        let deadline = self.context.deadline;
        let landings = cached
            .into_iter()
            .map(|(at, cache, keys)| cache.flights.begin(&call, deadline, at, keys))
            .collect();
        Asking { call, slots, _landings: landings }
    }

    /// Takes the answers of the sources.
    fn settle(&mut self, calls: Vec<(Vec<usize>, Arc<Called>)>) {
        for (slots, called) in calls {
            for (table, (questions, slot)) in called.questions.tables.iter().zip(slots).enumerate() {
                for (at, key) in questions.keys.iter().enumerate() {
                    self.answered(slot, key.clone(), called.answers.get(table, at).cloned());
                }
            }
        }
    }

    /// Takes the answers to other batches' questions. Gives the keys that have none, by slot.
    fn learn(&mut self, others: Vec<(usize, Key, Option<Answer>)>) -> Vec<Vec<Key>> {
        let mut again: Vec<Vec<Key>> = self.program.tables.iter().map(|_| Vec::new()).collect();
        for (slot, key, answer) in others {
            match answer {
                Some(answer @ (Answer::Found(_) | Answer::Missing)) => self.answered(slot, key, Some(answer)),
                _ => again.get_mut(slot).into_iter().for_each(|keys| keys.push(key.clone())),
            }
        }
        again
    }

    /// Keeps the answer of a source, and serves what was kept where there is none.
    fn answered(&mut self, slot: usize, key: Key, answer: Option<Answer>) {
        // A source that leaves a question open has not said that the item is missing.
        let answer = answer.unwrap_or_else(|| Answer::Failed(unanswered()));
        let types = self.program.tables.get(slot).map(|slot| &slot.types);
        let answer = types.into_iter().flatten().fold(answer, typed_as);
        let Some(cache) = self.cache(slot) else {
            return self.answers.give(slot, key, answer, Freshness::New);
        };
        let now = self.context.now;
        match &answer {
            Answer::Failed(failure) if is_outage(failure) => match cache.stale(&key, now) {
                Some(item) => self.answers.give(slot, key, Answer::Found(item), Freshness::Stale),
                None => self.answers.give(slot, key, answer, Freshness::New),
            },
            _ => {
                cache.keep(&key, &answer, now, !self.is_awaited(slot, &key));
                self.answers.give(slot, key, answer, Freshness::New);
            }
        }
    }
}

/// The answer, unless an attribute of its item has another type than the rules declare: what is not as
/// it was checked must not be copied. Null is of every type, and so is an attribute that is absent.
fn typed_as(answer: Answer, (name, ty): &(String, Type)) -> Answer {
    let Answer::Found(item) = &answer else { return answer };
    let found = item.root().get(name).map(Value::Node);
    match found.filter(|value| value.ty() != *ty && !value.is_nothing()) {
        Some(value) => {
            let (is, wanted) = (value.with_article(), ty.with_article());
            let message = format!("the attribute `{name}` is declared as {wanted}, this is {is}");
            Answer::Failed(Failure::new(ErrorCode::AttributeType, message))
        }
        None => answer,
    }
}

/// Whether the table could not be asked. Where the permissions or the table itself were taken away somebody
/// meant it, and what was kept of it is no answer any more.
fn is_outage(failure: &Failure) -> bool {
    failure.transient && !matches!(failure.code, ErrorCode::Denied | ErrorCode::Absent)
}

pub(super) fn unanswered() -> Failure {
    Failure::new(ErrorCode::NoAnswer, "the source left the question open")
}
