//! Lookups by an index: one query for each key, next to the batches of the same stage.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use enrich_aws::dynamodb::DynamoDbSource;
use enrich_dsl::model::KeyType;
use enrich_engine::lookup::{Answer, Attributes, Key, KeyValue, Questions, Source, TableQuestions};
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::time::Instant;

use crate::support::ask::{
    ask_counted, ask_for, by_index, counted, in_millis, is_query, number, requests, source, tally, text,
    words, words_of,
};
use crate::support::proxy::{Action, Call};
use crate::support::tables::{Tables, n, row, s};

const ID: [(&str, KeyType); 1] = [("id", KeyType::String)];
const MAIL: [(&str, KeyType); 1] = [("mail", KeyType::String)];

/// Asks for whole items by the index `by-mail` of `accounts`.
fn by_mail(keys: impl IntoIterator<Item = impl Into<String>>) -> TableQuestions {
    let keys = keys.into_iter().map(text).collect();
    by_index("by-mail", ask_for("accounts", &MAIL, keys, Attributes::All))
}

/// Asks for the mails `1` to `count`.
fn mails(count: usize) -> TableQuestions {
    by_mail(counted(count))
}

fn named(names: &[&str]) -> Attributes {
    Attributes::Named(names.iter().map(|name| (*name).to_owned()).collect())
}

/// Accounts `a1` to `a100` with the mails `1` to `100`, which two more indexes have too, and users
/// `1` to `10`.
async fn accounts() -> (Tables, DynamoDbSource) {
    let tables = Tables::start().await;
    let row = |mail: String| row([("id", s(&format!("a{mail}"))), ("name", s("Ada")), ("mail", s(&mail))]);
    let indexes = [("by-mail", &MAIL[..]), ("other", &MAIL), ("keys-by-mail", &MAIL)];
    tables.create_indexed("accounts", &ID, &indexes, counted(100).map(row).collect()).await;
    tables.create_labelled("users", counted(10)).await;
    let source = source(tables.client().await);
    (tables, source)
}

fn error(code: &str, message: &str) -> Action {
    let kind = format!("com.amazonaws.dynamodb.v20120810#{code}");
    Action::Answer { status: 400, body: json!({ "__type": kind, "message": message }).to_string() }
}

fn answer(body: &Value) -> Action {
    Action::Answer { status: 200, body: body.to_string() }
}

/// The calls that are queries to that index.
fn queries(tables: &Tables, index: &str) -> Vec<Call> {
    tables.proxy.calls().into_iter().filter(|call| is_query(call, index)).collect()
}

