//! A deployment in memory: rules for several streams, a table that fails where it is told to, and a store
//! that does too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use enrich_engine::dsl::source::Sources;
use enrich_engine::functions::Registry;
use enrich_engine::lookup::{
    Answer, Answers, BoxFuture, ErrorCode, Failure, Item, KeyValue, Questions, Source,
};
use enrich_engine::output::{Object, ObjectStore, Sinks};
use enrich_engine::{Clock, Destination, Engine, Rules, Timestamp};
use enrich_lambda::{Handler, Invoked};

use crate::kpl::{self, User};

pub(crate) const RULES: &str = r#"
table users { source dynamodb "users" key id: string }

rule clicks {
  stream "clicks"
  schema "event.json"
  drop when .kind == "bot"
  lookup user from users where id = .user { copy segment }
  output s3 "out" { prefix "clicks/" one object per record }
}

rule own {
  stream "own"
  schema "event.json"
  set .own = true
  output s3 "out" { prefix "own/" one object per record }
  rejects s3 "own-rejects/bad"
}

rule many {
  stream "mixed"
  when .many
  lookup user from users where id = .user { copy segment }
  output s3 "out" { prefix "many/{.at}/" one object per batch }
}

rule one {
  stream "mixed"
  schema "event.json"
  lookup user from users where id = .user { copy segment }
  output s3 "out" { prefix "one/" one object per record }
}

rule raw {
  stream "raw"
  schema "event.json"
  drop when .kind == "bot"
  lookup user from users where id = .user { copy segment }
}
"#;

const SCHEMA: &str = r#"{"type": "object", "properties": {"n": {"type": "integer"}}}"#;

/// 2026-11-21T10:00:00Z
pub(crate) const NOW: i64 = 1_795_255_200_000;

