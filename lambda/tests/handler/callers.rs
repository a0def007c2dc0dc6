//! Every invocation under `callers/` has the answer, the counts and the objects that the file beside it
//! says.
//!
//! `UPDATE_GOLDEN=1 cargo test -p enrich-lambda --test handler` writes those files anew. The rules are in
//! `callers/rules.enrich`. A name that ends in `-no-rejects` has no place for rejects, and one with
//! `-fail-PART` can't write objects with that part in their keys.

use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use enrich_engine::Timestamp;
use enrich_lambda::answer::MAX_BYTES;
use proptest::prelude::*;

use crate::golden;
use crate::world::{NOW, World, counts, event};

fn world(rejects: bool, fail: &[&str]) -> World {
    let now = Arc::new(Timestamp::from_millis(NOW).expect("now"));
    World::with_rules(include_str!("callers/rules.enrich"), rejects, fail, now)
}

#[test]
fn invocations() {
    golden::hold("handler/callers", 16, |name, body| told(name, &String::from_utf8_lossy(body)));
}

fn told(name: &str, body: &str) -> String {
    let fail: Vec<_> = name.split_once("-fail-").map(|(_, part)| part).into_iter().collect();
    let world = world(!name.ends_with("-no-rejects"), &fail);
    let invoked = world.invoke(body, None);
    let mut out = match &invoked.answer {
        Ok(answer) => format!("{}\n", String::from_utf8_lossy(answer)),
        Err(error) => format!("{}: {error}\n", error.name()),
    };
    writeln!(out, "{}: {}", invoked.summary.caller, counts(&invoked)).expect("text");
    for (key, object) in world.store.objects.lock().expect("objects").iter() {
        let object = String::from_utf8_lossy(object);
        // A reject is told in full elsewhere.
        let object = if key.starts_with("rejects/") { "" } else { object.trim_end() };
        writeln!(out, "{key}: {object}").expect("text");
    }
    out
}

/// What Firehose sends.
fn firehose(events: &[Vec<u8>]) -> String {
    let records = events.iter().enumerate().map(|(at, event)| {
        format!(
            r#"{{"recordId":"{at}","approximateArrivalTimestamp":1664029185290,"data":"{}"}}"#,
            STANDARD.encode(event)
        )
    });
    format!(
        r#"{{"invocationId":"i","deliveryStreamArn":"arn:aws:firehose:us-east-2:123456789012:deliverystream/to-s3",
            "records":[{}]}}"#,
        records.collect::<Vec<_>>().join(",")
    )
}

