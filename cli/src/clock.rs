//! The time of day.

use std::time::{SystemTime, UNIX_EPOCH};

use enrich_engine::{Clock, Timestamp};

/// The clock of this machine, or one that stands still.
#[derive(Clone, Copy, Debug)]
pub struct LocalClock {
    start: Timestamp,
    stands: bool,
}

impl LocalClock {
    /// A clock that stands still at that instant; without one, the clock of this machine. `None`
    /// where that is set to no year that can be written.
    #[must_use]
    pub fn new(fixed: Option<Timestamp>) -> Option<Self> {
        match fixed {
            Some(start) => Some(Self { start, stands: true }),
            None => system().map(|start| Self { start, stands: false }),
        }
    }
}

impl Clock for LocalClock {
    fn now(&self) -> Timestamp {
        if self.stands { self.start } else { system().unwrap_or(self.start) }
    }
}

fn system() -> Option<Timestamp> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Timestamp::from_millis(i64::try_from(since.as_millis()).ok()?)
}
