//! Messages of a queue that hold rejects: what is rejected again goes to no queue that it comes from, and a
//! message that fails comes again later each time.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use enrich_engine::Timestamp;

use crate::world::{NOW, World, counts};

const RULES: &str = r#"
table users { source dynamodb "users" key id: string }

rule orders {
  stream "orders"
  lookup user from users where id = .user { copy segment }
  output s3 "out" { one object per record }
  rejects sqs "https://sqs.eu-west-1.amazonaws.com/111122223333/bad"
}
"#;

/// What is answered, counted, and done to queues, when that queue brings messages with these bodies, each for the
/// so many-th time.
fn told(queue: &str, messages: &[(String, u32)]) -> (String, String, Vec<String>) {
    let world = World::with_rules(RULES, false, &[], Arc::new(Timestamp::from_millis(NOW).expect("now")));
    let messages = messages.iter().enumerate().map(|(at, (body, received))| {
        let body = serde_json::to_string(body).expect("JSON");
        format!(
            r#"{{"messageId":"m{at}","receiptHandle":"r{at}","body":{body},"eventSource":"aws:sqs",
                "attributes":{{"ApproximateReceiveCount":"{received}"}},
                "eventSourceARN":"arn:aws:sqs:eu-west-1:111122223333:{queue}"}}"#
        )
    });
    let body = format!(r#"{{"Records":[{}]}}"#, messages.collect::<Vec<_>>().join(","));
    let invoked = world.invoke(&body, None);
    let answer: serde_json::Value =
        serde_json::from_slice(invoked.answer.as_ref().expect("an answer")).expect("JSON");
    let failures = answer["batchItemFailures"].as_array().expect("failures");
    let failures: Vec<_> =
        failures.iter().map(|failure| failure["itemIdentifier"].as_str().expect("an id")).collect();
    let calls = world.store.calls.lock().expect("calls").iter().map(|call| call.join(" ")).collect();
    (failures.join(" "), counts(&invoked), calls)
}

/// The reject of an order.
fn reject(sequence: u32, event: &str) -> String {
    let data = STANDARD.encode(event);
    format!(
        r#"{{"version":1,"reason":{{"code":"schema","message":""}},"record":{{"stream":"orders","sequence":"{sequence}"}},
            "rule":"orders","rules":"h","lookups":[],"data":"{data}"}}"#
    )
}

const GOOD: &str = r#"{"user":"u1"}"#;

#[test]
fn what_is_rejected_again_does_not_go_round() {
    let messages = [(reject(1, GOOD), 1), (reject(2, "hello"), 3), ("hello".to_owned(), 5)];
    // The event of this queue that is none goes where its rule says, or would, were there one.
    let (failures, counts, calls) = told("bad", &messages);
    assert_eq!(failures, "m1 m2");
    assert_eq!(counts, "1+0+0+2 no_rejects:1 same_queue:1");
    assert_eq!(calls, ["postpone bad r1 120"]);
    // Out of another queue it goes to this one, and is done with there.
    let (failures, counts, calls) = told("others", &messages[..2]);
    assert_eq!((failures.as_str(), counts.as_str()), ("", "1+0+1+0 not_json:1"));
    assert_eq!(calls, ["bad 2"]);
}

#[test]
fn what_fails_comes_later_each_time() {
    let down = |sequence| reject(sequence, r#"{"user":"throttled"}"#);
    let messages: Vec<_> = (1..13).map(|received| (down(received), received)).collect();
    let (failures, counts, calls) = told("others", &messages);
    assert_eq!(failures.split(' ').count(), 12);
    assert_eq!(counts, "0+0+0+12 throttled:12");
    assert_eq!(
        calls,
        [
            "postpone others r0 30 r1 60 r2 120 r3 240 r4 480 r5 960 r6 1920 r7 3840 r8 7680 r9 15360",
            "postpone others r10 30720 r11 42300"
        ]
    );
    // An event of the queue's own comes again when the queue says.
    let (failures, _, calls) = told("orders", &[(r#"{"user":"throttled"}"#.to_owned(), 4)]);
    assert_eq!((failures.as_str(), calls.len()), ("m0", 0));
}
