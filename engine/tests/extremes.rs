//! Events that are as large or as deep as they may be.

#![cfg(test)]

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
