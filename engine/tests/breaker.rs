//! A source that fails, behind a circuit breaker: how often it is asked, and what its keys are told.

#![cfg(test)]

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use enrich_engine::dsl::model::KeyType;
use enrich_engine::lookup::{
    Answer, Answers, Attributes, BoxFuture, CircuitBreaker, ErrorCode, Failure, Key, KeyValue, Questions,
    Requests, Source, Table, TableQuestions,
};
use enrich_engine::{Clock, Context, Engine, Origin, Record, Rules, Timestamp, Verdict};

/// A clock that tests set.
#[derive(Default)]
struct Time(AtomicI64);

impl Clock for Time {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed)).expect("an instant")
    }
}

/// A table, a key of it or `*`, and how it fails.
type Line = (&'static str, &'static str, ErrorCode);

/// Tables that do as they are told, and the keys of each call: `users 1 2 3`.
#[derive(Clone, Default)]
struct Told {
    script: Arc<Mutex<Vec<Line>>>,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Told {
    fn fail(&self, script: &[Line]) {
        *self.script.lock().expect("script") = script.to_vec();
    }

    fn calls(&self) -> Vec<String> {
        std::mem::take(&mut *self.calls.lock().expect("calls"))
    }
}

impl Source for Told {
    fn fetch<'a>(&'a self, questions: &'a Questions) -> BoxFuture<'a, Answers> {
        Box::pin(async move {
            let mut answers = Answers::none_yet(questions);
            let script = self.script.lock().expect("script").clone();
            for (at, question) in questions.tables.iter().enumerate() {
                let mut call = question.table.name.clone();
                for (place, key) in question.keys.iter().enumerate() {
                    let [KeyValue::String(key)] = key.parts() else { continue };
                    call.push_str(&format!(" {key}"));
                    let fails = |(table, which, _): &&Line| {
                        *table == question.table.name && (*which == "*" || which == key)
                    };
                    let answer = script.iter().find(fails).map(|(_, _, code)| Failure::new(*code, "as told"));
                    answers.set(at, place, answer.map_or(Answer::Missing, Answer::Failed));
                }
                self.calls.lock().expect("calls").push(call);
                let mut requests = Requests::default();
                requests.sent = 1;
                answers.count(requests);
            }
            answers
        })
    }
}

struct World {
    told: Told,
    time: Arc<Time>,
    source: CircuitBreaker<Told>,
}

impl World {
    fn new() -> Self {
        let (told, time) = (Told::default(), Arc::new(Time::default()));
        Self { source: CircuitBreaker::new(told.clone(), time.clone()), told, time }
    }

    /// Asks at that instant: tables with their keys. Gives the answers, as `users missing circuit_open`.
    fn ask_by(&self, now: i64, deadline: Option<i64>, tables: &[(&str, &[&str])]) -> Vec<String> {
        self.time.0.store(now, Ordering::Relaxed);
        let tables: Vec<_> = tables
            .iter()
            .map(|(name, keys)| {
                let table = Arc::new(Table::new(*name, vec![("id".to_owned(), KeyType::String)]));
                let keys = keys.iter().map(|key| Key::new(vec![KeyValue::String((*key).to_owned())]));
                TableQuestions::new(table, keys.collect(), Attributes::All)
            })
            .collect();
        let questions = Questions::new(tables, deadline.and_then(Timestamp::from_millis));
        let calls = self.told.calls.lock().expect("calls").len();
        let answers = block_on(self.source.fetch(&questions));
        let sent = self.told.calls.lock().expect("calls").len() - calls;
        assert_eq!(answers.requests().sent, sent as u64, "what the source has sent is passed on");
        let word = |table: usize, key: usize| match answers.get(table, key) {
            Some(Answer::Failed(failure)) => failure.code.as_str(),
            Some(Answer::Missing) => "missing",
            _ => "?",
        };
        let tables = questions.tables.iter().enumerate();
        let words = tables.map(|(at, table)| {
            let words: Vec<_> = (0..table.keys.len()).map(|key| word(at, key)).collect();
            format!("{} {}", table.table.name, words.join(" "))
        });
        words.collect()
    }

