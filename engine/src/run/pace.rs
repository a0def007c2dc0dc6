//! When a batch has to be how far.

use crate::context::Context;
use crate::program::Program;
use crate::time::{Clock, Timestamp};

/// When a batch has to be how far. Its first event is always worked on: a batch that comes again from the
/// first event that failed goes on, however slow it is.
#[derive(Clone, Copy)]
pub(crate) struct Pace<'c> {
    clock: Option<&'c dyn Clock>,
    /// No event is begun later.
    prepare: Option<Timestamp>,
    /// No event is applied later.
    apply: Option<Timestamp>,
}

impl<'c> Pace<'c> {
    pub(crate) fn new(clock: Option<&'c dyn Clock>, context: Context, program: &Program) -> Self {
        let half = |deadline: Timestamp| {
            let (now, deadline) = (context.now.as_millis(), deadline.as_millis());
            Timestamp::from_millis(now.saturating_add(deadline.saturating_sub(now) / 2))
        };
        // What is begun too late would only take the time of the lookups of all others.
        let lookups = context.deadline.filter(|_| program.waves > 0).and_then(half);
        Self { clock, prepare: lookups.or(context.until), apply: context.until }
    }

    /// Whether it is too late to begin with the event at that place.
    pub(super) fn ends_prepare(&self, at: usize) -> bool {
        at > 0 && self.is_over(self.prepare)
    }

    /// Whether it is too late to apply the statements to the event at that place.
    pub(super) fn ends_apply(&self, at: usize) -> bool {
        at > 0 && self.is_over(self.apply)
    }

    fn is_over(&self, end: Option<Timestamp>) -> bool {
        self.clock.zip(end).is_some_and(|(clock, end)| clock.now() >= end)
    }
}
