//! Names of objects, from where records come.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use crate::batch::{Origin, Record};

/// `STREAM-HASH-SHARD`: the hash is that of the whole ARN, so that streams of the same name in other
/// accounts or regions have other names.
pub(super) fn shard(origin: &Origin) -> String {
    let identity = origin.arn.as_deref().unwrap_or(&origin.stream);
    let hash = crate::hex(&Sha256::digest(identity.as_bytes()));
    let short = hash.get(..8).unwrap_or_default();
    let shard = origin.shard.as_deref().unwrap_or("0");
    format!("{}-{short}-{}", safe(&origin.stream), safe(shard))
}

/// `SEQUENCE`, or `SEQUENCE.SUB_SEQUENCE` for a record out of an aggregate; `!2` stands behind the second
/// one of a batch that would have the same name. `None` where the source numbers nothing.
pub(super) fn sequence(origin: &Origin, repeat: usize) -> Option<String> {
    let mut sequence = safe(origin.sequence.as_deref()?);
    if let Some(sub_sequence) = origin.sub_sequence {
        sequence.push_str(&format!(".{sub_sequence}"));
    }
    if repeat > 0 {
        // No other name has this character, and S3 takes it as it is.
        sequence.push_str(&format!("!{}", repeat + 1));
    }
    Some(sequence)
}

/// How many records of the batch before each one come from the same place, and so would give their
/// objects the same names: 0 for all, unless a source numbers two records alike.
#[must_use]
pub fn repeats(records: &[Record]) -> Vec<usize> {
    let mut seen = HashMap::new();
    let repeat = |record: &Record| {
        let Some(sequence) = sequence(&record.origin, 0) else { return 0 };
        let count = seen.entry((shard(&record.origin), sequence)).or_insert(0);
        *count += 1;
        *count - 1
    };
    records.iter().map(repeat).collect()
}

/// The text with every byte that an object's key should not have written as `%XX`.
fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-') {
            safe.push(char::from(byte));
        } else {
            safe.push('%');
            safe.push_str(&crate::hex(&[byte]).to_uppercase());
        }
    }
    safe
}
