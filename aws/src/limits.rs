//! How long one call may take, and how much of that is left.

use std::time::Duration;

use enrich_engine::{Clock, Timestamp};
use tokio::time::Instant;

use crate::fault::Fault;

/// The limits of one lookup stage or one write. They hold whatever the client itself is set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The longest that a whole lookup stage or write takes, however far its deadline is.
    pub longest: Duration,
    /// The longest that one HTTP request takes before it counts as lost and is tried again.
    pub attempt: Duration,
    /// What is kept back from the deadline, so that the caller can still use the answer.
    pub reserve: Duration,
    /// How many requests are under way at a time.
    pub in_flight: usize,
}

impl Limits {
    /// Lookups: short attempts, since a slow one is mostly a lost one.
    pub(crate) const LOOKUPS: Limits = Limits {
        longest: Duration::from_secs(30),
        attempt: Duration::from_secs(3),
        reserve: Duration::from_millis(100),
        in_flight: 8,
    };

    /// Objects: several megabytes may have to go through a slow network.
    pub(crate) const OBJECTS: Limits =
        Limits { longest: Duration::from_secs(60), attempt: Duration::from_secs(15), ..Self::LOOKUPS };
}

/// The time that one lookup stage or write has. The deadline is read once; from then on only the
/// monotonic clock counts, so that a clock that stands still can't keep a call alive.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    end: Instant,
}

impl Budget {
    /// The time until `deadline`, less the reserve, and no more than the limits allow.
    pub(crate) fn until(deadline: Option<Timestamp>, clock: &dyn Clock, limits: &Limits) -> Self {
        let left = deadline.map_or(limits.longest, |deadline| {
            let millis = deadline.as_millis().saturating_sub(clock.now().as_millis());
            let left = Duration::from_millis(u64::try_from(millis).unwrap_or(0));
            left.saturating_sub(limits.reserve).min(limits.longest)
        });
        Self { end: Instant::now() + left }
    }

    /// The time that a call has with all its attempts, and the longest that one of them takes.
    pub(crate) fn attempt(self, limits: &Limits) -> Result<(Duration, Duration), Fault> {
        let left = self.left();
        if left.is_zero() { Err(Fault::timeout()) } else { Ok((left, limits.attempt.min(left))) }
    }

    /// The time that is left; zero at the end.
    pub(crate) fn left(self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }
}

/// Pauses between tries: exponential, with full jitter, so that callers that failed together don't
/// come back together.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Backoff {
    tries: u32,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(25);
    const LONGEST: Duration = Duration::from_secs(1);

    /// The pause before the next try.
    pub(crate) fn next(&mut self) -> Duration {
        let ceiling = Self::ceiling(self.tries);
        self.tries = self.tries.saturating_add(1);
        ceiling.mul_f64(fastrand::f64())
    }

    fn ceiling(tries: u32) -> Duration {
        Self::FIRST.saturating_mul(2_u32.saturating_pow(tries)).min(Self::LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn time_is_what_the_deadline_leaves() {
        let now = Timestamp::from_millis(1_000_000).expect("an instant");
        let at = |millis: i64| Timestamp::from_millis(1_000_000 + millis);
        for (deadline, expected) in [
            (None, 30_000),
            (at(1_000), 900),
            (at(100), 0),
            (at(0), 0),
            (at(-5_000), 0),
            (at(31_000), 30_000),
            (Timestamp::from_millis(i64::from(i32::MAX) * 1_000), 30_000),
        ] {
            let budget = Budget::until(deadline, &now, &Limits::LOOKUPS);
            assert_eq!(budget.left(), Duration::from_millis(expected), "{deadline:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn time_runs_out_though_the_clock_stands_still() {
        let now = Timestamp::EPOCH;
        let budget = Budget::until(Timestamp::from_millis(600), &now, &Limits::LOOKUPS);
        tokio::time::advance(Duration::from_millis(400)).await;
        assert_eq!(budget.left(), Duration::from_millis(100));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(budget.left(), Duration::ZERO);
    }

    #[test]
    fn pauses_grow_to_a_ceiling() {
        let ceilings: Vec<_> = (0..8).map(|tries| Backoff::ceiling(tries).as_millis()).collect();
        assert_eq!(ceilings, [25, 50, 100, 200, 400, 800, 1_000, 1_000]);
        assert_eq!(Backoff::ceiling(u32::MAX), Backoff::LONGEST);
        let mut backoff = Backoff::default();
        for tries in 0..20 {
            assert!(backoff.next() <= Backoff::ceiling(tries));
        }
    }
}
