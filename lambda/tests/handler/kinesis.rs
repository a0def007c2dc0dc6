//! A Kinesis event source mapping.

use crate::world::{World, counts, enriched, kinesis, kinesis_from};

struct Case {
    name: &'static str,
    stream: &'static str,
    /// See [`crate::world::event`].
    records: &'static [&'static str],
    rejects: bool,
    /// What can't be written.
    fail: &'static [&'static str],
    /// The answer's one identifier, or none.
    checkpoint: Option<&'static str>,
    counts: &'static str,
    objects: &'static [&'static str],
}

const PLAIN: Case = Case {
    name: "",
    stream: "clicks",
    records: &[],
    rejects: true,
    fail: &[],
    checkpoint: None,
    counts: "",
    objects: &[],
};

const CASES: &[Case] = &[
    Case { name: "no records", counts: "0+0+0+0", ..PLAIN },
    Case {
        name: "all good",
        records: &["good", "good", "good"],
        counts: "3+0+0+0",
        objects: &["out/clicks/1.json", "out/clicks/2.json", "out/clicks/3.json"],
        ..PLAIN
    },
    Case {
        name: "nothing behind a failure is written",
        records: &["good", "good", "down", "good", "bot", "text", "down"],
        checkpoint: Some("3"),
        counts: "2+0+0+5 behind_failure:3 throttled:2",
        objects: &["out/clicks/1.json", "out/clicks/2.json"],
        ..PLAIN
    },
    Case {
        name: "the first fails",
        records: &["down", "good"],
        checkpoint: Some("1"),
        counts: "0+0+0+2 behind_failure:1 throttled:1",
        ..PLAIN
    },
    Case {
        name: "what no retry can help goes to the rejects",
        records: &["good", "text", "bad64", "list", "schema", "refused", "good"],
        counts: "2+0+5+0 not_base64:1 not_json:1 not_object:1 refused:1 schema:1",
        objects: &[
            "out/clicks/1.json",
            "out/clicks/7.json",
            "rejects/not_base64/3.json",
            "rejects/not_json/2.json",
            "rejects/not_object/4.json",
            "rejects/refused/6.json",
            "rejects/schema/5.json",
        ],
        ..PLAIN
    },
    Case {
        name: "one event that is nested too deep",
        records: &["good", "deep", "good"],
        counts: "2+0+1+0 too_deep:1",
        objects: &["out/clicks/1.json", "out/clicks/3.json", "rejects/too_deep/2.json"],
        ..PLAIN
    },
    Case {
        name: "without a place for rejects a rejected record waits",
        records: &["good", "text", "good"],
        rejects: false,
        checkpoint: Some("2"),
        counts: "1+0+0+2 behind_failure:1 no_rejects:1",
        objects: &["out/clicks/1.json"],
        ..PLAIN
    },
    Case {
        name: "a rule's own place for rejects",
        stream: "own",
        records: &["schema"],
        rejects: false,
        counts: "0+0+1+0 schema:1",
        objects: &["own-rejects/bad/schema/1.json"],
        ..PLAIN
    },
    Case {
        name: "what can't be read goes to the place of the rule that would have read it",
        stream: "own",
        records: &["text", "bad64"],
        counts: "0+0+2+0 not_base64:1 not_json:1",
        objects: &["own-rejects/bad/not_base64/2.json", "own-rejects/bad/not_json/1.json"],
        ..PLAIN
    },
    Case {
        name: "a stream of nobody",
        stream: "unheard-of",
        records: &["good", "text"],
        counts: "0+0+2+0 no_rule:2",
        objects: &["rejects/no_rule/1.json", "rejects/no_rule/2.json"],
        ..PLAIN
    },
    Case {
        name: "dropped",
        records: &["bot", "good", "bot"],
        counts: "1+2+0+0",
        objects: &["out/clicks/2.json"],
        ..PLAIN
    },
    Case {
        name: "a reject that can't be written",
        records: &["good", "text", "good"],
        fail: &["rejects/"],
        checkpoint: Some("2"),
        counts: "1+0+0+2 behind_failure:1 unavailable:1",
        // Written at the same time, and overwritten when it comes again.
        objects: &["out/clicks/1.json", "out/clicks/3.json"],
        ..PLAIN
    },
    Case {
        name: "the first object can't be written",
        records: &["good", "good", "good"],
        fail: &["/1.json"],
        checkpoint: Some("1"),
        counts: "0+0+0+3 behind_failure:2 unavailable:1",
        objects: &["out/clicks/2.json", "out/clicks/3.json"],
        ..PLAIN
    },
    Case {
        name: "an object in the middle can't be written",
        records: &["good", "bot", "good", "bot"],
        fail: &["/3.json"],
        checkpoint: Some("3"),
        counts: "1+1+0+2 behind_failure:1 unavailable:1",
        objects: &["out/clicks/1.json"],
        ..PLAIN
    },
    Case {
        name: "the last object can't be written",
        records: &["good", "good", "good"],
        fail: &["/3.json"],
        checkpoint: Some("3"),
        counts: "2+0+0+1 unavailable:1",
        objects: &["out/clicks/1.json", "out/clicks/2.json"],
        ..PLAIN
    },
    Case {
        name: "of two that can't be written the first counts",
        records: &["good", "good", "good", "good"],
        fail: &["/2.json", "/4.json"],
        checkpoint: Some("2"),
        counts: "1+0+0+3 behind_failure:1 unavailable:2",
        objects: &["out/clicks/1.json", "out/clicks/3.json"],
        ..PLAIN
    },
    Case {
        name: "a rule without an output",
        stream: "raw",
        records: &["bot", "good", "bot"],
        checkpoint: Some("2"),
        counts: "0+1+0+2 behind_failure:1 no_output:1",
        ..PLAIN
    },
    Case {
        name: "an object of several records ends before a failure",
        stream: "mixed",
        records: &["many", "more", "many", "many-down", "many"],
        checkpoint: Some("4"),
        counts: "3+0+0+2 behind_failure:1 throttled:1",
        objects: &["out/many/a/1-3.ndjson", "out/many/b/2-2.ndjson"],
        ..PLAIN
    },
    Case {
        name: "an object of several records ends before an object that can't be written",
        stream: "mixed",
        records: &["many", "good", "many", "good", "many", "text", "many"],
        fail: &["/4.json"],
        checkpoint: Some("4"),
        counts: "3+0+0+4 behind_failure:3 unavailable:1",
        objects: &["out/many/a/1-3.ndjson", "out/one/2.json", "rejects/not_json/6.json"],
        ..PLAIN
    },
    Case {
        name: "an event whose place can't be told",
        stream: "mixed",
        records: &["many", "nowhere", "many"],
        counts: "2+0+1+0 prefix:1",
        objects: &["out/many/a/1-3.ndjson", "rejects/prefix/2.json"],
        ..PLAIN
    },
    Case {
        name: "an event whose place lies outside of its bucket",
        stream: "mixed",
        records: &["many", "climbing", "many"],
        counts: "2+0+1+0 prefix:1",
        objects: &["out/many/a/1-3.ndjson", "rejects/prefix/2.json"],
        ..PLAIN
    },
    Case {
        name: "an object of several records can't be written",
        stream: "mixed",
        records: &["good", "many", "more", "many"],
        fail: &["many/b"],
        checkpoint: Some("3"),
        counts: "2+0+0+2 behind_failure:1 unavailable:1",
        objects: &["out/many/a/2-4.ndjson", "out/one/1.json"],
        ..PLAIN
    },
    Case {
        name: "an object that is refused for good makes its record a reject",
        records: &["good", "good", "good"],
        fail: &["refuse clicks/2"],
        counts: "2+0+1+0 refused:1",
        objects: &["out/clicks/1.json", "out/clicks/3.json", "rejects/refused/2.json"],
        ..PLAIN
    },
    Case {
        name: "without a place for rejects a refused object waits",
        records: &["good", "good", "good"],
        rejects: false,
        fail: &["refuse clicks/2"],
        checkpoint: Some("2"),
        counts: "1+0+0+2 behind_failure:1 no_rejects:1",
        objects: &["out/clicks/1.json", "out/clicks/3.json"],
        ..PLAIN
    },
    Case {
        name: "a reject that is refused too waits",
        records: &["good", "good", "text", "good"],
        fail: &["refuse /2.json", "refuse /3.json"],
        checkpoint: Some("2"),
        counts: "1+0+0+3 behind_failure:1 no_rejects:2",
        objects: &["out/clicks/1.json", "out/clicks/4.json"],
        ..PLAIN
    },
    Case {
        name: "the reject of a refused object can't be written now",
        records: &["good", "good", "good"],
        fail: &["refuse clicks/2", "rejects/"],
        checkpoint: Some("2"),
        counts: "1+0+0+2 behind_failure:1 unavailable:1",
        objects: &["out/clicks/1.json", "out/clicks/3.json"],
        ..PLAIN
    },
    Case {
        name: "of a refused object of several records what is at fault is rejected",
        stream: "mixed",
        records: &["many", "good", "many", "odd", "many", "more"],
        fail: &["refuse body odd"],
        counts: "5+0+1+0 refused:1",
        objects: &[
            "out/many/a/1-3.ndjson",
            "out/many/a/5-5.ndjson",
            "out/many/b/6-6.ndjson",
            "out/one/2.json",
            "rejects/refused/4.json",
        ],
        ..PLAIN
    },
    Case {
        name: "a half of a refused object can't be written now",
        stream: "mixed",
        records: &["many", "many", "odd", "many"],
        fail: &["refuse body odd", "a/4-4"],
        checkpoint: Some("4"),
        counts: "2+0+1+1 refused:1 unavailable:1",
        objects: &["out/many/a/1-2.ndjson", "rejects/refused/3.json"],
        ..PLAIN
    },
    Case {
        name: "no more halves once one can't be written",
        stream: "mixed",
        records: &["many", "many", "odd", "many"],
        fail: &["refuse body odd", "a/1-2"],
        checkpoint: Some("1"),
        counts: "0+0+0+4 behind_failure:2 unavailable:2",
        ..PLAIN
    },
    Case {
        name: "two records of one number have objects of their own",
        records: &["good", "again", "text", "text-again"],
        counts: "2+0+2+0 not_json:2",
        objects: &[
            "out/clicks/1!2.json",
            "out/clicks/1.json",
            "rejects/not_json/3!2.json",
            "rejects/not_json/3.json",
        ],
        ..PLAIN
    },
    Case {
        name: "a record without a number can't be brought again, and is rejected",
        records: &["good", "unnumbered", "good"],
        counts: "2+0+1+0 no_sequence:1",
        objects: &[
            "out/clicks/1.json",
            "out/clicks/3.json",
            "rejects/no_sequence/clicks-a1d2e3f4-0-HASH.json",
        ],
        ..PLAIN
    },
];

