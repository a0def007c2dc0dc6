//! Every invocation under `payloads/` is read as the file beside it says.
//!
//! `BLESS=1 cargo test -p enrich-lambda --test envelope` writes those files anew.

#![cfg(test)]

use std::fmt::Write as _;
use std::path::Path;

use enrich_engine::{Payload, Record};
use enrich_lambda::HandlerError;
use enrich_lambda::envelope::{Caller, Invocation};

#[test]
#[expect(clippy::disallowed_methods, reason = "the cases are files")]
fn payloads() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/payloads");
    let bless = std::env::var("BLESS").is_ok();
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).expect("the payloads") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        count += 1;
        let seen = told(&std::fs::read(&path).expect("a payload"));
        let expected = path.with_extension("txt");
        if bless {
            std::fs::write(&expected, &seen).expect("a file");
        }
        if std::fs::read_to_string(&expected).unwrap_or_default() != seen {
            wrong.push(format!("{}:\n{seen}", path.display()));
        }
    }
    assert!(count > 40, "only {count} payloads");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn told(body: &[u8]) -> String {
    match Invocation::read(body) {
        Ok(invocation) => {
            let mut out = match &invocation.caller {
                Caller::Kinesis { state: None } => "kinesis\n".to_owned(),
                Caller::Kinesis { state: Some(state) } => format!("kinesis, state {state}\n"),
                Caller::DynamoDb { state: Some(state) } => format!("dynamodb, state {state}\n"),
                Caller::Sqs { fifo: true, .. } => "sqs, fifo\n".to_owned(),
                other => format!("{}\n", other.name()),
            };
            let echoes = match &invocation.caller {
                Caller::Firehose { echoes } => &echoes[..],
                _ => &[],
            };
            for (at, record) in invocation.records.iter().enumerate() {
                tell(&mut out, record);
                if let Some(echo) = echoes.get(at) {
                    writeln!(out, "  echo: {} {}", echo.record_id.as_deref().unwrap_or("-"), echo.data)
                        .expect("text");
                }
            }
            out
        }
        Err(error) => {
            let error = HandlerError::from(error);
            format!("{}: {error}\n", error.name())
        }
    }
}

fn tell(out: &mut String, record: &Record) {
    let origin = &record.origin;
    writeln!(out, "record {}", origin.id().unwrap_or_else(|| "without an id".to_owned())).expect("text");
    let facts = [
        ("stream", Some(origin.stream.clone()).filter(|name| !name.is_empty())),
        ("arn", origin.arn.clone()),
        ("shard", origin.shard.clone()),
        ("sequence", origin.sequence.clone()),
        ("sub-sequence", origin.sub_sequence.map(|place| place.to_string())),
        ("partition key", origin.partition_key.clone()),
        ("explicit hash key", origin.explicit_hash_key.clone()),
        ("arrival", origin.arrival.map(enrich_engine::Timestamp::rfc3339)),
    ];
    for (name, fact) in facts {
        if let Some(fact) = fact {
            writeln!(out, "  {name}: {fact}").expect("text");
        }
    }
    let (what, bytes) = match &record.payload {
        Payload::Event(bytes) => ("event".to_owned(), bytes),
        Payload::Unreadable { raw, reason } => (format!("unreadable, {reason}\n  raw"), raw),
        other => panic!("{other:?}"),
    };
    let text = std::str::from_utf8(bytes).map_or_else(|_| format!("{} bytes", bytes.len()), str::to_owned);
    writeln!(out, "  {what}: {text}").expect("text");
}
