//! Aggregates of the Kinesis Producer Library, well or not.

#![cfg(test)]

#[path = "support/kpl.rs"]
mod encoder;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use encoder::{User, aggregate, message, number, sealed, text, varint};
use enrich_lambda::kpl::{MAX_RECORDS, user_records};
use proptest::prelude::*;

/// What the library itself has written: the test data of `awslabs/kinesis-aggregation`.
#[test]
fn what_the_library_writes() {
    let written = "84mawgoNMTU2MjYwMjA3NDg5NhInMzM5NjA2NjAwOTQyOTY3MzkxODU0NjAzNTUyNDAyMDIxODQ3MjkyGicIABAAGiFSRUNPUk\
                   QgMjAwNSBwanFyY2ZieGFmemRuZHptYmdhbmUaJwgAEAAaIVJFQ09SRCAyMDA2IHBqcXJjZmJ4YWZ6ZG5kem1iZ2FuZRonCAAQABohUk\
                   VDT1JEIDIwMDcgcGpxcmNmYnhhZnpkbmR6bWJnYW5lGicIABAAGiFSRUNPUkQgMjAwOCBwanFyY2ZieGFmemRuZHptYmdhbmUHrLqXAg\
                   pJOT8v1lp81gM/";
    let written = STANDARD.decode(written).expect("base64");
    let users = ["2005", "2006", "2007", "2008"].map(|number| User {
        key: "1562602074896".to_owned(),
        hash: Some("339606600942967391854603552402021847292".to_owned()),
        data: format!("RECORD {number} pjqrcfbxafzdndzmbgane").into_bytes(),
    });
    assert_eq!(seen(&written).expect("an aggregate"), users);
    assert_eq!(aggregate(&users), written, "the encoder of these tests");
}

fn seen(record: &[u8]) -> Option<Vec<User>> {
    let users = user_records(record)?.into_iter().map(|user| User {
        key: user.partition_key.to_owned(),
        hash: user.explicit_hash_key.map(str::to_owned),
        data: user.data.to_vec(),
    });
    Some(users.collect())
}

/// `KEY HASH DATA` of each record, or `none`.
fn told(message: &[u8]) -> String {
    let Some(users) = seen(&sealed(message)) else { return "none".to_owned() };
    let told = users.iter().map(|user| {
        let hash = user.hash.as_deref().unwrap_or("-");
        format!("{} {hash} {}", user.key, String::from_utf8_lossy(&user.data))
    });
    told.collect::<Vec<_>>().join(", ")
}

/// The key `k` at the place 0.
fn key() -> Vec<u8> {
    text(1, b"k")
}

/// A record of these fields.
fn entry(fields: &[Vec<u8>]) -> Vec<u8> {
    text(3, &fields.concat())
}

/// The record `x` of the key at that place.
fn keyed(at: u64) -> Vec<u8> {
    entry(&[number(1, at), text(3, b"x")])
}

/// That hash key, and a record that has the one at that place.
fn hashed(hash: &str, at: u64) -> Vec<Vec<u8>> {
    vec![key(), text(2, hash.as_bytes()), entry(&[number(1, 0), number(2, at), text(3, b"x")])]
}

#[test]
fn messages_that_are_aggregates() {
    let x = || text(3, b"x");
    let longest = "ü".repeat(256);
    let fixed = [varint(9 << 3 | 1), vec![0; 8], varint(9 << 3 | 5), vec![0; 4]].concat();
    let hash = u128::MAX.to_string();
    let twice = entry(&[number(1, 9), number(1, 0), text(3, b"a"), x()]);
    for (name, fields, expected) in [
        ("one record", vec![key(), keyed(0)], "k - x"),
        ("keys behind the records", vec![keyed(0), key()], "k - x"),
        ("no data is still data", vec![key(), entry(&[number(1, 0), text(3, b"")])], "k - "),
        ("fields in another order", vec![key(), entry(&[x(), number(1, 0)])], "k - x"),
        ("tags", vec![key(), entry(&[number(1, 0), x(), text(4, &text(1, b"t"))])], "k - x"),
        ("the last of a field counts", vec![key(), twice], "k - x"),
        ("an unknown number", vec![key(), number(4, u64::MAX), keyed(0)], "k - x"),
        ("an unknown text", vec![key(), text(1 << 28, b"abc"), keyed(0)], "k - x"),
        ("unknown bytes of a fixed length", vec![key(), fixed, keyed(0)], "k - x"),
        ("a long key", vec![text(1, longest.as_bytes()), keyed(0)], &*format!("{longest} - x")),
        ("a hash key", hashed(&hash, 0), &*format!("k {hash} x")),
        ("a hash key that is none", hashed("undefined", 0), "k - x"),
        ("a hash key that is too long", hashed(&"1".repeat(40), 0), "k - x"),
        ("a hash key that is empty", hashed("", 0), "k - x"),
        ("a hash key that is not there", hashed("1", 1), "k - x"),
    ] {
        assert_eq!(told(&fields.concat()), expected, "{name}");
    }
}

