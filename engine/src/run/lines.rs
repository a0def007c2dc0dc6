//! Where a batch's enriched events are written: one behind the other, each with a line break behind it, so that what
//! goes into one object is one piece of memory already.

use std::ops::Range;

use bytes::{Bytes, BytesMut};

use crate::batch::Verdict;

/// A buffer with so many bytes is left to its events, and another one begins: one that grows is copied.
const MOST: usize = 32 << 20;

/// The enriched events of a batch, as lines.
///
/// While a buffer is written nobody can have a part of it. So verdicts are made with an empty event, and told their
/// own when the buffer is [full](Lines::end).
pub(super) struct Lines {
    /// The buffer that is being written.
    pub(super) text: BytesMut,
    /// Where the event begins that is being written, or the next one.
    start: usize,
    /// The events in the buffer, with the places of their verdicts.
    events: Vec<(usize, Range<usize>)>,
    /// Whether somebody wants the lines, and all events in the buffer are lines so far.
    wanted: bool,
    are_lines: bool,
    full: Vec<Bytes>,
}

impl Lines {
    /// Begins with memory that an earlier batch may have used, for about so many bytes. `wanted` says that the lines
    /// are wanted as such, and not only their events.
    pub(super) fn new(mut text: BytesMut, bytes: usize, wanted: bool) -> Self {
        text.clear();
        text.reserve(bytes.min(MOST));
        Self { text, start: 0, events: Vec::new(), wanted, are_lines: wanted, full: Vec::new() }
    }

    /// Makes room for an event of about so many bytes. What was written since the last one that was kept goes.
    pub(super) fn begin(&mut self, bytes: usize) {
        self.text.truncate(self.start);
        self.text.reserve(bytes);
    }

    /// Writes a whole event.
    pub(super) fn write(&mut self, event: &str) {
        self.begin(event.len() + 1);
        self.text.extend_from_slice(event.as_bytes());
    }

    /// How many bytes the event has so far.
    pub(super) fn event_bytes(&self) -> usize {
        self.text.len() - self.start
    }

    /// Keeps what was written, as the event of the verdict at that place.
    pub(super) fn keep(&mut self, at: usize) {
        let event = self.start..self.text.len();
        if self.are_lines {
            let written = self.text.get(event.clone()).unwrap_or_default();
            self.are_lines = memchr::memchr2(b'\n', b'\r', written).is_none();
        }
        self.text.extend_from_slice(b"\n");
        self.start = self.text.len();
        self.events.push((at, event));
    }

    /// Whether the buffer is to be ended before more is written.
    pub(super) fn is_full(&self) -> bool {
        self.start >= MOST
    }

    /// Ends the buffer, and tells its verdicts their events.
    pub(super) fn end(&mut self, verdicts: &mut [Verdict]) {
        self.text.truncate(self.start);
        let all = self.text.split().freeze();
        for (at, place) in self.events.drain(..) {
            if let Some(Verdict::Enriched { event, .. }) = verdicts.get_mut(at) {
                *event = all.slice(place);
            }
        }
        if self.are_lines && !all.is_empty() {
            self.full.push(all);
        }
        (self.start, self.are_lines) = (0, self.wanted);
    }

    /// The buffers whose events are all lines, and what is left of the memory for another batch.
    pub(super) fn into_parts(self) -> (Vec<Bytes>, BytesMut) {
        (self.full, self.text)
    }
}
