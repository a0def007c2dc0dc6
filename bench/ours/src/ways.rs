//! The function's own path from an invocation to its answer, and the engine alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use enrich_engine::dsl::source::Sources;
use enrich_engine::functions::Registry;
use enrich_engine::lookup::{BoxFuture, Failure, MemorySource};
use enrich_engine::output::{Object, ObjectStore, Sinks};
use enrich_engine::{Context, Destination, Engine, Origin, Record, Rules, Timestamp, Verdict};
use enrich_lambda::Handler;
use tokio::runtime::Runtime;

use crate::data::{Data, SCHEMA};

fn rules(schema: bool, output: bool) -> String {
    let schema = if schema { "schema \"event.json\" on invalid drop" } else { "" };
    let output = if output { "output s3 \"out\" { one object per batch }" } else { "" };
    format!(
        r#"
table profiles {{ source dynamodb "profiles" key user_id: string }}
rule clicks {{
  stream "clicks"
  {schema}
  lookup profile from profiles where user_id = .user_id {{
    copy name     to .user_name     default "Unknown"
    copy email    to .user_email    default "Unknown"
    copy segment  to .user_segment  default "Unknown"
    copy location to .user_location default "Unknown"
  }}
  set .enriched = true
  set .processing_timestamp = now()
  {output}
}}"#
    )
}

fn engine(data: &Data, schema: bool, output: bool) -> Engine {
    let mut sources = Sources::new();
    sources.add("rules.enrich", rules(schema, output));
    let rules = Rules::from_sources(&sources, &Registry::standard(), &|_| Ok(SCHEMA.as_bytes().to_vec()));
    let items: Vec<_> = data
        .users
        .iter()
        .map(|(id, user)| {
            serde_json::json!({"user_id": id, "name": user.name, "email": user.email,
                "segment": user.segment, "location": user.location})
        })
        .collect();
    let items = serde_json::to_string(&items).expect("JSON");
    let tables = MemorySource::new().with_json("profiles", &items).expect("a table");
    let builder = Engine::builder(rules.expect("rules")).tables(tables);
    let builder = if output { builder.outputs() } else { builder };
    builder.build().expect("an engine")
}

/// Takes everything, and counts the bytes.
#[derive(Default)]
struct Sink(AtomicUsize);

impl ObjectStore for Sink {
    fn put<'a>(&'a self, object: &'a Object, _: Option<Timestamp>) -> BoxFuture<'a, Result<(), Failure>> {
        self.0.fetch_add(object.body.len(), Ordering::Relaxed);
        Box::pin(async { Ok(()) })
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime")
}

fn now() -> Timestamp {
    Timestamp::parse("2026-11-21T10:00:00Z").expect("an instant")
}

/// A whole invocation: gives the bytes that are written.
pub fn invocation(data: &Data, schema: bool) -> impl FnMut() -> usize + '_ {
    let sink = Arc::new(Sink::default());
    let engine = engine(data, schema, true);
    let sinks = Sinks::new().objects(sink.clone());
    let handler = Handler::new(engine, sinks, Destination::parse("s3://rejects"), Arc::new(now()));
    let handler = handler.expect("a handler");
    let runtime = runtime();
    move || {
        let before = sink.0.load(Ordering::Relaxed);
        let answer = runtime.block_on(handler.handle(&data.payload, None)).expect("an answer");
        assert_eq!(answer, br#"{"batchItemFailures":[]}"#);
        sink.0.load(Ordering::Relaxed) - before
    }
}

/// Events in, enriched events out: gives their bytes.
pub fn events(data: &Data, schema: bool) -> impl FnMut() -> usize + '_ {
    let engine = engine(data, schema, false);
    let records: Vec<_> =
        data.events.iter().map(|event| Record::new(event.as_str(), Origin::stream("clicks"))).collect();
    let runtime = runtime();
    move || {
        let outcome = runtime.block_on(engine.enrich(&records, Context::at(now())));
        let bytes = |verdict: &Verdict| match verdict {
            Verdict::Enriched { event, .. } => event.len() + 1,
            _ => 0,
        };
        outcome.verdicts.iter().map(bytes).sum()
    }
}
