//! Every invocation under `payloads/` is read as the file beside it says.
//!
//! `UPDATE_GOLDEN=1 cargo test -p enrich-lambda --test envelope` writes those files anew.

#![cfg(test)]

#[path = "support/golden.rs"]
mod golden;

use std::fmt::Write as _;

use enrich_engine::{Payload, Record};
use enrich_lambda::HandlerError;
use enrich_lambda::envelope::{Caller, Invocation, Room};

#[test]
fn payloads() {
    golden::hold("payloads", 41, |_, body| told(body));
}

fn told(body: &[u8]) -> String {
    match Invocation::read(body, &mut Room::default()) {
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

fn tell(out: &mut String, record: &Record<'_>) {
    let origin = &record.origin;
    writeln!(out, "record {}", origin.id().unwrap_or_else(|| "without an id".to_owned())).expect("text");
    let facts = [
        ("stream", Some(origin.stream.clone()).filter(|name| !name.is_empty())),
        ("arn", origin.arn.clone()),
        ("shard", origin.shard.clone()),
        ("sequence", origin.sequence.clone()),
        ("sub-sequence", origin.sub_sequence.map(|place| place.to_string().into())),
        ("partition key", origin.partition_key.clone()),
        ("explicit hash key", origin.explicit_hash_key.clone()),
        ("arrival", origin.arrival.map(|arrival| arrival.rfc3339().into())),
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
