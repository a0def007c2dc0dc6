//! What tables answered, kept from one batch to the next as long as the rules allow it.
//!
//! Time is that of the batches. Errors are never kept, and a miss is never served once it has expired:
//! it would become a default because the table failed.

mod evictions;
mod flights;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use enrich_dsl::model;
use hashbrown::DefaultHashBuilder;
use quick_cache::sync::Cache;
use quick_cache::{OptionsBuilder, Weighter};

use super::{Answer, Item};
use crate::batch::KeptCounts;
use crate::time::Timestamp;
use evictions::Evictions;
use flights::Flights;
pub(crate) use flights::{Call, Called, Flight, Landing};

/// How many bytes a table may keep where its `cache` has no `max`.
const MAX_BYTES: u64 = 16 << 20;

/// What an entry takes besides its key and its item: pointers, hashes and times, rounded up.
const ENTRY_BYTES: usize = 160;

/// The answers that are kept of one table or index.
pub(crate) struct TableCache {
    policy: Policy,
    /// By the keys' bytes.
    kept: Cache<Vec<u8>, Kept, Bytes, DefaultHashBuilder, Evictions>,
    evictions: Evictions,
    /// What is being asked just now: another batch waits for that answer.
    pub(crate) flights: Flights,
}

/// How long answers are kept: the declarations of one table in several files, as far as they agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    ttl_ms: u64,
    missing_ms: u64,
    stale_ms: u64,
    max_bytes: u64,
}

impl Policy {
    /// What one declaration says.
    pub(crate) fn new(cache: &model::Cache) -> Self {
        Self {
            ttl_ms: cache.ttl_ms,
            missing_ms: cache.missing_ms.unwrap_or(0),
            stale_ms: cache.stale_ms.unwrap_or(0),
            max_bytes: cache.max_bytes.unwrap_or(MAX_BYTES),
        }
    }

    /// What two declarations both allow.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            ttl_ms: self.ttl_ms.min(other.ttl_ms),
            missing_ms: self.missing_ms.min(other.missing_ms),
            stale_ms: self.stale_ms.min(other.stale_ms),
            max_bytes: self.max_bytes.min(other.max_bytes),
        }
    }
}

/// An answer that is kept.
#[derive(Clone)]
struct Kept {
    /// The item; `None` where there is none.
    item: Option<Arc<Item>>,
    /// What one lookup makes of the item.
    rendered: Option<Rendered>,
    /// The instant of the batch that asked.
    asked: Timestamp,
    /// How long it is fresh.
    fresh_ms: u64,
}

/// An answer that was kept.
#[derive(Clone, Debug)]
pub(crate) struct Recalled {
    pub(crate) answer: Answer,
    /// What was made of its item.
    pub(crate) rendered: Option<Rendered>,
    /// How long ago it was asked for, in milliseconds.
    pub(crate) age_ms: u64,
}

/// The members that a lookup copies out of an item, as text: the same for all events that ask for it.
#[derive(Clone, Debug)]
pub(crate) struct Rendered {
    /// The lookup's number among those of all rules.
    pub(crate) lookup: usize,
    pub(crate) members: Arc<str>,
}

impl TableCache {
    pub(crate) fn new(policy: Policy) -> Self {
        // One shard, so that the bound is that of the table and no item is too large for its share.
        let items = usize::try_from(policy.max_bytes / 1024).unwrap_or(usize::MAX).max(16);
        let options = OptionsBuilder::new()
            .shards(1)
            .estimated_items_capacity(items)
            .weight_capacity(policy.max_bytes)
            .build();
        let (hasher, evictions) = (DefaultHashBuilder::default(), Evictions::default());
        let lifecycle = evictions.clone();
        let kept = match options {
            Ok(options) => Cache::with_options(options, Bytes, hasher, lifecycle),
            Err(_) => Cache::with(items, policy.max_bytes, Bytes, hasher, lifecycle),
        };
        Self { policy, kept, evictions, flights: Flights::default() }
    }

