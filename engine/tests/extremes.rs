//! Events that are as large or as deep as they may be.

#![cfg(test)]

use std::time::Duration;

use enrich_engine::lookup::MemorySource;
use enrich_engine::{Context, Engine, Limits, Origin, Record, Rules, Timestamp, Verdict};

/// What becomes of events under these statements: their text, or the code of their reason.
async fn outcomes(statements: &str, limits: Limits, events: &[&[u8]]) -> Vec<String> {
    let rules = Rules::from_text(&format!("rule r {{ stream \"s\" {statements} }}")).expect("rules");
    let engine = Engine::builder(rules).limits(limits).build().expect("an engine");
    let records: Vec<_> = events.iter().map(|event| Record::new(*event, Origin::stream("s"))).collect();
    let verdicts = engine.enrich(&records, Context::at(Timestamp::EPOCH)).await.verdicts;
    let outcome = |verdict| match verdict {
        Verdict::Enriched { event, .. } => String::from_utf8(event.to_vec()).expect("UTF-8"),
        Verdict::Rejected { reason, .. } => format!("rejected {}", reason.code),
        Verdict::Failed { reason, .. } => format!("failed {}", reason.code),
        other => format!("{other:?}"),
    };
    verdicts.into_iter().map(outcome).collect()
}

/// What becomes of an event under these statements.
async fn enriched(statements: &str, event: &str) -> String {
    outcomes(statements, Limits::default(), &[event.as_bytes()]).await.remove(0)
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

#[tokio::test]
async fn an_event_that_doubles_itself_ends() {
    let doubling: String = (0..60).map(|at| format!("set .a.b{at} = .a ")).collect();
    let limits = Limits::default();
    let event = br#"{"a":{"x":1}}"#;
    assert_eq!(outcomes(&doubling, limits, &[event]).await, ["rejected too_large"]);
    let wide: String = (0..60).map(|at| format!("set .f{at} = .a ")).collect();
    let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(1 << 20));
    assert_eq!(outcomes(&wide, limits, &[long.as_bytes()]).await, ["rejected too_large"]);
    let over = "set .f = .a ".repeat(60);
    assert!(outcomes(&over, limits, &[long.as_bytes()]).await[0].starts_with('{'), "only what stands counts");
    let looped =
        format!("for each line in .lines {{ {} }}", wide.replace(".f", "line.f").replace(".a", "line.a"));
    let lines = format!(r#"{{"lines":[{long},{}]}}"#, "{},".repeat(20).trim_end_matches(','));
    assert_eq!(outcomes(&looped, limits, &[lines.as_bytes()]).await, ["rejected too_large"]);
    let text = format!("set .t = \"{}\"", "{.a}".repeat(40));
    assert_eq!(outcomes(&text, limits, &[long.as_bytes()]).await, ["rejected size"]);
}

#[tokio::test]
async fn an_event_may_get_as_large_as_it_may() {
    let mut limits = Limits::default();
    let event = br#"{"a":"12345"}"#;
    let enriched = r#"{"a":"12345","b":"12345"}"#;
    for (bytes, expected) in [(enriched.len(), enriched), (enriched.len() - 1, "rejected too_large")] {
        limits.event_bytes = bytes;
        assert_eq!(outcomes("set .b = .a", limits, &[event]).await, [expected]);
    }
}

#[tokio::test]
async fn a_batch_takes_no_more_than_it_may() {
    let mut limits = Limits::default();
    // 13 bytes as it arrives, and 13 as it leaves.
    let (small, large) = (&br#"{"a":"12345"}"#[..], br#"{"a":"12345678901234567890123456789"}"#);
    let text = String::from_utf8_lossy(small).into_owned();
    for (bytes, events, expected) in [
        (52, &[small, small][..], &[&*text, &text][..]),
        (51, &[small, small], &[&text, "failed batch_too_large"]),
        (51, &[small, b"[]", small], &[&text, "rejected not_object", "failed batch_too_large"]),
        // The first one of a batch has room, or never will: a batch that comes again goes on.
        (26, &[small, small], &[&text, "failed batch_too_large"]),
        (26, &[large, small], &["rejected too_large", &text]),
        (26, &[small, large], &[&text, "rejected too_large"]),
        (25, &[small], &["rejected too_large"]),
        (12, &[small], &["rejected too_large"]),
        // As they arrive they have room, as they leave they don't.
        (39, &[small, small, small], &[&text, "failed batch_too_large", "failed batch_too_large"]),
    ] {
        limits.batch_bytes = bytes;
        assert_eq!(outcomes("", limits, events).await, expected, "{bytes}");
    }
}

#[tokio::test]
async fn an_inflated_event_counts_as_it_is_inflated() {
    use std::io::Write as _;
    let mut limits = Limits::default();
    limits.batch_bytes = 3000;
    let event = format!(r#"{{"a":"{}"}}"#, "x".repeat(1000));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(event.as_bytes()).expect("memory");
    let bytes = gzip.finish().expect("memory");
    let found = outcomes("decode gzip", limits, &[&bytes, &bytes]).await;
    assert_eq!(found, [event.as_str(), "failed batch_too_large"]);
}
