//! Events that are as large or as deep as they may be.

#![cfg(test)]

use std::time::Duration;

use enrich_engine::lookup::MemorySource;
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

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the case is about time")]
async fn large_items_are_copied_in_no_time() {
    let item: Vec<_> = (0..30_000).map(|at| format!(r#""a{at}":{at}"#)).collect();
    let table = format!(r#"[{{"id":"i",{}}}]"#, item.join(","));
    let event: Vec<_> = (0..30_000).map(|at| format!(r#""e{at}":{at}"#)).collect();
    for (target, before) in
        [("{}", ""), (r#"{"a1":"old"}"#, ""), ("null", "remove .into"), ("1", "set .into = .id")]
    {
        let rules = format!(
            "table t {{ source dynamodb \"t\" key id: string }}
             rule r {{ stream \"s\" {before} lookup i from t where id = .key {{ copy * except id into .into }} }}"
        );
        let tables = MemorySource::new().with_json("t", &table).expect("a table");
        let engine = Engine::builder(Rules::from_text(&rules).expect("rules")).tables(tables).build();
        let event = format!(r#"{{{},"into":{target},"key":"i","id":null}}"#, event.join(","));
        let records = [Record::new(event.clone(), Origin::stream("s"))];
        let begin = std::time::Instant::now();
        let outcome = engine.expect("an engine").enrich(&records, Context::at(Timestamp::EPOCH)).await;
        assert!(begin.elapsed() < Duration::from_secs(3), "{target}: {:?}", begin.elapsed());
        let [Verdict::Enriched { event: enriched, .. }] = outcome.verdicts.as_slice() else {
            panic!("{before}")
        };
        let first = if target.contains("a1") { r#""a1":1,"a0":0,"a2":2"# } else { r#""a0":0,"a1":1,"a2":2"# };
        let expected = format!(r#""into":{{{first},{}}}"#, item[3..].join(","));
        assert!(String::from_utf8_lossy(enriched).contains(&expected), "{target}");
    }
}
