//! What is kept of a rejected record: it reads back as it was, says how the lookups ended, and is as
//! `docs/rejects.md` shows it.

#![cfg(test)]

use enrich_engine::json::Document;
use enrich_engine::lookup::{ErrorCode, MemorySource};
use enrich_engine::output::{Reject, RejectError, Rejected, document};
use enrich_engine::{
    Context, Engine, LookupOutcome, Origin, Payload, Reason, Record, Rules, Timestamp, Verdict,
};
use proptest::prelude::*;

fn origin() -> impl Strategy<Value = Origin<'static>> {
    let text = || prop::option::of(any::<String>());
    let arrival = prop::option::of(0..253_402_300_799_999_i64);
    (any::<String>(), text(), text(), text(), prop::option::of(any::<u64>()), text(), text(), arrival)
        .prop_map(
            |(stream, arn, shard, sequence, sub_sequence, partition_key, explicit_hash_key, arrival)| {
                let mut origin = Origin::stream(stream);
                let text = |text: Option<String>| text.map(Into::into);
                (origin.arn, origin.shard, origin.sequence) = (text(arn), text(shard), text(sequence));
                (origin.sub_sequence, origin.partition_key) = (sub_sequence, text(partition_key));
                (origin.explicit_hash_key, origin.arrival) =
                    (text(explicit_hash_key), arrival.and_then(Timestamp::from_millis));
                origin
            },
        )
}

fn read(text: &str) -> Result<Reject, RejectError> {
    Reject::read(Document::parse(text.as_bytes()).expect("JSON").root())
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        origin in origin(),
        bytes in any::<Vec<u8>>(),
        unreadable in any::<bool>(),
        repeat in 0..3_usize,
        (code, message, rules) in any::<(String, String, String)>(),
        rule in prop::option::of(any::<String>()),
    ) {
        let reason = Reason::new(code, message);
        let mut record = if unreadable {
            Record::unreadable(bytes, reason.clone(), origin)
        } else {
            Record::new(bytes, origin)
        };
        record.repeat = repeat;
        let (rule, reason, rules) = (rule.as_deref(), &reason, rules.as_str());
        let text = document(Rejected { record: &record, repeat, rule, reason, rules, lookups: &[] });
        prop_assert_eq!(text.lines().count(), 1);
        let root = Document::parse(text.as_bytes()).expect("JSON");
        prop_assert!(Reject::is(root.root()));
        let kept = read(&text).expect("a reject");
        prop_assert_eq!(&kept.record, &record);
        prop_assert_eq!((&kept.reason, kept.rule.as_deref(), kept.rules.as_str()), (reason, rule, rules));
    }
}

const RULES: &str = r#"
table users  { source dynamodb "user-table" key id: string }
table prices { source dynamodb "prices" key sku: number }

rule orders {
  stream "orders"

  lookup buyer from users where id = .buyer { copy name }
  lookup agent from users where id = .agent { copy name to .agent_name }
  lookup other from users where id = .other { copy name to .other_name }
  lookup price from prices where sku = .sku {
    copy amount
    on error { set .price_error = error.code }
  }

  for each line in .lines {
    lookup part from prices where sku = line.sku { copy amount into line required }
    set line.total = line.amount * line.count
  }
}
"#;

