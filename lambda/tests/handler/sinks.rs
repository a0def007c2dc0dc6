//! Delivery streams and queues: what is put and sent, in which calls, and what becomes of the rest.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use enrich_engine::lookup::{BoxFuture, ErrorCode, Failure};
use enrich_engine::output::{
    DeliveryStreams, MAX_LINE_BYTES, MAX_LINES, MAX_LINES_BYTES, MAX_MESSAGE_BYTES, MAX_MESSAGES, Message,
    Postponed, Queues, Sinks,
};
use enrich_engine::{Engine, Queue, Rules, Timestamp};
use enrich_lambda::Handler;

use crate::world::{NOW, Store, World, counts};

const RULES: &str = r#"
rule lines {
  stream "lines"
  when .to == "stream"
  output firehose "orders"
  # Of no meaning to a mapping: no event has the field.
  partition by nobody = .not_there
  rejects sqs "https://sqs.eu-west-1.amazonaws.com/111122223333/bad"
}

rule other_lines {
  stream "lines"
  when .to == "other"
  output firehose "others"
}

rule objects {
  stream "lines"
  when .to == "object"
  output s3 "out" { one object per record }
}

rule batches {
  stream "lines"
  when .to == "batch"
  output s3 "out" { prefix "batch/" }
}

rule ordered {
  stream "ordered"
  set .x = .n + 1
  rejects sqs "arn:aws:sqs:eu-west-1:111122223333:bad.fifo"
}
"#;

impl Store {
    /// The result of a line or a message: those that hold a part behind `KIND ` fail, behind `refuse KIND ` they
    /// are refused.
    fn result(&self, kind: &str, text: &str) -> Result<(), Failure> {
        for part in &self.fail {
            let (code, part) = match part.strip_prefix("refuse ") {
                Some(part) => (ErrorCode::Refused, part),
                None => (ErrorCode::Throttled, part.as_str()),
            };
            if part.strip_prefix(kind).is_some_and(|part| text.contains(part)) {
                return Err(Failure::new(code, format!("a {kind}fails as it is told")));
            }
        }
        Ok(())
    }

    fn call(&self, to: &str, texts: impl Iterator<Item = String>) {
        let call = [to.to_owned()].into_iter().chain(texts).collect();
        self.calls.lock().expect("calls").push(call);
    }
}

impl DeliveryStreams for Store {
    fn put<'a>(
        &'a self,
        stream: &'a str,
        lines: &'a [Vec<u8>],
        _deadline: Option<Timestamp>,
    ) -> BoxFuture<'a, Vec<Result<(), Failure>>> {
        Box::pin(async move {
            let bytes: usize = lines.iter().map(Vec::len).sum();
            assert!(lines.len() <= MAX_LINES && bytes <= MAX_LINES_BYTES, "{} {bytes}", lines.len());
            let texts: Vec<_> = lines.iter().map(|line| String::from_utf8_lossy(line).into_owned()).collect();
            assert!(texts.iter().all(|text| text.ends_with("}\n") && text.len() <= MAX_LINE_BYTES));
            self.call(stream, texts.iter().map(|text| number(text)));
            texts.iter().map(|text| self.result("line ", text)).collect()
        })
    }
}

impl Queues for Store {
    fn send<'a>(
        &'a self,
        queue: &'a Queue,
        messages: &'a [Message],
        _deadline: Option<Timestamp>,
    ) -> BoxFuture<'a, Vec<Result<(), Failure>>> {
        Box::pin(async move {
            let bytes: usize = messages.iter().map(|message| message.body.len()).sum();
            assert!(messages.len() <= MAX_MESSAGES && bytes <= MAX_MESSAGE_BYTES);
            assert!(messages.iter().all(|message| message.fifo.is_some() == queue.is_fifo()));
            self.call(&queue.name, messages.iter().map(|message| sequence(&message.body)));
            messages.iter().map(|message| self.result("message ", &sequence(&message.body))).collect()
        })
    }

    fn postpone<'a>(
        &'a self,
        queue: &'a Queue,
        messages: &'a [Postponed],
        _deadline: Option<Timestamp>,
    ) -> BoxFuture<'a, ()> {
        assert!(messages.len() <= MAX_MESSAGES);
        let messages =
            messages.iter().map(|message| format!("{} {}", message.receipt_handle, message.seconds));
        self.call(&format!("postpone {}", queue.name), messages);
        Box::pin(std::future::ready(()))
    }
}