#[tokio::test]
async fn one_item_is_found_and_two_are_ambiguous() {
    let tables = Tables::start().await;
    let rows = [("1", "ada"), ("2", "bob"), ("3", "bob"), ("4", "eve"), ("5", "eve"), ("6", "eve")];
    let rows = rows.map(|(id, mail)| row([("id", s(id)), ("mail", s(mail))])).to_vec();
    tables.create_indexed("accounts", &ID, &[("by-mail", &MAIL)], rows).await;
    let source = source(tables.client().await);

    let questions = Questions::new(vec![by_mail(["ada", "bob", "joe", "eve"])], None);
    let expected = [r#"{"id":"1","mail":"ada"}"#, "ambiguous", "missing", "ambiguous"];
    assert_eq!(words(&source, &questions).await, [expected]);
    let answers = source.fetch(&questions).await;
    let Some(Answer::Failed(failure)) = answers.get(0, 1) else { panic!("{answers:?}") };
    assert_eq!(failure.message, "index `by-mail` of table `accounts` has more than one item under this key");

    let calls = tables.proxy.calls();
    assert_eq!(calls.len(), 8);
    assert!(calls.iter().all(|call| is_query(call, "by-mail")), "{calls:?}");
    let asked = calls.iter().map(Call::json).find(|call| call.to_string().contains("ada"));
    let expected = json!({
        "TableName": "accounts",
        "IndexName": "by-mail",
        "Select": "ALL_PROJECTED_ATTRIBUTES",
        "Limit": 2,
        "KeyConditionExpression": "#k0 = :k0",
        "ExpressionAttributeNames": { "#k0": "mail" },
        "ExpressionAttributeValues": { ":k0": { "S": "ada" } },
    });
    assert_eq!(asked, Some(expected));
}

#[tokio::test]
async fn keys_of_numbers_and_of_two_parts() {
    let tables = Tables::start().await;
    let (phone, pair) = ([("phone", KeyType::Number)], [("org", KeyType::String), ("no", KeyType::Number)]);
    let rows = [("1", "1.50", "x", "7"), ("2", "100", "x", "8"), ("3", "100.0", "y", "7")];
    let rows = rows.map(|(id, phone, org, no)| {
        row([("id", s(id)), ("phone", n(phone)), ("org", s(org)), ("no", n(no))])
    });
    let indexes = [("by-phone", &phone[..]), ("by-pair", &pair)];
    tables.create_indexed("accounts", &ID, &indexes, rows.to_vec()).await;
    let source = source(tables.client().await);

    let key = |org: &str, no: &str| {
        Key::new(vec![KeyValue::string(org).expect("short"), KeyValue::number(no).expect("a number")])
    };
    let phones = ["1.5", "15e-1", "1e2", "2"].map(number).to_vec();
    let pairs = vec![key("x", "8.0"), key("y", "7"), key("y", "8")];
    // One part of a key may do, where it is the first.
    let orgs = vec![text("x"), text("y")];
    let questions = vec![
        by_index("by-phone", ask_for("accounts", &phone, phones, named(&[]))),
        by_index("by-pair", ask_for("accounts", &pair, pairs, named(&["id"]))),
        by_index("by-pair", ask_for("accounts", &pair[..1], orgs, named(&["id"]))),
    ];
    let words = words_of(&source, questions).await;
    assert_eq!(words[0], [r#"{"phone":1.5}"#, r#"{"phone":1.5}"#, "ambiguous", "missing"]);
    assert_eq!(words[1], [r#"{"id":"2","no":8,"org":"x"}"#, r#"{"id":"3","no":7,"org":"y"}"#, "missing"]);
    assert_eq!(words[2], ["ambiguous", r#"{"id":"3","org":"y"}"#]);
}

#[tokio::test]
async fn only_what_is_needed_is_asked_though_the_words_are_reserved() {
    let tables = Tables::start().await;
    let key = [("key", KeyType::String)];
    let item = row(["id", "key", "name", "status", "secret"].map(|name| (name, s("x"))));
    tables.create_indexed("accounts", &ID, &[("by-key", &key)], vec![item]).await;
    let source = source(tables.client().await);

    for (names, expected) in [
        (&["name", "status", "location"][..], r#"{"key":"x","name":"x","status":"x"}"#),
        (&["key"], r#"{"key":"x"}"#),
        (&[], r#"{"key":"x"}"#),
    ] {
        let question = by_index("by-key", ask_for("accounts", &key, vec![text("x")], named(names)));
        assert_eq!(words_of(&source, vec![question]).await, [[expected]]);
    }
    let request = tables.proxy.calls()[0].json();
    assert_eq!(request["ProjectionExpression"], "#a0,#a1,#a2,#a3");
    assert_eq!(request["Select"], "SPECIFIC_ATTRIBUTES");
}

#[tokio::test]
async fn what_an_index_does_not_hold_is_absent() {
    let (tables, source) = accounts().await;
    let ask = |count| {
        let keys = counted(count).map(text).collect();
        by_index("keys-by-mail", ask_for("accounts", &MAIL, keys, named(&["id", "name"])))
    };
    // DynamoDB refuses to look in the table; the emulator does not mind.
    tables.proxy.script(|_, call| match call.json()["ProjectionExpression"] {
        Value::Null => Action::Pass,
        _ => error(
            "ValidationException",
            "One or more parameter values were invalid: Global secondary index keys-by-mail does not \
             project [name]",
        ),
    });
    assert_eq!(words_of(&source, vec![ask(1)]).await, [[r#"{"id":"a1","mail":"1"}"#]]);
    let words = words_of(&source, vec![ask(100)]).await;
    assert_eq!(tally(&words[0]), [(100, "{")]);
    // All queries share what the first ones learn.
    let calls = tables.proxy.calls().len();
    assert!((103..=110).contains(&calls), "{calls}");
}

#[tokio::test]
async fn a_query_for_each_key_and_a_batch_are_under_way_together() {
    let (tables, source) = accounts().await;
    let eight = Arc::new(Barrier::new(8));
    tables.proxy.script(
        move |number, _| {
            if number < 8 { Action::PassTogether(Arc::clone(&eight)) } else { Action::Pass }
        },
    );

    let words = words_of(&source, vec![mails(150), ask_counted("users", 20)]).await;
    assert_eq!(tally(&words[0]), [(100, "{"), (50, "missing")]);
    assert_eq!(words[0][41], r#"{"id":"a42","mail":"42","name":"Ada"}"#);
    assert_eq!(tally(&words[1]), [(10, "{"), (10, "missing")]);
    let calls = tables.proxy.calls();
    assert_eq!((calls.len(), queries(&tables, "by-mail").len()), (151, 150));
    assert!(calls[..8].iter().any(|call| !is_query(call, "by-mail")), "{calls:?}");
    let keys: BTreeSet<_> = calls.iter().map(|call| call.body.clone()).collect();
    assert_eq!(keys.len(), 151);
    assert_eq!(tables.proxy.most_flying(), 8);
}

#[tokio::test]
async fn requests_are_counted_as_they_are_sent() {
    let (tables, source) = accounts().await;
    let questions = Questions::new(vec![mails(5)], None);
    tables.proxy.script(
        |number, _| {
            if number < 3 { error("ThrottlingException", "slow down") } else { Action::Pass }
        },
    );
    assert_eq!(requests(&source, &questions).await, (8, 3, 0));
    assert_eq!(tables.proxy.calls().len(), 8);
}

#[tokio::test]
async fn throttling_is_waited_out() {
    let (tables, source) = accounts().await;
    tables.proxy.script(|number, _| match number {
        0..20 => error("ProvisionedThroughputExceededException", ""),
        _ => Action::Pass,
    });
    let words = words_of(&source, vec![mails(20), ask_counted("users", 10)]).await;
    assert_eq!(tally(&words.concat()), [(30, "{")]);
}

#[tokio::test]
async fn a_throttled_index_holds_up_no_other() {
    let (tables, source) = accounts().await;
    tables.proxy.script(|_, call| match is_query(call, "by-mail") {
        true => error("ThrottlingException", ""),
        false => Action::Pass,
    });
    let start = Instant::now();
    let other = by_index("other", mails(20));
    let questions = Questions::new(vec![mails(150), other, ask_counted("users", 200)], in_millis(1_100));
    let words = words(&source, &questions).await;
    assert_eq!(tally(&words[0]), [(150, "throttled")]);
    assert_eq!(tally(&words[1]), [(20, "{")]);
    assert_eq!(tally(&words[2]), [(190, "missing"), (10, "{")]);
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    // It is asked for some keys again and again, not for all of them.
    let asked: BTreeSet<_> = queries(&tables, "by-mail").into_iter().map(|call| call.body).collect();
    assert!(asked.len() < 50, "{}", asked.len());
}

#[tokio::test]
async fn an_index_that_never_answers_ends_at_the_deadline() {
    let (tables, source) = accounts().await;
    tables.proxy.script(|_, call| if is_query(call, "by-mail") { Action::Hang } else { Action::Pass });
    let start = Instant::now();
    let other = by_index("other", mails(20));
    let questions = Questions::new(vec![mails(150), other, ask_counted("users", 20)], in_millis(1_100));
    let words = words(&source, &questions).await;
    assert_eq!(tally(&words[0]), [(150, "timeout")]);
    assert_eq!(tally(&words[1]), [(20, "{")]);
    assert_eq!(tally(&words[2]), [(10, "{"), (10, "missing")]);
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    assert!(tables.proxy.most_flying() <= 8);

    let before = tables.proxy.calls().len();
    let questions = Questions::new(vec![mails(150)], in_millis(50));
    assert_eq!(tally(&crate::support::ask::words(&source, &questions).await[0]), [(150, "timeout")]);
    assert_eq!(tables.proxy.calls().len(), before);
}

#[tokio::test]
async fn a_denied_or_absent_index_is_soon_left_alone() {
    let (tables, source) = accounts().await;
    for (code, message, expected) in [
        ("AccessDeniedException", "not authorized on k-secret", "denied"),
        ("ResourceNotFoundException", "Requested resource not found", "absent"),
        ("ValidationException", "The table does not have the specified index: by-mail", "absent"),
        ("ValidationException", "Cannot read from backfilling global secondary index: by-mail", "absent"),
    ] {
        let before = queries(&tables, "by-mail").len();
        tables.proxy.script(move |_, call| match is_query(call, "by-mail") {
            true => error(code, message),
            false => Action::Pass,
        });
        let other = by_index("other", mails(10));
        let questions = Questions::new(vec![mails(150), other, ask_counted("users", 20)], None);
        let words = words_of(&source, questions.tables.clone()).await;
        assert_eq!(tally(&words[0]), [(150, expected)], "{message}");
        assert_eq!(tally(&words[1]), [(10, "{")]);
        assert_eq!(tally(&words[2]), [(10, "{"), (10, "missing")]);
        let calls = queries(&tables, "by-mail").len() - before;
        assert!(calls <= 8, "{calls}");

        let answers = source.fetch(&questions).await;
        let Some(Answer::Failed(failure)) = answers.get(0, 149) else { panic!("{answers:?}") };
        let what = if expected == "denied" { "refuses access" } else { "does not exist" };
        assert_eq!(failure.message, format!("index `by-mail` of table `accounts` {what} ({code})"));
    }
}

#[tokio::test]
async fn an_index_or_table_that_is_not_there_is_absent() {
    let (tables, source) = accounts().await;
    let nowhere = by_index("by-mail", ask_for("nowhere", &MAIL, vec![text("1")], Attributes::All));
    let questions = vec![by_index("by-phone", mails(150)), nowhere, mails(1), ask_counted("users", 1)];
    let words = words_of(&source, questions).await;
    assert_eq!([tally(&words[0]), tally(&words[1])], [[(150, "absent")], [(1, "absent")]]);
    assert_eq!([tally(&words[2]), tally(&words[3])], [[(1, "{")], [(1, "{")]]);
    assert!(tables.proxy.calls().len() <= 8 + 3);
}

#[tokio::test]
async fn a_fault_of_a_batch_is_no_fault_of_an_index() {
    let (tables, source) = accounts().await;
    tables.proxy.script(|_, call| match is_query(call, "by-mail") {
        true => Action::Pass,
        false => error("AccessDeniedException", ""),
    });
    let words = words_of(&source, vec![ask_counted("users", 1_000), mails(100)]).await;
    assert_eq!([tally(&words[0]), tally(&words[1])], [[(1_000, "denied")], [(100, "{")]]);
}

#[tokio::test]
async fn a_refused_key_fails_alone() {
    let (tables, source) = accounts().await;
    // DynamoDB takes no empty text in a key; the emulator does.
    tables.proxy.script(|_, call| match &call.json()["ExpressionAttributeValues"][":k0"]["S"] {
        Value::String(empty) if empty.is_empty() => error("ValidationException", "empty string value"),
        _ => Action::Pass,
    });
    let mut questions = mails(100);
    questions.keys[37] = Key::new(vec![KeyValue::String(String::new())]);
    let words = words_of(&source, vec![questions]).await;
    assert_eq!(tally(&words[0]), [(99, "{"), (1, "refused")]);
    assert_eq!(words[0][37], "refused");

    let before = tables.proxy.calls().len();
    let mut questions = mails(0);
    questions.keys = vec![number("1"), Key::new(vec![KeyValue::String("k".repeat(2049))])];
    assert_eq!(words_of(&source, vec![questions]).await, [["key_type", "key_size"]]);
    assert_eq!(tables.proxy.calls().len(), before);
}

#[tokio::test]
async fn a_service_that_only_fails_is_soon_left_alone() {
    let (tables, source) = accounts().await;
    tables.proxy.script(|_, _| error("SomethingNew", ""));
    let words = words_of(&source, vec![mails(150)]).await;
    assert_eq!(tally(&words[0]), [(150, "unavailable")]);
    let calls = tables.proxy.calls().len();
    assert!((16..=23).contains(&calls), "{calls}");

    // A query now and then is lost, and only that.
    tables.proxy.script(|number, _| match number % 3 {
        0 => error("SomethingNew", ""),
        _ => Action::Pass,
    });
    let words = words_of(&source, vec![mails(99)]).await;
    assert_eq!(tally(&words[0]), [(66, "{"), (33, "unavailable")]);
}

#[tokio::test]
async fn an_answer_that_is_not_understood_is_never_a_miss() {
    let (tables, source) = accounts().await;
    for (body, expected) in [
        ("", "no_answer"),
        ("<html>", "unavailable"),
        (r#"{"Items":7}"#, "unavailable"),
        ("{}", "no_answer"),
        (r#"{"Count":0}"#, "no_answer"),
        (r#"{"Items":[],"Count":1}"#, "no_answer"),
        (r#"{"Items":[],"Count":-1}"#, "no_answer"),
        (r#"{"Items":[],"Count":0,"LastEvaluatedKey":{}}"#, "no_answer"),
        (r#"{"Items":[{}],"Count":1}"#, "no_answer"),
        (r#"{"Items":[{"mail":{"S":"other"}}],"Count":1}"#, "no_answer"),
        (r#"{"Items":[{"mail":{"S":"1"}},{"mail":{"S":"2"}}],"Count":2}"#, "no_answer"),
        (r#"{"Items":[{"mail":{"S":"1"},"n":{"N":"x"}}],"Count":1}"#, "item"),
        (r#"{"Items":[],"Count":0}"#, "missing"),
    ] {
        tables.proxy.script(move |_, _| Action::Answer { status: 200, body: body.to_owned() });
        assert_eq!(words_of(&source, vec![mails(1)]).await, [[expected]], "{body}");
    }
}

#[tokio::test]
async fn a_page_that_ends_early_is_not_the_end() {
    let (tables, source) = accounts().await;
    let item = json!({ "mail": { "S": "1" } });
    let next = json!({ "id": { "S": "a1" }, "mail": { "S": "1" } });
    let empty = json!({ "Items": [], "Count": 0, "LastEvaluatedKey": next });
    let one = json!({ "Items": [item], "Count": 1, "LastEvaluatedKey": next });
    let last = json!({ "Items": [item], "Count": 1 });
    let end = json!({ "Items": [], "Count": 0 });
    let found = r#"{"mail":"1"}"#;
    for (pages, expected, calls) in [
        (vec![&empty, &empty, &last], found, 3),
        (vec![&one, &end], found, 2),
        (vec![&one, &empty, &last], "ambiguous", 3),
        (vec![&empty, &end], "missing", 2),
        (vec![&empty; 20], "no_answer", 8),
        (vec![&one; 20], "ambiguous", 2),
    ] {
        let before = tables.proxy.calls().len();
        let pages: Vec<_> = pages.into_iter().cloned().collect();
        tables.proxy.script(move |number, _| answer(&pages[number - before]));
        assert_eq!(words_of(&source, vec![mails(1)]).await, [[expected]]);
        let asked: Vec<_> = tables.proxy.calls()[before..].iter().map(Call::json).collect();
        assert_eq!(asked.len(), calls);
        assert!(asked[0]["ExclusiveStartKey"].is_null());
        assert!(asked[1..].iter().all(|asked| asked["ExclusiveStartKey"] == next), "{asked:?}");
    }
}
