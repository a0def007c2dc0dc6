//! The questions of a wave: from what is kept of earlier batches, from the call of another batch, or from
//! the sources, all of them together.

use std::sync::Arc;

use enrich_dsl::functions::Type;
use futures_util::future::{FutureExt as _, join, join_all};

use super::answers::{Answers, Given, KeyId, unanswered};
use crate::context::Context;
use crate::limits::ItemRoom;
use crate::lookup::{
    Answer, Call, Called, ErrorCode, Failure, Flight, KeyBytes, Landing, Questions, Source, TableCache,
    TableQuestions,
};
use crate::program::Program;
use crate::value::Value;

/// Asks for the keys of a wave, slice by slice, as long as there is room for their items. What is kept of earlier
/// batches takes none: it is there anyway.
pub(super) async fn fetch(
    program: &Program,
    sources: &[Arc<dyn Source>],
    caches: &[Option<TableCache>],
    (wave, room): (usize, &mut ItemRoom),
    answers: &mut Answers,
    context: Context,
) {
    let wanted = answers.take_wanted();
    let mut rest = wanted.as_slice();
    while !rest.is_empty() {
        let (slice, behind) = rest.split_at(room.next_keys().min(rest.len()));
        if slice.is_empty() {
            for (slot, id) in behind {
                answers.give(*slot, *id, Given::new(Answer::Failed(room.is_used_up())));
            }
            break;
        }
        let mut by_slot = vec![Vec::new(); program.tables.len()];
        for (slot, id) in slice {
            let Some(ids) = by_slot.get_mut(*slot) else { continue };
            if ids.is_empty() {
                // Mostly there is one table.
                ids.reserve(slice.len());
            }
            ids.push(*id);
        }
        Wave { program, sources, caches, context, wave, answers }.ask(by_slot).await;
        for (slot, id) in slice {
            answers.bound(*slot, *id, room);
        }
        rest = behind;
    }
    answers.asked(wanted);
}

/// A wave of questions.
struct Wave<'a> {
    program: &'a Program,
    sources: &'a [Arc<dyn Source>],
    caches: &'a [Option<TableCache>],
    context: Context,
    wave: usize,
    answers: &'a mut Answers,
}

/// A slot, a key of it that another batch is asking, and where the answer will be.
type InFlight = (usize, KeyId, Flight);

/// A slot, and the keys that it is asked.
type SlotKeys = (usize, Vec<KeyId>);

/// A call that is to be made.
struct Asking<'a> {
    call: Call,
    /// The slots of its tables, with the keys that each is asked.
    slots: Vec<SlotKeys>,
    /// Keeps the call's keys among those that are being asked.
    _landings: Vec<Landing<'a>>,
}

impl Asking<'_> {
    async fn end(self) -> (Vec<SlotKeys>, Arc<Called>) {
        (self.slots, self.call.await)
    }
}

impl<'a> Wave<'a> {
    /// Asks for keys, by slot, and keeps the answers.
    async fn ask(mut self, asked: Vec<Vec<KeyId>>) {
        let (unknown, flights) = self.recall(asked);
        let calls = self.calls(unknown);
        let waiting =
            flights.into_iter().map(|(slot, id, flight)| flight.answer().map(move |it| (slot, id, it)));
        let (calls, others) = join(join_all(calls.into_iter().map(Asking::end)), join_all(waiting)).await;
        self.settle(calls);
        if others.is_empty() {
            return;
        }
        // What another batch could not find out in its own time may yet be answered in this one's.
        let again = self.learn(others);
        let calls = self.calls(again);
        let calls = join_all(calls.into_iter().map(Asking::end)).await;
        self.settle(calls);
    }

