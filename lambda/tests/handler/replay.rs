//! What was kept is tried again: by itself, and as messages of a queue.

use std::collections::BTreeMap;
use std::sync::Arc;

use enrich_engine::{Record, Timestamp};
use enrich_lambda::{Fate, Replayed, replay};
use proptest::prelude::*;

use crate::world::{NOW, RULES, World, counts, kinesis, kinesis_aggregates};

/// The rules of the world without what rejects `schema`, `nowhere` and `climbing`.
fn mended() -> World {
    with_rules(&[(r#"schema "event.json""#, ""), ("many/{.at}/", r#"many/{.at ?? "x"}/"#)])
}

/// The world with its rules changed.
fn with_rules(changes: &[(&str, &str)]) -> World {
    let mut rules = RULES.to_owned();
    for (old, new) in changes {
        assert!(rules.contains(old), "{old}");
        rules = rules.replace(old, new);
    }
    World::with_rules(&rules, true, &[], Arc::new(Timestamp::from_millis(NOW).expect("now")))
}

fn replayed(world: &World, records: Vec<Record<'static>>) -> Replayed {
    let tokio = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    tokio.block_on(world.handler.replay(records, None))
}

type Objects = BTreeMap<String, Vec<u8>>;

fn objects(world: &World) -> Objects {
    world.store.objects.lock().expect("objects").clone()
}

/// What is in the rejects.
fn rejects(world: &World) -> Vec<(String, Vec<u8>)> {
    objects(world).into_iter().filter(|(key, _)| key.starts_with("rejects/")).collect()
}

fn records(documents: &[(String, Vec<u8>)]) -> Vec<Record<'static>> {
    let found = documents.iter().flat_map(|(_, document)| replay::documents(document));
    found.flat_map(|found| found.kept.expect("a reject").records).collect()
}

/// Messages of a queue with these bodies.
fn queue(name: &str, bodies: &[String]) -> String {
    let messages = bodies.iter().enumerate().map(|(at, body)| {
        let body = serde_json::to_string(body).expect("JSON");
        format!(
            r#"{{"messageId":"m{at}","receiptHandle":"r{at}","body":{body},"eventSource":"aws:sqs",
                "attributes":{{"MessageGroupId":"g","ApproximateReceiveCount":"1"}},
                "eventSourceARN":"arn:aws:sqs:us-east-2:123456789012:{name}"}}"#
        )
    });
    format!(r#"{{"Records":[{}]}}"#, messages.collect::<Vec<_>>().join(","))
}

fn on_failure(payload: &str) -> String {
    let payload = serde_json::to_string(payload).expect("JSON");
    format!(
        r#"{{"requestContext":{{"condition":"RetryAttemptsExhausted"}},"KinesisBatchInfo":{{}},"payload":{payload}}}"#
    )
}

/// Objects of single records as they are, and the lines of all others, whichever they are in.
fn content(objects: &Objects) -> (Objects, Vec<String>) {
    let (lines, singles): (Objects, Objects) =
        objects.clone().into_iter().partition(|(key, _)| key.ends_with(".ndjson"));
    let text = |body: &Vec<u8>| String::from_utf8(body.clone()).expect("UTF-8");
    let mut lines: Vec<_> =
        lines.values().flat_map(|body| text(body).lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    lines.sort_unstable();
    (singles, lines)
}

const WORDS: [&str; 9] = ["good", "bot", "many", "more", "schema", "nowhere", "climbing", "text", "bad64"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn with_the_cause_mended_all_is_as_if_it_had_not_been(
        words in prop::collection::vec(prop::sample::select(&WORDS[..]), 1..25),
        aggregated in any::<bool>(),
        by_queue in any::<bool>(),
    ) {
        let batch = if aggregated {
            let words: Vec<_> = words.iter().copied().filter(|word| *word != "bad64").collect();
            kinesis_aggregates("mixed", &words.chunks(3).map(<[_]>::to_vec).collect::<Vec<_>>(), 1)
        } else {
            kinesis("mixed", &words)
        };
        let broken = World::new(true, &[]);
        broken.invoke(&batch, None).answer.expect("an answer");
        let whole = mended();
        whole.invoke(&batch, None).answer.expect("an answer");

        let kept = rejects(&broken);
        let after = mended();
        let tell = |world: &World| if by_queue {
            let bodies: Vec<_> =
                kept.iter().map(|(_, body)| String::from_utf8(body.clone()).expect("UTF-8")).collect();
            let invoked = world.invoke(&queue("redrive", &bodies), None);
            assert_eq!(invoked.answer.as_deref(), Ok(&br#"{"batchItemFailures":[]}"#[..]));
            counts(&invoked)
        } else {
            let replayed = replayed(world, records(&kept));
            assert!(replayed.fates.iter().all(|fate| !matches!(fate, Fate::Failed(_))));
            let summary = replayed.summary;
            format!("{}+{}+{}", summary.enriched, summary.dropped, summary.rejected)
        };
        let first = tell(&after);
        let once = objects(&after);
        let mut together: Objects =
            objects(&broken).into_iter().filter(|(key, _)| !key.starts_with("rejects/")).collect();
        // Nothing of it takes the place of what was there.
        prop_assert!(once.keys().all(|key| !together.contains_key(key)));
        together.extend(once.clone());
        prop_assert_eq!(content(&together), content(&objects(&whole)));

        // And once more.
        prop_assert_eq!(tell(&after), first);
        prop_assert_eq!(objects(&after), once);
    }

    #[test]
    fn a_batch_that_was_given_up_is_done_after_all(
        words in prop::collection::vec(prop::sample::select(&WORDS[..]), 0..25),
        by_queue in any::<bool>(),
    ) {
        let batch = kinesis("mixed", &words);
        let (whole, after) = (mended(), mended());
        whole.invoke(&batch, None).answer.expect("an answer");
        for _ in 0..2 {
            if by_queue {
                let answer = after.invoke(&queue("redrive", &[on_failure(&batch)]), None).answer;
                prop_assert_eq!(answer.as_deref(), Ok(&br#"{"batchItemFailures":[]}"#[..]));
            } else {
                let found = replay::documents(on_failure(&batch).as_bytes());
                let records: Vec<_> =
                    found.into_iter().flat_map(|found| found.kept.expect("records").records).collect();
                prop_assert_eq!(replayed(&after, records).summary.records, words.len() as u64);
            }
            prop_assert_eq!(content(&objects(&after)), content(&objects(&whole)));
        }
    }

    #[test]
    fn a_message_is_done_when_all_of_its_records_are(
        batches in prop::collection::vec(
            prop::collection::vec(
                prop::sample::select(&["good", "good", "bot", "text", "down"][..]), 0..5), 1..5),
        fifo in any::<bool>(),
        faults in prop::collection::vec(0..12_usize, 0..3),
    ) {
        let faults: Vec<_> = faults.iter().map(|number| format!("/{number}.json")).collect();
        let world = World::new(true, &faults.iter().map(String::as_str).collect::<Vec<_>>());
        let mut first = 1;
        let mut numbers = Vec::new();
        let bodies: Vec<_> = batches
            .iter()
            .map(|words| {
                let batch = crate::world::kinesis_from("clicks", words, first);
                numbers.push(first..first + words.len());
                first += words.len();
                on_failure(&batch)
            })
            .collect();
        let invoked = world.invoke(&queue(if fifo { "q.fifo" } else { "q" }, &bodies), None);
        counts(&invoked);
        let answer = String::from_utf8(invoked.answer.clone().expect("an answer")).expect("UTF-8");
        let held = world.objects();
        let durable = |number: usize| held.keys().any(|key| key.ends_with(&format!("/{number}.json")));
        let mut failed = 0;
        let mut behind = false;
        for (at, (words, numbers)) in batches.iter().zip(numbers).enumerate() {
            let reported = answer.contains(&format!(r#""itemIdentifier":"m{at}""#));
            let done = words.iter().zip(numbers.clone()).all(|(word, number)| *word == "bot" || durable(number));
            prop_assert!(reported || done, "{at} {answer}");
            prop_assert!(fifo || reported != done, "{at} {answer}");
            prop_assert!(!behind || !fifo || words.is_empty() || reported, "{at} {answer}");
            // What does not fail is written all the same, where there is no order.
            for (word, number) in words.iter().zip(numbers) {
                let fails = *word == "down" || faults.contains(&format!("/{number}.json"));
                prop_assert!(fifo || fails || *word == "bot" || durable(number), "{number} {answer}");
            }
            failed += if reported { words.len() as u64 } else { 0 };
            behind |= reported;
        }
        prop_assert_eq!(invoked.summary.failed, failed);
    }
}

/// An object of a batch that was enriched whole stays, where there are old rejects of its first and its
/// last record.
#[test]
fn what_is_replayed_overwrites_no_object_of_several() {
    let broken = with_rules(&[("{ copy segment }", "{ copy nothing required }")]);
    broken.invoke(&kinesis("mixed", &["many", "more", "many"]), None).answer.expect("an answer");
    let mut old = rejects(&broken);
    old.retain(|(key, _)| !key.ends_with("-2.json"));
    assert_eq!(old.len(), 2);
    let world = mended();
    world.invoke(&kinesis("mixed", &["many", "many", "many"]), None).answer.expect("an answer");
    let before = objects(&world);
    assert_eq!(replayed(&world, records(&old)).summary.enriched, 2);
    for (key, body) in &before {
        assert_eq!(objects(&world).get(key), Some(body), "{key}");
    }
}
