//! What is asked over the wire, and that the right answers come back.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use enrich_dsl::model::KeyType;
use enrich_engine::lookup::{Attributes, Key, KeyValue};
use tokio::sync::Barrier;

use crate::support::ask::{
    ask, ask_counted, ask_for, counted, keys_in, number, source, tables_in, tally, text, words_of,
};
use crate::support::proxy::Action;
use crate::support::tables::{Tables, n, row, s};

#[tokio::test]
async fn a_thousand_events_over_two_tables_are_two_calls() {
    let tables = Tables::start().await;
    tables.create_labelled("users", counted(100)).await;
    tables.create_labelled("products", counted(30)).await;
    let source = source(tables.client().await);

    // Each event asks for one of 100 users and one of 50 products.
    let (users, products): (BTreeSet<_>, BTreeSet<_>) = (0..1_000)
        .map(|event| (text((event % 100 + 1).to_string()), text((event % 50 + 1).to_string())))
        .unzip();
    let users = ask("users", KeyType::String, users.into_iter().collect());
    let products = ask("products", KeyType::String, products.into_iter().collect());
    let words = words_of(&source, vec![users, products]).await;

    assert_eq!(tally(&words[0]), [(100, "{")]);
    assert_eq!(tally(&words[1]), [(30, "{"), (20, "missing")]);
    assert!(words[0].contains(&r#"{"id":"42","label":"users 42"}"#.to_owned()));
    assert!(words[1].contains(&r#"{"id":"7","label":"products 7"}"#.to_owned()));
    let calls = tables.proxy.calls();
    let mut sizes: Vec<_> = calls.iter().map(keys_in).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [50, 100]);
    assert!(calls.iter().all(|call| call.target == "DynamoDB_20120810.BatchGetItem"), "{calls:?}");
}

#[tokio::test]
async fn each_answer_is_for_its_own_question() {
    let tables = Tables::start().await;
    tables.create_labelled("users", counted(250)).await;
    let source = source(tables.client().await);

    // Every third key is missing.
    let keys: Vec<_> =
        (1..=375).map(|at| if at % 3 == 0 { format!("no{at}") } else { at.to_string() }).collect();
    let words = words_of(&source, vec![ask("users", KeyType::String, keys.iter().map(text).collect())]).await;
    for (key, word) in keys.iter().zip(&words[0]) {
        let there = key.parse::<u32>().is_ok_and(|key| key <= 250);
        let expected = format!(r#"{{"id":"{key}","label":"users {key}"}}"#);
        assert_eq!(word, if there { &expected } else { "missing" });
    }
}

#[tokio::test]
async fn more_keys_than_a_request_holds_are_asked_together() {
    let tables = Tables::start().await;
    tables.create_labelled("users", counted(10)).await;
    let source = source(tables.client().await);
    let eight = Arc::new(Barrier::new(8));
    tables.proxy.script(
        move |number, _| {
            if number < 8 { Action::PassTogether(Arc::clone(&eight)) } else { Action::Pass }
        },
    );

    let words = words_of(&source, vec![ask_counted("users", 1_250)]).await;

    assert_eq!(tally(&words[0]), [(1_240, "missing"), (10, "{")]);
    let mut sizes: Vec<_> = tables.proxy.calls().iter().map(keys_in).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [vec![50], vec![100; 12]].concat());
    assert_eq!(tables.proxy.most_flying(), 8);
}

#[tokio::test]
async fn numbers_keep_their_digits_and_sets_are_sorted() {
    let tables = Tables::start().await;
    let digits = "12345678901234567890123456789012345678";
    let item = row([
        ("id", s("1")),
        ("long", n(digits)),
        ("small", n("0.00000000000000000000000000000000001")),
        ("price", n("49.99")),
        ("tags", AttributeValue::Ss(["b", "c", "a"].map(str::to_owned).to_vec())),
        ("sizes", AttributeValue::Ns(["10", "9", "9.5"].map(str::to_owned).to_vec())),
        ("raw", AttributeValue::B(Blob::new(b"\x00\x01"))),
        ("none", AttributeValue::Null(true)),
        ("on", AttributeValue::Bool(true)),
        ("deep", AttributeValue::M(row([("b", n("1")), ("a", AttributeValue::L(vec![s("x\n")]))]))),
    ]);
    tables.create("things", &[("id", KeyType::String)], vec![item]).await;
    let source = source(tables.client().await);

    let words = words_of(&source, vec![ask_counted("things", 1)]).await;
    let item: serde_json::Value = serde_json::from_str(&words[0][0]).expect("JSON");
    assert!(words[0][0].contains(&format!(r#""long":{digits},"#)), "{}", words[0][0]);
    assert_eq!(item["price"].to_string(), "49.99");
    assert_eq!(item["tags"].to_string(), r#"["a","b","c"]"#);
    assert_eq!(item["sizes"].to_string(), "[9,9.5,10]");
    assert_eq!(item["raw"], "AAE=");
    assert_eq!(item["deep"].to_string(), r#"{"a":["x\n"],"b":1}"#);
    assert!(item["none"].is_null() && item["on"] == true, "{item}");
}

#[tokio::test]
async fn one_number_is_one_key_however_it_is_written() {
    let tables = Tables::start().await;
    let id = [("id", KeyType::Number)];
    let stored = ["1.0", "100", "-0.50", "1E-7", "12345678901234567890123456789012345678"];
    let rows = stored.iter().map(|digits| row([("id", n(digits)), ("label", s(digits))]));
    tables.create("numbers", &id, rows.collect()).await;
    let source = source(tables.client().await);

    let asked = ["1", "1e2", "-5e-1", "0.0000001", "12345678901234567890123456789012345678", "2"];
    let spelt_otherwise =
        ["1.00", "100.0", "-0.5", "1e-7", "1.2345678901234567890123456789012345678e37", "2e0"];
    let keys: Vec<_> = asked.map(number).to_vec();
    assert_eq!(keys, spelt_otherwise.map(number));
    let attributes = Attributes::Named(BTreeSet::from(["label".to_owned()]));
    let words = words_of(&source, vec![ask_for("numbers", &id, keys, attributes)]).await;
    for (word, label) in words[0].iter().zip(stored) {
        assert!(word.contains(&format!(r#""label":"{label}""#)), "{word}");
    }
    assert_eq!(words[0][5], "missing");
}

#[tokio::test]
async fn keys_of_two_parts_and_of_bytes() {
    let tables = Tables::start().await;
    let two = [("pk", KeyType::String), ("sk", KeyType::Number)];
    let rows = [("a", "1"), ("a", "2"), ("b", "1")];
    let rows = rows.map(|(pk, sk)| row([("pk", s(pk)), ("sk", n(sk))])).to_vec();
    tables.create("pairs", &two, rows).await;
    let bytes = [("id", KeyType::Binary)];
    let blob = AttributeValue::B(Blob::new(b"\xff\x00"));
    tables.create("blobs", &bytes, vec![row([("id", blob)])]).await;
    let source = source(tables.client().await);

    let pair = |pk: &str, sk: &str| {
        Key::new(vec![KeyValue::string(pk).expect("short"), KeyValue::number(sk).expect("a number")])
    };
    let pairs = vec![pair("b", "1"), pair("b", "2"), pair("a", "2.0")];
    let blobs = vec![Key::new(vec![KeyValue::binary("/wA=").expect("base64")])];
    let questions = vec![
        ask_for("pairs", &two, pairs, Attributes::All),
        ask_for("blobs", &bytes, blobs, Attributes::All),
    ];
    let words = words_of(&source, questions).await;
    assert_eq!(words[0], [r#"{"pk":"b","sk":1}"#, "missing", r#"{"pk":"a","sk":2}"#]);
    assert_eq!(words[1], [r#"{"id":"/wA="}"#]);
}

#[tokio::test]
async fn only_what_is_needed_is_asked_though_the_words_are_reserved() {
    let tables = Tables::start().await;
    let attributes = [("name", "Ada"), ("location", "London"), ("status", "on"), ("secret", "no")];
    let mut item = row([("id", s("1"))]);
    item.extend(attributes.map(|(name, value)| (name.to_owned(), s(value))));
    tables.create("users", &[("id", KeyType::String)], vec![item]).await;
    let source = source(tables.client().await);

    let id = [("id", KeyType::String)];
    let named = |names: &[&str]| Attributes::Named(names.iter().map(|name| (*name).to_owned()).collect());
    for (names, expected) in [
        (&["name", "location", "status"][..], r#"{"id":"1","location":"London","name":"Ada","status":"on"}"#),
        (&["nickname", "id"], r#"{"id":"1"}"#),
        (&[], r#"{"id":"1"}"#),
    ] {
        let questions = vec![ask_for("users", &id, vec![text("1")], named(names))];
        assert_eq!(words_of(&source, questions).await, [[expected]]);
    }
    let request = tables.proxy.calls()[0].json();
    assert_eq!(request["RequestItems"]["users"]["ProjectionExpression"], "#a0,#a1,#a2,#a3");
    assert!(!request.to_string().contains("ConsistentRead"), "{request}");
}

#[tokio::test]
async fn a_table_is_named_once_in_a_request() {
    let tables = Tables::start().await;
    tables.create_labelled("users", counted(3)).await;
    let source = source(tables.client().await);

    let words = words_of(&source, vec![ask_counted("users", 3), ask_counted("users", 4)]).await;
    assert_eq!(tally(&words[0]), [(3, "{")]);
    assert_eq!(tally(&words[1]), [(3, "{"), (1, "missing")]);
    assert_eq!(tables.proxy.calls().len(), 2);
    assert!(tables.proxy.calls().iter().all(|call| tables_in(call) == ["users"]));
}

#[tokio::test]
async fn nothing_is_sent_for_no_questions() {
    let tables = Tables::start().await;
    let source = source(tables.client().await);
    assert_eq!(words_of(&source, vec![]).await, [] as [Vec<String>; 0]);
    assert_eq!(words_of(&source, vec![ask_counted("users", 0)]).await, [vec![] as Vec<String>]);
    assert_eq!(tables.proxy.calls().len(), 0);
}
