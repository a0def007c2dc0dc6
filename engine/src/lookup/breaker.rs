//! A circuit breaker around a source: a table that gives no answer again and again is left alone for a
//! while, so that its events fail at once instead of at the end of their time.

mod circuit;

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::{join, join_all};

use super::{
    Answer, Answers, BoxFuture, ErrorCode, Failure, Questions, Requests, Source, Table, TableQuestions,
};
use crate::time::{Clock, Timestamp};
pub use circuit::BreakerLimits;
use circuit::{Admission, Circuit, Seen};

/// The least time, in milliseconds, that a stage must have had: after less a timeout says nothing of the
/// table.
const FAIR_CHANCE: i64 = 1_000;

/// A source with a circuit for each of its tables and indexes.
///
/// - A stage fails for a table if it has no answer to any of the keys, and one of them is throttled, times out
///   or can't be reached. After [`BreakerLimits::failures`] of them in a row the circuit opens. A table that answers
///   some of the keys, or says that it is denied or absent, keeps its circuit closed.
/// - While the circuit is open the table is not asked, and its keys fail with [`ErrorCode::CircuitOpen`].
/// - After a pause, which is twice as long each time, the next stage asks for its first key alone. Where that
///   has an answer the circuit is closed, and the stage goes on with its other keys.
///
/// Nothing is asked once the deadline of the questions is past.
///
/// ```
/// use std::sync::Arc;
///
/// use enrich_engine::Timestamp;
/// use enrich_engine::lookup::{CircuitBreaker, MemorySource};
///
/// // This clock stands still; a program passes one that runs.
/// let source = CircuitBreaker::new(MemorySource::new(), Arc::new(Timestamp::EPOCH));
/// ```
pub struct CircuitBreaker<S> {
    source: S,
    clock: Arc<dyn Clock>,
    limits: BreakerLimits,
    /// Those of tables that have failed.
    circuits: Mutex<HashMap<Table, Circuit>>,
}

impl<S: Source> CircuitBreaker<S> {
    /// Watches over `source`; `clock` says when a table may be asked again.
    #[must_use]
    pub fn new(source: S, clock: Arc<dyn Clock>) -> Self {
        Self { source, clock, limits: BreakerLimits::default(), circuits: Mutex::default() }
    }

    /// The same with other limits.
    #[must_use]
    pub fn with_limits(self, limits: BreakerLimits) -> Self {
        Self { limits, ..self }
    }

    async fn answer(&self, questions: &Questions) -> Answers {
        let now = self.clock.now();
        let mut answers = Answers::none_yet(questions);
        if questions.deadline.is_some_and(|deadline| now >= deadline) {
            for (table, question) in questions.tables.iter().enumerate() {
                let message = format!("no time is left to ask {}", subject(&question.table));
                fail(&mut answers, table, question, ErrorCode::Timeout, &message);
            }
            return answers;
        }
        let (mut ask, mut probe) = (Vec::new(), Vec::new());
        for (table, question) in questions.tables.iter().enumerate() {
            match self.admit(&question.table, now) {
                Admission::Ask => ask.push((table, 0..question.keys.len())),
                Admission::Probe => probe.push((table, question.keys.len())),
                Admission::Refuse => {
                    let subject = subject(&question.table);
                    let message =
                        format!("{subject} has failed again and again, and is left alone for a while");
                    fail(&mut answers, table, question, ErrorCode::CircuitOpen, &message);
                }
            }
        }
        if ask.len() == questions.tables.len() {
            // As a rule nothing is wrong, and nothing is copied.
            let answers = self.source.fetch(questions).await;
            self.learn(questions, &answers, now, false);
            return answers;
        }
        let probes = probe.into_iter().map(|(table, keys)| self.probe(questions, table, keys, now));
        let (asked, probed) = join(self.ask(questions, ask, now, false), join_all(probes)).await;
        for Told { placed, requests } in std::iter::once(asked).chain(probed) {
            answers.count(requests);
            for (table, key, answer) in placed {
                answers.set(table, key, answer);
            }
        }
        answers
    }

    /// Asks that table for its first key, and where it answers for the others.
    async fn probe(&self, questions: &Questions, table: usize, keys: usize, now: Timestamp) -> Told {
        let Some(question) = questions.tables.get(table) else { return Told::default() };
        let mut told = self.ask(questions, vec![(table, 0..1.min(keys))], now, true).await;
        let is_lost = told.placed.iter().any(|(_, _, answer)| lost(answer, true) == Some(true));
        if is_lost {
            let message = format!("{} still fails, and is left alone for a while", subject(&question.table));
            let failure = Failure::new(ErrorCode::CircuitOpen, message);
            told.placed.extend((1..keys).map(|key| (table, key, Answer::Failed(failure.clone()))));
        } else {
            let others = self.ask(questions, vec![(table, 1.min(keys)..keys)], now, false).await;
            told.placed.extend(others.placed);
            told.requests += others.requests;
        }
        told
    }

