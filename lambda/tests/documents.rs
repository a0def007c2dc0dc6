//! Every document under `documents/` gives the records that the file beside it says.
//!
//! `UPDATE_GOLDEN=1 cargo test -p enrich-lambda --test documents` writes those files anew.

#![cfg(test)]

use std::fmt::Write as _;
use std::path::Path;

use enrich_engine::{Payload, Record};
use enrich_lambda::replay::{Found, documents};

#[test]
#[expect(clippy::disallowed_methods, reason = "the cases are files")]
fn every_document_is_read_as_it_was_blessed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents");
    let bless = std::env::var_os("UPDATE_GOLDEN").is_some();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for entry in std::fs::read_dir(&folder).expect("the documents") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            continue;
        }
        count += 1;
        let seen = told(&std::fs::read(&path).expect("a document"));
        let expected = path.with_extension("txt");
        if bless {
            std::fs::write(&expected, &seen).expect("a file");
        }
        if std::fs::read_to_string(&expected).unwrap_or_default() != seen {
            wrong.push(format!("{}:\n{seen}", path.display()));
        }
    }
    assert!(count > 20, "only {count} documents");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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

fn tell(out: &mut String, record: &Record) {
    let origin = &record.origin;
    let facts = [
        ("stream", Some(origin.stream.clone())),
        ("arn", origin.arn.clone()),
        ("shard", origin.shard.clone()),
        ("sequence", origin.sequence.clone()),
        ("sub-sequence", origin.sub_sequence.map(|place| place.to_string())),
        ("partition key", origin.partition_key.clone()),
        ("explicit hash key", origin.explicit_hash_key.clone()),
        ("arrival", origin.arrival.map(enrich_engine::Timestamp::rfc3339)),
        ("repeat", Some(record.repeat.to_string()).filter(|repeat| repeat != "0")),
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