    fn ask(&self, now: i64, tables: &[(&str, &[&str])]) -> Vec<String> {
        self.ask_by(now, None, tables)
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

const DOWN: ErrorCode = ErrorCode::Unavailable;

#[test]
fn an_outage_costs_one_call_of_one_key_a_pause() {
    let world = World::new();
    world.told.fail(&[("users", "*", DOWN)]);
    for _ in 0..3 {
        assert_eq!(
            world.ask(0, &[("users", &["1", "2", "3"])]),
            ["users unavailable unavailable unavailable"]
        );
    }
    assert_eq!(world.told.calls().len(), 3);
    for now in [1, 500, 999] {
        assert_eq!(
            world.ask(now, &[("users", &["1", "2", "3"])]),
            ["users circuit_open circuit_open circuit_open"]
        );
    }
    assert_eq!(world.told.calls(), [""; 0]);
    // The probe, and what it does to the others.
    assert_eq!(
        world.ask(1_000, &[("users", &["1", "2", "3"])]),
        ["users unavailable circuit_open circuit_open"]
    );
    assert_eq!(world.told.calls(), ["users 1"]);
    world.told.fail(&[]);
    assert_eq!(world.ask(2_999, &[("users", &["1"])]), ["users circuit_open"]);
    assert_eq!(world.told.calls(), [""; 0]);
    assert_eq!(world.ask(3_000, &[("users", &["1", "2", "3"])]), ["users missing missing missing"]);
    assert_eq!(world.told.calls(), ["users 1", "users 2 3"]);
    assert_eq!(world.ask(3_001, &[("users", &["1", "2"])]), ["users missing missing"]);
    assert_eq!(world.told.calls(), ["users 1 2"]);
}

#[test]
fn a_table_that_answers_some_keys_stays_closed() {
    for code in [ErrorCode::Throttled, ErrorCode::Timeout, DOWN] {
        let world = World::new();
        world.told.fail(&[("users", "7", code)]);
        for _ in 0..20 {
            let asked = world.ask(0, &[("users", &["1", "7"])]);
            assert_eq!(asked, [format!("users missing {code}")]);
        }
        assert_eq!(world.told.calls().len(), 20);
    }
}

#[test]
fn what_the_table_says_of_a_request_is_an_answer() {
    for (code, opens) in [
        (ErrorCode::Throttled, true),
        (ErrorCode::Timeout, true),
        (ErrorCode::Unavailable, true),
        (ErrorCode::Denied, false),
        (ErrorCode::Absent, false),
        (ErrorCode::Refused, false),
        (ErrorCode::Item, false),
        (ErrorCode::Ambiguous, false),
        (ErrorCode::NoAnswer, false),
        (ErrorCode::KeyType, false),
        (ErrorCode::KeySize, false),
    ] {
        let world = World::new();
        world.told.fail(&[("users", "*", code)]);
        for _ in 0..3 {
            world.ask(0, &[("users", &["1"])]);
        }
        let expected = if opens { "users circuit_open".to_owned() } else { format!("users {code}") };
        assert_eq!(world.ask(0, &[("users", &["1"])]), [expected]);
    }
}

#[test]
fn a_table_that_is_left_alone_does_not_hold_up_another() {
    let world = World::new();
    world.told.fail(&[("users", "*", DOWN)]);
    for _ in 0..3 {
        assert_eq!(
            world.ask(0, &[("users", &["1"]), ("products", &["1"])]),
            ["users unavailable", "products missing"]
        );
    }
    world.told.calls();
    let both: &[(&str, &[&str])] = &[("users", &["1", "2"]), ("products", &["3"]), ("orders", &["4"])];
    assert_eq!(world.ask(1, both), ["users circuit_open circuit_open", "products missing", "orders missing"]);
    assert_eq!(world.told.calls(), ["products 3", "orders 4"]);
    world.told.fail(&[]);
    assert_eq!(world.ask(1_000, both), ["users missing missing", "products missing", "orders missing"]);
    let mut calls = world.told.calls();
    calls.sort();
    assert_eq!(calls, ["orders 4", "products 3", "users 1", "users 2"]);
}

#[test]
fn little_time_says_nothing_of_the_table() {
    let world = World::new();
    world.told.fail(&[("users", "*", ErrorCode::Timeout)]);
    for _ in 0..20 {
        assert_eq!(world.ask_by(0, Some(999), &[("users", &["1"])]), ["users timeout"]);
    }
    assert_eq!(world.told.calls().len(), 20);
    for _ in 0..3 {
        world.ask_by(0, Some(1_000), &[("users", &["1"])]);
    }
    assert_eq!(world.ask_by(0, Some(1_000), &[("users", &["1"])]), ["users circuit_open"]);
}

#[test]
fn nothing_is_asked_after_the_deadline() {
    let world = World::new();
    for now in [100, 101, 5_000] {
        assert_eq!(world.ask_by(now, Some(100), &[("users", &["1", "2"])]), ["users timeout timeout"]);
    }
    assert_eq!(world.told.calls(), [""; 0]);
}

#[test]
fn events_of_an_open_circuit_fail_and_are_counted() {
    let rules = r#"
        table users { source dynamodb "users" key id: string }
        rule clicks {
          stream "clicks"
          lookup user from users where id = .user { copy segment }
        }
        rule views {
          stream "views"
          lookup user from users where id = .user { on error { set .why = error.code } }
        }"#;
    let World { told, time, source } = World::new();
    told.fail(&[("users", "*", DOWN)]);
    let rules = Rules::from_text(rules).expect("rules");
    let engine = Engine::builder(rules).source("dynamodb", source).build().expect("an engine");
    let batch = |stream: &str| [Record::new(r#"{"user":"u1"}"#, Origin::stream(stream.to_owned()))];
    let run = |stream: &str| block_on(engine.enrich(&batch(stream), Context::at(time.now())));
    for _ in 0..3 {
        run("clicks");
    }
    let outcome = run("clicks");
    let Some(Verdict::Failed { reason, .. }) = outcome.verdicts.first() else { panic!("{outcome:?}") };
    assert_eq!(
        reason.to_string(),
        "circuit_open: lookup `user`: table `users` has failed again and again, and is left alone for a while"
    );
    let counts = outcome.lookups.first().expect("counts");
    assert_eq!((counts.failed, counts.circuit_open), (1, 1));
    let outcome = run("views");
    let Some(Verdict::Enriched { event, .. }) = outcome.verdicts.first() else { panic!("{outcome:?}") };
    assert_eq!(String::from_utf8_lossy(event), r#"{"user":"u1","why":"circuit_open"}"#);
    assert_eq!(told.calls().len(), 3);
}