    /// How much is kept. Each answer that was pushed out is told once.
    pub(crate) fn counts(&self) -> KeptCounts {
        let entries = u64::try_from(self.kept.len()).unwrap_or(u64::MAX);
        KeptCounts { entries, bytes: self.kept.weight(), evicted: self.evictions.take() }
    }

    /// The answer to that key, where one is kept that has not expired.
    pub(crate) fn fresh(&self, key: &[u8], now: Timestamp) -> Option<Recalled> {
        let kept = self.kept.get(key)?;
        let age_ms = age(&kept, now).filter(|age| *age < kept.fresh_ms)?;
        let answer = kept.item.map_or(Answer::Missing, Answer::Found);
        Some(Recalled { answer, rendered: kept.rendered, age_ms })
    }

    /// Keeps what a lookup makes of an item beside it, if that one is still kept and has nothing beside it yet: of
    /// several lookups the first one that asks has it.
    pub(crate) fn keep_rendered(&self, key: &[u8], item: &Arc<Item>, rendered: Rendered) {
        let same = |kept: &Kept| kept.item.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, item));
        let Some(kept) = self.kept.peek(key).filter(|kept| same(kept) && kept.rendered.is_none()) else {
            return;
        };
        // Beside an item that nearly fills the cache there would be no room for it.
        if u64::try_from(rendered.members.len()).is_ok_and(|bytes| bytes <= self.policy.max_bytes / 16) {
            let kept = Kept { rendered: Some(rendered), ..kept };
            // It may be pushed out by now: then it is asked again.
            let _ = self.kept.replace(key.to_vec(), kept, true);
        }
    }

    /// The item of that key to go on with while its table fails, and its age in milliseconds: it has expired, but
    /// not for longer than the rules allow.
    pub(crate) fn stale(&self, key: &[u8], now: Timestamp) -> Option<(Arc<Item>, u64)> {
        let kept = self.kept.get(key)?;
        let last = kept.fresh_ms.saturating_add(self.policy.stale_ms);
        let age_ms = age(&kept, now).filter(|age| self.policy.stale_ms > 0 && *age < last)?;
        Some((kept.item?, age_ms))
    }

    /// Keeps an answer, in place of what was kept before. `misses` says whether a miss may be kept.
    pub(crate) fn keep(&self, key: &[u8], answer: &Answer, now: Timestamp, misses: bool) {
        let (item, ttl_ms) = match answer {
            Answer::Found(item) => (Some(Arc::clone(item)), self.policy.ttl_ms),
            Answer::Missing if misses && self.policy.missing_ms > 0 => (None, self.policy.missing_ms),
            Answer::Missing => {
                // The item that was there is gone, so it must not be served when the table fails.
                self.kept.remove(key);
                return;
            }
            Answer::Failed(_) => return,
        };
        let (rendered, fresh_ms) = (None, jittered(ttl_ms, key, now));
        self.kept.insert(key.to_vec(), Kept { item, rendered, asked: now, fresh_ms });
    }
}

/// How old an answer is. One out of the future says that a clock was set back: its age is not known.
fn age(kept: &Kept, now: Timestamp) -> Option<u64> {
    u64::try_from(now.as_millis().saturating_sub(kept.asked.as_millis())).ok()
}

/// Up to a tenth less, so that what was asked together is not asked again together.
fn jittered(ttl_ms: u64, key: &[u8], now: Timestamp) -> u64 {
    let mut hasher = DefaultHasher::new();
    (key, now.as_millis()).hash(&mut hasher);
    let tenth = ttl_ms / 10;
    ttl_ms - hasher.finish() % (tenth + 1)
}

/// What an entry takes in memory.
#[derive(Clone)]
struct Bytes;

impl Weighter<Vec<u8>, Kept> for Bytes {
    fn weight(&self, key: &Vec<u8>, kept: &Kept) -> u64 {
        let item = kept.item.as_ref().map_or(0, |item| item.held_bytes());
        let rendered = kept.rendered.as_ref().map_or(0, |rendered| rendered.members.len());
        u64::try_from(ENTRY_BYTES + key.len() + item + rendered).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests;
