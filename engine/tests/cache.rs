//! `cache`: what is asked again, and what is served when a table fails.

#![cfg(test)]

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use enrich_engine::lookup::{
    Answer, Answers, BoxFuture, ErrorCode, Failure, KeyValue, MemorySource, Questions, Source,
};
use enrich_engine::{Context, Engine, Origin, Record, Rules, Timestamp, Verdict};
use futures_util::future::join_all;

/// A table that says what it was asked, and fails or waits when it is told to.
#[derive(Clone)]
struct Table {
    items: Arc<Mutex<MemorySource>>,
    asked: Arc<Mutex<Vec<String>>>,
    failing: Arc<Mutex<Option<ErrorCode>>>,
    /// Whether a call waits a few turns, so that other batches can come by.
    slow: Arc<AtomicBool>,
}

impl Table {
    fn new(items: &str) -> Self {
        let table = Self {
            items: Arc::default(),
            asked: Arc::default(),
            failing: Arc::default(),
            slow: Arc::default(),
        };
        table.set(items);
        table
    }

    fn set(&self, items: &str) {
        *self.items.lock().expect("items") = MemorySource::new().with_json("users", items).expect("items");
    }

    fn fail(&self, code: Option<ErrorCode>) {
        *self.failing.lock().expect("failing") = code;
    }

    /// What was asked since the last time, call by call.
    fn asked(&self) -> String {
        std::mem::take(&mut *self.asked.lock().expect("asked")).join(" | ")
    }
}

impl Source for Table {
    fn fetch<'a>(&'a self, questions: &'a Questions) -> BoxFuture<'a, Answers> {
        Box::pin(async move {
            let keys = questions
                .tables
                .iter()
                .flat_map(|table| &table.keys)
                .flat_map(enrich_engine::lookup::Key::parts);
            let keys = keys.map(|part| match part {
                KeyValue::String(text) => text.as_str(),
                _ => "?",
            });
            self.asked.lock().expect("asked").push(keys.collect::<Vec<_>>().join(" "));
            if self.slow.load(Ordering::Relaxed) {
                for _ in 0..3 {
                    tokio::task::yield_now().await;
                }
            }
            let failing = *self.failing.lock().expect("failing");
            if let Some(code) = failing {
                let mut answers = Answers::none_yet(questions);
                for (table, question) in questions.tables.iter().enumerate() {
                    for key in 0..question.keys.len() {
                        answers.set(table, key, Answer::Failed(Failure::new(code, "no")));
                    }
                }
                return answers;
            }
            let items = self.items.lock().expect("items").clone();
            items.fetch(questions).await
        })
    }
}

struct World {
    engine: Engine,
    table: Table,
}