/// The value of an event's `n`.
fn number(line: &str) -> String {
    let event: serde_json::Value = serde_json::from_str(line).expect("JSON");
    event["n"].to_string()
}

/// The sequence number in a reject.
fn sequence(body: &str) -> String {
    let reject: serde_json::Value = serde_json::from_str(body).expect("JSON");
    reject["record"]["sequence"].as_str().expect("a number").to_owned()
}

/// A batch of a stream: the n-th word is the record of number n, from 1 on. `s`, `t`, `o` and `b` are events
/// for the delivery streams, an object, an object of the batch; `x` is no JSON; anything else is the event.
fn kinesis(stream: &str, words: &[&str]) -> String {
    let records: Vec<String> = words
        .iter()
        .zip(1..)
        .map(|(word, n)| {
            let to = |to: &str| format!(r#"{{"to":"{to}","n":{n}}}"#);
            let event = match *word {
                "s" => to("stream"),
                "t" => to("other"),
                "o" => to("object"),
                "b" => to("batch"),
                event => event.to_owned(),
            };
            format!(
                r#"{{"kinesis":{{"sequenceNumber":"{n}","data":"{}","approximateArrivalTimestamp":1545084650.98}},
                   "eventSource":"aws:kinesis","eventID":"shard-1:{n}",
                   "eventSourceARN":"arn:aws:kinesis:us-east-2:123456789012:stream/{stream}"}}"#,
                STANDARD.encode(event)
            )
        })
        .collect();
    format!(r#"{{"Records":[{}]}}"#, records.join(","))
}

fn world(fail: &[&str]) -> World {
    let now = Timestamp::from_millis(NOW).expect("now");
    World::with_rules(RULES, false, fail, Arc::new(now))
}

/// The calls that were made: `orders 1 3`.
fn calls(world: &World) -> Vec<String> {
    world.store.calls.lock().expect("calls").iter().map(|call| call.join(" ")).collect()
}

/// The checkpoint of an answer.
fn checkpoint(answer: &[u8]) -> Option<String> {
    let answer: serde_json::Value = serde_json::from_slice(answer).expect("JSON");
    answer["batchItemFailures"][0]["itemIdentifier"].as_str().map(str::to_owned)
}

struct Case {
    name: &'static str,
    records: &'static str,
    fail: &'static [&'static str],
    checkpoint: Option<&'static str>,
    counts: &'static str,
    calls: &'static [&'static str],
    objects: &'static [&'static str],
}

const PLAIN: Case =
    Case { name: "", records: "", fail: &[], checkpoint: None, counts: "", calls: &[], objects: &[] };

