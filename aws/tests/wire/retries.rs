//! Unprocessed keys, throttling, lost attempts, and the end of the time.

use std::time::Duration;

use enrich_aws::dynamodb::DynamoDbSource;
use enrich_engine::lookup::Questions;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::ask::{ask_counted, counted, in_millis, keys_in, source, tally, words, words_of};
use crate::support::proxy::{Action, Call};
use crate::support::tables::Tables;

/// A table of 100 rows.
async fn table() -> (Tables, DynamoDbSource) {
    let tables = Tables::start().await;
    tables.create_labelled("users", counted(100)).await;
    let source = source(tables.client().await);
    (tables, source)
}

/// Lets the first `some` keys through and gives the others back, as DynamoDB does.
fn process_only(some: usize, call: &Call) -> Action {
    let asked = call.json();
    Action::Edit(Box::new(move |answer| {
        let mut answer: Value = serde_json::from_str(&answer).expect("JSON");
        let mut request = asked["RequestItems"]["users"].clone();
        let keys = request["Keys"].as_array().cloned().expect("keys");
        let (processed, left) = keys.split_at(some.min(keys.len()));
        let items = answer["Responses"]["users"].as_array_mut().expect("items");
        items.retain(|item| processed.iter().any(|key| key["id"] == item["id"]));
        if !left.is_empty() {
            request["Keys"] = json!(left);
            answer["UnprocessedKeys"] = json!({ "users": request });
        }
        answer.to_string()
    }))
}

fn throttled() -> Action {
    let body = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}"#;
    Action::Answer { status: 400, body: body.to_owned() }
}

/// Asks for 120 keys, 100 of which are there, with so much time; and how long it took.
async fn ask_within(source: &DynamoDbSource, millis: i64) -> (Vec<String>, Duration) {
    let start = Instant::now();
    let questions = Questions::new(vec![ask_counted("users", 120)], in_millis(millis));
    let words = words(source, &questions).await.concat();
    (words, start.elapsed())
}

#[tokio::test]
async fn unprocessed_keys_are_asked_again_and_only_they() {
    let (tables, source) = table().await;
    tables.proxy.script(|_, call| process_only(40, call));
    let words = words_of(&source, vec![ask_counted("users", 120)]).await;
    assert_eq!(tally(&words[0]), [(100, "{"), (20, "missing")]);
    let mut sizes: Vec<_> = tables.proxy.calls().iter().map(keys_in).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [20, 20, 60, 100]);
}

#[tokio::test]
async fn throttling_is_waited_out() {
    let (tables, source) = table().await;
    tables.proxy.script(|number, _| if number < 5 { throttled() } else { Action::Pass });
    let words = words_of(&source, vec![ask_counted("users", 120)]).await;
    assert_eq!(tally(&words[0]), [(100, "{"), (20, "missing")]);
}

#[tokio::test]
async fn throttling_without_end_ends_at_the_deadline() {
    let (tables, source) = table().await;
    // Some of the keys are answered each time the table lets one through, the others never.
    tables
        .proxy
        .script(|number, call| if number == 0 { process_only(30, call) } else { process_only(0, call) });
    let (words, took) = ask_within(&source, 700).await;
    assert_eq!(tally(&words), [(90, "throttled"), (30, "{")]);
    assert!(took < Duration::from_secs(3), "{took:?}");

    tables.proxy.script(|_, _| throttled());
    let (words, took) = ask_within(&source, 700).await;
    assert_eq!(tally(&words), [(120, "throttled")]);
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[tokio::test]
async fn a_server_that_never_answers_is_a_timeout() {
    let (tables, source) = table().await;
    tables.proxy.script(|_, _| Action::Hang);
    // All attempts together end at the deadline, not each.
    let (words, took) = ask_within(&source, 1_100).await;
    assert_eq!(tally(&words), [(120, "timeout")]);
    assert!(took < Duration::from_secs(2), "{took:?}");

    // The same where there is no deadline.
    let mut limits = source.limits();
    limits.longest = Duration::from_millis(300);
    let start = Instant::now();
    let words = words_of(&source.with_limits(limits), vec![ask_counted("users", 120)]).await;
    assert_eq!(tally(&words[0]), [(120, "timeout")]);
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_lost_attempt_is_repeated() {
    let (tables, source) = table().await;
    tables.proxy.script(|number, _| if number == 0 { Action::Hang } else { Action::Pass });
    let mut limits = source.limits();
    limits.attempt = Duration::from_millis(500);
    let start = Instant::now();
    let words = words_of(&source.with_limits(limits), vec![ask_counted("users", 100)]).await;
    assert_eq!(tally(&words[0]), [(100, "{")]);
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    assert_eq!(tables.proxy.calls().len(), 2);
}

#[tokio::test]
async fn nothing_is_sent_when_the_time_is_up() {
    let (tables, source) = table().await;
    for millis in [-60_000, 0, 50] {
        let (words, _) = ask_within(&source, millis).await;
        assert_eq!(tally(&words), [(120, "timeout")]);
    }
    assert_eq!(tables.proxy.calls().len(), 0);
}
