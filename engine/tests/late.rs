//! `on missing within … retry`: a young event waits for its item, if its source can bring it again.

#![cfg(test)]

use enrich_engine::lookup::MemorySource;
use enrich_engine::{Context, Engine, Origin, Record, Rules, Timestamp, Verdict};

const RULES: &str = r#"
table users { source dynamodb "users" key id: string }
rule r {
  stream "s"
  lookup user from users where id = .id {
    copy name default "?"
    on missing within 60s retry
    on missing { set .status = "missing" }
  }
}
"#;

/// What becomes of an event that arrived so many seconds ago; `None` where nobody knows when.
fn verdict(event: &str, seconds: Option<i64>, retrying: bool) -> String {
    let users = MemorySource::new().with_json("users", r#"[{"id":"u1","name":"Ann"}]"#).expect("users");
    let rules = Rules::from_text(RULES).expect("rules");
    let engine = Engine::builder(rules).tables(users).build().expect("an engine");
    let now = Timestamp::parse("2026-11-21T10:00:00Z").expect("a time");
    let mut origin = Origin::stream("s");
    origin.arrival = seconds.and_then(|seconds| Timestamp::from_millis(now.as_millis() - seconds * 1000));
    let context = if retrying { Context::at(now).retrying() } else { Context::at(now) };
    let batch = [Record::new(event, origin)];
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    match runtime.block_on(engine.enrich(&batch, context)).verdicts.remove(0) {
        Verdict::Enriched { event, .. } => String::from_utf8(event.to_vec()).expect("text"),
        Verdict::Failed { reason, .. } => format!("failed {}", reason.code),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_young_event_waits_where_it_can() {
    let missing = r#"{"id":"u2","name":"?","status":"missing"}"#;
    for (event, seconds, retrying, expected) in [
        (r#"{"id":"u2"}"#, Some(0), true, "failed not_yet"),
        (r#"{"id":"u2"}"#, Some(59), true, "failed not_yet"),
        (r#"{"id":"u2"}"#, Some(60), true, missing),
        (r#"{"id":"u2"}"#, Some(-5), true, "failed not_yet"),
        (r#"{"id":"u2"}"#, Some(0), false, missing),
        (r#"{"id":"u2"}"#, None, true, missing),
        (r#"{"id":"u1"}"#, Some(0), true, r#"{"id":"u1","name":"Ann"}"#),
        (r#"{}"#, Some(0), true, r#"{"name":"?"}"#),
    ] {
        assert_eq!(verdict(event, seconds, retrying), expected, "{event} {seconds:?} {retrying}");
    }
}