const CASES: &[Case] = &[
    Case { name: "one call", records: "s s s", counts: "3+0+0+0", calls: &["orders 1 2 3"], ..PLAIN },
    Case {
        name: "a call for each delivery stream",
        records: "s t s t",
        counts: "4+0+0+0",
        calls: &["orders 1 3", "others 2 4"],
        ..PLAIN
    },
    Case {
        name: "what fails is the checkpoint, and what was put behind it comes again",
        records: "s s s s",
        fail: &["line \"n\":2"],
        checkpoint: Some("2"),
        counts: "1+0+0+3 behind_failure:2 throttled:1",
        calls: &["orders 1 2 3 4"],
        ..PLAIN
    },
    Case {
        name: "nothing behind a failed object is put, and no object of the batch",
        records: "b s o s b",
        fail: &["out/3.json"],
        checkpoint: Some("3"),
        counts: "2+0+0+3 behind_failure:2 unavailable:1",
        calls: &["orders 2"],
        objects: &["out/batch/1-1.ndjson"],
    },
    Case {
        name: "nothing behind a failed line is in an object of the batch",
        records: "b s b s b",
        fail: &["line \"n\":2"],
        checkpoint: Some("2"),
        counts: "1+0+0+4 behind_failure:3 throttled:1",
        calls: &["orders 2 4"],
        objects: &["out/batch/1-1.ndjson"],
    },
    Case {
        name: "what is refused for good goes to the rejects",
        records: "s s s",
        fail: &["refuse line \"n\":2"],
        counts: "2+0+1+0 refused:1",
        calls: &["orders 1 2 3", "bad 2"],
        ..PLAIN
    },
    Case {
        name: "refused where no reject is kept",
        records: "t t t",
        fail: &["refuse line \"n\":2"],
        checkpoint: Some("2"),
        counts: "1+0+0+2 behind_failure:1 no_rejects:1",
        calls: &["others 1 2 3"],
        ..PLAIN
    },
    Case {
        name: "rejects are messages, and come first",
        records: "s x s x",
        counts: "2+0+2+0 not_json:2",
        calls: &["bad 2 4", "orders 1 3"],
        ..PLAIN
    },
    Case {
        name: "a message that fails is the checkpoint",
        records: "s x s x s",
        fail: &["message 4"],
        checkpoint: Some("4"),
        counts: "2+0+1+2 not_json:1 behind_failure:1 throttled:1",
        calls: &["bad 2 4", "orders 1 3"],
        ..PLAIN
    },
    Case {
        name: "a message that is refused blocks its record: nothing else keeps its bytes",
        records: "s x s x s",
        fail: &["refuse message 4"],
        checkpoint: Some("4"),
        counts: "2+0+1+2 not_json:1 behind_failure:1 no_rejects:1",
        calls: &["bad 2 4", "orders 1 3"],
        ..PLAIN
    },
];