    /// Asks some of the questions: keys of tables, both by their places.
    async fn ask(
        &self,
        questions: &Questions,
        places: Vec<(usize, Range<usize>)>,
        now: Timestamp,
        probe: bool,
    ) -> Told {
        let part = |(table, keys): &(usize, Range<usize>)| {
            let TableQuestions { table, keys: all, attributes } = questions.tables.get(*table)?;
            let keys = all.get(keys.clone())?.to_vec();
            Some(TableQuestions { table: Arc::clone(table), keys, attributes: attributes.clone() })
        };
        let parts: Option<Vec<_>> = places.iter().map(part).collect();
        let Some(parts) = parts.filter(|parts| parts.iter().any(|part| !part.keys.is_empty())) else {
            return Told::default();
        };
        let part = Questions::new(parts, questions.deadline);
        let answers = self.source.fetch(&part).await;
        self.learn(&part, &answers, now, probe);
        let placed = places.into_iter().enumerate().flat_map(|(at, (table, keys))| {
            let answers = &answers;
            keys.enumerate().filter_map(move |(from, key)| Some((table, key, answers.get(at, from)?.clone())))
        });
        Told { placed: placed.collect(), requests: answers.requests() }
    }

    fn admit(&self, table: &Table, now: Timestamp) -> Admission {
        let mut circuits = self.circuits.lock().unwrap_or_else(PoisonError::into_inner);
        circuits.get_mut(table).map_or(Admission::Ask, |circuit| circuit.admit(now, self.limits))
    }

    /// Learns from what a stage, begun at that instant, has been answered.
    fn learn(&self, questions: &Questions, answers: &Answers, begun: Timestamp, probe: bool) {
        let fair =
            |deadline: Timestamp| deadline.as_millis() >= begun.as_millis().saturating_add(FAIR_CHANCE);
        let in_time = questions.deadline.is_none_or(fair);
        let now = self.clock.now();
        let mut circuits = self.circuits.lock().unwrap_or_else(PoisonError::into_inner);
        for (at, question) in questions.tables.iter().enumerate() {
            let all = (0..question.keys.len()).filter_map(|key| lost(answers.get(at, key)?, in_time));
            let seen = all.fold(Seen::Nothing, |seen, lost| match (seen, lost) {
                (Seen::Answered, _) | (_, false) => Seen::Answered,
                (_, true) => Seen::Lost,
            });
            match (circuits.get_mut(&*question.table), seen) {
                (Some(circuit), seen) => circuit.learn(seen, probe, now, self.limits),
                (None, Seen::Lost) => {
                    let mut circuit = Circuit::default();
                    circuit.learn(seen, probe, now, self.limits);
                    circuits.insert((*question.table).clone(), circuit);
                }
                (None, _) => {}
            }
        }
    }
}

/// An answer, and its places: of the table, and of the key.
type Placed = (usize, usize, Answer);

/// The answers to some of the questions.
#[derive(Default)]
struct Told {
    placed: Vec<Placed>,
    requests: Requests,
}

/// Whether the answer shows that the table gives none; `None` where it shows nothing.
fn lost(answer: &Answer, in_time: bool) -> Option<bool> {
    let Answer::Failed(Failure { code, .. }) = answer else { return Some(false) };
    match code {
        ErrorCode::Throttled | ErrorCode::Unavailable => Some(true),
        ErrorCode::Timeout => in_time.then_some(true),
        // What is said without asking the table, or cannot be understood.
        ErrorCode::KeyType | ErrorCode::KeySize | ErrorCode::NoAnswer | ErrorCode::CircuitOpen => None,
        _ => Some(false),
    }
}

fn fail(answers: &mut Answers, table: usize, question: &TableQuestions, code: ErrorCode, message: &str) {
    for key in 0..question.keys.len() {
        answers.set(table, key, Answer::Failed(Failure::new(code, message)));
    }
}

fn subject(table: &Table) -> String {
    match &table.index {
        Some(index) => format!("index `{index}` of table `{}`", table.name),
        None => format!("table `{}`", table.name),
    }
}

impl<S: Source> Source for CircuitBreaker<S> {
    fn fetch<'a>(&'a self, questions: &'a Questions) -> BoxFuture<'a, Answers> {
        Box::pin(self.answer(questions))
    }
}

impl<S> fmt::Debug for CircuitBreaker<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreaker").field("limits", &self.limits).finish_non_exhaustive()
    }
}
