//! When each stage of a batch began and ended.

use crate::batch::{Stage, StageKind};
use crate::time::{Clock, Timestamp};

/// The stages of a batch so far. They follow each other without a gap.
pub(super) struct Stages<'c> {
    clock: &'c dyn Clock,
    begun: Timestamp,
    ended: Vec<Stage>,
}

impl<'c> Stages<'c> {
    /// The first one of so many begins.
    pub(super) fn begin(clock: &'c dyn Clock, count: usize) -> Self {
        Self { clock, begun: clock.now(), ended: Vec::with_capacity(count) }
    }

    /// One ends, and the next one begins.
    pub(super) fn end(&mut self, kind: StageKind) {
        let (begun, ended) = (self.begun, self.clock.now());
        self.ended.push(Stage { kind, begun, ended });
        self.begun = ended;
    }

    pub(super) fn into_ended(self) -> Vec<Stage> {
        self.ended
    }
}
