//! Nothing is lost, whatever fails on the wire: generated batches of a shard through the handler, the SDK and the
//! real protocols, brought again until they are done.
//!
//! What every caller brings again, and much more that goes wrong, is in `lambda/tests/model`. Here it is
//! seen that the SDK and the adapters keep to what is assumed there. Batches and faults are drawn from the
//! seed; what runs at the same time is up to the machine.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use enrich_aws::SystemClock;
use enrich_aws::s3::S3Store;
use enrich_dsl::source::Sources;
use enrich_engine::functions::Registry;
use enrich_engine::output::Sinks;
use enrich_engine::{Destination, Engine, Rules};
use enrich_lambda::Handler;
use serde_json::{Value, json};

use crate::support::ask::{in_millis, source};
use crate::support::bucket::Bucket;
use crate::support::proxy::{Action, Call};
use crate::support::tables::{Tables, row, s};

const CASES: u64 = 60;
/// How long an invocation may take, in milliseconds.
const INVOCATION: i64 = 1_000;
/// A case ends after so many.
const INVOCATIONS: usize = 40;
const SECRET: &str = "S3CR3T";

const RULES: &str = r#"
table users { source dynamodb "users" key id: string }
table teams { source dynamodb "teams" key id: string }

rule one {
  stream "case-*"
  when   .one
  lookup user from users where id = .user {
    copy segment default "none"
  }
  lookup team from teams where id = user.team {
    copy label to .team default "no team"
  }
  output s3 "events" {
    prefix "{record.stream}/one/"
    one object per record
  }
}

rule many {
  stream "case-*"
  lookup user from users where id = .user {
    copy segment default "none"
  }
  output s3 "events" {
    prefix "{record.stream}/many/"
    one object per batch
  }
}
"#;

/// What the faults are drawn from, and how many are left.
struct Weather {
    dice: fastrand::Rng,
    left: usize,
    struck: BTreeMap<&'static str, usize>,
}

impl Weather {
    fn strike(&mut self, faults: &[&'static str]) -> Option<&'static str> {
        if self.left == 0 || self.dice.u8(0..100) < 45 {
            return None;
        }
        self.left -= 1;
        let fault = faults[self.dice.usize(0..faults.len())];
        *self.struck.entry(fault).or_default() += 1;
        Some(fault)
    }
}

/// Fails a call to DynamoDB, or lets it through.
fn lookup(weather: &mut Weather, call: &Call) -> Action {
    let error = |status, code: &str| {
        let body = format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"{SECRET}"}}"#);
        Action::Answer { status, body }
    };
    let faults = ["throttled", "table 500", "denied", "partial", "table reset", "table cut", "table slow"];
    match weather.strike(&faults) {
        Some("throttled") => error(400, "ProvisionedThroughputExceededException"),
        Some("table 500") => error(500, "InternalServerError"),
        Some("denied") => error(400, "AccessDeniedException"),
        Some("partial") => partial(call.json()),
        Some("table reset") => Action::Break { seen: false },
        Some("table cut") => Action::Cut,
        Some("table slow") => Action::Slow(Duration::from_millis(weather.dice.u64(20..900))),
        _ => Action::Pass,
    }
}

/// Every second key of each table is not processed.
fn partial(asked: Value) -> Action {
    Action::Edit(Box::new(move |answer| {
        let Ok(mut answer) = serde_json::from_str::<Value>(&answer) else { return answer };
        let mut left = json!({});
        for (table, request) in asked["RequestItems"].as_object().expect("tables") {
            let keys = request["Keys"].as_array().expect("keys").iter().skip(1).step_by(2);
            let keys: Vec<_> = keys.cloned().collect();
            if let Some(items) = answer["Responses"][table].as_array_mut() {
                items.retain(|item| keys.iter().all(|key| key["id"] != item["id"]));
            }
            if !keys.is_empty() {
                left[table] = request.clone();
                left[table]["Keys"] = json!(keys);
            }
        }
        answer["UnprocessedKeys"] = left;
        answer.to_string()
    }))
}

