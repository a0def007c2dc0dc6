//! How much one event and one batch may hold in memory.

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
    /// batch; one that is too large for any batch is rejected (`too_large`). Items of tables are not
    /// counted.
    ///
    /// By default 256 MiB. Of a function with less than 1 GiB of memory take a quarter of that.
    pub batch_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { event_bytes: 32 << 20, batch_bytes: 256 << 20 }
    }
}

/// What a batch has left of its bytes, from its first event to its last: so the first one always has
/// room, and a batch that comes again from a failed event on goes on.
pub(crate) struct Room {
    all: usize,
    left: usize,
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
    pub(crate) fn new(limits: Limits) -> Self {
        Self { all: limits.batch_bytes, left: limits.batch_bytes }
    }

    /// Takes the room of an event with so many bytes.
    pub(crate) fn take(&mut self, bytes: usize) -> Result<(), NoRoom> {
        let all = self.all;
        if bytes > all {
            let message = format!("the event takes {bytes} bytes, and a batch has room for {all}");
            return Err(NoRoom::Ever(Reason::new(ReasonCode::TooLarge, message)));
        }
        if bytes > self.left {
            let message = format!(
                "the events of the batch take more than {all} bytes: make the source's batches smaller"
            );
            return Err(NoRoom::Here(Reason::new(ReasonCode::BatchTooLarge, message)));
        }
        self.left -= bytes;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_event_has_room_or_never_will() {
        let limits = Limits { batch_bytes: 10, ..Limits::default() };
        let codes = |sizes: &[usize]| {
            let mut room = Room::new(limits);
            let code = |size: &usize| match room.take(*size) {
                Ok(()) => "ok".to_owned(),
                Err(NoRoom::Ever(reason) | NoRoom::Here(reason)) => reason.code.into_owned(),
            };
            sizes.iter().map(code).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(codes(&[10, 0, 1]), "ok ok batch_too_large");
        assert_eq!(codes(&[11, 6, 11, 6, 4]), "too_large ok too_large batch_too_large ok");
    }
}
