//! Firehose delivery streams.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use enrich_aws::SystemClock;
use enrich_aws::firehose::FirehoseStreams;
use enrich_engine::Timestamp;
use enrich_engine::output::DeliveryStreams as _;
use serde_json::json;
use tokio::time::Instant;

use crate::support::ask::in_millis;
use crate::support::clients;
use crate::support::proxy::{Action, Call, Proxy};

/// Lines that are durable, in the order in which they got there.
type Durable = Arc<Mutex<Vec<String>>>;

/// A Firehose whose `fault` says of each call and line which error its record has.
struct Firehose {
    proxy: Proxy,
    durable: Durable,
}

impl Firehose {
    async fn start(fault: impl Fn(usize, &str) -> Option<&'static str> + Send + Sync + 'static) -> Self {
        let (proxy, durable) = (Proxy::to("127.0.0.1:9").await, Durable::default());
        let kept = Arc::clone(&durable);
        proxy.script(move |number, call| {
            let lines = lines(call);
            let results = lines.iter().map(|line| match fault(number, line) {
                Some(code) => json!({"ErrorCode": code, "ErrorMessage": "line-secret"}),
                None => {
                    kept.lock().expect("lines").push(line.clone());
                    json!({"RecordId": "id"})
                }
            });
            let results: Vec<_> = results.collect();
            let failed = results.iter().filter(|result| result["ErrorCode"].is_string()).count();
            ok(&json!({"FailedPutCount": failed, "RequestResponses": results}))
        });
        Self { proxy, durable }
    }

    async fn put(&self, lines: &[&str], deadline: Option<Timestamp>) -> Vec<String> {
        let streams =
            FirehoseStreams::new(clients(&self.proxy.address).await.firehose, Arc::new(SystemClock));
        put(&streams, lines, deadline).await
    }

    fn durable(&self) -> Vec<String> {
        self.durable.lock().expect("lines").clone()
    }
}

/// The results, `ok` or the failure.
async fn put(streams: &FirehoseStreams, lines: &[&str], deadline: Option<Timestamp>) -> Vec<String> {
    let lines: Vec<Vec<u8>> = lines.iter().map(|line| line.as_bytes().to_vec()).collect();
    let results = streams.put("orders", &lines, deadline).await;
    assert_eq!(results.len(), lines.len());
    results
        .into_iter()
        .map(|result| result.map_or_else(|failure| failure.to_string(), |()| "ok".to_owned()))
        .collect()
}

fn ok(body: &serde_json::Value) -> Action {
    Action::Answer { status: 200, body: body.to_string() }
}

fn error(status: u16, code: &str) -> Action {
    let body = json!({"__type": code, "message": "line-secret"}).to_string();
    Action::Answer { status, body }
}

/// The lines of a call, each decoded.
fn lines(call: &Call) -> Vec<String> {
    assert_eq!(call.target, "Firehose_20150804.PutRecordBatch");
    let body = call.json();
    assert_eq!(body["DeliveryStreamName"], "orders");
    let records = body["Records"].as_array().expect("records");
    let data =
        records.iter().map(|record| STANDARD.decode(record["Data"].as_str().expect("data")).expect("base64"));
    data.map(|line| String::from_utf8(line).expect("UTF-8")).collect()
}

#[tokio::test]
async fn lines_are_put_in_their_order() {
    let firehose = Firehose::start(|_, _| None).await;
    assert_eq!(firehose.put(&["{\"a\":1}\n", "{\"b\":\"é\"}\n"], None).await, ["ok", "ok"]);
    assert_eq!(firehose.durable(), ["{\"a\":1}\n", "{\"b\":\"é\"}\n"]);
}

#[tokio::test]
async fn only_what_was_left_is_put_again() {
    let firehose = Firehose::start(|number, line| match (number, line) {
        (0, "2" | "4") => Some("ServiceUnavailableException"),
        (1, "4") => Some("InternalFailure"),
        _ => None,
    })
    .await;
    assert_eq!(firehose.put(&["1", "2", "3", "4"], None).await, ["ok"; 4]);
    assert_eq!(firehose.durable(), ["1", "3", "2", "4"]);
    let sizes: Vec<_> = firehose.proxy.calls().iter().map(|call| lines(call).len()).collect();
    assert_eq!(sizes, [4, 2, 1]);
}