#[test]
fn cases() {
    let mut wrong = Vec::new();
    for case in CASES {
        let world = world(case.fail);
        let words: Vec<&str> = case.records.split(' ').collect();
        let invoked = world.invoke(&kinesis("lines", &words), None);
        let answer = invoked.answer.as_deref().expect("an answer");
        let keys: Vec<_> = world.objects().into_keys().collect();
        let mut differ = |what: &str, seen: String, expected: String| {
            if seen != expected {
                wrong.push(format!("{}: {what}\n  expected {expected}\n  saw      {seen}", case.name));
            }
        };
        differ(
            "checkpoint",
            format!("{:?}", checkpoint(answer).as_deref()),
            format!("{:?}", case.checkpoint),
        );
        differ("counts", counts(&invoked), case.counts.to_owned());
        differ("calls", format!("{:?}", calls(&world)), format!("{:?}", case.calls));
        differ("objects", format!("{keys:?}"), format!("{:?}", case.objects));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn calls_are_as_large_as_they_may_be_and_stop_behind_a_failure() {
    let many = vec!["s"; 1_200];
    let all = world(&[]);
    let invoked = all.invoke(&kinesis("lines", &many), None);
    assert_eq!((counts(&invoked).as_str(), invoked.summary.lines), ("1200+0+0+0", 1_200));
    let sizes = |world: &World| -> Vec<usize> {
        world.store.calls.lock().expect("calls").iter().map(|call| call.len() - 1).collect()
    };
    assert_eq!(sizes(&all), [500, 500, 200]);

    let failing = world(&["line \"n\":700"]);
    let invoked = failing.invoke(&kinesis("lines", &many), None);
    assert_eq!(counts(&invoked), "699+0+0+501 behind_failure:500 throttled:1");
    assert_eq!(sizes(&failing), [500, 500]);

    // Three events of 900,000 bytes and more have room in one call.
    let large = format!(r#"{{"to":"stream","n":1,"text":"{}"}}"#, "x".repeat(900_000));
    let heavy = world(&[]);
    heavy.invoke(&kinesis("lines", &[large.as_str(); 9]), None).answer.expect("an answer");
    assert_eq!(sizes(&heavy), [4, 4, 1]);
}

#[test]
fn an_event_larger_than_a_line_may_be_is_rejected() {
    let event = |bytes: usize| {
        let start = r#"{"to":"stream","n":1,"text":""#;
        format!("{start}{}\"}}", "x".repeat(bytes - start.len() - 2))
    };
    // The line break takes a byte; white space behind the event does not go out.
    let (most, more) = (format!("{}\n", event(MAX_LINE_BYTES - 1)), event(MAX_LINE_BYTES));
    let world = world(&[]);
    let invoked = world.invoke(&kinesis("lines", &[&most, &more]), None);
    // Its reject is larger than a message may be.
    assert_eq!(counts(&invoked), "1+0+0+1 reject_too_large:1");
    let first = invoked.summary.first_failure.expect("a failure");
    assert_eq!(
        first.to_string(),
        "reject_too_large: the record is rejected, and its reject is larger than the 1 MiB that SQS takes: keep \
         rejects in S3"
    );

    let rules = RULES.replace("rejects sqs \"https", "# ");
    let now = Timestamp::from_millis(NOW).expect("now");
    let world = World::with_rules(&rules, true, &[], Arc::new(now));
    let invoked = world.invoke(&kinesis("lines", &[&more, "s"]), None);
    assert_eq!(counts(&invoked), "1+0+1+0 line_too_large:1");
    assert_eq!(world.objects().into_keys().collect::<Vec<_>>(), ["rejects/line_too_large/1.json"]);
}

#[test]
fn messages_are_ten_a_call_and_an_ordered_queue_gets_one_call_after_the_other() {
    let world = world(&[]);
    let invoked = world.invoke(&kinesis("lines", &["x"; 25]), None);
    assert_eq!((counts(&invoked).as_str(), invoked.summary.messages), ("0+0+25+0 not_json:25", 25));
    assert_eq!(calls(&world).iter().map(|call| call.split(' ').count() - 1).collect::<Vec<_>>(), [10, 10, 5]);

    let failing = self::world(&["message 3"]);
    let invoked = failing.invoke(&kinesis("ordered", &["x"; 25]), None);
    assert_eq!(counts(&invoked), "0+0+2+23 not_json:2 behind_failure:22 throttled:1");
    assert_eq!(calls(&failing), ["bad.fifo 1 2 3 4 5 6 7 8 9 10"]);
}

#[test]
fn an_ordered_queue_gets_ids_that_a_later_reject_of_the_record_does_not_share() {
    use enrich_engine::output::{Rejected, reject_message};
    use enrich_engine::{Origin, Reason, ReasonCode, Record};
    let mut origin = Origin::stream("s\u{ffff}");
    origin.sequence = Some("1".into());
    let record = Record::new("x", origin);
    let reason = Reason::new(ReasonCode::NotJson, "no");
    let message = |millis: i64| {
        let rejected =
            Rejected { record: &record, repeat: 0, rule: None, reason: &reason, rules: "r", lookups: &[] };
        reject_message(rejected, Timestamp::from_millis(millis))
    };
    let (one, again, later) = (message(1), message(1), message(2));
    assert_eq!(one, again);
    let [one_id, later_id] = [one.clone(), later.clone()].map(|message| message.fifo.expect("ids"));
    assert_eq!(one_id.group, later_id.group);
    assert_ne!(one_id.deduplication, later_id.deduplication);
    assert!(one_id.deduplication.len() <= 128);
    assert!(one.body.contains(r"s\uffff") && !one.body.contains('\u{ffff}'), "{}", one.body);
}

#[test]
fn what_rules_write_to_must_be_there() {
    let rules = Rules::from_text(RULES).expect("rules");
    let engine = Engine::builder(rules).outputs().build();
    let engine = engine.expect("an engine");
    let store = Arc::new(Store::default());
    let clock = Arc::new(Timestamp::from_millis(NOW).expect("now"));
    for (sinks, expected) in [
        (Sinks::new(), "the rules write to objects, and there are none here"),
        (Sinks::new().objects(store.clone()), "the rules write to delivery streams, and there are none here"),
        (
            Sinks::new().objects(store.clone()).streams(store.clone()),
            "the rules write to queues, and there are none here",
        ),
    ] {
        let error = Handler::new(engine.clone(), sinks, None, clock.clone()).expect_err("a sink is missing");
        assert_eq!(error.to_string(), expected);
    }
}
