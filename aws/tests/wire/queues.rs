//! SQS queues.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use enrich_aws::SystemClock;
use enrich_aws::sqs::SqsQueues;
use enrich_engine::output::{Fifo, Message, Postponed, Queues as _};
use enrich_engine::{Queue, Timestamp};
use serde_json::{Value, json};

use crate::support::ask::in_millis;
use crate::support::clients;
use crate::support::proxy::{Action, Call, Proxy};

const URL: &str = "https://sqs.us-east-2.amazonaws.com/111122223333/bad";

/// An SQS whose `fault` says of each call and body which error its entry has, and whether the sender is at
/// fault.
struct Sqs {
    proxy: Proxy,
    durable: Arc<Mutex<Vec<String>>>,
}

impl Sqs {
    async fn start(
        fault: impl Fn(usize, &str) -> Option<(&'static str, bool)> + Send + Sync + 'static,
    ) -> Self {
        let (proxy, durable) = (Proxy::to("127.0.0.1:9").await, Arc::<Mutex<Vec<String>>>::default());
        let kept = Arc::clone(&durable);
        proxy.script(move |number, call| {
            let (mut sent, mut failed) = (Vec::new(), Vec::new());
            for entry in entries(call) {
                let body = entry["MessageBody"].as_str().expect("a body");
                match fault(number, body) {
                    Some((code, sender)) => {
                        failed.push(
                            json!({"Id": entry["Id"], "Code": code, "SenderFault": sender, "Message": body}),
                        );
                    }
                    None => {
                        kept.lock().expect("bodies").push(body.to_owned());
                        sent.push(json!({"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "0"}));
                    }
                }
            }
            ok(&json!({"Successful": sent, "Failed": failed}))
        });
        Self { proxy, durable }
    }

    async fn send(&self, bodies: &[&str], deadline: Option<Timestamp>) -> Vec<String> {
        let messages: Vec<_> = bodies.iter().map(|body| Message::new(*body, None)).collect();
        self.send_to(URL, &messages, deadline).await
    }

    /// The results, `ok` or the failure.
    async fn send_to(&self, queue: &str, messages: &[Message], deadline: Option<Timestamp>) -> Vec<String> {
        let queues = SqsQueues::new(clients(&self.proxy.address).await.sqs, Arc::new(SystemClock));
        let queue = Queue::parse(queue).expect("a queue");
        let results = queues.send(&queue, messages, deadline).await;
        assert_eq!(results.len(), messages.len());
        let told = |result: Result<(), _>| {
            result.map_or_else(
                |failure: enrich_engine::lookup::Failure| failure.to_string(),
                |()| "ok".to_owned(),
            )
        };
        results.into_iter().map(told).collect()
    }

    fn durable(&self) -> Vec<String> {
        self.durable.lock().expect("bodies").clone()
    }
}

fn ok(body: &Value) -> Action {
    Action::Answer { status: 200, body: body.to_string() }
}

fn error(status: u16, code: &str) -> Action {
    let body = json!({"__type": format!("com.amazonaws.sqs#{code}"), "message": "body-secret"}).to_string();
    Action::Answer { status, body }
}

fn entries(call: &Call) -> Vec<Value> {
    assert_eq!(call.target, "AmazonSQS.SendMessageBatch");
    call.json()["Entries"].as_array().expect("entries").clone()
}

#[tokio::test]
async fn messages_are_sent_to_their_queue_in_its_region() {
    let sqs = Sqs::start(|_, _| None).await;
    assert_eq!(sqs.send(&["{\"a\":1}\n", "é"], None).await, ["ok", "ok"]);
    assert_eq!(sqs.durable(), ["{\"a\":1}\n", "é"]);
    let [call] = &sqs.proxy.calls()[..] else { panic!("one call") };
    assert_eq!(call.json()["QueueUrl"], URL);
    assert!(call.authorization.contains("/us-east-2/sqs/"), "{}", call.authorization);
    assert!(entries(call).iter().all(|entry| entry.get("MessageGroupId").is_none()));

    // An emulator's URL says no region: then it is the client's.
    sqs.send_to("http://localhost:4566/000000000000/bad", &[Message::new("x", None)], None).await;
    assert!(sqs.proxy.calls()[1].authorization.contains("/eu-west-1/sqs/"));
}

#[tokio::test]
async fn an_ordered_queue_gets_groups_and_ids() {
    let sqs = Sqs::start(|_, _| None).await;
    let fifo = Fifo { group: "g".to_owned(), deduplication: "d".to_owned() };
    let arn = "arn:aws:sqs:us-east-2:111122223333:bad.fifo";
    assert_eq!(sqs.send_to(arn, &[Message::new("x", Some(fifo))], None).await, ["ok"]);
    let call = &sqs.proxy.calls()[0];
    assert_eq!(call.json()["QueueUrl"], format!("{URL}.fifo"));
    let entry = &entries(call)[0];
    assert_eq!((&entry["MessageGroupId"], &entry["MessageDeduplicationId"]), (&json!("g"), &json!("d")));
}

#[tokio::test]
async fn only_what_was_left_is_sent_again() {
    let sqs = Sqs::start(|number, body| match (number, body) {
        (0, "2") => Some(("InternalError", false)),
        (0, "3") => Some(("RequestThrottled", true)),
        (_, "4") => Some(("InvalidMessageContents", true)),
        (_, "5") => Some(("AccessDenied", true)),
        _ => None,
    })
    .await;
    let refused = "refused: queue `bad` refuses the request (InvalidMessageContents)";
    let denied = "denied: queue `bad` refuses access (AccessDenied)";
    assert_eq!(sqs.send(&["1", "2", "3", "4", "5"], None).await, ["ok", "ok", "ok", refused, denied]);
    assert_eq!(sqs.durable(), ["1", "2", "3"]);
    let sizes: Vec<_> = sqs.proxy.calls().iter().map(|call| entries(call).len()).collect();
    assert_eq!(sizes, [5, 2]);
}

#[tokio::test]
async fn of_a_refused_call_each_message_is_sent_alone() {
    let sqs = Sqs::start(|_, _| None).await;
    sqs.proxy.script(|_, call| {
        let entries = entries(call);
        let large = entries.iter().any(|entry| entry["MessageBody"] == "large");
        let sent = |entry: &Value| json!({"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "0"});
        match large {
            true => error(400, "BatchRequestTooLong"),
            false => ok(&json!({"Successful": entries.iter().map(sent).collect::<Vec<_>>(), "Failed": []})),
        }
    });
    let refused = "refused: queue `bad` refuses the request (BatchRequestTooLong)";
    assert_eq!(sqs.send(&["1", "large", "3"], None).await, ["ok", refused, "ok"]);
    assert_eq!(sqs.proxy.calls().len(), 4);
}

#[tokio::test]
async fn each_error_of_a_call_has_its_code() {
    let sqs = Sqs::start(|_, _| None).await;
    for (status, code, expected) in [
        (400, "QueueDoesNotExist", "absent: queue `bad` does not exist (QueueDoesNotExist)"),
        (403, "AccessDenied", "denied: queue `bad` refuses access (AccessDenied)"),
        (400, "KmsAccessDenied", "denied: queue `bad` refuses access (KmsAccessDenied)"),
        (500, "InternalFailure", "unavailable: queue `bad` can't be reached or failed (InternalFailure)"),
    ] {
        sqs.proxy.script(move |_, _| error(status, code));
        assert_eq!(sqs.send(&["1", "2"], None).await, [expected; 2]);
    }
}

#[tokio::test]
async fn what_an_answer_leaves_out_is_not_acknowledged() {
    let sqs = Sqs::start(|_, _| None).await;
    sqs.proxy.script(|_, _| {
        ok(&json!({"Successful": [{"Id": "1", "MessageId": "m", "MD5OfMessageBody": "0"}], "Failed": []}))
    });
    let failed = "no_answer: queue `bad` can't be reached or failed (the answer leaves it out)";
    assert_eq!(sqs.send(&["1", "2"], None).await, [failed, "ok"]);
}

#[tokio::test]
async fn a_queue_that_never_answers_is_a_timeout() {
    let sqs = Sqs::start(|_, _| None).await;
    sqs.proxy.script(|_, _| Action::Hang);
    let started = tokio::time::Instant::now();
    let results = sqs.send(&["1"], in_millis(700)).await;
    assert!(results[0].starts_with("timeout: queue `bad`"), "{results:?}");
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn messages_are_kept_back_and_nothing_depends_on_it() {
    let proxy = Proxy::to("127.0.0.1:9").await;
    proxy.script(|number, _| {
        if number == 0 { ok(&json!({"Successful": [], "Failed": []})) } else { error(403, "AccessDenied") }
    });
    let queues = SqsQueues::new(clients(&proxy.address).await.sqs, Arc::new(SystemClock));
    let queue = Queue::parse("arn:aws:sqs:us-east-2:111122223333:redrive").expect("a queue");
    let postponed = |handle: &str, seconds| Postponed { receipt_handle: handle.to_owned(), seconds };
    queues.postpone(&queue, &[postponed("r1", 30), postponed("r2", 42_300)], None).await;
    // One that is refused is neither told nor tried again.
    queues.postpone(&queue, &[postponed("r3", 60)], in_millis(5_000)).await;
    // Nor is one begun for which there is no time.
    queues.postpone(&queue, &[postponed("r4", 60)], in_millis(0)).await;
    let [first, second] = &proxy.calls()[..] else { panic!("two calls") };
    assert_eq!(first.target, "AmazonSQS.ChangeMessageVisibilityBatch");
    assert!(first.authorization.contains("/us-east-2/sqs/"), "{}", first.authorization);
    let url = "https://sqs.us-east-2.amazonaws.com/111122223333/redrive";
    let entries = json!([
        {"Id": "0", "ReceiptHandle": "r1", "VisibilityTimeout": 30},
        {"Id": "1", "ReceiptHandle": "r2", "VisibilityTimeout": 42_300},
    ]);
    assert_eq!(first.json(), json!({"QueueUrl": url, "Entries": entries}));
    assert_eq!(second.json()["Entries"][0]["ReceiptHandle"], "r3");
}
