//! Unprocessed keys, throttling, lost attempts, and the end of the time.

use std::sync::Arc;
use std::time::Duration;

use enrich_aws::SystemClock;
use enrich_aws::dynamodb::DynamoDbSource;
use enrich_engine::lookup::{Answer, CircuitBreaker, ErrorCode, Questions, Source};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::ask::{
    ask_counted, counted, in_millis, keys_in, requests, source, tally, words, words_of,
};
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
async fn requests_are_counted_as_they_are_sent() {
    let (tables, source) = table().await;
    let questions = Questions::new(vec![ask_counted("users", 120)], None);
    // Of two batches one comes back twice with keys; then each is refused once; then nothing is wrong.
    tables.proxy.script(|_, call| process_only(40, call));
    assert_eq!(requests(&source, &questions).await, (4, 2, 60 + 20));
    assert_eq!(tables.proxy.calls().len(), 4);
    tables.proxy.script(|number, _| if number < 4 + 2 { throttled() } else { Action::Pass });
    assert_eq!(requests(&source, &questions).await, (4, 2, 0));
    tables.proxy.script(|_, _| Action::Pass);
    assert_eq!(requests(&source, &questions).await, (2, 0, 0));
    // Without any time left nothing is sent.
    let late = Questions::new(vec![ask_counted("users", 120)], in_millis(-1));
    assert_eq!(requests(&source, &late).await, (0, 0, 0));
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

/// What an outage of a table costs: the calls of each of five stages of 5,000 keys, which are fifty requests.
async fn calls_of_an_outage(source: impl Source, tables: &Tables, fault: fn() -> Action) -> Vec<usize> {
    tables.proxy.script(move |_, _| fault());
    let mut calls = Vec::new();
    for _ in 0..5 {
        let before = tables.proxy.calls().len();
        let questions = Questions::new(vec![ask_counted("users", 5_000)], in_millis(2_000));
        let answers = source.fetch(&questions).await;
        assert!((0..5_000).all(|key| matches!(answers.get(0, key), Some(Answer::Failed(_)))));
        calls.push(tables.proxy.calls().len() - before);
    }
    calls
}

fn down() -> Action {
    Action::Answer { status: 500, body: r#"{"__type":"InternalServerError"}"#.to_owned() }
}

#[tokio::test]
async fn an_outage_does_not_multiply_calls() {
    let (tables, source) = table().await;
    let calls = calls_of_an_outage(source, &tables, down).await;
    // No stage asks for more than the first sixteen requests to be lost, and those under way beside them; all
    // stages together repeat no more than a hundred.
    assert!(calls.iter().all(|calls| (16..=23 * 3).contains(calls)), "{calls:?}");
    assert!(calls.iter().sum::<usize>() <= 5 * 23 + 100, "{calls:?}");
    assert!(calls.last() <= Some(&23), "{calls:?}");
}

#[tokio::test]
async fn a_throttled_table_is_not_asked_without_end() {
    let (tables, source) = table().await;
    let calls = calls_of_an_outage(source, &tables, throttled).await;
    assert!(calls.iter().sum::<usize>() <= 5 * 23 + 100, "{calls:?}");
}

#[tokio::test]
async fn behind_a_circuit_breaker_an_outage_costs_one_call_a_pause() {
    let (tables, source) = table().await;
    let source = CircuitBreaker::new(source, Arc::new(SystemClock));
    let calls = calls_of_an_outage(source, &tables, down).await;
    assert_eq!(calls[3..], [0, 0]);
}

#[tokio::test]
async fn what_is_throttled_now_and_then_is_not_an_outage() {
    let (tables, source) = table().await;
    let source = CircuitBreaker::new(source, Arc::new(SystemClock));
    // One of a hundred requests is throttled for as long as it is asked, and the others answer.
    let hot = |call: &Call| call.json()["RequestItems"]["users"]["Keys"][0]["id"]["S"] == "1";
    tables.proxy.script(move |_, call| if hot(call) { throttled() } else { Action::Pass });
    for _ in 0..4 {
        let questions = Questions::new(vec![ask_counted("users", 1_000)], in_millis(400));
        let answers = source.fetch(&questions).await;
        let throttled = |key: usize| matches!(answers.get(0, key), Some(Answer::Failed(failure)) if failure.code == ErrorCode::Throttled);
        assert_eq!((0..1_000).filter(|key| throttled(*key)).count(), 100);
    }
}

#[tokio::test]
async fn a_throttled_table_takes_no_retry_of_another() {
    let (tables, source) = table().await;
    tables.create_labelled("products", counted(100)).await;
    // `users` gives all its keys back, and `products` all but one.
    tables.proxy.script(|_, call| {
        let asked = call.json();
        Action::Edit(Box::new(move |answer| {
            let mut answer: Value = serde_json::from_str(&answer).expect("JSON");
            for (table, some) in [("users", 0), ("products", 1)] {
                let mut request = asked["RequestItems"][table].clone();
                let Some(keys) = request["Keys"].as_array().cloned() else { continue };
                let (processed, left) = keys.split_at(some.min(keys.len()));
                let items = answer["Responses"][table].as_array_mut().expect("items");
                items.retain(|item| processed.iter().any(|key| key["id"] == item["id"]));
                if !left.is_empty() {
                    request["Keys"] = json!(left);
                    answer["UnprocessedKeys"][table] = request;
                }
            }
            answer.to_string()
        }))
    });
    let questions =
        Questions::new(vec![ask_counted("users", 20), ask_counted("products", 50)], in_millis(8_000));
    let words = words(&source, &questions).await;
    assert_eq!(tally(&words[0]), [(20, "throttled")]);
    assert_eq!(tally(&words[1]), [(50, "{")]);
}