/// The event that a word stands for, as the bytes that its producer put into the stream.
pub(crate) fn event(word: &str, number: usize) -> Vec<u8> {
    match word {
        "good" => format!(r#"{{"n": {number}, "user":"u1"}}"#),
        "bot" => r#"{"kind":"bot"}"#.to_owned(),
        "many" => r#"{"many":true,"at":"a","user":"u1"}"#.to_owned(),
        "climbing" => r#"{"many":true,"at":"../..","user":"u1"}"#.to_owned(),
        "nowhere" => r#"{"many":true,"user":"u1"}"#.to_owned(),
        "odd" => r#"{"many":true,"at":"a","user":"u1","odd":1}"#.to_owned(),
        // Like `good`, with the sequence number of the record before it.
        "again" => format!(r#"{{"n": {number}, "user":"u1"}}"#),
        "text-again" => "hello again".to_owned(),
        "more" => r#"{"many":true,"at":"b","user":"u1"}"#.to_owned(),
        "down" => r#"{"user":"throttled"}"#.to_owned(),
        "many-down" => r#"{"many":true,"at":"a","user":"throttled"}"#.to_owned(),
        "refused" => r#"{"user":"refused"}"#.to_owned(),
        "panic" => r#"{"user":"panic"}"#.to_owned(),
        "schema" => r#"{"n":"text"}"#.to_owned(),
        "text" => "hello".to_owned(),
        "list" => "[1]".to_owned(),
        "deep" => format!(r#"{{"a":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000)),
        "unnumbered" => r#"{"user":"u1"}"#.to_owned(),
        other => panic!("{other} stands for no event"),
    }
    .into_bytes()
}

/// What becomes of it where it is enriched.
pub(crate) fn enriched(word: &str, number: usize) -> String {
    let event = String::from_utf8(event(word, number)).expect("UTF-8");
    format!(r#"{},"segment":"premium"}}"#, event.trim_end_matches('}'))
}

/// The element of a record: `bad64` has data that can't be read.
fn element(stream: &str, word: &str, number: usize, shape: impl Fn(&str, &str) -> String) -> String {
    let data = if word == "bad64" { "====".to_owned() } else { STANDARD.encode(event(word, number)) };
    let number = if word.ends_with("again") { number - 1 } else { number };
    envelope(stream, &data, (word != "unnumbered").then_some(number), shape)
}

/// The element of a record with these data, in base64.
fn envelope(stream: &str, data: &str, number: Option<usize>, shape: impl Fn(&str, &str) -> String) -> String {
    let arn = format!("arn:aws:kinesis:us-east-2:123456789012:stream/{stream}");
    let sequence = number.map_or(String::new(), |number| format!(r#""sequenceNumber":"{number}","#));
    let inner = format!(r#"{sequence}"data":"{data}","approximateArrivalTimestamp":1545084650.98"#);
    let id = number.map_or(String::new(), |number| format!(r#","eventID":"shard-1:{number}""#));
    shape(&inner, &format!(r#""eventSource":"aws:kinesis","eventSourceARN":"{arn}"{id}"#))
}

/// What an event source mapping sends: the records have the numbers 1, 2, 3, …
pub(crate) fn kinesis(stream: &str, words: &[&str]) -> String {
    kinesis_from(stream, words, 1)
}

/// The same, with numbers from `first` on.
pub(crate) fn kinesis_from(stream: &str, words: &[&str], first: usize) -> String {
    let elements: Vec<_> =
        words.iter().enumerate().map(|(at, word)| element(stream, word, at + first, nested)).collect();
    mapping(&elements)
}

/// What an event source mapping sends of a stream whose producer aggregates: from `first` on each record
/// holds the events of as many words. The events of all are numbered through, from 1 on.
pub(crate) fn kinesis_aggregates(stream: &str, records: &[Vec<&str>], first: usize) -> String {
    mapping(&aggregates(stream, records, first, nested))
}

/// The same from a pipe.
pub(crate) fn pipes_aggregates(stream: &str, records: &[Vec<&str>]) -> String {
    format!("[{}]", aggregates(stream, records, 1, flat).join(","))
}

fn aggregates(
    stream: &str,
    records: &[Vec<&str>],
    first: usize,
    shape: impl Fn(&str, &str) -> String,
) -> Vec<String> {
    let mut events = 0;
    let elements = records.iter().enumerate().map(|(at, words)| {
        let users = words.iter().map(|word| {
            events += 1;
            User::new(&format!("key-{word}"), event(word, events))
        });
        let aggregate = kpl::aggregate(&users.collect::<Vec<_>>());
        envelope(stream, &STANDARD.encode(aggregate), Some(at + first), &shape)
    });
    elements.collect()
}

/// A record as a mapping has it.
fn nested(inner: &str, outer: &str) -> String {
    format!(r#"{{"kinesis":{{{inner}}},{outer}}}"#)
}

/// A record as a pipe has it.
fn flat(inner: &str, outer: &str) -> String {
    format!("{{{inner},{outer}}}")
}

fn mapping(elements: &[String]) -> String {
    format!(r#"{{"Records":[{}]}}"#, elements.join(","))
}

/// What a pipe sends.
pub(crate) fn pipes(stream: &str, words: &[&str]) -> String {
    let elements: Vec<_> =
        words.iter().enumerate().map(|(at, word)| element(stream, word, at + 1, flat)).collect();
    format!("[{}]", elements.join(","))
}

/// A table with one user, and users that can't be asked for.
struct Users;

impl Source for Users {
    fn fetch<'a>(&'a self, questions: &'a Questions) -> BoxFuture<'a, Answers> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            let mut answers = Answers::none_yet(questions);
            for (table, question) in questions.tables.iter().enumerate() {
                for (place, key) in question.keys.iter().enumerate() {
                    let [KeyValue::String(user)] = key.parts() else { panic!("{key:?}") };
                    answers.set(table, place, answer(user));
                }
            }
            answers
        })
    }
}

fn answer(user: &str) -> Answer {
    let failed = |code| Answer::Failed(Failure::new(code, "table `users` fails as it is told"));
    match user {
        "throttled" => failed(ErrorCode::Throttled),
        "refused" => failed(ErrorCode::Refused),
        "panic" => panic!("in a source"),
        "u1" => Answer::Found(Arc::new(
            Item::from_text(r#"{"id":"u1","segment":"premium"}"#.into()).expect("an item"),
        )),
        _ => Answer::Missing,
    }
}

/// Objects in memory. Writes end in another order than they begin.
#[derive(Default)]
pub(crate) struct Store {
    /// Parts of keys that can't be written; behind `refuse ` those that never can, behind `refuse body `
    /// parts of bodies.
    pub(crate) fail: BTreeSet<String>,
    /// By `BUCKET/KEY`.
    pub(crate) objects: Mutex<BTreeMap<String, Vec<u8>>>,
    /// The keys in the order in which their writes began.
    pub(crate) begun: Mutex<Vec<String>>,
    /// What was put into delivery streams and sent to queues, call by call. See [`crate::sinks`].
    pub(crate) calls: Mutex<Vec<Vec<String>>>,
    /// How many writes are under way, and the most that ever were.
    pub(crate) flying: Mutex<(usize, usize)>,
}

impl ObjectStore for Store {
    fn put<'a>(
        &'a self,
        object: &'a Object,
        _deadline: Option<Timestamp>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let rules = object.rules.as_deref().expect("who made it");
            assert!(rules.len() == 64 && rules.bytes().all(|byte| byte.is_ascii_hexdigit()), "{rules}");
            let key = short(&format!("{}/{}", object.bucket, object.key));
            self.begun.lock().expect("begun").push(key.clone());
            {
                let mut flying = self.flying.lock().expect("flying");
                *flying = (flying.0 + 1, flying.1.max(flying.0 + 1));
            }
            for _ in 0..key.len() * 7 % 5 {
                tokio::task::yield_now().await;
            }
            self.flying.lock().expect("flying").0 -= 1;
            if self.fail.iter().any(|part| key.contains(part)) {
                return Err(Failure::new(
                    ErrorCode::Unavailable,
                    format!("bucket `{}` fails", object.bucket),
                ));
            }
            let body = String::from_utf8_lossy(&object.body);
            let refused = |part: &String| {
                let part = part.strip_prefix("refuse ")?;
                Some(part.strip_prefix("body ").map_or(key.contains(part), |part| body.contains(part)))
            };
            if self.fail.iter().any(|part| refused(part) == Some(true)) {
                let message = format!("bucket `{}` refuses the object", object.bucket);
                return Err(Failure::new(ErrorCode::Refused, message));
            }
            let full = format!("{}/{}", object.bucket, object.key);
            self.objects.lock().expect("objects").insert(full, object.body.to_vec());
            Ok(())
        })
    }
}

/// The key without what is the same for all records of a stream: `out/clicks/3.json`.
pub(crate) fn short(key: &str) -> String {
    let (folder, name) = key.rsplit_once('/').expect("a folder");
    let name = name.split_once("-shard-1-").map_or(name, |(_, name)| name);
    format!("{folder}/{name}").replace("/dt=2018-12-17", "")
}

/// A deployment.
pub(crate) struct World {
    pub(crate) handler: Handler,
    pub(crate) store: Arc<Store>,
}

impl World {
    /// With a destination for rejects or without; keys that hold one of `fail` can't be written.
    pub(crate) fn new(rejects: bool, fail: &[&str]) -> Self {
        Self::with_clock(rejects, fail, Arc::new(Timestamp::from_millis(NOW).expect("now")))
    }

    pub(crate) fn with_clock(rejects: bool, fail: &[&str], clock: Arc<dyn Clock>) -> Self {
        Self::with_rules(RULES, rejects, fail, clock)
    }

    pub(crate) fn with_rules(rules: &str, rejects: bool, fail: &[&str], clock: Arc<dyn Clock>) -> Self {
        let mut sources = Sources::new();
        sources.add("rules.enrich", rules);
        let rules = Rules::from_sources(&sources, &Registry::standard(), &|_| Ok(SCHEMA.as_bytes().to_vec()));
        let engine =
            Engine::builder(rules.expect("rules")).tables(Users).outputs().build().expect("an engine");
        let fail = fail.iter().map(|part| (*part).to_owned()).collect();
        let store = Arc::new(Store { fail, ..Store::default() });
        let rejects = rejects.then(|| Destination::parse("s3://rejects").expect("a location"));
        let sinks = Sinks::new().objects(store.clone()).streams(store.clone()).queues(store.clone());
        let handler = Handler::new(engine, sinks, rejects, clock).expect("all sinks are there");
        Self { handler, store }
    }

    pub(crate) fn invoke(&self, body: &str, deadline: Option<Timestamp>) -> Invoked {
        let tokio = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        tokio.block_on(self.handler.invoke(body.as_bytes(), deadline))
    }

    /// What is in the store, by short keys.
    pub(crate) fn objects(&self) -> BTreeMap<String, String> {
        let objects = self.store.objects.lock().expect("objects");
        let text = |body: &Vec<u8>| String::from_utf8(body.clone()).expect("UTF-8");
        objects.iter().map(|(key, body)| (short(key), text(body))).collect()
    }

    pub(crate) fn begun(&self) -> Vec<String> {
        self.store.begun.lock().expect("begun").clone()
    }
}

/// The counts of an invocation: `ENRICHED+DROPPED+REJECTED+FAILED`, and the codes with theirs.
pub(crate) fn counts(invoked: &Invoked) -> String {
    let summary = &invoked.summary;
    let sum = summary.enriched + summary.dropped + summary.rejected + summary.failed;
    assert_eq!(summary.records, sum, "{summary:?}");
    let codes: Vec<_> = summary
        .rejected_codes
        .iter()
        .chain(&summary.failed_codes)
        .map(|(code, count)| format!(" {code}:{count}"))
        .collect();
    let (enriched, dropped) = (summary.enriched, summary.dropped);
    format!("{enriched}+{dropped}+{}+{}{}", summary.rejected, summary.failed, codes.concat())
}
