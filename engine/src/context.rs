//! What holds for one batch.

use crate::time::Timestamp;

/// What holds for one batch.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Context {
    /// The instant of the batch: what `now()` gives.
    pub now: Timestamp,
    /// When the answers of the sources are of no use any more.
    pub deadline: Option<Timestamp>,
    /// When the verdicts must be there. Only an engine with a clock keeps to it, see
    /// [`Engine::with_clock`](crate::Engine::with_clock).
    pub until: Option<Timestamp>,
    /// Whether enriched events go to their rule's output, and so need a placement.
    pub placed: bool,
    /// Whether enriched events go to partitions, and so need their keys.
    pub partitioned: bool,
    /// Whether the caller can bring one failed record again, by itself or from there on.
    pub retrying: bool,
}

impl Context {
    /// A batch at that instant, without a deadline, whose events are taken back by the caller.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self { now, deadline: None, until: None, placed: false, partitioned: false, retrying: false }
    }

    /// With a deadline for the sources.
    #[must_use]
    pub fn by(mut self, deadline: Option<Timestamp>) -> Self {
        self.deadline = deadline;
        self
    }

    /// With a time by which the verdicts must be there.
    #[must_use]
    pub fn until(mut self, until: Option<Timestamp>) -> Self {
        self.until = until;
        self
    }

    /// For a caller that brings a failed record again: what may only be late is waited for.
    #[must_use]
    pub fn retrying(mut self) -> Self {
        self.retrying = true;
        self
    }

    /// With the partitions that the events go to, for a caller that takes them back and parts them.
    #[must_use]
    pub fn partitioned(mut self) -> Self {
        self.partitioned = true;
        self
    }

    /// With placements for the events' outputs.
    #[must_use]
    pub fn placed(mut self) -> Self {
        self.placed = true;
        self
    }
}
