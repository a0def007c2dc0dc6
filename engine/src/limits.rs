//! How much one event and one batch may hold in memory.

use crate::batch::Record;
use crate::lookup::{ErrorCode, Failure};
use crate::reasons::{Reason, ReasonCode};

/// The most bytes that a text with holes may have. An event may hold a long text, but not all that a
/// statement could join of it.
pub(crate) const MAX_TEXT: usize = 32 << 20;

/// How much one event and one batch may hold in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The most bytes that an enriched event may have; one that gets larger is rejected (`too_large`).
    ///
    /// By default 32 MiB: as much as the largest event that can be inflated, and as much again.
    pub event_bytes: usize,
    /// The most bytes that the events of a batch may have, each counted as it is read, inflated, and as it
    /// is enriched. An event beyond that fails (`batch_too_large`), so that it comes again in a smaller
    /// batch; one that is too large for any batch is rejected (`too_large`). Items of tables are not counted
    /// here.
    ///
    /// By default 256 MiB. Of a function with less than 1 GiB of memory take a quarter of that.
    pub batch_bytes: usize,
    /// The most bytes that the items looked up for a batch may have, as JSON text. Events whose items have no room
    /// fail (`items_too_large`), so that they come again in a smaller batch; the first one is rejected then.
    ///
    /// By default 128 MiB. Of a function with less than 1 GiB of memory take an eighth of that.
    pub item_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { event_bytes: 32 << 20, batch_bytes: 256 << 20, item_bytes: 128 << 20 }
    }
}

/// What a batch has left of its bytes, from its first event to its last: so the first one always has
/// room, and a batch that comes again from a failed event on goes on.
pub(crate) struct Room {
    all: usize,
    left: usize,
    /// How many events at the beginning come in every batch that brings the first one.
    together: usize,
}

/// There is no room for an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoRoom {
    /// In no batch.
    Ever(Reason),
    /// In this batch.
    Here(Reason),
}

impl Room {
    /// The room of a batch of which [`together`] says that so many events come in one record.
    pub(crate) fn new(limits: Limits, together: usize) -> Self {
        Self { all: limits.batch_bytes, left: limits.batch_bytes, together }
    }

    /// The bytes that have been taken.
    pub(crate) fn taken(&self) -> usize {
        self.all - self.left
    }

    /// Takes the room of the event at that place of the batch.
    pub(crate) fn take(&mut self, at: usize, bytes: usize) -> Result<(), NoRoom> {
        if bytes <= self.left {
            self.left -= bytes;
            return Ok(());
        }
        let all = self.all;
        Err(if bytes > all {
            let message = format!("the event takes {bytes} bytes, and a batch has room for {all}");
            NoRoom::Ever(Reason::new(ReasonCode::TooLarge, message))
        } else if at < self.together {
            let message =
                format!("the events of the record take more than {all} bytes, all that a batch has");
            NoRoom::Ever(Reason::new(ReasonCode::TooLarge, message))
        } else {
            let message = format!(
                "the events of the batch take more than {all} bytes: make the source's batches smaller"
            );
            NoRoom::Here(Reason::new(ReasonCode::BatchTooLarge, message))
        })
    }
}

/// How many events at the beginning come in every batch that brings the first one.
pub(crate) fn together(records: &[Record<'_>]) -> usize {
    records.iter().take_while(|record| same_aggregate(records.first(), record)).count().max(1)
}

/// What one wave of lookups has for its items. Each wave has its share, so that the items of the last events
/// never take the room of the first event's next lookup.
pub(crate) struct ItemRoom {
    all: usize,
    left: usize,
    /// How many keys were asked last.
    keys: usize,
    /// How many items there have been, and their bytes.
    items: usize,
    bytes: usize,
}

/// The largest item that a table may have.
const MAX_ITEM: usize = 400 << 10;

/// The fewest keys that are asked at a time: one full request.
const FEWEST_KEYS: usize = 100;

impl ItemRoom {
    pub(crate) fn new(limits: Limits, waves: usize) -> Self {
        let all = limits.item_bytes / waves.max(1);
        Self { all, left: all, keys: 0, items: 0, bytes: 0 }
    }

    /// How many keys to ask next; none once the room is used up. At first as many as have room however large
    /// their items are, then as many as the items so far let expect, and at most four times as many as before.
    pub(crate) fn next_keys(&mut self) -> usize {
        if self.left == 0 {
            return 0;
        }
        let expected = if self.keys == 0 { MAX_ITEM } else { self.bytes / self.items.max(1) };
        let most = if self.keys == 0 { usize::MAX } else { self.keys.saturating_mul(4) };
        let keys = (self.left / expected.max(1)).min(most);
        self.keys = (keys / FEWEST_KEYS).max(1) * FEWEST_KEYS;
        self.keys
    }

    /// Takes the room of an item.
    pub(crate) fn take(&mut self, bytes: usize) -> Result<(), Failure> {
        self.items += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        if bytes <= self.left {
            self.left -= bytes;
            return Ok(());
        }
        // What comes behind must not have what this one lacks: room is given in order.
        self.left = 0;
        Err(self.is_used_up())
    }

    /// The failure of a key whose item has no room.
    pub(crate) fn is_used_up(&self) -> Failure {
        let message = format!(
            "the items of the batch take more than {} bytes: make the source's batches smaller, or copy less",
            self.all
        );
        Failure::new(ErrorCode::ItemsTooLarge, message)
    }
}

/// Whether two events come out of one record: no batch brings one of them alone.
fn same_aggregate(first: Option<&Record<'_>>, record: &Record<'_>) -> bool {
    let Some(first) = first.map(|first| &first.origin) else { return false };
    let origin = &record.origin;
    let same = first.arn == origin.arn && first.shard == origin.shard && first.sequence == origin.sequence;
    first.sub_sequence.is_some() && first.sequence.is_some() && same
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Origin;

    /// What becomes of events of those sizes, where a batch has room for ten bytes. The first `together` of
    /// them are out of one record.
    fn codes(together: usize, sizes: &[usize]) -> String {
        let limits = Limits { batch_bytes: 10, ..Limits::default() };
        let record = |at: usize| {
            let mut origin = Origin::stream("s");
            let place = u64::try_from(at).expect("a place");
            (origin.sequence, origin.sub_sequence) = if at < together {
                (Some("7".into()), Some(place))
            } else {
                (Some(at.to_string().into()), None)
            };
            Record::new("{}", origin)
        };
        let records: Vec<_> = (0..sizes.len()).map(record).collect();
        let mut room = Room::new(limits, super::together(&records));
        let code = |(at, size): (usize, &usize)| match room.take(at, *size) {
            Ok(()) => "ok".to_owned(),
            Err(NoRoom::Ever(reason) | NoRoom::Here(reason)) => reason.code.into_owned(),
        };
        sizes.iter().enumerate().map(code).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_first_event_has_room_or_never_will() {
        assert_eq!(codes(0, &[10, 0, 1]), "ok ok batch_too_large");
        assert_eq!(codes(0, &[11, 6, 11, 6, 4]), "too_large ok too_large batch_too_large ok");
    }

    #[test]
    fn no_batch_brings_the_events_of_one_record_apart() {
        assert_eq!(codes(2, &[6, 6, 6, 4]), "ok too_large batch_too_large ok");
        assert_eq!(codes(3, &[6, 6, 6, 4]), "ok too_large too_large ok");
    }
}
