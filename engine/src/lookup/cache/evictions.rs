//! Counts what is pushed out of a cache.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quick_cache::Lifecycle;
use quick_cache::sync::DefaultLifecycle;

use super::Kept;

/// What the cache tells when it pushes an answer out, or has no room for a new one. Clones count together.
#[derive(Clone, Default)]
pub(super) struct Evictions {
    count: Arc<AtomicU64>,
    /// Frees what is pushed out once the cache is unlocked.
    freeing: DefaultLifecycle<Vec<u8>, Kept>,
}

impl Evictions {
    /// How many there were since this was asked last.
    pub(super) fn take(&self) -> u64 {
        self.count.swap(0, Ordering::Relaxed)
    }
}

impl Lifecycle<Vec<u8>, Kept> for Evictions {
    type RequestState = <DefaultLifecycle<Vec<u8>, Kept> as Lifecycle<Vec<u8>, Kept>>::RequestState;

    fn on_evict(&self, state: &mut Self::RequestState, key: Vec<u8>, kept: Kept) {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.freeing.on_evict(state, key, kept);
    }
}