#[test]
fn cases() {
    let mut wrong = Vec::new();
    for case in CASES {
        let world = World::new(case.rejects, case.fail);
        let invoked = world.invoke(&kinesis(case.stream, case.records), None);
        let failures =
            case.checkpoint.map_or(String::new(), |number| format!(r#"{{"itemIdentifier":"{number}"}}"#));
        let expected = format!(r#"{{"batchItemFailures":[{failures}]}}"#);
        let answer = invoked.answer.as_ref().map(|answer| String::from_utf8_lossy(answer).into_owned());
        let keys: Vec<_> = world.objects().into_keys().map(unhashed).collect();
        let written = u64::try_from(keys.len()).expect("a count");
        let mut differ = |what: &str, seen: String, expected: String| {
            if seen != expected {
                wrong.push(format!("{}: {what}\n  expected {expected}\n  saw      {seen}", case.name));
            }
        };
        differ("answer", format!("{answer:?}"), format!("{:?}", Ok::<_, ()>(expected)));
        differ("counts", counts(&invoked), case.counts.to_owned());
        differ("objects", format!("{keys:?}"), format!("{:?}", case.objects));
        differ("count of objects", invoked.summary.objects.to_string(), written.to_string());
        for (at, word) in case.records.iter().enumerate() {
            if let Some(body) = world.objects().get(&format!("out/clicks/{}.json", at + 1)) {
                differ("body", body.clone(), enriched(word, at + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The one key that is a hash of its record's bytes.
fn unhashed(key: String) -> String {
    match key.split_once("no_sequence/") {
        Some((folder, _)) => format!("{folder}no_sequence/clicks-a1d2e3f4-0-HASH.json"),
        None => key,
    }
}

#[test]
fn objects_in_full() {
    let world = World::new(true, &[]);
    let answer = world.invoke(&kinesis("clicks", &["good", "text"]), None).answer;
    assert_eq!(answer.as_deref(), Ok(&br#"{"batchItemFailures":[]}"#[..]));
    let world_two = World::new(true, &[]);
    world_two.invoke(&kinesis("mixed", &["many", "good", "many"]), None).answer.expect("an answer");
    let objects = world.store.objects.lock().expect("objects").clone();
    let two = world_two.store.objects.lock().expect("objects").clone();
    let told: Vec<_> = objects
        .iter()
        .chain(&two)
        .map(|(key, body)| format!("{key}\n{}", String::from_utf8_lossy(body)))
        .collect();
    let hash = world.handler.engine().hash();
    let expected = [
        "out/clicks/clicks-4bd9fc39-shard-1-1.json\n{\"n\": 1, \"user\":\"u1\",\"segment\":\"premium\"}"
            .to_owned(),
        format!(
            "rejects/not_json/dt=2018-12-17/clicks-4bd9fc39-shard-1-2.json\n{{\"version\":1,\"reason\":\
             {{\"code\":\"not_json\",\"message\":\"an unexpected character at byte 0\"}},\"record\":{{\"stream\":\"clicks\",\
             \"arn\":\"arn:aws:kinesis:us-east-2:123456789012:stream/clicks\",\"shard\":\"shard-1\",\
             \"sequence\":\"2\",\"arrival\":\"2018-12-17T22:10:50.980Z\",\"id\":\"clicks:shard-1:2\"}},\
             \"rule\":\"clicks\",\"rules\":\"{hash}\",\"lookups\":[],\"data\":\"aGVsbG8=\"}}\n"
        ),
        "out/many/a/mixed-cdb95daa-shard-1-1-3.ndjson\n\
         {\"many\":true,\"at\":\"a\",\"user\":\"u1\",\"segment\":\"premium\"}\n\
         {\"many\":true,\"at\":\"a\",\"user\":\"u1\",\"segment\":\"premium\"}\n"
            .to_owned(),
        "out/one/mixed-cdb95daa-shard-1-2.json\n{\"n\": 2, \"user\":\"u1\",\"segment\":\"premium\"}"
            .to_owned(),
    ];
    assert_eq!(told, expected);
}

#[test]
fn streams_go_each_to_its_rule() {
    let world = World::new(true, &[]);
    for (stream, words) in
        [("clicks", &["good"][..]), ("own", &["good"]), ("mixed", &["good", "many"]), ("clicks", &["bot"])]
    {
        let invoked = world.invoke(&kinesis(stream, words), None);
        assert_eq!(invoked.answer.as_deref(), Ok(&br#"{"batchItemFailures":[]}"#[..]), "{stream}");
        assert_eq!((invoked.summary.caller, invoked.summary.failed), ("kinesis", 0), "{stream}");
    }
    let keys: Vec<_> = world.objects().into_keys().collect();
    assert_eq!(keys, ["out/clicks/1.json", "out/many/a/2-2.ndjson", "out/one/1.json", "out/own/1.json"]);
}

#[test]
fn a_redelivery_writes_the_same_again() {
    let words = ["good", "text", "good", "bot", "good", "schema"];
    let world = World::new(true, &[]);
    world.invoke(&kinesis("clicks", &words), None).answer.expect("an answer");
    let first = world.store.objects.lock().expect("objects").clone();
    assert_eq!(first.len(), 5);
    world.invoke(&kinesis("clicks", &words), None).answer.expect("an answer");
    // A batch may be cut elsewhere the second time.
    world.invoke(&kinesis_from("clicks", &words[1..], 2), None).answer.expect("an answer");
    assert_eq!(*world.store.objects.lock().expect("objects"), first.clone());
    assert_eq!(world.begun().len(), 14, "all were written again");
}

#[test]
fn the_state_of_a_window_comes_back() {
    let window = r#"{"window":{"start":"a"},"state":{"1": 282},"#;
    let world = World::new(true, &[]);
    for (words, expected) in [
        (&["good"][..], r#"{"state":{"1": 282},"batchItemFailures":[]}"#),
        (&[], r#"{"state":{"1": 282},"batchItemFailures":[]}"#),
        (&["good", "down"], r#"{"state":{"1": 282},"batchItemFailures":[{"itemIdentifier":"2"}]}"#),
    ] {
        let body = kinesis("clicks", words).replacen('{', window, 1);
        let answer = world.invoke(&body, None).answer.expect("an answer");
        assert_eq!(String::from_utf8_lossy(&answer), expected);
    }
}

#[test]
fn writes_begin_in_order_and_eight_at_a_time() {
    let words = ["good", "good", "text"].repeat(10);
    let world = World::new(true, &[]);
    world.invoke(&kinesis("clicks", &words), None).answer.expect("an answer");
    let numbers: Vec<usize> = world
        .begun()
        .iter()
        .filter_map(|key| key.rsplit_once('/')?.1.strip_suffix(".json")?.parse().ok())
        .collect();
    assert_eq!(numbers, (1..=30).collect::<Vec<_>>());
    assert_eq!(*world.store.flying.lock().expect("flying"), (0, 8));
}

#[test]
fn a_failed_write_ends_the_writing() {
    let world = World::new(true, &["/3.json"]);
    let invoked = world.invoke(&kinesis("clicks", &["good"; 40]), None);
    assert_eq!(counts(&invoked), "2+0+0+38 behind_failure:37 unavailable:1");
    assert!(world.begun().len() < 12, "{:?}", world.begun());
}

#[test]
fn an_object_whose_name_is_refused_is_not_parted_for_ever() {
    let world = World::new(true, &["refuse many/a"]);
    let invoked = world.invoke(&kinesis("mixed", &["many"; 200]), None);
    assert_eq!(counts(&invoked), "0+0+200+0 refused:200");
    let (rejects, outputs): (Vec<_>, Vec<_>) =
        world.begun().into_iter().partition(|key| key.starts_with("rejects/"));
    assert_eq!((rejects.len(), outputs.len()), (200, 1 + 2 + 4 + 8 + 16));
}

#[test]
fn a_failure_that_has_no_number_fails_the_batch() {
    let world = World::new(false, &[]);
    let invoked = world.invoke(&kinesis("clicks", &["good", "unnumbered"]), None);
    assert_eq!(invoked.answer.expect_err("no answer").name(), "Enrich.NoSequenceNumber");
    assert_eq!(invoked.summary.failed, 2, "{:?}", invoked.summary);
}

#[test]
fn a_panic_fails_the_batch_and_no_other() {
    let world = World::new(true, &[]);
    let invoked = world.invoke(&kinesis("clicks", &["good", "panic"]), None);
    assert_eq!(counts(&invoked), "0+0+0+2 with_batch:2");
    assert_eq!(invoked.answer.expect_err("no answer").name(), "Enrich.Panicked");
    assert_eq!(world.invoke(&kinesis("clicks", &["good"]), None).summary.enriched, 1);
}

#[test]
fn what_each_rule_did_is_told() {
    let world = World::new(true, &["/5.json"]);
    let words = ["good", "bot", "text", "schema", "good", "good"];
    let summary = world.invoke(&kinesis("clicks", &words), None).summary;
    let rule = |name: &str| {
        let counts = summary.by_rule.get(name).copied().unwrap_or_default();
        (counts.enriched, counts.dropped, counts.rejected, counts.failed)
    };
    assert_eq!(rule("clicks"), (1, 1, 2, 2), "{summary:?}");
    assert_eq!((summary.enriched, summary.rejected, summary.by_rule.len()), (1, 2, 1));
    let written: u64 =
        world.store.objects.lock().expect("objects").values().map(|body| body.len() as u64).sum();
    assert_eq!(summary.written_bytes, written);
    assert_eq!(summary.answer_bytes, r#"{"batchItemFailures":[{"itemIdentifier":"5"}]}"#.len() as u64);
    // What no rule takes is counted with none.
    let summary = world.invoke(&kinesis("elsewhere", &["good"]), None).summary;
    assert_eq!((summary.rejected, summary.by_rule.len()), (1, 0), "{summary:?}");
}

#[test]
fn what_is_told_of_a_failure() {
    let world = World::new(true, &[]);
    let summary = world.invoke(&kinesis("clicks", &["good", "down", "good"]), None).summary;
    let first = summary.first_failure.expect("a failure").to_string();
    assert!(first.starts_with("throttled: ") && first.contains("`users`"), "{first}");
    assert_eq!(summary.rules, world.handler.engine().hash());
    let lookup = summary.lookups.iter().find(|counts| &*counts.rule == "clicks").expect("counts");
    assert_eq!((lookup.found, lookup.failed), (2, 1));
}
