//! Names of objects, from where records come.

use std::collections::BTreeMap;
use std::rc::Rc;

use hashbrown::HashMap;
use sha2::{Digest as _, Sha256};

use crate::batch::{Origin, Record};

/// `STREAM-HASH-SHARD`: the hash is that of the whole ARN, so that streams of the same name in other
/// accounts or regions have other names.
pub(super) fn shard(origin: &Origin<'_>) -> String {
    let identity = origin.arn.as_deref().unwrap_or(&origin.stream);
    let short = hash(identity);
    let shard = origin.shard.as_deref().unwrap_or("0");
    format!("{}-{short}-{}", safe(&origin.stream), safe(shard))
}

/// The names of shards, each made once: a batch has few of them, and many records of each.
#[derive(Default)]
pub(super) struct Shards<'o> {
    names: HashMap<Source<'o>, Rc<str>>,
    /// The one that was asked for last: mostly it is asked for again.
    last: Option<(Source<'o>, Rc<str>)>,
}

/// ARN, stream and shard.
type Source<'o> = (Option<&'o str>, &'o str, Option<&'o str>);

impl<'o> Shards<'o> {
    /// As [`shard`].
    pub(super) fn name(&mut self, origin: &'o Origin<'o>) -> Rc<str> {
        let key = source(origin);
        if let Some((_, name)) = self.last.as_ref().filter(|(last, _)| same(last, &key)) {
            return Rc::clone(name);
        }
        let name = self.names.entry(key).or_insert_with(|| shard(origin).into());
        self.last = Some((key, Rc::clone(name)));
        Rc::clone(name)
    }
}

fn source<'o>(origin: &'o Origin<'_>) -> Source<'o> {
    (origin.arn.as_deref(), &origin.stream, origin.shard.as_deref())
}

/// Whether two records come from one source.
#[inline]
pub(super) fn is_same_source(one: &Origin<'_>, two: &Origin<'_>) -> bool {
    same(&source(one), &source(two))
}

/// Whether two sources are one. Those of a batch mostly have their texts in common.
#[inline]
fn same(one: &Source<'_>, two: &Source<'_>) -> bool {
    let shared = |one: Option<&str>, two: Option<&str>| match (one, two) {
        (Some(one), Some(two)) => std::ptr::eq(one, two),
        (one, two) => one.is_none() && two.is_none(),
    };
    let shared = shared(one.0, two.0) && std::ptr::eq(one.1, two.1) && shared(one.2, two.2);
    shared || one == two
}

/// Eight digits that tell a text from others.
pub(super) fn hash(text: &str) -> String {
    crate::hex(Sha256::digest(text.as_bytes()).get(..4).unwrap_or_default())
}

/// `SEQUENCE`, or `SEQUENCE.SUB_SEQUENCE` for a record out of an aggregate; `!2` stands behind the second
/// one of a batch that would have the same name. `None` where the source numbers nothing.
pub(super) fn sequence(origin: &Origin<'_>, repeat: usize) -> Option<String> {
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

/// How many other records of the batch before each one have its id, and so would give their objects the
/// same names: 0 for all, unless a source numbers two records alike. A record that comes twice, with the
/// same bytes, is one. One that was kept has the number that it had ([`Record::repeat`]).
#[must_use]
pub fn repeats(records: &[Record<'_>]) -> Vec<usize> {
    if ascend(records) {
        return vec![0; records.len()];
    }
    // Numbers as they came: their names differ where they do.
    let mut seen: HashMap<_, BTreeMap<usize, &[u8]>> = HashMap::new();
    let mut shards = Shards::default();
    let mut repeats = Vec::with_capacity(records.len());
    for record in records {
        let origin = &record.origin;
        let Some(sequence) = origin.sequence.as_deref() else {
            repeats.push(0);
            continue;
        };
        let known = seen.entry((shards.name(origin), sequence, origin.sub_sequence)).or_default();
        let mut repeat = record.repeat;
        while known.get(&repeat).is_some_and(|bytes| *bytes != record.bytes()) {
            repeat += 1;
        }
        known.insert(repeat, record.bytes());
        repeats.push(repeat);
    }
    repeats
}

/// Whether each record plainly has a number of its own, as those of a shard have: then none repeats another.
fn ascend(records: &[Record<'_>]) -> bool {
    fn number<'o>(origin: &'o Origin<'_>) -> Option<(usize, &'o str, Option<u64>)> {
        let sequence = origin.sequence.as_deref()?;
        Some((sequence.len(), sequence, origin.sub_sequence))
    }
    records.iter().all(|record| record.repeat == 0 && record.origin.sequence.is_some())
        && records.windows(2).all(|pair| match pair {
            [before, after] => {
                let (before, after) = (&before.origin, &after.origin);
                is_same_source(before, after) && number(before) < number(after)
            }
            _ => true,
        })
}

/// A hash of what tells a record from every other: where it comes from, its number and its bytes. `None`
/// where its source numbers nothing. A record that was kept twice has one.
#[must_use]
pub fn identity(record: &Record<'_>) -> Option<[u8; 32]> {
    let name = format!("{}-{}", shard(&record.origin), sequence(&record.origin, 0)?);
    let mut hash = Sha256::new();
    // No name has this byte.
    hash.update(name.as_bytes());
    hash.update([0]);
    hash.update(record.bytes());
    Some(hash.finalize().into())
}

/// The text with every byte that an object's key should not have written as `%XX`.
fn safe(text: &str) -> String {
    let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    // Most texts are.
    if text.bytes().all(is_safe) {
        return text.to_owned();
    }
    let mut safe = String::with_capacity(text.len());
    for byte in text.bytes() {
        if is_safe(byte) {
            safe.push(char::from(byte));
        } else {
            safe.push('%');
            safe.push_str(&crate::hex(&[byte]).to_uppercase());
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_one_id_are_told_apart_by_their_bytes() {
        let record = |(sequence, place, bytes): (&str, Option<u64>, &str)| {
            let mut origin = Origin::stream("s");
            origin.sequence =
                Some(sequence.to_owned()).filter(|sequence| !sequence.is_empty()).map(Into::into);
            origin.sub_sequence = place;
            Record::new(bytes, origin)
        };
        let records = [
            ("1", None, "a"),
            ("1", None, "b"),
            ("1", None, "a"),
            ("1", None, "c"),
            ("1", Some(0), "a"),
            ("1", Some(1), "a"),
            ("2", None, "b"),
            ("", None, "a"),
            ("", None, "b"),
        ]
        .map(record);
        let names = records.iter().zip(repeats(&records));
        let names: Vec<_> = names.filter_map(|(record, repeat)| sequence(&record.origin, repeat)).collect();
        assert_eq!(names, ["1", "1!2", "1", "1!3", "1.0", "1.1", "2"]);
    }

    #[test]
    fn a_record_that_was_kept_has_the_number_that_it_had() {
        let record = |(bytes, repeat): (&str, usize)| {
            let mut origin = Origin::stream("s");
            origin.sequence = Some("1".into());
            let mut record = Record::new(bytes, origin);
            record.repeat = repeat;
            record
        };
        let numbers =
            |records: &[(&str, usize)]| repeats(&records.iter().copied().map(record).collect::<Vec<_>>());
        assert_eq!(numbers(&[("b", 1)]), [1]);
        assert_eq!(numbers(&[("b", 1), ("a", 0), ("b", 1), ("c", 1)]), [1, 0, 1, 2]);
        assert_eq!(numbers(&[("c", 2), ("a", 0), ("b", 0)]), [2, 0, 1]);
    }
}
