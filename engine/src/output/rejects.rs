//! What is kept of a rejected record: its bytes, where they come from, and why. Written here, and [read]
//! again where it is to be enriched after all.
//!
//! [read]: Reject::read

mod read;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::{Fifo, Message, Object, name};
use crate::batch::{LookupEnd, LookupOutcome, Payload, Record};
use crate::json::write;
use crate::program::Location;
use crate::reasons::Reason;
use crate::time::Timestamp;
pub use read::{Reject, RejectError};

/// The version of the document. It changes when what a member means does, never for a new member.
const VERSION: &str = "1";

/// A record that was rejected.
#[derive(Clone, Copy, Debug)]
pub struct Rejected<'a> {
    /// The record.
    pub record: &'a Record<'a>,
    /// How many records of its batch before it have its id. See [`super::repeats`].
    pub repeat: usize,
    /// The rule that took it, if one did.
    pub rule: Option<&'a str>,
    /// Why.
    pub reason: &'a Reason,
    /// The hash of the rule set. See [`crate::Engine::hash`].
    pub rules: &'a str,
    /// How the rule's lookups ended, as its verdict says.
    pub lookups: &'a [LookupOutcome],
}

/// The object for a rejected record: its [`document`] below `PREFIX CODE/dt=DATE/`, with the day of the
/// record's arrival.
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
    let body = document(rejected).into_bytes();
    Object::new(location.bucket.as_str(), key, body, "application/json").made_by(rejected.rules)
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

/// What is kept of a rejected record: one line of JSON, with its end.
///
/// ```json
/// {"version": 1,
///  "reason": {"code": "key_type", "message": "…"},
///  "record": {"stream": "…", "arn": "…", "shard": "…", "sequence": "…", "sub_sequence": 0,
///             "partition_key": "…", "explicit_hash_key": "…", "arrival": "…", "id": "…"},
///  "rule": "clicks", "rules": "HASH",
///  "lookups": [{"lookup": "user", "table": "users", "outcome": "failed", "code": "key_type"}],
///  "data": "BASE64 OF THE BYTES AS THEY CAME"}
/// ```
///
/// Of the record only what is known is there. `record.repeat` counts from 1 up where records of one batch
/// have one id. `"unreadable": true` says that the data are no event, but what stood in its place.
#[must_use]
pub fn document(rejected: Rejected<'_>) -> String {
    let Rejected { record, repeat, rule, reason, rules, lookups } = rejected;
    let mut out = format!("{{\"version\":{VERSION},\"reason\":{{\"code\":");
    write::string(&mut out, &reason.code);
    out.push_str(",\"message\":");
    write::string(&mut out, &reason.message);
    out.push_str("},\"record\":");
    origin(&mut out, record, repeat);
    out.push_str(",\"rule\":");
    match rule {
        Some(rule) => write::string(&mut out, rule),
        None => out.push_str("null"),
    }
    out.push_str(",\"rules\":");
    write::string(&mut out, rules);
    out.push_str(",\"lookups\":[");
    for (at, lookup) in lookups.iter().enumerate() {
        out.push_str(if at > 0 { "," } else { "" });
        outcome(&mut out, lookup);
    }
    out.push(']');
    if matches!(record.payload, Payload::Unreadable { .. }) {
        out.push_str(",\"unreadable\":true");
    }
    out.push_str(",\"data\":");
    write::string(&mut out, &STANDARD.encode(record.bytes()));
    out.push_str("}\n");
    out
}

fn origin(out: &mut String, record: &Record<'_>, repeat: usize) {
    let origin = &record.origin;
    out.push_str("{\"stream\":");
    write::string(out, &origin.stream);
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
            write::string(out, value);
        }
    }
    if let Some(sub_sequence) = origin.sub_sequence {
        out.push_str(&format!(",\"sub_sequence\":{sub_sequence}"));
    }
    if repeat > 0 {
        out.push_str(&format!(",\"repeat\":{repeat}"));
    }
    out.push('}');
}

fn outcome(out: &mut String, outcome: &LookupOutcome) {
    let code = match outcome.end {
        LookupEnd::Failed(code) => Some(code.as_str()),
        _ => None,
    };
    let fields = [
        ("{\"lookup\":", Some(outcome.lookup.as_str())),
        (",\"table\":", Some(&outcome.table)),
        (",\"outcome\":", Some(outcome.end.as_str())),
        (",\"code\":", code),
    ];
    for (field, value) in fields {
        if let Some(value) = value {
            out.push_str(field);
            write::string(out, value);
        }
    }
    if let Some(element) = outcome.element {
        out.push_str(&format!(",\"element\":{element}"));
    }
    out.push('}');
}
