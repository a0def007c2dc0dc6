//! Records of Kinesis that hold several: the aggregates of the Kinesis Producer Library (KPL).
//!
//! `F3 89 9A C2`, then a message in Protocol Buffers, then the MD5 of the message:
//!
//! ```text
//! AggregatedRecord  1 partition keys, repeated strings    2 explicit hash keys, repeated strings
//!                   3 records, repeated
//! record            1 place of its partition key          2 place of its explicit hash key, optional
//!                   3 data                                4 tags, which nothing reads
//! ```
//!
//! The format is frozen, so its seven fields are read here by hand: no generated code and no build step,
//! every part a slice of the record, and each bound at the place that it is for.

use md5::{Digest as _, Md5};

pub(crate) const MAGIC: [u8; 4] = [0xF3, 0x89, 0x9A, 0xC2];
const DIGEST_BYTES: usize = 16;

/// The most records, and keys of a kind, of one aggregate. Without data a record takes 6 bytes, and a
/// producer that means it writes a hundred times as many.
pub const MAX_RECORDS: usize = 65_536;

/// The longest partition key that Kinesis takes, in characters.
const MAX_KEY_CHARS: usize = 256;

/// One record out of an aggregate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UserRecord<'a> {
    /// Its own partition key; that of the aggregate only led it to a shard.
    pub partition_key: &'a str,
    /// The hash that its producer chose in place of the partition key's, where there is one.
    pub explicit_hash_key: Option<&'a str>,
    /// Its bytes.
    pub data: &'a [u8],
}

/// The records of an aggregate, in their order and at least one; `None` where the bytes are none.
///
/// Whatever differs from the format makes them a record like any other, so that nothing is lost: it is
/// up to the rules to take it or not.
#[must_use]
pub fn user_records(record: &[u8]) -> Option<Vec<UserRecord<'_>>> {
    let (message, digest) = record.strip_prefix(&MAGIC)?.split_last_chunk::<DIGEST_BYTES>()?;
    if Md5::digest(message).as_slice() != digest.as_slice() {
        return None;
    }
    let aggregate = Aggregate::read(message)?;
    let records: Option<Vec<_>> = aggregate.entries.iter().map(|entry| aggregate.record(entry)).collect();
    records.filter(|records| !records.is_empty())
}

/// An aggregate as it is written: its records name their keys by their places, and may stand before them.
#[derive(Default)]
struct Aggregate<'a> {
    partition_keys: Vec<&'a str>,
    hash_keys: Vec<&'a str>,
    entries: Vec<Entry<'a>>,
}

struct Entry<'a> {
    partition_key: u64,
    hash_key: Option<u64>,
    data: &'a [u8],
}

impl<'a> Aggregate<'a> {
    fn read(mut message: &'a [u8]) -> Option<Self> {
        let mut aggregate = Self::default();
        while !message.is_empty() {
            match field(&mut message)? {
                (1, Value::Bytes(key)) => push(&mut aggregate.partition_keys, partition_key(key)?)?,
                (2, Value::Bytes(key)) => push(&mut aggregate.hash_keys, std::str::from_utf8(key).ok()?)?,
                (3, Value::Bytes(entry)) => push(&mut aggregate.entries, Entry::read(entry)?)?,
                (1..=3, _) => return None,
                _ => {}
            }
        }
        Some(aggregate)
    }

    fn record(&self, entry: &Entry<'a>) -> Option<UserRecord<'a>> {
        let partition_key = place(&self.partition_keys, entry.partition_key)?;
        // Some producers name a hash key that isn't there, or write `undefined`. Nothing depends on it:
        // the record has found its shard.
        let hash_key = entry.hash_key.and_then(|at| place(&self.hash_keys, at));
        Some(UserRecord {
            partition_key,
            explicit_hash_key: hash_key.filter(|key| is_hash_key(key)),
            data: entry.data,
        })
    }
}

impl<'a> Entry<'a> {
    fn read(mut message: &'a [u8]) -> Option<Self> {
        let (mut partition_key, mut hash_key, mut data) = (None, None, None);
        while !message.is_empty() {
            match field(&mut message)? {
                (1, Value::Number(at)) => partition_key = Some(at),
                (2, Value::Number(at)) => hash_key = Some(at),
                (3, Value::Bytes(bytes)) => data = Some(bytes),
                (1..=3, _) => return None,
                _ => {}
            }
        }
        Some(Self { partition_key: partition_key?, hash_key, data: data? })
    }
}

fn push<T>(list: &mut Vec<T>, item: T) -> Option<()> {
    (list.len() < MAX_RECORDS).then(|| list.push(item))
}

fn place<'a>(keys: &[&'a str], at: u64) -> Option<&'a str> {
    keys.get(usize::try_from(at).ok()?).copied()
}

/// Each record gets a copy of its key, so that a long key would be multiplied.
fn partition_key(bytes: &[u8]) -> Option<&str> {
    let key = std::str::from_utf8(bytes).ok()?;
    key.chars().nth(MAX_KEY_CHARS).is_none().then_some(key)
}

/// A whole number of 128 bits has up to 39 digits.
fn is_hash_key(key: &str) -> bool {
    (1..=39).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_digit())
}

/// The value of a field, as far as its form on the wire tells it.
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    /// Four or eight bytes, which no field here has.
    Fixed,
}

/// Takes the next field off the message: its number and its value.
fn field<'a>(message: &mut &'a [u8]) -> Option<(u64, Value<'a>)> {
    let tag = varint(message)?;
    let value = match tag & 7 {
        0 => Value::Number(varint(message)?),
        1 => take(message, 8).map(|_| Value::Fixed)?,
        2 => {
            let length = varint(message)?;
            Value::Bytes(take(message, length)?)
        }
        5 => take(message, 4).map(|_| Value::Fixed)?,
        // Groups have been given up long ago.
        _ => return None,
    };
    let number = tag >> 3;
    (number > 0).then_some((number, value))
}

fn take<'a>(message: &mut &'a [u8], length: u64) -> Option<&'a [u8]> {
    let (taken, rest) = message.split_at_checked(usize::try_from(length).ok()?)?;
    *message = rest;
    Some(taken)
}

/// A number in groups of seven bits, the lowest first; the highest bit of a byte says that more follow.
fn varint(message: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..u64::BITS).step_by(7) {
        let (byte, rest) = message.split_first()?;
        *message = rest;
        let group = u64::from(byte & 0x7F);
        // The tenth byte has room for one bit only.
        if (group << shift) >> shift != group {
            return None;
        }
        number |= group << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}
