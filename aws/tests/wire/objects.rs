//! Objects in S3.

use std::sync::Arc;
use std::time::Duration;

use enrich_aws::SystemClock;
use enrich_aws::s3::S3Store;
use enrich_engine::output::{Object, ObjectStore};
use tokio::time::Instant;

use crate::support::ask::in_millis;
use crate::support::bucket::Bucket;
use crate::support::proxy::Action;
use crate::support::{clients, listen};

async fn store(bucket: &Bucket) -> S3Store {
    S3Store::new(bucket.client().await, Arc::new(SystemClock))
}

fn object(key: &str, body: &str) -> Object {
    Object::new("events", key, body.to_owned(), "application/x-ndjson")
}

/// S3's way to say no.
fn error(status: u16, code: &str) -> Action {
    let body = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>o-secret</Message></Error>"#
    );
    Action::Answer { status, body }
}

#[tokio::test]
async fn an_object_is_written_whole_and_a_repeated_write_replaces_it() {
    let bucket = Bucket::start().await;
    let store = store(&bucket).await;
    let key = "enriched/2026/11/21/shard-0:49590338271490256608559692538361571095921575989136588898.json";
    for body in ["{\"a\":1}\n", "{\"a\":49.990}\n{\"b\":\"é\"}\n", ""] {
        store.put(&object(key, body), None).await.expect("written");
        assert_eq!(bucket.get(key).await, ("application/x-ndjson".to_owned(), body.to_owned()));
    }
    assert_eq!(bucket.keys().await, [key]);
    let calls = bucket.proxy.calls();
    assert!(calls.iter().all(|call| call.method == "PUT" && call.path.starts_with("/events/")), "{calls:?}");
}

#[tokio::test]
async fn an_object_says_which_rules_made_it() {
    let bucket = Bucket::start().await;
    let store = store(&bucket).await;
    store.put(&object("by-rules", "{}").made_by("c0ffee"), None).await.expect("written");
    store.put(&object("by-nobody", "{}"), None).await.expect("written");
    assert_eq!(bucket.metadata("by-rules").await, [("rules".to_owned(), "c0ffee".to_owned())]);
    assert_eq!(bucket.metadata("by-nobody").await, []);
}

#[tokio::test]
async fn an_emulator_is_asked_by_path_also_where_it_has_a_name() {
    let bucket = Bucket::start().await;
    let address = bucket.proxy.address.replace("127.0.0.1", "localhost");
    let store = S3Store::new(clients(&address).await.s3, Arc::new(SystemClock));
    store.put(&object("key", "{}"), None).await.expect("written");
    assert!(bucket.proxy.calls()[0].path.starts_with("/events/key"), "{:?}", bucket.proxy.calls());
}

#[tokio::test]
async fn each_error_has_its_code() {
    let bucket = Bucket::start().await;
    let store = store(&bucket).await;
    for (status, code, expected) in [
        (503, "SlowDown", "throttled: bucket `events` asks for fewer requests (SlowDown)"),
        (
            503,
            "ServiceUnavailable",
            "throttled: bucket `events` asks for fewer requests (ServiceUnavailable)",
        ),
        (403, "AccessDenied", "denied: bucket `events` refuses access (AccessDenied)"),
        (400, "ExpiredToken", "denied: bucket `events` refuses access (ExpiredToken)"),
        (404, "NoSuchBucket", "absent: bucket `events` does not exist (NoSuchBucket)"),
        (400, "KeyTooLongError", "refused: bucket `events` refuses the request (KeyTooLongError)"),
        (500, "InternalError", "unavailable: bucket `events` can't be reached or failed (InternalError)"),
    ] {
        bucket.proxy.script(move |_, _| error(status, code));
        let failure = store.put(&object("key", "{}"), None).await.expect_err(code);
        assert_eq!(failure.to_string(), expected);
    }
    assert_eq!(bucket.keys().await, [] as [&str; 0]);
}

#[tokio::test]
async fn an_error_that_passes_is_not_noticed() {
    let bucket = Bucket::start().await;
    bucket.proxy.script(|number, _| if number < 2 { error(503, "SlowDown") } else { Action::Pass });
    store(&bucket).await.put(&object("key", "{}"), None).await.expect("written");
    assert_eq!(bucket.proxy.calls().len(), 3);
    assert_eq!(bucket.keys().await, ["key"]);
}

#[tokio::test]
async fn a_server_that_never_answers_is_a_timeout() {
    let bucket = Bucket::start().await;
    bucket.proxy.script(|_, _| Action::Hang);
    let start = Instant::now();
    let failure = store(&bucket).await.put(&object("key", "{}"), in_millis(1_100)).await.expect_err("hangs");
    assert_eq!(failure.code.as_str(), "timeout");
    // All attempts together end at the deadline, not each.
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test]
async fn nothing_is_sent_when_the_time_is_up() {
    let bucket = Bucket::start().await;
    let failure = store(&bucket).await.put(&object("key", "{}"), in_millis(0)).await.expect_err("late");
    assert_eq!(failure.code.as_str(), "timeout");
    assert_eq!(bucket.proxy.calls().len(), 0);
}

#[tokio::test]
async fn a_refused_connection_is_unavailable() {
    let (listener, address) = listen().await;
    drop(listener);
    let store = S3Store::new(clients(&address).await.s3, Arc::new(SystemClock));
    let failure = store.put(&object("o-secret", "{}"), None).await.expect_err("nobody listens");
    assert_eq!(failure.code.as_str(), "unavailable");
    assert!(!failure.message.contains("secret"), "{failure}");
}
