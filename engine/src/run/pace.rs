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
    prepare: End,
    /// No event is applied later.
    apply: End,
}

/// An end that stays reached: the clock is not asked for each of many events that come too late.
#[derive(Clone, Copy)]
struct End {
    at: Option<Timestamp>,
    reached: bool,
}

impl<'c> Pace<'c> {
    pub(crate) fn new(clock: Option<&'c dyn Clock>, context: Context, program: &Program) -> Self {
        let half = |deadline: Timestamp| {
            let (now, deadline) = (context.now.as_millis(), deadline.as_millis());
            Timestamp::from_millis(now.saturating_add(deadline.saturating_sub(now) / 2))
        };
        // What is begun too late would only take the time of the lookups of all others.
        let lookups = context.deadline.filter(|_| program.waves > 0).and_then(half);
        let end = |at| End { at, reached: false };
        Self { clock, prepare: end(lookups.or(context.until)), apply: end(context.until) }
    }

    /// The clock, if there is one.
    pub(super) fn clock(&self) -> Option<&'c dyn Clock> {
        self.clock
    }

    /// Whether it is too late to begin with the event at that place.
    pub(super) fn ends_prepare(&mut self, at: usize) -> bool {
        at > 0 && self.prepare.is_over(self.clock)
    }

    /// Whether it is too late to apply the statements to the event at that place.
    pub(super) fn ends_apply(&mut self, at: usize) -> bool {
        at > 0 && self.apply.is_over(self.clock)
    }
}

impl End {
    fn is_over(&mut self, clock: Option<&dyn Clock>) -> bool {
        self.reached = self.reached || self.at.zip(clock).is_some_and(|(at, clock)| clock.now() >= at);
        self.reached
    }
}