/// The verdict on an event, by the rules above.
fn verdict(record: &Record<'_>) -> (Verdict, String) {
    let tables = MemorySource::new()
        .with_json("users", r#"[{"id":"u1","name":"Ann"}]"#)
        .and_then(|tables| tables.with_json("prices", r#"[{"sku":1,"amount":2.50},{"sku":2}]"#));
    let rules = Rules::from_text(RULES).expect("rules");
    let engine = Engine::builder(rules).tables(tables.expect("tables")).build().expect("an engine");
    let now = Timestamp::parse("2026-11-21T10:00:00Z").expect("a time");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let verdict = runtime.block_on(engine.enrich(std::slice::from_ref(record), Context::at(now))).verdicts;
    (verdict.into_iter().next().expect("a verdict"), engine.hash().to_owned())
}

/// How the lookups of a rejected event ended: `LOOKUP TABLE OUTCOME`.
fn ended(event: &str) -> Vec<String> {
    let (verdict, _) = verdict(&Record::new(event, Origin::stream("orders")));
    let Verdict::Rejected { lookups, .. } = verdict else { panic!("{verdict:?}") };
    let tell = |LookupOutcome { lookup, table, end, element, .. }: &LookupOutcome| {
        let element = element.map(|at| format!(" at {at}")).unwrap_or_default();
        format!("{lookup} {table} {end:?}{element}")
    };
    lookups.iter().map(tell).collect()
}

#[test]
fn a_reject_says_how_the_lookups_ended() {
    let all =
        ["buyer users Found", "agent users Missing", "other users NoKey", "price prices Failed(KeyType)"];
    let event = r#"{"buyer":"u1","agent":"u2","sku":"x","lines":[{"sku":1,"count":2},{"sku":2}]}"#;
    assert_eq!(ended(event), [&all[..], &["part prices Failed(RequiredAbsent) at 1"]].concat());
    // Only as far as the event came.
    assert_eq!(ended(r#"{"buyer":1}"#), ["buyer users Failed(KeyType)"]);
    let found = r#"{"buyer":"u1","agent":"u2","sku":"x","lines":[{"sku":1,"count":"two"}]}"#;
    assert_eq!(ended(found), [&all[..], &["part prices Found at 0"]].concat());
    // Nothing was looked up.
    assert_eq!(ended("{"), [""; 0]);
    assert_eq!(ended(r#"{"lines":1}"#), [""; 0]);
}

/// Every page that shows a reject shows what is written.
#[test]
#[expect(clippy::disallowed_methods, reason = "the page is a file")]
fn the_page_shows_a_reject() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/rejects.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let shown = page.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let mut origin = Origin::stream("orders");
    origin.arn = Some("arn:aws:kinesis:eu-west-1:123456789012:stream/orders".into());
    origin.shard = Some("shardId-000000000006".into());
    origin.sequence = Some("49590338271490256608559692538361571095921575989136588898".into());
    origin.sub_sequence = Some(2);
    origin.partition_key = Some("b-17".into());
    origin.arrival = Timestamp::parse("2026-11-21T09:59:58.310Z");
    let event = r#"{"buyer": "u1", "agent": "u2", "sku": "x", "lines": [{"sku": 2, "count": 49.990}]}"#;
    let record = Record::new(event, origin);
    let (Verdict::Rejected { rule, reason, lookups }, rules) = verdict(&record) else { panic!("a reject") };
    let (rule, lookups) = (rule.as_deref(), &lookups[..]);
    let (reason, rules) = (&reason, rules.as_str());
    let written = document(Rejected { record: &record, repeat: 0, rule, reason, rules, lookups });
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
    let (shown_json, mut written_json) = (json(shown), json(&written));
    // The hash of these rules says nothing on a page.
    written_json["rules"] = shown_json["rules"].clone();
    assert_eq!(shown_json, written_json, "{written}");
    assert_eq!(read(shown).expect("a reject").record, record);
}

#[test]
fn what_is_damaged_is_told_by_its_member() {
    let written = document(Rejected {
        record: &Record::new("{}", Origin::stream("s")),
        repeat: 0,
        rule: None,
        reason: &Reason::new(ErrorCode::KeyType, "m"),
        rules: "h",
        lookups: &[],
    });
    assert!(matches!(read(&written).expect("a reject").record.payload, Payload::Event(_)));
    for (part, instead, told) in [
        ("\"version\":1", "\"version\":2", "the reject is of version 2, and what is read here is version 1"),
        ("\"version\":1", "\"version\":\"1\"", "the reject's `version` should be a number"),
        ("\"message\":\"m\"", "\"message\":1", "the reject's `reason.message` should be a string"),
        ("\"stream\":\"s\"", "\"shard\":\"s\"", "the reject's `record.stream` should be a string"),
        (
            "\"stream\":\"s\"",
            "\"stream\":\"s\",\"sub_sequence\":-1",
            "the reject's `record.sub_sequence` should be a whole number",
        ),
        (
            "\"stream\":\"s\"",
            "\"stream\":\"s\",\"arrival\":\"noon\"",
            "the reject's `record.arrival` should be an instant as RFC 3339 writes it",
        ),
        ("\"data\":\"e30=\"", "\"data\":\"e30\"", "the reject's `data` should be base64"),
        (
            "\"data\":\"e30=\"",
            "\"unreadable\":1,\"data\":\"\"",
            "the reject's `unreadable` should be true or false",
        ),
    ] {
        assert!(written.contains(part), "{part}");
        let error = read(&written.replace(part, instead)).expect_err(instead);
        assert_eq!(error.to_string(), told);
    }
}