#[tokio::test]
async fn what_is_left_at_the_end_of_the_time_fails_alone() {
    let firehose = Firehose::start(|_, line| (line == "2").then_some("ServiceUnavailableException")).await;
    let start = Instant::now();
    let results = firehose.put(&["1", "2", "3"], in_millis(900)).await;
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    let failed = "throttled: delivery stream `orders` asks for fewer requests (ServiceUnavailableException)";
    assert_eq!(results, ["ok", failed, "ok"]);
    assert_eq!(firehose.durable(), ["1", "3"]);
    assert!(firehose.proxy.calls().len() > 2, "it is tried again and again");
}

#[tokio::test]
async fn each_error_of_a_call_has_its_code() {
    let firehose = Firehose::start(|_, _| None).await;
    for (status, code, expected) in [
        (
            400,
            "ResourceNotFoundException",
            "absent: delivery stream `orders` does not exist (ResourceNotFoundException)",
        ),
        (
            400,
            "AccessDeniedException",
            "denied: delivery stream `orders` refuses access (AccessDeniedException)",
        ),
        (
            400,
            "InvalidArgumentException",
            "refused: delivery stream `orders` refuses the request (InvalidArgumentException)",
        ),
        (
            500,
            "InternalFailure",
            "unavailable: delivery stream `orders` can't be reached or failed (InternalFailure)",
        ),
    ] {
        firehose.proxy.script(move |_, _| error(status, code));
        assert_eq!(firehose.put(&["1", "2"], None).await, [expected; 2]);
    }
    assert_eq!(firehose.durable(), [""; 0]);
}

#[tokio::test]
async fn a_throttled_call_is_made_again() {
    let firehose = Firehose::start(|_, _| None).await;
    firehose.proxy.script(|number, call| match number {
        // More often than the client itself tries.
        0..5 => error(503, "ServiceUnavailableException"),
        _ => ok(&json!({"FailedPutCount": 0, "RequestResponses": vec![json!({"RecordId": "id"}); lines(call).len()]})),
    });
    assert_eq!(firehose.put(&["1", "2"], None).await, ["ok"; 2]);
}

#[tokio::test]
async fn an_answer_that_leaves_a_record_out_does_not_acknowledge_it() {
    let firehose = Firehose::start(|_, _| None).await;
    let failed = "no_answer: delivery stream `orders` can't be reached or failed (the answer leaves it out)";
    for results in [json!([{"RecordId": "id"}]), json!([{"RecordId": "id"}, {}])] {
        firehose.proxy.script(move |_, _| ok(&json!({"FailedPutCount": 0, "RequestResponses": results})));
        assert_eq!(firehose.put(&["1", "2"], None).await, ["ok", failed]);
    }
}

#[tokio::test]
async fn a_lost_answer_is_a_call_made_twice() {
    let firehose = Firehose::start(|_, _| None).await;
    let durable = Arc::clone(&firehose.durable);
    firehose.proxy.script(move |number, call| {
        durable.lock().expect("lines").extend(lines(call));
        match number {
            0 => Action::Hang,
            _ => ok(&json!({"FailedPutCount": 0, "RequestResponses": [{"RecordId": "id"}]})),
        }
    });
    let clients = clients(&firehose.proxy.address).await;
    let streams = FirehoseStreams::new(clients.firehose, Arc::new(SystemClock));
    let mut limits = streams.limits();
    limits.attempt = Duration::from_millis(200);
    assert_eq!(put(&streams.with_limits(limits), &["1"], None).await, ["ok"]);
    assert_eq!(firehose.durable(), ["1", "1"]);
}

#[tokio::test]
async fn nothing_is_put_when_the_time_is_up() {
    let firehose = Firehose::start(|_, _| None).await;
    let failed = "timeout: delivery stream `orders` gave no answer in time (the time is up)";
    assert_eq!(firehose.put(&["1"], in_millis(0)).await, [failed]);
    assert_eq!(firehose.proxy.calls().len(), 0);
}
