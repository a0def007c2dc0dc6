//! How often a failed request is sent again, and what all tries together may cost.
//!
//! This is the one place that repeats lookups: the client's own retries are off for them. They would repeat
//! what is repeated here, and they know one budget for all tables and nothing of unprocessed keys.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use enrich_engine::lookup::ErrorCode;

use crate::fault::Fault;
use crate::limits::{Backoff, Budget};

/// How often a request is sent that gets lost. A throttled one is sent as long as there is time.
const TRIES: u32 = 3;

/// How one request bears its faults.
#[derive(Default)]
pub(super) struct Patience {
    backoff: Backoff,
    lost: u32,
    throttled: Option<Fault>,
}

impl Patience {
    /// The table answers again.
    pub(super) fn rest(&mut self) {
        self.backoff = Backoff::default();
        self.lost = 0;
    }

    /// Pauses before the next try; `Err` with the fault to end with where there is none.
    pub(super) async fn wait_after(&mut self, fault: Fault, budget: Budget) -> Result<(), Fault> {
        if fault.code != ErrorCode::Throttled {
            self.lost += 1;
            if !fault.passes || self.lost >= TRIES {
                return Err(self.end(fault));
            }
        }
        let pause = self.backoff.next();
        if pause >= budget.left() {
            return Err(self.end(fault));
        }
        tokio::time::sleep(pause).await;
        if fault.code == ErrorCode::Throttled {
            self.throttled = Some(fault);
        }
        Ok(())
    }

    /// The fault to end with: what took the time was the throttling before.
    fn end(&mut self, fault: Fault) -> Fault {
        match fault.code {
            ErrorCode::Timeout => self.throttled.take().unwrap_or(fault),
            _ => fault,
        }
    }
}

/// How many retries a table has to begin with, and at most.
const FULL: u32 = 100;

/// How many answered requests give a retry back.
const ANSWERS: u32 = 2;

/// The retry budgets of all tables and indexes: one for each, and for as long as the process lives. While a
/// table is well they are of no account; in an outage they soon leave each request with its first try.
#[derive(Debug, Default)]
pub(super) struct Retries {
    /// What is left, in parts of a retry; those that are full are not here.
    left: Mutex<HashMap<String, u32>>,
}

impl Retries {
    /// Takes one retry of that table; whether it had one.
    pub(super) fn take(&self, table: &str) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let left = left.entry(table.to_owned()).or_insert(FULL * ANSWERS);
        let rest = left.checked_sub(ANSWERS);
        *left = rest.unwrap_or(*left);
        rest.is_some()
    }

    /// The table has answered a request.
    pub(super) fn answered(&self, table: &str) {
        let mut tables = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(left) = tables.get_mut(table) else { return };
        *left += 1;
        if *left >= FULL * ANSWERS {
            tables.remove(table);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use enrich_engine::Timestamp;

    use super::*;
    use crate::limits::Limits;

    #[test]
    fn an_outage_ends_the_retries_and_answers_bring_them_back() {
        let retries = Retries::default();
        let taken = |table| (0..500).filter(|_| retries.take(table)).count();
        assert_eq!(taken("users"), 100);
        assert_eq!(taken("products"), 100, "each table has its own");
        for (answers, expected) in [(0, 0), (1, 0), (1, 1), (10, 5), (7, 3), (1, 1), (1_000, 100)] {
            (0..answers).for_each(|_| retries.answered("users"));
            assert_eq!(taken("users"), expected, "{answers}");
        }
        (0..200).for_each(|_| retries.answered("users"));
        assert_eq!(retries.left.lock().expect("budgets").len(), 1, "full ones are not kept");
    }

    /// The code that a request ends with whose tries have these faults, and the pauses before each.
    async fn borne(faults: &[ErrorCode]) -> (Option<&'static str>, Vec<Duration>) {
        let budget = Budget::until(Timestamp::from_millis(2_100), &Timestamp::EPOCH, &Limits::LOOKUPS);
        let (mut patience, mut pauses) = (Patience::default(), Vec::new());
        for code in faults {
            let fault = Fault::passing(*code, "");
            let start = tokio::time::Instant::now();
            if let Err(fault) = patience.wait_after(fault, budget).await {
                return (Some(fault.code.as_str()), pauses);
            }
            pauses.push(start.elapsed());
        }
        (None, pauses)
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_lost_is_sent_three_times_and_what_is_throttled_as_long_as_there_is_time() {
        use ErrorCode::{Throttled, Timeout, Unavailable};
        assert_eq!(borne(&[Unavailable; 2]).await.0, None);
        assert_eq!(borne(&[Unavailable; 3]).await.0, Some("unavailable"));
        assert_eq!(borne(&[Throttled, Timeout, Unavailable, Timeout]).await.0, Some("throttled"));
        let (code, pauses) = borne(&[Throttled; 100]).await;
        assert_eq!(code, Some("throttled"));
        let sum: Duration = pauses.iter().sum();
        assert!(pauses.len() >= 4 && sum <= Duration::from_millis(2_000), "{pauses:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_follow_from_the_seed() {
        let with = |seed| async move {
            fastrand::seed(seed);
            borne(&[ErrorCode::Throttled; 4]).await
        };
        assert_eq!(with(7).await, with(7).await);
        assert_ne!(with(7).await, with(8).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_fault_that_does_not_pass_is_not_tried_again() {
        let budget = Budget::until(None, &Timestamp::EPOCH, &Limits::LOOKUPS);
        let fault = Fault::new(ErrorCode::Unavailable, "SomethingNew");
        assert!(Patience::default().wait_after(fault, budget).await.is_err());
    }
}