/// The results and the data of an answer to Firehose, in order.
fn results(answer: &[u8]) -> Vec<(String, String)> {
    let answer = String::from_utf8(answer.to_vec()).expect("UTF-8");
    let inside = answer.strip_prefix(r#"{"records":["#).and_then(|rest| rest.strip_suffix("]}"));
    let entries = inside.expect("an answer").split("},").filter(|entry| !entry.is_empty());
    entries
        .enumerate()
        .map(|(at, entry)| {
            let rest =
                entry.trim_end_matches('}').strip_prefix(&format!(r#"{{"recordId":"{at}","result":""#));
            let (result, data) = rest.and_then(|rest| rest.split_once(r#"","data":""#)).expect("a result");
            (result.to_owned(), data.trim_end_matches('"').to_owned())
        })
        .collect()
}

/// So many large events that, as they came, they leave at most that room in an answer. An enriched one takes
/// 14 bytes more: 28 for what is added, less 14 for a shorter word.
fn large(count: usize, room: usize) -> Vec<Vec<u8>> {
    let entry = r#"{"recordId":"0","result":"ProcessingFailed","data":""},"#.len();
    let data = MAX_BYTES - r#"{"records":[]}"#.len() + 1 - count * entry - room;
    let event = |base64: usize| {
        let fixed = r#"{"user":"u1","text":""}"#.len();
        format!(r#"{{"user":"u1","text":"{}"}}"#, "a".repeat(base64 / 4 * 3 - fixed)).into_bytes()
    };
    let mut events = vec![event(data / count / 4 * 4); count - 1];
    events.push(event(data - (count - 1) * (data / count / 4 * 4)));
    events
}

#[test]
fn what_firehose_has_no_room_for_fails_alone() {
    let events = large(9, 30);
    let invoked = world(true, &[]).invoke(&firehose(&events), None);
    let answer = invoked.answer.as_ref().expect("an answer");
    assert!(answer.len() <= MAX_BYTES && answer.len() > MAX_BYTES - 30, "{}", answer.len());
    let results = results(answer);
    let words: Vec<_> = results.iter().map(|(result, _)| result.as_str()).collect();
    assert_eq!(words[..3], ["Ok", "Ok", "ProcessingFailed"]);
    assert_eq!(words.iter().filter(|word| **word == "ProcessingFailed").count(), 7);
    for ((result, data), event) in results.iter().zip(&events) {
        assert!(result == "Ok" || *data == STANDARD.encode(event));
    }
    assert_eq!(counts(&invoked), "2+0+0+7 answer_too_large:7");
    assert_eq!(invoked.summary.first_failure.expect("a failure").code, "answer_too_large");
}

#[test]
fn an_event_that_alone_is_too_long_is_no_reason_to_bring_it_again() {
    let invoked = world(true, &[]).invoke(&firehose(&large(1, 0)), None);
    assert_eq!(counts(&invoked), "0+0+0+1 answer_too_large:1");
    assert_eq!(results(&invoked.answer.expect("an answer"))[0].0, "ProcessingFailed");
}

proptest! {
    #[test]
    fn firehose_hears_of_every_record_once(
        words in prop::collection::vec(
            prop::sample::select(&["good", "bot", "text", "down", "list", "refused"][..]), 0..20),
        rejects in any::<bool>(),
        down in any::<bool>(),
    ) {
        let events: Vec<_> = words.iter().enumerate().map(|(at, word)| event(word, at)).collect();
        let world = world(rejects, if down { &["rejects/"] } else { &[] });
        let invoked = world.invoke(&firehose(&events), None);
        counts(&invoked);
        let summary = &invoked.summary;
        match &invoked.answer {
            Ok(answer) => {
                let results = results(answer);
                prop_assert_eq!(results.len(), words.len());
                for ((result, data), event) in results.iter().zip(&events) {
                    prop_assert!(result != "ProcessingFailed" || *data == STANDARD.encode(event));
                }
                let count = |name: &str| results.iter().filter(|(result, _)| result == name).count() as u64;
                prop_assert_eq!(count("Ok"), summary.enriched);
                prop_assert_eq!(count("Dropped"), summary.dropped);
                prop_assert_eq!(count("ProcessingFailed"), summary.rejected + summary.failed);
                prop_assert!(summary.enriched > 0 || summary.failed == 0);
            }
            Err(error) => {
                prop_assert_eq!(error.name(), "Enrich.RecordsFailed");
                prop_assert!(!words.contains(&"good"));
                prop_assert_eq!(summary.failed, words.len() as u64);
            }
        }
    }

    #[test]
    fn what_a_queue_deletes_is_durable(
        messages in prop::collection::vec(
            (prop::sample::select(&["good", "bot", "text", "down", "refused"][..]), 0..3_u8), 0..20),
        fifo in any::<bool>(),
        rejects in any::<bool>(),
        faults in prop::collection::vec(0..20_usize, 0..3),
    ) {
        let faults: Vec<_> = faults.iter().map(|at| format!("-m{at}.json")).collect();
        let world = world(rejects, &faults.iter().map(String::as_str).collect::<Vec<_>>());
        let invoked = world.invoke(&queue(fifo, &messages), None);
        counts(&invoked);
        let answer = String::from_utf8(invoked.answer.clone().expect("an answer")).expect("UTF-8");
        let reported = |at: usize| answer.contains(&format!(r#""itemIdentifier":"m{at}""#));
        let objects = world.store.objects.lock().expect("objects").clone();
        let durable = |at: usize| objects.keys().any(|key| key.ends_with(&format!("-m{at}.json")));
        let mut behind = [false; 3];
        for (at, (word, group)) in messages.iter().enumerate() {
            let behind = &mut behind[usize::from(*group)];
            prop_assert!(reported(at) || durable(at) || *word == "bot", "{at} {answer}");
            prop_assert!(!fifo || !*behind || reported(at), "{at} {answer}");
            // Of a queue without order nothing is reported but what failed itself.
            prop_assert!(fifo || !reported(at) || !durable(at), "{at} {answer}");
            *behind |= reported(at);
        }
        let reports = (0..messages.len()).filter(|at| reported(*at)).count() as u64;
        prop_assert_eq!(invoked.summary.failed, reports);
    }
}

/// What a queue sends: words, each with its message group.
fn queue(fifo: bool, messages: &[(&str, u8)]) -> String {
    let name = if fifo { "orders.fifo" } else { "my-queue" };
    let messages = messages.iter().enumerate().map(|(at, (word, group))| {
        let body = String::from_utf8(event(word, at)).expect("UTF-8").replace('"', "\\\"");
        format!(
            r#"{{"messageId":"m{at}","body":"{body}","attributes":{{"MessageGroupId":"{group}"}},
                "eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-2:123456789012:{name}"}}"#
        )
    });
    format!(r#"{{"Records":[{}]}}"#, messages.collect::<Vec<_>>().join(","))
}
