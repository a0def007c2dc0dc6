//! Enriched events to objects: one a record, or one a batch and prefix.

use std::rc::Rc;

use bytes::Bytes;
use enrich_dsl::model::PerObject;
use hashbrown::HashMap;

use super::name::{self, Shards};
use super::{Object, compress};
use crate::batch::{ObjectPlace, Origin};

/// An enriched event that goes into an object.
#[derive(Clone, Copy, Debug)]
pub struct Enriched<'a> {
    /// The record's place in its batch.
    pub record: usize,
    /// How many records of its batch before it have its id. See [`super::repeats`].
    pub repeat: usize,
    /// Where the record comes from.
    pub origin: &'a Origin<'a>,
    /// Where the event goes.
    pub place: &'a ObjectPlace,
    /// The event.
    pub event: &'a [u8],
}

/// An object, and which records of the batch are in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Laid {
    /// The object.
    pub object: Object,
    /// The places of its records in the batch, in their order.
    pub records: Vec<usize>,
}

/// Lays events out: the objects in the order of their first records, and the places of the records
/// that can't be written because their source gives them no number.
///
/// A batch of one prefix becomes `PREFIX STREAM-HASH-SHARD-FIRST-LAST.ndjson`, a line an event, with a
/// hash of all ids behind `LAST` where they are no numbers; one object a record `PREFIX STREAM-HASH-SHARD-SEQUENCE.json`. Compressed `.gz` or `.zst` stands behind.
///
/// `lines` are those of the [outcome](crate::Outcome::lines). An object whose events follow one another there is a
/// part of them; all others are put together.
#[must_use]
pub fn objects(events: &[Enriched<'_>], lines: &[Bytes]) -> (Vec<Laid>, Vec<usize>) {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut places: HashMap<(&ObjectPlace, Rc<str>), usize> = HashMap::new();
    let mut shards = Shards::default();
    let mut unnamed = Vec::new();
    // The event before, and its group: mostly the next one goes there too.
    let mut last: Option<(&Enriched<'_>, usize)> = None;
    for event in events {
        if event.origin.sequence.is_none() {
            unnamed.push(event.record);
            continue;
        }
        let is_alone = event.place.per == PerObject::Record;
        let known = match last {
            _ if is_alone => None,
            Some((before, place)) if plainly_together(before, event) => Some(place),
            _ => places.get(&(event.place, shards.name(event.origin))).copied(),
        };
        let place = known.unwrap_or(groups.len());
        if known.is_none() {
            let shard = shards.name(event.origin);
            if !is_alone {
                places.insert((event.place, Rc::clone(&shard)), place);
            }
            // Mostly all events go into one.
            let most = if groups.is_empty() && !is_alone { events.len() } else { 1 };
            groups.push(Group { shard, events: Vec::with_capacity(most), bytes: 0 });
        }
        if let Some(group) = groups.get_mut(place) {
            group.events.push(event);
            group.bytes += event.event.len() + 1;
        }
        last = Some((event, place));
    }
    (groups.iter().filter_map(|group| group.object(lines)).collect(), unnamed)
}

/// Whether two events plainly go into one object, where they don't go into objects of their own.
#[inline]
fn plainly_together(one: &Enriched<'_>, two: &Enriched<'_>) -> bool {
    std::ptr::eq(one.place, two.place) && name::is_same_source(one.origin, two.origin)
}

struct Group<'e> {
    shard: Rc<str>,
    events: Vec<&'e Enriched<'e>>,
    /// How many their lines have.
    bytes: usize,
}

impl Group<'_> {
    fn object(&self, lines: &[Bytes]) -> Option<Laid> {
        let place = self.events.first()?.place;
        let shard = &self.shard;
        let (first, last) = (sequence(self.events.first()?)?, sequence(self.events.last()?)?);
        let prefix = &place.prefix;
        let (mut key, mut content_type, mut body) = match (place.per, self.events.as_slice()) {
            (PerObject::Record, [event]) => {
                let body = Bytes::copy_from_slice(event.event);
                (format!("{prefix}{shard}-{first}.json"), "application/json", body)
            }
            _ => {
                let others = self.others(&first, &last);
                let body = self.part(lines).unwrap_or_else(|| self.together());
                (format!("{prefix}{shard}-{first}-{last}{others}.ndjson"), "application/x-ndjson", body)
            }
        };
        let packed =
            compress::codec(place.compression).and_then(|codec| Some(((codec.compress)(&body)?, codec)));
        if let Some((packed, codec)) = packed {
            body = packed.into();
            key.push_str(codec.suffix);
            content_type = codec.content_type;
        }
        let object = Object::new(place.bucket.as_ref(), key, body, content_type);
        Some(Laid { object, records: self.events.iter().map(|event| event.record).collect() })
    }

    /// The events as they stand in these lines, if they follow one another there.
    fn part(&self, lines: &[Bytes]) -> Option<Bytes> {
        let first = self.events.first()?.event.as_ptr();
        let lines = lines.iter().find(|lines| lines.as_ptr_range().contains(&first))?;
        let begin = lines.as_ptr().addr();
        let start = first.addr() - begin;
        let mut end = start;
        for event in &self.events {
            if event.event.as_ptr().addr() != begin + end {
                return None;
            }
            end += event.event.len() + 1;
        }
        (end <= lines.len()).then(|| lines.slice(start..end))
    }

    /// The events as lines.
    fn together(&self) -> Bytes {
        let mut body = Vec::with_capacity(self.bytes);
        self.events.iter().for_each(|event| line(&mut body, event.event));
        body.into()
    }

    /// Between two numbers of a shard there is always the same. Ids that are no numbers, such as those of a
    /// queue's messages, say nothing of what is between them: then a hash of all of them does, lest one
    /// batch overwrites another.
    fn others(&self, first: &str, last: &str) -> String {
        let is_number = |id: &str| id.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        if is_number(first) && is_number(last) {
            return String::new();
        }
        let ids: Vec<_> = self.events.iter().filter_map(|event| sequence(event)).collect();
        format!("-{}", name::hash(&ids.join(" ")))
    }
}

fn sequence(event: &Enriched<'_>) -> Option<String> {
    name::sequence(event.origin, event.repeat)
}

/// Appends an event as one line. A line break can only be white space between its tokens, so a blank says
/// the same; what stands behind the event goes.
pub fn line(out: &mut Vec<u8>, event: &[u8]) {
    let mut rest = event.trim_ascii_end();
    // Most events have none.
    while let Some(at) = memchr::memchr2(b'\n', b'\r', rest) {
        let (before, behind) = rest.split_at(at);
        out.extend_from_slice(before);
        out.push(b' ');
        rest = behind.get(1..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out.push(b'\n');
}
