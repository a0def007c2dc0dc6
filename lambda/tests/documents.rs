//! Every document under `documents/` gives the records that the file beside it says.
//!
//! `UPDATE_GOLDEN=1 cargo test -p enrich-lambda --test documents` writes those files anew.

#![cfg(test)]

#[path = "support/golden.rs"]
mod golden;

use std::fmt::Write as _;

use enrich_engine::{Payload, Record};
use enrich_lambda::replay::{Found, documents};

#[test]
fn every_document_is_read_as_it_was_blessed() {
    golden::hold("documents", 21, |_, file| told(file));
}

fn told(file: &[u8]) -> String {
    let mut out = String::new();
    for Found { line, kept, .. } in documents(file) {
        match kept {
            Err(error) => writeln!(out, "line {line}: {error}").expect("text"),
            Ok(kept) => {
                writeln!(out, "line {line}: {:?}, {}", kept.form, kept.code).expect("text");
                kept.records.iter().for_each(|record| tell(&mut out, record));
            }
        }
    }
    out
}

fn tell(out: &mut String, record: &Record<'_>) {
    let origin = &record.origin;
    let facts = [
        ("stream", Some(origin.stream.clone())),
        ("arn", origin.arn.clone()),
        ("shard", origin.shard.clone()),
        ("sequence", origin.sequence.clone()),
        ("sub-sequence", origin.sub_sequence.map(|place| place.to_string().into())),
        ("partition key", origin.partition_key.clone()),
        ("explicit hash key", origin.explicit_hash_key.clone()),
        ("arrival", origin.arrival.map(|arrival| arrival.rfc3339().into())),
        ("repeat", Some(record.repeat.to_string().into()).filter(|repeat| repeat != "0")),
    ];
    out.push_str("  record\n");
    for (name, fact) in facts {
        if let Some(fact) = fact {
            writeln!(out, "    {name}: {fact}").expect("text");
        }
    }
    let (what, bytes) = match &record.payload {
        Payload::Event(bytes) => ("event".to_owned(), bytes),
        Payload::Unreadable { raw, reason } => (format!("unreadable, {reason}\n    raw"), raw),
        other => panic!("{other:?}"),
    };
    writeln!(out, "    {what}: {}", String::from_utf8_lossy(bytes)).expect("text");
}
