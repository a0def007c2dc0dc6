//! Names of objects, from where records come.

use sha2::{Digest as _, Sha256};

use crate::batch::Origin;

/// `STREAM-HASH-SHARD`: the hash is that of the whole ARN, so that streams of the same name in other
/// accounts or regions have other names.
pub(super) fn shard(origin: &Origin) -> String {
    let identity = origin.arn.as_deref().unwrap_or(&origin.stream);
    let short = hash(identity);
    let shard = origin.shard.as_deref().unwrap_or("0");
    format!("{}-{short}-{}", safe(&origin.stream), safe(shard))
}

/// Eight digits that tell a text from others.
pub(super) fn hash(text: &str) -> String {
    let mut hash = crate::hex(&Sha256::digest(text.as_bytes()));
    hash.truncate(8);
    hash
}

/// `SEQUENCE`, or `SEQUENCE.SUB_SEQUENCE` for a record out of an aggregate; `None` where the source
/// numbers nothing.
pub(super) fn sequence(origin: &Origin) -> Option<String> {
    let sequence = safe(origin.sequence.as_deref()?);
    Some(match origin.sub_sequence {
        Some(sub_sequence) => format!("{sequence}.{sub_sequence}"),
        None => sequence,
    })
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
