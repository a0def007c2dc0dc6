//! Records that hold several events, as the Kinesis Producer Library writes them.

use proptest::prelude::*;

use crate::world::{World, counts, enriched, kinesis_aggregates, pipes_aggregates};

struct Case {
    name: &'static str,
    stream: &'static str,
    /// The words of each record, with blanks between them. See [`crate::world::event`].
    records: &'static [&'static str],
    /// What can't be written.
    fail: &'static [&'static str],
    /// The answer's one identifier, or none.
    checkpoint: Option<&'static str>,
    counts: &'static str,
    objects: &'static [&'static str],
}

const PLAIN: Case =
    Case { name: "", stream: "clicks", records: &[], fail: &[], checkpoint: None, counts: "", objects: &[] };

const CASES: &[Case] = &[
    Case {
        name: "each event has its own object",
        records: &["good good", "good"],
        counts: "3+0+0+0",
        objects: &["out/clicks/1.0.json", "out/clicks/1.1.json", "out/clicks/2.0.json"],
        ..PLAIN
    },
    Case {
        name: "a bad event harms none of its record",
        records: &["good text bot", "schema list good"],
        counts: "2+1+3+0 not_json:1 not_object:1 schema:1",
        objects: &[
            "out/clicks/1.0.json",
            "out/clicks/2.2.json",
            "rejects/not_json/1.1.json",
            "rejects/not_object/2.1.json",
            "rejects/schema/2.0.json",
        ],
        ..PLAIN
    },
    Case {
        name: "an event that fails brings its whole record again, and nothing of it is written",
        records: &["good good", "good down text", "good"],
        checkpoint: Some("2"),
        counts: "2+0+0+4 behind_failure:3 throttled:1",
        objects: &["out/clicks/1.0.json", "out/clicks/1.1.json"],
        ..PLAIN
    },
    Case {
        name: "an object that can't be written does too, and its siblings' are overwritten then",
        records: &["good", "good good good", "bot"],
        fail: &["/2.1.json"],
        checkpoint: Some("2"),
        counts: "1+0+0+4 behind_failure:3 unavailable:1",
        objects: &["out/clicks/1.0.json", "out/clicks/2.0.json", "out/clicks/2.2.json"],
        ..PLAIN
    },
    Case {
        name: "a reject that can't be written does too",
        records: &["good text", "good"],
        fail: &["rejects/"],
        checkpoint: Some("1"),
        counts: "0+0+0+3 behind_failure:2 unavailable:1",
        objects: &["out/clicks/1.0.json"],
        ..PLAIN
    },
    Case {
        name: "an object of several events ends with the record before",
        stream: "mixed",
        records: &["many more many", "many more", "many many-down many"],
        checkpoint: Some("3"),
        counts: "5+0+0+3 behind_failure:2 throttled:1",
        objects: &["out/many/a/1.0-2.0.ndjson", "out/many/b/1.1-2.1.ndjson"],
        ..PLAIN
    },
];

fn split<'w>(records: &[&'w str]) -> Vec<Vec<&'w str>> {
    records.iter().map(|words| words.split(' ').collect()).collect()
}