    fn cache(&self, slot: usize) -> Option<&'a TableCache> {
        self.caches.get(slot).and_then(Option::as_ref)
    }

    /// Whether the item of that key may still come: no miss of it is kept, nor one served that was.
    fn is_awaited(&self, slot: usize, id: KeyId) -> bool {
        self.answers.is_awaited(slot, id, self.wave)
    }

    /// Answers what is kept. Gives the keys to ask by slot, and those that another batch is asking.
    fn recall(&mut self, asked: Vec<Vec<KeyId>>) -> (Vec<Vec<KeyId>>, Vec<InFlight>) {
        let (mut unknown, mut flights) = (Vec::with_capacity(asked.len()), Vec::new());
        let Context { now, deadline, .. } = self.context;
        for (slot, ids) in asked.into_iter().enumerate() {
            let Some(cache) = self.cache(slot) else {
                unknown.push(ids);
                continue;
            };
            let mut left = Vec::new();
            for id in ids {
                let awaited = self.is_awaited(slot, id);
                let Some(key) = self.answers.key(slot, id) else { continue };
                let fresh = cache.fresh(key, now);
                match fresh.filter(|kept| !awaited || matches!(kept.answer, Answer::Found(_))) {
                    Some(kept) => self.answers.give(slot, id, Given::kept(kept)),
                    None => match cache.flights.get(key, now, deadline).filter(|_| !awaited) {
                        Some(flight) => flights.push((slot, id, flight)),
                        None => left.push(id),
                    },
                }
            }
            unknown.push(left);
        }
        (unknown, flights)
    }

    /// One call for each source that has anything to answer.
    fn calls(&self, keys: Vec<Vec<KeyId>>) -> Vec<Asking<'a>> {
        let mut calls: Vec<(Vec<SlotKeys>, Questions)> = self
            .sources
            .iter()
            .map(|_| (Vec::new(), Questions::new(Vec::new(), self.context.deadline)))
            .collect();
        for (slot, (table, ids)) in self.program.tables.iter().zip(keys).enumerate() {
            if let Some((slots, questions)) = calls.get_mut(table.source).filter(|_| !ids.is_empty()) {
                let keys =
                    ids.iter().filter_map(|id| self.answers.key(slot, *id).map(KeyBytes::key)).collect();
                let table =
                    TableQuestions::new(Arc::clone(&table.table), keys, Arc::clone(&table.attributes));
                questions.tables.push(table);
                slots.push((slot, ids));
            }
        }
        let calls = self.sources.iter().zip(calls).filter(|(_, (slots, _))| !slots.is_empty());
        calls.map(|(source, (slots, questions))| self.asking(source, slots, questions)).collect()
    }

    fn asking(&self, source: &Arc<dyn Source>, slots: Vec<SlotKeys>, questions: Questions) -> Asking<'a> {
        let source = Arc::clone(source);
        let cached = slots.iter().enumerate().filter_map(|(at, (slot, ids))| {
            let keys = |slot| ids.iter().filter_map(move |id| Some(self.answers.key(slot, *id)?.to_vec()));
            Some((at, self.cache(*slot)?, keys(*slot).collect()))
        });
        let cached: Vec<(usize, &TableCache, Vec<Vec<u8>>)> = cached.collect();
        let call = async move {
            let answers = source.fetch(&questions).await;
            Arc::new(Called { answers })
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
    fn settle(&mut self, calls: Vec<(Vec<SlotKeys>, Arc<Called>)>) {
        for (slots, called) in calls {
            self.answers.count(called.answers.requests());
            for (table, (slot, ids)) in slots.into_iter().enumerate() {
                for (at, id) in ids.into_iter().enumerate() {
                    self.answered(slot, id, called.answers.get(table, at).cloned());
                }
            }
        }
    }

    /// Takes the answers to other batches' questions. Gives the keys that have none, by slot.
    fn learn(&mut self, others: Vec<(usize, KeyId, Option<Answer>)>) -> Vec<Vec<KeyId>> {
        let mut again: Vec<Vec<KeyId>> = self.program.tables.iter().map(|_| Vec::new()).collect();
        for (slot, id, answer) in others {
            match answer {
                Some(answer @ (Answer::Found(_) | Answer::Missing)) => self.answered(slot, id, Some(answer)),
                _ => again.get_mut(slot).into_iter().for_each(|ids| ids.push(id)),
            }
        }
        again
    }

    /// Keeps the answer of a source, and serves what was kept where there is none.
    fn answered(&mut self, slot: usize, id: KeyId, answer: Option<Answer>) {
        // A source that leaves a question open has not said that the item is missing.
        let answer = answer.unwrap_or_else(|| Answer::Failed(unanswered()));
        let types = self.program.tables.get(slot).map(|slot| &slot.types);
        let answer = types.into_iter().flatten().fold(answer, typed_as);
        let (Some(cache), Some(key)) = (self.cache(slot), self.answers.key(slot, id)) else {
            return self.answers.give(slot, id, Given::new(answer));
        };
        let now = self.context.now;
        match &answer {
            Answer::Failed(failure) if is_outage(failure) => match cache.stale(key, now) {
                Some((item, age_ms)) => self.answers.give(slot, id, Given::stale(item, age_ms)),
                None => self.answers.give(slot, id, Given::new(answer)),
            },
            _ => {
                cache.keep(key, &answer, now, !self.is_awaited(slot, id));
                self.answers.give(slot, id, Given::new(answer));
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
