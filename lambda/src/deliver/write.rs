//! Objects to the store, several at a time.

use std::sync::atomic::{AtomicBool, Ordering};

use enrich_engine::lookup::ErrorCode;
use enrich_engine::output::{Object, ObjectStore};
use enrich_engine::{Clock, Reason, Timestamp};
use futures_util::stream::{self, StreamExt as _};

use super::BEHIND_FAILURE;

/// How many objects are on their way at a time.
const IN_FLIGHT: usize = 8;

/// An object to write, and the places of its records in the batch.
pub(super) struct Write {
    pub(super) object: Object,
    pub(super) records: Vec<usize>,
}

/// What is durable, and what is not known to be.
#[derive(Default)]
pub(super) struct Written {
    /// How many objects are durable.
    pub(super) objects: u64,
    /// The records of each other object, and why.
    pub(super) failed: Vec<(Vec<usize>, Reason)>,
}

/// Writes the objects, begun in the order of their first records. Where all come again `together` none is
/// begun any more once one has failed: its records would come again anyway. None is begun after the
/// deadline.
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
            Err(reason) => written.failed.push((records, reason)),
        }
    }
    written
}

async fn one(
    store: &dyn ObjectStore,
    clock: &dyn Clock,
    deadline: Option<Timestamp>,
    over: &AtomicBool,
    write: Write,
    together: bool,
) -> (Vec<usize>, Result<(), Reason>) {
    let result = if over.load(Ordering::Relaxed) {
        Err(Reason::new(BEHIND_FAILURE, "not written, because an object before it could not be"))
    } else if deadline.is_some_and(|deadline| clock.now() >= deadline) {
        Err(Reason::new(ErrorCode::Timeout.as_str(), "no time is left to write the object"))
    } else {
        let put = store.put(&write.object, deadline).await;
        put.map_err(|failure| Reason::new(failure.code.as_str(), failure.message))
    };
    if result.is_err() && together {
        over.store(true, Ordering::Relaxed);
    }
    (write.records, result)
}
