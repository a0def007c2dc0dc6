//! Events that are as large or as deep as they may be.

#![cfg(test)]

use std::time::Duration;

use enrich_engine::{Context, Engine, Origin, Record, Rules, Timestamp, Verdict};

/// What becomes of an event under these statements.
async fn enriched(statements: &str, event: &str) -> String {
    let rules = Rules::from_text(&format!("rule r {{ stream \"s\" {statements} }}")).expect("rules");
    let engine = Engine::builder(rules).build().expect("an engine");
    let outcome =
        engine.enrich(&[Record::new(event, Origin::stream("s"))], Context::at(Timestamp::EPOCH)).await;
    match outcome.verdicts.as_slice() {
        [Verdict::Enriched { event, .. }] => String::from_utf8(event.clone()).expect("UTF-8"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_value_that_gets_deeper_than_an_event_may_be_is_no_other_value() {
    let deep = format!("{}1{}", r#"{"k":"#.repeat(127), "}".repeat(127));
    let statements = "set .a.b.c.d = .x  set .a.secret = 1  set .q = .a  remove .a  set .q.z = 2
        remove .q.secret  set .length = length(.q)  set .text = to_json(.q)  set .same = .q == .q  remove .x";
    let q = format!(r#"{{"b":{{"c":{{"d":{deep}}}}},"z":2}}"#);
    let text = q.replace('"', "\\\"");
    assert_eq!(
        enriched(statements, &format!(r#"{{"x":{deep}}}"#)).await,
        format!(r#"{{"q":{q},"length":2,"text":"{text}","same":true}}"#)
    );
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the case is about time")]
async fn large_objects_are_compared_in_no_time() {
    let members: Vec<_> = (0..20_000).map(|at| format!(r#""k{at}":{at}"#)).collect();
    let back: Vec<_> = members.iter().rev().cloned().collect();
    let event = format!(r#"{{"a":{{{}}},"b":{{{}}}}}"#, members.join(","), back.join(","));
    let begin = std::time::Instant::now();
    let text = enriched("set .same = .a == .b  remove .a  remove .b", &event).await;
    assert_eq!(text, r#"{"same":true}"#);
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
}
