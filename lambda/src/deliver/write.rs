//! Objects to the store, several at a time.

use std::sync::atomic::{AtomicBool, Ordering};

use enrich_engine::lookup::ErrorCode;
use enrich_engine::output::{Object, ObjectStore};
use enrich_engine::{Clock, Reason, ReasonCode, Timestamp};
use futures_util::stream::{self, StreamExt as _};

/// How many objects are on their way at a time.
const IN_FLIGHT: usize = 8;

/// An object to write, and the places of its records in the batch.
pub(super) struct Write {
    pub(super) object: Object,
    pub(super) records: Vec<usize>,
}

/// The records of each object that is refused for good, and why.
pub(super) type Refused = Vec<(Vec<usize>, Reason)>;

/// What is durable, and what is not known to be.
#[derive(Default)]
pub(super) struct Written {
    /// How many objects are durable.
    pub(super) objects: u64,
    /// The records of each object that may be written when it is tried again, and why it is not.
    pub(super) failed: Vec<(Vec<usize>, Reason)>,
    /// The records of each object that can never be written as it is, and why.
    pub(super) refused: Refused,
}

/// Writes the objects, begun in the order of their first records. Where all come again `together` none is
/// begun any more once one has failed: its records would come again anyway. One that is refused for good
/// ends nothing. None is begun after the deadline.
pub(super) async fn all(
    store: &dyn ObjectStore,
    clock: &dyn Clock,
    deadline: Option<Timestamp>,
    mut writes: Vec<Write>,
    together: bool,
) -> Written {
    writes.sort_by_key(|write| write.records.first().copied());
    let over = AtomicBool::new(false);
    let results = writes.into_iter().map(|write| one(store, clock, deadline, &over, write, together));
    let mut results = stream::iter(results).buffer_unordered(IN_FLIGHT);
    let mut written = Written::default();
    while let Some((records, result)) = results.next().await {
        match result {
            Ok(()) => written.objects += 1,
            Err(Unwritten::Failed(reason)) => written.failed.push((records, reason)),
            Err(Unwritten::Refused(reason)) => written.refused.push((records, reason)),
        }
    }
    written
}

/// Why an object is not even tried.
pub(super) fn behind_failure() -> Reason {
    Reason::new(ReasonCode::BehindFailure, "not written, because an object before it could not be")
}

/// Why an object is not written.
enum Unwritten {
    /// It may be written later.
    Failed(Reason),
    /// It never will.
    Refused(Reason),
}

async fn one(
    store: &dyn ObjectStore,
    clock: &dyn Clock,
    deadline: Option<Timestamp>,
    over: &AtomicBool,
    write: Write,
    together: bool,
) -> (Vec<usize>, Result<(), Unwritten>) {
    let result = if over.load(Ordering::Relaxed) {
        Err(Unwritten::Failed(behind_failure()))
    } else if deadline.is_some_and(|deadline| clock.now() >= deadline) {
        let message = "no time is left to write the object";
        Err(Unwritten::Failed(Reason::new(ErrorCode::Timeout, message)))
    } else {
        store.put(&write.object, deadline).await.map_err(|failure| {
            let reason = Reason::new(failure.code, failure.message);
            if failure.transient { Unwritten::Failed(reason) } else { Unwritten::Refused(reason) }
        })
    };
    if together && matches!(result, Err(Unwritten::Failed(_))) {
        over.store(true, Ordering::Relaxed);
    }
    (write.records, result)
}