impl World {
    fn new(cache: &str, more: &str) -> Self {
        let rules = format!(
            r#"table users {{ source dynamodb "users" key id: string {cache} }}
               rule r {{
                 stream "s"
                 lookup user from users where id = .id {{ copy name default "?" {more} }}
               }}"#
        );
        let table = Table::new(r#"[{"id":"a","name":"Ann"},{"id":"b","name":"Bob"}]"#);
        let rules = Rules::from_text(&rules).expect("rules");
        let engine = Engine::builder(rules).tables(table.clone()).build().expect("an engine");
        Self { engine, table }
    }

    /// What becomes of events with these ids at that second, and how many answers were kept ones and stale.
    async fn batch(&self, second: i64, ids: &str) -> String {
        self.batch_by(second, None, ids).await
    }

    /// The same, of a batch that has to end by a second.
    async fn batch_by(&self, second: i64, by: Option<i64>, ids: &str) -> String {
        let start = Timestamp::parse("2026-11-21T10:00:00Z").expect("a time");
        let at = |second| Timestamp::from_millis(start.as_millis() + second * 1000).expect("a time");
        let now = at(second);
        let record = |id| {
            let mut origin = Origin::stream("s");
            origin.arrival = Some(now);
            Record::new(format!(r#"{{"id":"{id}"}}"#), origin)
        };
        let records: Vec<_> = ids.split(' ').map(record).collect();
        let outcome = self.engine.enrich(&records, Context::at(now).by(by.map(at)).retrying()).await;
        let names = outcome.verdicts.iter().map(|verdict| match verdict {
            Verdict::Enriched { event, .. } => {
                let text = String::from_utf8_lossy(event);
                text.split("\"name\":\"").nth(1).expect("a name").trim_end_matches("\"}").to_owned()
            }
            Verdict::Failed { reason, .. } | Verdict::Rejected { reason, .. } => reason.code.to_string(),
            other => panic!("{other:?}"),
        });
        let counts = &outcome.lookups[0];
        format!("{} ({} {})", names.collect::<Vec<_>>().join(" "), counts.cached, counts.stale)
    }
}

/// Steps: at a second, these ids, what becomes of them, and what was asked.
async fn steps(world: &World, steps: &[(i64, &str, &str, &str)]) {
    for (second, ids, expected, asked) in steps {
        assert_eq!(world.batch(*second, ids).await, *expected, "{second} {ids}");
        assert_eq!(world.table.asked(), *asked, "{second} {ids}");
    }
}

/// Drives a batch one turn: whether it is in the middle of its work then.
async fn begun(batch: &mut Pin<Box<impl Future<Output = String>>>) -> bool {
    poll_fn(|turn| Poll::Ready(batch.as_mut().poll(turn).is_pending())).await
}

#[tokio::test]
async fn items_and_misses_are_asked_again_when_they_expire() {
    let none = World::new("", "");
    steps(&none, &[(0, "a b a", "Ann Bob Ann (0 0)", "a b"), (0, "a", "Ann (0 0)", "a")]).await;

    let items = World::new("cache 60s", "");
    steps(
        &items,
        &[
            (0, "a a x", "Ann Ann ? (0 0)", "a x"),
            (50, "a b x", "Ann Bob ? (1 0)", "b x"),
            (60, "a b", "Ann Bob (1 0)", "a"),
        ],
    )
    .await;
    items.table.set(r#"[{"id":"b","name":"Bea"}]"#);
    steps(&items, &[(61, "a b", "Ann Bob (2 0)", ""), (170, "a b", "? Bea (0 0)", "a b")]).await;

    let misses = World::new("cache 60s, missing 10s", "");
    steps(&misses, &[(0, "a x", "Ann ? (0 0)", "a x"), (8, "x a", "? Ann (2 0)", "")]).await;
    steps(&misses, &[(10, "x a", "? Ann (1 0)", "x")]).await;
}

#[tokio::test]
async fn a_failing_table_is_covered_by_stale_items_and_never_by_misses() {
    let world = World::new("cache 10s, missing 10s, stale 60s", "");
    steps(&world, &[(0, "a x", "Ann ? (0 0)", "a x")]).await;
    world.table.fail(Some(ErrorCode::Throttled));
    steps(
        &world,
        &[
            (5, "a x", "Ann ? (2 0)", ""),
            // Each batch asks again, so that it ends as soon as the table is back.
            (20, "a x b", "Ann throttled throttled (0 1)", "a x b"),
            (65, "a", "Ann (0 1)", "a"),
            (70, "a", "throttled (0 0)", "a"),
        ],
    )
    .await;
    world.table.fail(None);
    steps(&world, &[(71, "a x", "Ann ? (0 0)", "a x")]).await;
    // Somebody took the permission or the table away.
    for code in [ErrorCode::Denied, ErrorCode::Absent] {
        world.table.fail(Some(code));
        steps(&world, &[(90, "a", &format!("{code} (0 0)"), "a")]).await;
    }
    // An error of one item is not kept, and nothing stands in for it.
    world.table.fail(Some(ErrorCode::Ambiguous));
    steps(&world, &[(90, "a", "ambiguous (0 0)", "a")]).await;
}

#[tokio::test]
async fn an_item_that_may_come_is_asked_for_each_time() {
    let world = World::new("cache 60s, missing 60s", "on missing within 30s retry");
    steps(&world, &[(0, "x", "not_yet (0 0)", "x"), (1, "x", "not_yet (0 0)", "x")]).await;
    world.table.set(r#"[{"id":"x","name":"Xi"}]"#);
    steps(&world, &[(2, "x", "Xi (0 0)", "x"), (3, "x", "Xi (1 0)", "")]).await;
}

#[tokio::test]
async fn a_wrong_type_is_not_kept() {
    let world = World::new("attributes name: string cache 60s, stale 60s", "");
    world.table.set(r#"[{"id":"a","name":7}]"#);
    steps(&world, &[(0, "a", "attribute_type (0 0)", "a")]).await;
    world.table.set(r#"[{"id":"a","name":"Ann"}]"#);
    steps(&world, &[(1, "a", "Ann (0 0)", "a"), (2, "a", "Ann (1 0)", "")]).await;
}

#[tokio::test]
async fn batches_at_one_time_ask_once() {
    let world = World::new("cache 60s", "");
    world.table.slow.store(true, Ordering::Relaxed);
    let batches = join_all([world.batch(0, "a b"), world.batch(0, "b a x"), world.batch(0, "x")]).await;
    assert_eq!(batches, ["Ann Bob (0 0)", "Bob Ann ? (0 0)", "? (0 0)"]);
    assert_eq!(world.table.asked(), "a b | x");
    // Without a cache nothing goes from one batch to another.
    let world = World::new("", "");
    world.table.slow.store(true, Ordering::Relaxed);
    join_all([world.batch(0, "a"), world.batch(0, "a")]).await;
    assert_eq!(world.table.asked(), "a | a");
}

#[tokio::test]
async fn a_batch_that_is_given_up_takes_nobody_with_it() {
    let world = World::new("cache 60s", "");
    world.table.slow.store(true, Ordering::Relaxed);
    {
        let mut first = Box::pin(world.batch(0, "a b"));
        assert!(begun(&mut first).await);
        let mut second = Box::pin(world.batch(0, "a"));
        assert!(begun(&mut second).await);
        assert_eq!(world.table.asked(), "a b");
        // The first one ends here, in the middle of its call; the second one ends the call itself.
        drop(first);
        assert_eq!(second.await, "Ann (0 0)");
    }
    assert_eq!(world.table.asked(), "");
    steps(&world, &[(1, "a", "Ann (1 0)", ""), (1, "b", "Bob (0 0)", "b")]).await;
}

#[tokio::test]
async fn a_failed_call_of_another_batch_is_made_again() {
    let world = World::new("cache 60s", "");
    world.table.slow.store(true, Ordering::Relaxed);
    world.table.fail(Some(ErrorCode::Timeout));
    let mut first = Box::pin(world.batch(0, "a"));
    assert!(begun(&mut first).await);
    let mut second = Box::pin(world.batch(0, "a"));
    assert!(begun(&mut second).await);
    assert_eq!(first.await, "timeout (0 0)");
    world.table.fail(None);
    assert_eq!(second.await, "Ann (0 0)");
    assert_eq!(world.table.asked(), "a | a");
}

#[tokio::test]
async fn a_batch_waits_for_no_call_that_may_end_after_its_deadline() {
    // The first batch and its deadline, the second one and its own, and what is asked.
    for (first, by, second, until, asked) in [
        (0, Some(9), 1, Some(9), "a"),
        (0, Some(9), 1, Some(10), "a"),
        (0, Some(9), 1, None, "a"),
        (0, None, 1, None, "a"),
        (0, Some(9), 1, Some(8), "a | a"),
        (0, None, 1, Some(8), "a | a"),
        // Its source does not mind the deadline, and may never answer.
        (0, Some(9), 9, Some(20), "a | a"),
    ] {
        let world = World::new("cache 60s", "");
        world.table.slow.store(true, Ordering::Relaxed);
        let batches = [world.batch_by(first, by, "a"), world.batch_by(second, until, "a")];
        assert_eq!(join_all(batches).await, ["Ann (0 0)"; 2]);
        assert_eq!(world.table.asked(), asked, "{by:?} {second} {until:?}");
    }
}
