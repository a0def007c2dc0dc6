//! The enrichment step of an EventBridge pipe.

use crate::world::{World, counts, enriched, pipes};

struct Case {
    name: &'static str,
    stream: &'static str,
    records: &'static [&'static str],
    rejects: bool,
    fail: &'static [&'static str],
    /// The places of the events in the answer, or the whole error.
    answer: Result<&'static [usize], &'static str>,
    counts: &'static str,
    objects: &'static [&'static str],
}

const PLAIN: Case = Case {
    name: "",
    stream: "clicks",
    records: &[],
    rejects: true,
    fail: &[],
    answer: Ok(&[]),
    counts: "",
    objects: &[],
};

const CASES: &[Case] = &[
    Case { name: "no records", counts: "0+0+0+0", ..PLAIN },
    Case {
        name: "in order, and nothing is written",
        records: &["good", "good", "good"],
        answer: Ok(&[0, 1, 2]),
        counts: "3+0+0+0",
        ..PLAIN
    },
    Case {
        name: "a rule needs no output",
        stream: "raw",
        records: &["good", "bot", "good"],
        answer: Ok(&[0, 2]),
        counts: "2+1+0+0",
        ..PLAIN
    },
    Case {
        name: "nor is an output asked for its place",
        stream: "mixed",
        records: &["nowhere"],
        answer: Ok(&[0]),
        counts: "1+0+0+0",
        ..PLAIN
    },
    Case {
        name: "rejected and dropped are left out",
        records: &["text", "good", "bot", "bad64", "good", "deep"],
        answer: Ok(&[1, 4]),
        counts: "2+1+3+0 not_base64:1 not_json:1 too_deep:1",
        objects: &["rejects/not_base64/4.json", "rejects/not_json/1.json", "rejects/too_deep/6.json"],
        ..PLAIN
    },
    Case {
        name: "nothing is left",
        records: &["bot", "text"],
        counts: "0+1+1+0 not_json:1",
        objects: &["rejects/not_json/2.json"],
        ..PLAIN
    },
    Case {
        name: "a record without a number",
        records: &["unnumbered"],
        answer: Ok(&[0]),
        counts: "1+0+0+0",
        ..PLAIN
    },
    Case {
        name: "a lookup that fails takes the batch with it, and nothing is written",
        records: &["good", "down", "text", "down"],
        answer: Err("Enrich.RecordsFailed: 2 of 4 records failed (throttled 2), and with them the batch"),
        counts: "0+0+0+4 throttled:2 with_batch:2",
        ..PLAIN
    },
    Case {
        name: "no place for rejects",
        records: &["good", "text"],
        rejects: false,
        answer: Err("Enrich.RecordsFailed: 1 of 2 records failed (no_rejects 1), and with them the batch"),
        counts: "0+0+0+2 no_rejects:1 with_batch:1",
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
        name: "a reject that can't be written",
        records: &["good", "text", "schema"],
        fail: &["not_json"],
        answer: Err("Enrich.RecordsFailed: 1 of 3 records failed (unavailable 1), and with them the batch"),
        counts: "0+0+0+3 unavailable:1 with_batch:2",
        objects: &["rejects/schema/3.json"],
        ..PLAIN
    },
    Case {
        name: "a panic",
        records: &["good", "panic"],
        answer: Err("Enrich.Panicked: the function panicked; its log says where"),
        counts: "0+0+0+2 with_batch:2",
        ..PLAIN
    },
];

#[test]
fn cases() {
    let mut wrong = Vec::new();
    for case in CASES {
        let world = World::new(case.rejects, case.fail);
        let invoked = world.invoke(&pipes(case.stream, case.records), None);
        let expected = case.answer.map(|places| {
            let events: Vec<_> = places.iter().map(|at| enriched(case.records[*at], at + 1)).collect();
            format!("[{}]", events.join(","))
        });
        let answer = invoked.answer.as_ref().map(|answer| String::from_utf8_lossy(answer).into_owned());
        let answer = answer.map_err(|error| format!("{}: {error}", error.name()));
        let keys: Vec<_> = world.objects().into_keys().collect();
        let mut differ = |what: &str, seen: String, expected: String| {
            if seen != expected {
                wrong.push(format!("{}: {what}\n  expected {expected}\n  saw      {seen}", case.name));
            }
        };
        differ("answer", format!("{answer:?}"), format!("{expected:?}"));
        differ("counts", counts(&invoked), case.counts.to_owned());
        differ("objects", format!("{keys:?}"), format!("{:?}", case.objects));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_event_that_a_transformer_put_there_is_rejected_alone() {
    let deep = format!("{}1{}", "[".repeat(300_000), "]".repeat(300_000));
    let body = format!(
        r#"[{{"eventID":"s:1","eventSourceARN":"arn:aws:kinesis:eu-west-1:1:stream/clicks","data":{{"user":"u1"}}}},
            {{"eventID":"s:2","eventSourceARN":"arn:aws:kinesis:eu-west-1:1:stream/clicks","data":{{"a":{deep}}}}}]"#
    );
    let world = World::new(true, &[]);
    let invoked = world.invoke(&body, None);
    assert_eq!(counts(&invoked), "1+0+1+0 too_deep:1");
    assert_eq!(invoked.answer.as_deref(), Ok(&br#"[{"user":"u1","segment":"premium"}]"#[..]));
}

#[test]
fn an_answer_that_is_too_long_writes_nothing() {
    let event = format!(r#"{{"text":"{}"}}"#, "a".repeat(3_200_000));
    let element = |at: u8| {
        format!(
            r#"{{"eventID":"s:{at}","eventSourceARN":"arn:aws:kinesis:r:1:stream/clicks","data":{event}}}"#
        )
    };
    let rejected = r#"{"eventID":"s:3","eventSourceARN":"arn:aws:kinesis:r:1:stream/clicks","data":[]}"#;
    let world = World::new(true, &[]);
    let invoked = world.invoke(&format!("[{},{},{rejected}]", element(1), element(2)), None);
    assert_eq!(counts(&invoked), "0+0+0+3 with_batch:3");
    assert_eq!(invoked.answer.expect_err("too long").name(), "Enrich.AnswerTooLarge");
    assert!(world.begun().is_empty());
}

#[test]
fn what_is_no_invocation_is_told() {
    let world = World::new(true, &[]);
    for (body, name) in [
        ("{", "Enrich.NotJson"),
        (r#"{"Records":[{"EventSource":"aws:sns"}]}"#, "Enrich.UnsupportedCaller"),
        ("7", "Enrich.UnknownEvent"),
    ] {
        let invoked = world.invoke(body, None);
        assert_eq!(counts(&invoked), "0+0+0+0");
        assert_eq!(invoked.answer.expect_err(body).name(), name);
    }
}
