//! Answers are worked out beside the server, for a bounded time.
//!
//! A link may carry rules that keep the engine busy for long. A thread can't be ended from outside: its answer is
//! given up, and as long as it works it holds one of a few places, so that no more than those are ever busy.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hyper::body::Bytes;
use tokio::sync::{Semaphore, oneshot};

use super::answer::{Unreadable, answer};

/// The longest that an answer is waited for.
const LIMIT: Duration = Duration::from_secs(5);
/// How many are worked out at a time.
const PLACES: usize = 4;

/// Works out an answer.
type Solve = fn(&[u8]) -> Result<String, Unreadable>;

/// Where answers are worked out.
#[derive(Clone)]
pub(super) struct Work {
    places: Arc<Semaphore>,
    limit: Duration,
    solve: Solve,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("this takes longer than {} seconds, and was given up", LIMIT.as_secs())]
    TooLong,
    #[error(
        "earlier requests that take very long are still worked on: try again later, or start the playground again"
    )]
    Busy,
    #[error("this ended by a bug of the engine: please report it with the rules and the event")]
    Bug,
}

impl Work {
    pub(super) fn new() -> Self {
        Self { places: Arc::new(Semaphore::new(PLACES)), limit: LIMIT, solve: answer }
    }

    /// The answer to that body.
    pub(super) async fn answer(&self, body: Bytes) -> Result<String, NoAnswer> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| NoAnswer::Busy)?;
        let (sender, receiver) = oneshot::channel();
        let solve = self.solve;
        let work = move || {
            let solved = catch_unwind(AssertUnwindSafe(|| solve(&body)));
            drop(place);
            // Whoever asked may have gone.
            let _ = sender.send(solved);
        };
        // Rules are parsed and run with bounded depth; this is room for all of it.
        let started = thread::Builder::new().stack_size(8 << 20).spawn(work);
        started.map_err(|_| NoAnswer::Busy)?;
        match tokio::time::timeout(self.limit, receiver).await {
            Err(_) => Err(NoAnswer::TooLong),
            Ok(Ok(Ok(solved))) => Ok(solved?),
            Ok(_) => Err(NoAnswer::Bug),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(limit: Duration, solve: Solve) -> Work {
        Work { limit, solve, ..Work::new() }
    }

    fn ask(works: &Work, times: usize) -> Vec<String> {
        let runtime = crate::commands::runtime().expect("a runtime");
        let ask = async {
            let mut told = Vec::new();
            for _ in 0..times {
                let answer = works.answer(Bytes::from_static(b"{}")).await;
                told.push(answer.unwrap_or_else(|error| error.to_string()));
            }
            told
        };
        runtime.block_on(ask)
    }

    #[test]
    fn what_takes_too_long_is_given_up_and_holds_its_place() {
        let slow = work(Duration::from_millis(50), |_| {
            thread::sleep(Duration::from_secs(2));
            Ok(String::new())
        });
        let told = ask(&slow, PLACES + 1);
        let (last, before) = told.split_last().expect("answers");
        assert!(before.iter().all(|told| told.starts_with("this takes longer than 5 seconds")), "{before:?}");
        assert!(last.starts_with("earlier requests"), "{last}");
    }

    #[test]
    fn a_bug_ends_one_answer_only() {
        let broken = work(LIMIT, |_| panic!("a bug"));
        let told = ask(&broken, 2 * PLACES);
        assert!(told.iter().all(|told| told.starts_with("this ended by a bug")), "{told:?}");
    }
}
