//! Writes aggregates as the Kinesis Producer Library does, and messages as no producer would.

use md5::{Digest as _, Md5};

/// A record to put into an aggregate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) key: String,
    pub(crate) hash: Option<String>,
    pub(crate) data: Vec<u8>,
}

impl User {
    pub(crate) fn new(key: &str, data: impl Into<Vec<u8>>) -> Self {
        Self { key: key.to_owned(), hash: None, data: data.into() }
    }
}

/// An aggregate of these records: first the keys, each of them once, then the records.
pub(crate) fn aggregate(users: &[User]) -> Vec<u8> {
    sealed(&message(users))
}

/// The message inside.
pub(crate) fn message(users: &[User]) -> Vec<u8> {
    let (mut keys, mut hashes, mut records) = (Vec::new(), Vec::new(), Vec::new());
    for user in users {
        let mut record = number(1, place(&mut keys, &user.key));
        if let Some(hash) = &user.hash {
            record.extend(number(2, place(&mut hashes, hash)));
        }
        record.extend(text(3, &user.data));
        records.push(text(3, &record));
    }
    let keys = keys.iter().map(|key| text(1, key.as_bytes()));
    let hashes = hashes.iter().map(|hash| text(2, hash.as_bytes()));
    keys.chain(hashes).chain(records).flatten().collect()
}

fn place<'a>(table: &mut Vec<&'a str>, key: &'a str) -> u64 {
    let known = table.iter().position(|known| *known == key);
    let at = known.unwrap_or_else(|| {
        table.push(key);
        table.len() - 1
    });
    at as u64
}

/// The message with what stands before and behind it.
pub(crate) fn sealed(message: &[u8]) -> Vec<u8> {
    [b"\xF3\x89\x9A\xC2", message, Md5::digest(message).as_slice()].concat()
}

/// A field that is a number.
pub(crate) fn number(field: u64, value: u64) -> Vec<u8> {
    [varint(field << 3), varint(value)].concat()
}

/// A field that is bytes.
pub(crate) fn text(field: u64, bytes: &[u8]) -> Vec<u8> {
    [varint(field << 3 | 2), varint(bytes.len() as u64), bytes.to_vec()].concat()
}

pub(crate) fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let group = u8::try_from(value % 128).expect("seven bits");
        value /= 128;
        if value == 0 {
            bytes.push(group);
            return bytes;
        }
        bytes.push(group + 128);
    }
}
