//! The function's own path from an invocation to its answer, and the engine alone.

use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use enrich_engine::dsl::source::Sources;
use enrich_engine::functions::Registry;
use enrich_engine::lookup::{BoxFuture, Failure, MemorySource, Source};
use enrich_engine::output::{Object, ObjectStore, Sinks};
use enrich_engine::{Context, Destination, Engine, Origin, Record, Rules, Timestamp, Verdict};
use enrich_lambda::Handler;
use tokio::runtime::Runtime;

use crate::data::{Data, SCHEMA};
use crate::deployment::Deployment;

/// The engine of these rules, over these tables.
pub fn engine(deployment: Deployment, tables: impl Source + 'static, output: bool) -> Engine {
    let mut sources = Sources::new();
    sources.add("rules.enrich", deployment.text(output));
    let rules = Rules::from_sources(&sources, &Registry::standard(), &|_| Ok(SCHEMA.as_bytes().to_vec()));
    let builder = Engine::builder(rules.expect("rules")).tables(tables);
    let builder = if output { builder.outputs() } else { builder };
    builder.build().expect("an engine")
}

/// The table of users, in memory.
fn tables(data: &Data) -> MemorySource {
    let items: Vec<_> = data
        .users
        .iter()
        .map(|(id, user)| {
            serde_json::json!({"user_id": id, "name": user.name, "email": user.email,
                "segment": user.segment, "location": user.location})
        })
        .collect();
    let items = serde_json::to_string(&items).expect("JSON");
    MemorySource::new().with_json("profiles", &items).expect("a table")
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

/// Takes everything, and keeps it.
#[derive(Default)]
struct Kept(Mutex<Vec<u8>>);

impl ObjectStore for Kept {
    fn put<'a>(&'a self, object: &'a Object, _: Option<Timestamp>) -> BoxFuture<'a, Result<(), Failure>> {
        self.0.lock().expect("what is kept").extend_from_slice(&object.body);
        Box::pin(async { Ok(()) })
    }
}

fn handler(data: &Data, deployment: Deployment, objects: Arc<dyn ObjectStore>) -> Handler {
    let engine = engine(deployment, tables(data), true);
    let sinks = Sinks::new().objects(objects);
    Handler::new(engine, sinks, Destination::parse("s3://rejects"), Arc::new(now())).expect("a handler")
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime")
}

fn now() -> Timestamp {
    Timestamp::parse("2026-11-21T10:00:00Z").expect("an instant")
}

/// A whole invocation: gives the bytes that are written.
pub fn invocation(data: &Data, deployment: Deployment) -> impl FnMut() -> usize + '_ {
    invocations(data, deployment, vec![Cow::Borrowed(&data.payload)])
}

/// The same events in invocations of so many records: gives the bytes that all of them write.
pub fn invocations_of(records: usize, data: &Data, deployment: Deployment) -> impl FnMut() -> usize + '_ {
    invocations(data, deployment, data.payloads(records).into_iter().map(Cow::Owned).collect())
}

fn invocations<'d>(
    data: &'d Data,
    deployment: Deployment,
    payloads: Vec<Cow<'d, [u8]>>,
) -> impl FnMut() -> usize + 'd {
    let sink = Arc::new(Sink::default());
    let handler = handler(data, deployment, sink.clone());
    let runtime = runtime();
    move || {
        let before = sink.0.load(Ordering::Relaxed);
        for payload in &payloads {
            let answer = runtime.block_on(handler.handle(payload, None)).expect("an answer");
            assert_eq!(answer, br#"{"batchItemFailures":[]}"#);
        }
        sink.0.load(Ordering::Relaxed) - before
    }
}

/// What a whole invocation writes: lines of JSON.
pub fn written(data: &Data, deployment: Deployment) -> Vec<u8> {
    let kept = Arc::new(Kept::default());
    let handler = handler(data, deployment, kept.clone());
    runtime().block_on(handler.handle(&data.payload, None)).expect("an answer");
    std::mem::take(&mut *kept.0.lock().expect("what is kept"))
}

/// Events in, enriched events out: gives their bytes.
pub fn events(data: &Data, deployment: Deployment) -> impl FnMut() -> usize + '_ {
    let engine = engine(deployment, tables(data), false);
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