#[test]
fn cases() {
    let mut wrong = Vec::new();
    for case in CASES {
        let world = World::new(true, case.fail);
        let invoked = world.invoke(&kinesis_aggregates(case.stream, &split(case.records), 1), None);
        let failures =
            case.checkpoint.map_or(String::new(), |number| format!(r#"{{"itemIdentifier":"{number}"}}"#));
        let answer = String::from_utf8(invoked.answer.clone().expect("an answer")).expect("UTF-8");
        let keys: Vec<_> = world.objects().into_keys().collect();
        let mut differ = |what: &str, seen: String, expected: String| {
            if seen != expected {
                wrong.push(format!("{}: {what}\n  expected {expected}\n  saw      {seen}", case.name));
            }
        };
        differ("answer", answer, format!(r#"{{"batchItemFailures":[{failures}]}}"#));
        differ("counts", counts(&invoked), case.counts.to_owned());
        differ("objects", format!("{keys:?}"), format!("{:?}", case.objects));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_reject_says_which_event_of_which_record() {
    let world = World::new(true, &[]);
    world.invoke(&kinesis_aggregates("clicks", &split(&["good text"]), 7), None).answer.expect("an answer");
    let objects = world.objects();
    assert_eq!(objects["out/clicks/7.0.json"], enriched("good", 1));
    let reject = &objects["rejects/not_json/7.1.json"];
    for part in [
        r#""sequence":"7","partition_key":"key-text","#,
        r#""id":"clicks:shard-1:7:1","sub_sequence":1}"#,
        r#""data":"aGVsbG8="}"#,
    ] {
        assert!(reject.contains(part), "{part} in {reject}");
    }
}

#[test]
fn a_pipe_gets_the_events_in_order() {
    let world = World::new(true, &[]);
    let invoked = world.invoke(&pipes_aggregates("clicks", &split(&["good text good", "bot", "good"])), None);
    let expected = format!("[{},{},{}]", enriched("good", 1), enriched("good", 3), enriched("good", 5));
    assert_eq!(String::from_utf8_lossy(&invoked.answer.clone().expect("an answer")), expected);
    assert_eq!(counts(&invoked), "3+1+1+0 not_json:1");
    assert_eq!(world.objects().into_keys().collect::<Vec<_>>(), ["rejects/not_json/1.1.json"]);

    let failed = world.invoke(&pipes_aggregates("clicks", &split(&["good down"])), None);
    assert_eq!(failed.answer.expect_err("no answer").name(), "Enrich.RecordsFailed");
}

const WORDS: [&str; 6] = ["good", "good", "bot", "text", "refused", "down"];

fn records() -> impl Strategy<Value = Vec<Vec<&'static str>>> {
    prop::collection::vec(prop::collection::vec(prop::sample::select(&WORDS[..]), 1..6), 1..8)
}

proptest! {
    // Each case is three deployments.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_acknowledged_is_durable_and_what_comes_again_overwrites(
        records in records(),
        faults in prop::collection::vec((1..8_usize, 0..6_usize), 0..3),
    ) {
        let faults: Vec<_> = faults.iter().map(|(record, at)| format!("/{record}.{at}.json")).collect();
        let broken = World::new(true, &faults.iter().map(String::as_str).collect::<Vec<_>>());
        let invoked = broken.invoke(&kinesis_aggregates("clicks", &records, 1), None);
        counts(&invoked);
        let answer = String::from_utf8(invoked.answer.clone().expect("an answer")).expect("UTF-8");
        let checkpoint = answer.split('"').nth(5).map(|number| number.parse::<usize>().expect("a number"));
        let done = checkpoint.map_or(records.len(), |number| number - 1);

        // Whole records are acknowledged: every event of theirs, and none of another.
        let events: usize = records[..done].iter().map(Vec::len).sum();
        let summary = &invoked.summary;
        prop_assert_eq!(summary.enriched + summary.dropped + summary.rejected, events as u64);
        let seen = broken.objects();
        for (record, words) in (1..).zip(&records[..done]) {
            for (at, word) in words.iter().enumerate() {
                let durable = seen.keys().any(|key| key.ends_with(&format!("/{record}.{at}.json")));
                prop_assert_eq!(durable, *word != "bot", "{}.{} of {:?}", record, at, seen.keys());
            }
        }
        // The rest comes again, to a table and a store that are well by then.
        let well: Vec<Vec<&str>> = records
            .iter()
            .map(|words| words.iter().map(|word| if *word == "down" { "bot" } else { word }).collect())
            .collect();
        let mended = World::new(true, &[]);
        let again = mended.invoke(&kinesis_aggregates("clicks", &well[done..], done + 1), None);
        prop_assert_eq!(again.answer.expect("an answer"), br#"{"batchItemFailures":[]}"#);
        let whole = World::new(true, &[]);
        whole.invoke(&kinesis_aggregates("clicks", &well, 1), None).answer.expect("an answer");
        let keys = |world: &World| world.objects().into_keys().collect::<Vec<_>>();
        let mut both = [keys(&broken), keys(&mended)].concat();
        both.sort();
        both.dedup();
        prop_assert_eq!(both, keys(&whole));
    }
}

#[test]
fn more_events_than_a_batch_may_hold_come_in_a_later_one() {
    // Each of three records has half as many events as all may have, and a few more.
    let words = vec!["bot"; 32_770];
    let records = [vec!["bot"], words.clone(), words.clone(), vec!["bot"]];
    let world = World::new(true, &[]);
    let invoked = world.invoke(&kinesis_aggregates("clicks", &records, 1), None);
    assert_eq!(counts(&invoked), "0+32771+0+2 too_many_events:2");
    let answer = String::from_utf8(invoked.answer.expect("an answer")).expect("UTF-8");
    assert_eq!(answer, r#"{"batchItemFailures":[{"itemIdentifier":"3"}]}"#);
    // What comes again begins with it.
    let invoked = world.invoke(&kinesis_aggregates("clicks", &records[2..], 3), None);
    assert_eq!(counts(&invoked), "0+32771+0+0");
    // A pipe knows no part of a batch: it halves one that fails.
    let invoked = world.invoke(&pipes_aggregates("clicks", &records), None);
    assert!(invoked.answer.is_err());
}