/// Fails a call to S3, or lets it through.
fn write(weather: &mut Weather) -> Action {
    let error = |status, code: &str| {
        let body = format!("<Error><Code>{code}</Code><Message>{SECRET}</Message></Error>");
        Action::Answer { status, body }
    };
    match weather.strike(&[
        "slow down",
        "bucket 500",
        "refused",
        "bucket reset",
        "answer lost",
        "bucket slow",
    ]) {
        Some("slow down") => error(503, "SlowDown"),
        Some("bucket 500") => error(500, "InternalError"),
        Some("refused") => error(403, "AccessDenied"),
        Some("bucket reset") => Action::Break { seen: false },
        Some("answer lost") => Action::Break { seen: true },
        Some("bucket slow") => Action::Slow(Duration::from_millis(weather.dice.u64(20..900))),
        _ => Action::Pass,
    }
}

/// An event, and what it becomes; `None` is rejected.
struct Event {
    text: String,
    enriched: Option<String>,
    one: bool,
}

fn event(dice: &mut fastrand::Rng, number: usize) -> Event {
    if dice.u8(0..100) < 8 {
        return Event { text: format!("no JSON {SECRET} {number}"), enriched: None, one: false };
    }
    let (user, one) = (dice.usize(0..26), dice.u8(0..100) < 60);
    let text = format!(r#"{{"n": {number}, "one":{one}, "secret":"{SECRET}","user": "u{user}"}}"#);
    // The last six do not exist, and neither does every fourth team.
    let known = user < 20;
    let mut added = format!(r#","segment":"{}""#, if known { format!("s{user}") } else { "none".to_owned() });
    if one {
        let team = if known && user % 4 < 3 { format!("teams t{}", user % 4) } else { "no team".to_owned() };
        write!(added, r#","team":"{team}""#).expect("text");
    }
    let enriched = format!("{}{added}}}", text.trim_end_matches('}'));
    Event { text, enriched: Some(enriched), one }
}

/// What a mapping sends of them from `first` on.
fn body(case: u64, events: &[Event], first: usize) -> String {
    let records = events.iter().enumerate().skip(first).map(|(at, event)| {
        let (data, arn) = (STANDARD.encode(&event.text), "arn:aws:kinesis:eu-west-1:123456789012:stream");
        format!(
            r#"{{"kinesis":{{"sequenceNumber":"{}","partitionKey":"k","data":"{data}",
                "approximateArrivalTimestamp":1795255200.5}},"eventSource":"aws:kinesis",
                "eventID":"shard-0:{}","eventSourceARN":"{arn}/case-{case}"}}"#,
            95 + at,
            95 + at
        )
    });
    format!(r#"{{"Records":[{}]}}"#, records.collect::<Vec<_>>().join(","))
}

/// From which of them on an answer brings them again.
fn next(answer: &[u8], events: usize) -> usize {
    let answer: Value = serde_json::from_slice(answer).expect("an answer in JSON");
    let failures = answer["batchItemFailures"].as_array().expect("a list");
    failures.first().map_or(events, |failure| {
        let number: usize = failure["itemIdentifier"].as_str().expect("a number").parse().expect("digits");
        number - 95
    })
}

/// Holds the objects against the events: each of the first `done` is there, as it should be.
fn hold(case: &str, objects: &BTreeMap<String, String>, events: &[Event], done: usize) {
    let mut output = BTreeSet::new();
    let mut rejects = BTreeSet::new();
    for (key, object) in objects {
        if key.starts_with("rejects/") {
            let reject: Value = serde_json::from_str(object).expect("a reject in JSON");
            let data = STANDARD.decode(reject["data"].as_str().expect("data")).expect("base64");
            rejects.insert(String::from_utf8(data).expect("text"));
        } else {
            for line in object.lines() {
                let event = events.iter().find(|event| event.enriched.as_deref() == Some(line));
                let event =
                    event.unwrap_or_else(|| panic!("{case}: {key} holds what no event becomes: {line}"));
                assert_eq!(event.one, key.contains("/one/"), "{case}: {key}");
                assert!(output.insert(line.to_owned()) || !event.one, "{case}: {line} is in two objects");
            }
        }
    }
    for (at, event) in events.iter().enumerate().take(done) {
        let there = match &event.enriched {
            Some(enriched) => output.contains(enriched),
            None => rejects.contains(&event.text),
        };
        assert!(there, "{case}: event {at} is acknowledged, and nowhere");
    }
}

