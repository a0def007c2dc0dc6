//! What is kept of a rejected record: its bytes, and why.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::{Fifo, Message, Object, name};
use crate::batch::Record;
use crate::json::write;
use crate::program::Location;
use crate::reasons::Reason;
use crate::time::Timestamp;

/// A record that was rejected.
#[derive(Clone, Copy, Debug)]
pub struct Rejected<'a> {
    /// The record.
    pub record: &'a Record,
    /// How many records of its batch before it have its id. See [`super::repeats`].
    pub repeat: usize,
    /// The rule that took it, if one did.
    pub rule: Option<&'a str>,
    /// Why.
    pub reason: &'a Reason,
    /// The hash of the rule set. See [`crate::Engine::hash`].
    pub rules: &'a str,
}

/// The object for a rejected record: a JSON document below `PREFIX CODE/dt=DATE/`, with the day of
/// the record's arrival.
///
/// ```json
/// {"reason": {"code": "not_json", "message": "…"},
///  "record": {"stream": "…", "arn": "…", "shard": "…", "sequence": "…", "arrival": "…", "id": "…"},
///  "rule": null, "rules": "HASH", "data": "BASE64 OF THE BYTES AS THEY CAME"}
/// ```
#[must_use]
pub fn reject(rejected: Rejected<'_>, location: &Location) -> Object {
    let origin = &rejected.record.origin;
    let day = origin.arrival.and_then(|arrival| arrival.format("%F")).unwrap_or_else(|| "unknown".to_owned());
    // A source that numbers nothing: the content is all that tells its records apart.
    let sequence = name::sequence(origin, rejected.repeat)
        .unwrap_or_else(|| crate::hex(&Sha256::digest(rejected.record.bytes())));
    let key = format!(
        "{}{}/dt={day}/{}-{sequence}.json",
        location.prefix,
        rejected.reason.code,
        name::shard(origin)
    );
    Object::new(location.bucket.as_str(), key, document(rejected).into_bytes(), "application/json")
}

/// The message for a rejected record: the document of [`reject`]. A queue that keeps an order gets `fifo`,
/// the instant of the batch.
///
/// Its messages are in groups by shard. Their ids have the instant in them: what only the record's own id
/// told apart would be swallowed where the record comes again within five minutes, out of this very queue
/// too, and is rejected once more.
#[must_use]
pub fn reject_message(rejected: Rejected<'_>, fifo: Option<Timestamp>) -> Message {
    // SQS takes no message with these two, and in JSON an escape says the same.
    let body = document(rejected).replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff");
    let fifo = fifo.map(|now| {
        let shard = name::shard(&rejected.record.origin);
        let id = format!("{} {} {shard} {body}", now.as_millis(), rejected.repeat);
        Fifo { group: id_of(&shard), deduplication: id_of(&id) }
    });
    Message::new(body, fifo)
}

/// What SQS takes for an id: at most 128 characters of a few kinds, which a hash is.
fn id_of(text: &str) -> String {
    crate::hex(&Sha256::digest(text.as_bytes()))
}

fn document(rejected: Rejected<'_>) -> String {
    let Rejected { record, rule, reason, rules, .. } = rejected;
    let origin = &record.origin;
    let mut out = String::from("{\"reason\":{\"code\":");
    write::string(&mut out, &reason.code);
    out.push_str(",\"message\":");
    write::string(&mut out, &reason.message);
    out.push_str("},\"record\":{\"stream\":");
    write::string(&mut out, &origin.stream);
    let arrival = origin.arrival.map(Timestamp::rfc3339);
    let id = origin.id();
    let fields = [
        ("arn", origin.arn.as_deref()),
        ("shard", origin.shard.as_deref()),
        ("sequence", origin.sequence.as_deref()),
        ("partition_key", origin.partition_key.as_deref()),
        ("explicit_hash_key", origin.explicit_hash_key.as_deref()),
        ("arrival", arrival.as_deref()),
        ("id", id.as_deref()),
    ];
    for (field, value) in fields {
        if let Some(value) = value {
            out.push_str(&format!(",\"{field}\":"));
            write::string(&mut out, value);
        }
    }
    if let Some(sub_sequence) = origin.sub_sequence {
        out.push_str(&format!(",\"sub_sequence\":{sub_sequence}"));
    }
    out.push_str("},\"rule\":");
    match rule {
        Some(rule) => write::string(&mut out, rule),
        None => out.push_str("null"),
    }
    out.push_str(",\"rules\":");
    write::string(&mut out, rules);
    out.push_str(",\"data\":");
    write::string(&mut out, &STANDARD.encode(record.bytes()));
    out.push_str("}\n");
    out
}
