//! What a batch tells of itself besides its verdicts: its stages, the requests to tables, what is kept.

#![cfg(test)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use enrich_engine::lookup::{Answers, BoxFuture, MemorySource, Questions, Requests, Source};
use enrich_engine::{Clock, Context, Engine, Origin, Record, Rules, StageKind, Timestamp};

const RULES: &str = r#"
table users { source dynamodb "users" key id: string cache 60s, missing 10s, max CACHE }
table teams { source dynamodb "teams" key id: string }

rule r {
  stream "s"
  lookup user from users where id = .id { copy team }
  lookup team from teams where id = user.team ?? "none" { copy name }
}
"#;

/// A clock that only tables move on.
#[derive(Default)]
struct Time(AtomicI64);

impl Clock for Time {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed)).expect("an instant")
    }
}

/// Tables of which each call takes 20 ms and two requests, the second for a key that came back.
struct Tables {
    items: MemorySource,
    time: Arc<Time>,
}

impl Source for Tables {
    fn fetch<'a>(&'a self, questions: &'a Questions) -> BoxFuture<'a, Answers> {
        Box::pin(async move {
            self.time.0.fetch_add(20, Ordering::Relaxed);
            let mut answers = self.items.fetch(questions).await;
            let mut requests = Requests::default();
            (requests.sent, requests.repeated, requests.unprocessed) = (2, 1, 1);
            answers.count(requests);
            answers
        })
    }
}

struct World {
    engine: Engine,
    time: Arc<Time>,
}

impl World {
    /// Answers may take that much room: `64KiB`.
    fn new(cache: &str) -> Self {
        let time = Arc::new(Time::default());
        let items = MemorySource::new();
        let items = items.with_json("users", r#"[{"id":"a","team":"t"},{"id":"b","team":"t"}]"#);
        let items = items.expect("users").with_json("teams", r#"[{"id":"t","name":"T"}]"#).expect("teams");
        let rules = Rules::from_text(&RULES.replace("CACHE", cache)).expect("rules");
        let tables = Tables { items, time: time.clone() };
        let engine = Engine::builder(rules).tables(tables).build().expect("an engine");
        Self { engine: engine.with_clock(time.clone()), time }
    }

    async fn batch(&self, ids: &[&str]) -> enrich_engine::Outcome {
        let record = |id: &&str| Record::new(format!(r#"{{"id":"{id}"}}"#), Origin::stream("s"));
        let records: Vec<_> = ids.iter().map(record).collect();
        self.engine.enrich(&records, Context::at(self.time.now())).await
    }
}

/// The stages, as `prepare 0, fetch 20 (sent 2, repeated 1, unprocessed 1), apply 0`; they follow each other.
fn told(outcome: &enrich_engine::Outcome) -> String {
    let mut before = None;
    let stages = outcome.stages.iter().map(|stage| {
        assert!(before.is_none_or(|before| before == stage.begun), "{:?}", outcome.stages);
        before = Some(stage.ended);
        let took = stage.ended.as_millis() - stage.begun.as_millis();
        match stage.kind {
            StageKind::Prepare => format!("prepare {took}"),
            StageKind::Fetch(Requests { sent, repeated, unprocessed, .. }) => {
                format!("fetch {took} (sent {sent}, repeated {repeated}, unprocessed {unprocessed})")
            }
            StageKind::Apply => format!("apply {took}"),
            other => panic!("{other:?}"),
        }
    });
    stages.collect::<Vec<_>>().join(", ")
}

#[tokio::test]
async fn stages_follow_each_other_and_tell_their_requests() {
    let world = World::new("1MiB");
    let asks = "fetch 20 (sent 2, repeated 1, unprocessed 1)";
    assert_eq!(told(&world.batch(&["a", "x"]).await), format!("prepare 0, {asks}, {asks}, apply 0"));
    // What is kept sends nothing.
    let nothing = "fetch 0 (sent 0, repeated 0, unprocessed 0)";
    assert_eq!(told(&world.batch(&["a", "x"]).await), format!("prepare 0, {nothing}, {asks}, apply 0"));
    assert_eq!(told(&world.batch(&[]).await), format!("prepare 0, {nothing}, {nothing}, apply 0"));
}

#[tokio::test]
async fn without_a_clock_a_batch_takes_no_time() {
    let rules = Rules::from_text("rule r { stream \"s\" set .a = 1 }").expect("rules");
    let engine = Engine::builder(rules).build().expect("an engine");
    let now = Timestamp::parse("2026-11-21T10:00:00Z").expect("a time");
    let outcome = engine.enrich(&[Record::new("{}", Origin::stream("s"))], Context::at(now)).await;
    assert_eq!(told(&outcome), "prepare 0, apply 0");
    assert!(outcome.stages.iter().all(|stage| stage.begun == now), "{outcome:?}");
    assert_eq!(outcome.kept, None);
}

#[tokio::test]
async fn misses_that_were_kept_are_told_apart() {
    let world = World::new("1MiB");
    let counts = async |ids: &[&str]| {
        let outcome = world.batch(ids).await;
        let user = &outcome.lookups[0];
        (user.found, user.missing, user.cached, user.cached_missing)
    };
    assert_eq!(counts(&["a", "x"]).await, (1, 1, 0, 0));
    assert_eq!(counts(&["a", "x", "x", "b"]).await, (2, 2, 3, 2));
}

#[tokio::test]
async fn what_is_kept_is_counted_and_each_eviction_told_once() {
    let world = World::new("16KiB");
    let kept = world.batch(&["a", "x"]).await.kept.expect("a cache");
    assert_eq!((kept.entries, kept.evicted), (2, 0));
    assert!(kept.bytes > 300, "{kept:?}");
    let many: Vec<String> = (0..1_000).map(|number| format!("many-{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let kept = world.batch(&many).await.kept.expect("a cache");
    assert!(kept.bytes <= 16 << 10 && kept.entries < 100, "{kept:?}");
    assert_eq!(kept.entries + kept.evicted, 1_002, "{kept:?}");
    assert_eq!(world.batch(&[]).await.kept.expect("a cache").evicted, 0);
}
