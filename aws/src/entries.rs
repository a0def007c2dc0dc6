//! Calls that hold several entries, each of which is taken or not by itself.

use enrich_engine::lookup::{BoxFuture, ErrorCode};

use crate::fault::Fault;
use crate::limits::{Backoff, Budget};

/// What became of each entry of a call, in their order.
pub(crate) type Taken = Vec<Result<(), Fault>>;

/// Something that sends entries.
pub(crate) trait Entries: Sync {
    /// One call with the entries at those places. `Err` where all of them share a fault.
    fn call<'a>(&'a self, places: &'a [usize], budget: Budget) -> BoxFuture<'a, Result<Taken, Fault>>;
}

/// Sends that many entries, and those again that can be taken later, as long as there is time: an answer
/// that is well as a whole may hold entries that are not.
pub(crate) async fn send(entries: &dyn Entries, count: usize, budget: Budget) -> Taken {
    let mut taken: Taken = vec![Err(Fault::timeout()); count];
    let mut open: Vec<usize> = (0..count).collect();
    let mut backoff = Backoff::default();
    loop {
        match entries.call(&open, budget).await {
            Ok(results) => note(&mut taken, &open, results),
            Err(fault) => {
                all(&mut taken, &open, &fault);
                if fault.code != ErrorCode::Throttled {
                    return taken;
                }
            }
        }
        open.retain(|at| matches!(taken.get(*at), Some(Err(fault)) if passes(fault)));
        let pause = backoff.next();
        if open.is_empty() || pause >= budget.left() {
            return taken;
        }
        tokio::time::sleep(pause).await;
    }
}

/// Whether a fault of one entry can pass within the time of a batch.
fn passes(fault: &Fault) -> bool {
    matches!(fault.code, ErrorCode::Throttled | ErrorCode::Unavailable)
}

/// Entries share a fault. What took the time was the throttling before, if there was any.
fn all(taken: &mut Taken, places: &[usize], fault: &Fault) {
    for place in places {
        let Some(slot) = taken.get_mut(*place) else { continue };
        let throttled = matches!(slot, Err(before) if before.code == ErrorCode::Throttled);
        if fault.code != ErrorCode::Timeout || !throttled {
            *slot = Err(fault.clone());
        }
    }
}

/// An entry that the answer leaves out has no result: it may be taken, or not.
fn note(taken: &mut Taken, places: &[usize], results: Taken) {
    let mut results = results.into_iter();
    for place in places {
        if let Some(slot) = taken.get_mut(*place) {
            *slot = results.next().unwrap_or_else(|| Err(Fault::no_result()));
        }
    }
}