#[test]
fn messages_that_are_none() {
    let x = || text(3, b"x");
    let odd = |field: Vec<u8>| vec![key(), field, keyed(0)];
    let last = |field: Vec<u8>| vec![key(), keyed(0), field];
    for (name, fields) in [
        ("nothing", vec![]),
        ("no records", vec![key()]),
        ("no keys", vec![keyed(0)]),
        ("a key that is not there", vec![key(), keyed(1)]),
        ("the highest place of a key", vec![key(), keyed(u64::MAX)]),
        ("one bad record of two", vec![key(), keyed(0), keyed(1)]),
        ("a key that is too long", vec![text(1, "k".repeat(257).as_bytes()), keyed(0)]),
        ("a key that is not UTF-8", vec![text(1, b"\xFF"), keyed(0)]),
        ("a hash key that is not UTF-8", odd(text(2, b"\xFF"))),
        ("a record without a key", last(entry(&[x()]))),
        ("a record without data", last(entry(&[number(1, 0)]))),
        ("an empty record", last(entry(&[]))),
        ("a number where records stand", odd(number(3, 1))),
        ("a number where keys stand", odd(number(1, 1))),
        ("a text where a place stands", last(entry(&[text(1, b""), x()]))),
        ("a group", odd([varint(4 << 3 | 3), varint(4 << 3 | 4)].concat())),
        ("a form that is not known", odd(varint(4 << 3 | 7))),
        ("a field of the number 0", odd(number(0, 1))),
        ("more than there is", last([varint(4 << 3 | 2), varint(1)].concat())),
        ("the greatest length", last([varint(4 << 3 | 2), varint(u64::MAX)].concat())),
        ("seven of eight bytes", last([varint(4 << 3 | 1), vec![0; 7]].concat())),
        ("half a number", last([varint(4 << 3), vec![0x80]].concat())),
        ("a number of 65 bits", odd([varint(4 << 3), vec![0xFF; 9], vec![2]].concat())),
        ("a number of eleven bytes", odd([varint(4 << 3), vec![0x80; 10], vec![0]].concat())),
    ] {
        assert_eq!(told(&fields.concat()), "none", "{name}");
    }
}

#[test]
fn what_only_looks_like_one() {
    let whole = aggregate(&[User::new("k", "x")]);
    assert!(user_records(&whole).is_some());
    for length in 0..whole.len() {
        assert_eq!(user_records(&whole[..length]), None, "its first {length} bytes");
    }
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        assert_eq!(user_records(&damaged), None, "the byte {at}");
    }
    assert_eq!(user_records(&[whole.as_slice(), b"\n"].concat()), None);
}

#[test]
fn only_so_many() {
    let many = |count: usize| vec![User::new("k", ""); count];
    assert_eq!(seen(&aggregate(&many(MAX_RECORDS))).expect("an aggregate").len(), MAX_RECORDS);
    assert_eq!(user_records(&aggregate(&many(MAX_RECORDS + 1))), None);
    for table in [1, 2] {
        let mut keys = [text(1, b"k"), message(&many(1))].concat();
        keys.extend((0..=MAX_RECORDS).flat_map(|_| text(table, b"")));
        assert_eq!(user_records(&sealed(&keys)), None, "too many keys in table {table}");
    }
}

fn user() -> impl Strategy<Value = User> {
    let hash = prop::option::of(any::<u128>().prop_map(|hash| hash.to_string()));
    let key = prop_oneof!["[a-c]", "\\PC{1,20}"];
    (key, hash, prop::collection::vec(any::<u8>(), 0..200)).prop_map(|(key, hash, data)| User {
        key,
        hash,
        data,
    })
}

/// A change of a message: a byte that is another, is gone, or comes in.
fn damage() -> impl Strategy<Value = (prop::sample::Index, u8, u8)> {
    (any::<prop::sample::Index>(), 0..3_u8, any::<u8>())
}

proptest! {
    #[test]
    fn what_goes_in_comes_out(users in prop::collection::vec(user(), 1..20)) {
        prop_assert_eq!(seen(&aggregate(&users)), Some(users));
    }

    #[test]
    fn no_bytes_are_too_odd(message in prop::collection::vec(any::<u8>(), 0..100)) {
        let _ = user_records(&message);
        let _ = user_records(&sealed(&message));
    }

    #[test]
    fn damage_under_a_right_check_sum_adds_nothing(
        users in prop::collection::vec(user(), 1..6),
        damages in prop::collection::vec(damage(), 1..4),
    ) {
        let mut message = message(&users);
        for (at, kind, byte) in damages {
            let at = at.index(message.len().max(1)).min(message.len());
            match kind {
                0 if at < message.len() => message[at] = byte,
                1 if at < message.len() => { message.remove(at); }
                _ => message.insert(at, byte),
            }
        }
        let whole = sealed(&message);
        if let Some(users) = user_records(&whole) {
            prop_assert!(!users.is_empty());
            let bytes: usize = users.iter().map(|user| user.data.len()).sum();
            prop_assert!(bytes < message.len());
        }
    }
}