async fn engine(tables: &Tables) -> Engine {
    let mut sources = Sources::new();
    sources.add("rules.enrich", RULES);
    let rules = Rules::from_sources(&sources, &Registry::standard(), &|_| Ok(Vec::new()));
    let mut engine = Engine::builder(rules.expect("rules")).outputs();
    engine = engine.source("dynamodb", source(tables.client().await));
    engine.build().expect("an engine")
}

async fn run(case: u64, handler: &Handler, bucket: &Bucket) -> usize {
    let name = format!("case {case}");
    let mut dice = fastrand::Rng::with_seed(case);
    let events: Vec<_> = (0..dice.usize(1..25)).map(|number| event(&mut dice, number)).collect();
    let mut done = 0;
    for invocations in 1..INVOCATIONS {
        let body = body(case, &events, done);
        let limit = Duration::from_millis(INVOCATION.unsigned_abs());
        let invoked = handler.invoke(body.as_bytes(), in_millis(INVOCATION));
        let invoked = tokio::time::timeout(limit, invoked).await;
        let invoked = invoked.unwrap_or_else(|_| panic!("{name}: an invocation passes its deadline"));
        assert!(!format!("{invoked:?}").contains(SECRET), "{name}: {invoked:?}");
        let answer = invoked.answer.unwrap_or_else(|error| panic!("{name}: {error}"));
        let summary = invoked.summary;
        let before = done;
        done = next(&answer, events.len());
        assert!((before..=events.len()).contains(&done), "{name}: {answer:?}");
        let counted = summary.enriched + summary.dropped + summary.rejected;
        assert_eq!(counted, (done - before) as u64, "{name}: {summary:?}");
        let mut objects = bucket.under(&format!("case-{case}"));
        let rejects = bucket.under("rejects").into_iter();
        objects.extend(rejects.filter(|(key, _)| key.contains(&format!("/case-{case}-"))));
        hold(&name, &objects, &events, done);
        if done == events.len() {
            return invocations;
        }
    }
    panic!("{name}: {INVOCATIONS} invocations, and {done} of {} events are done", events.len());
}

#[tokio::test]
async fn nothing_is_lost_whatever_fails_on_the_wire() {
    let (tables, bucket) = (Tables::start().await, Bucket::start().await);
    let user = |at: usize| {
        let (id, team) = (s(&format!("u{at}")), s(&format!("t{}", at % 4)));
        row([("id", id), ("segment", s(&format!("s{at}"))), ("team", team), ("hidden", s(SECRET))])
    };
    let key = [("id", enrich_dsl::model::KeyType::String)];
    tables.create("users", &key, (0..20).map(user).collect()).await;
    tables.create_labelled("teams", (0..3).map(|at| format!("t{at}"))).await;
    let store = Arc::new(S3Store::new(bucket.client().await, Arc::new(SystemClock)));
    let rejects = Destination::parse("s3://events/rejects");
    let sinks = Sinks::new().objects(store);
    let handler = Handler::new(engine(&tables).await, sinks, rejects, Arc::new(SystemClock));
    let handler = handler.expect("a handler");

    let weather = Weather { dice: fastrand::Rng::with_seed(1), left: 0, struck: BTreeMap::new() };
    let weather = Arc::new(Mutex::new(weather));
    let (at_table, at_bucket) = (Arc::clone(&weather), Arc::clone(&weather));
    tables.proxy.script(move |_, call| lookup(&mut at_table.lock().expect("the weather"), call));
    bucket.proxy.script(move |_, _| write(&mut at_bucket.lock().expect("the weather")));
    let mut invocations = 0;
    for case in 0..CASES {
        {
            let mut weather = weather.lock().expect("the weather");
            weather.dice = fastrand::Rng::with_seed(case);
            weather.left = [0, 2, 5, 10][weather.dice.usize(0..4)];
        }
        invocations += run(case, &handler, &bucket).await;
    }
    let struck = weather.lock().expect("the weather").struck.clone();
    println!("{CASES} cases, {invocations} invocations, faults: {struck:?}");
    assert_eq!(struck.len(), 13, "every fault has struck: {struck:?}");
}
