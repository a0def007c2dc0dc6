//! What a batch asks of each table and index, and what was answered: each key once, by its number.

use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::Arc;

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};

use crate::explain::Freshness;
use crate::limits::ItemRoom;
use crate::lookup::{Answer, ErrorCode, Failure, Item, KeyBytes, Recalled, Rendered, Requests};
use crate::program::Program;

/// The number of a key among those of its slot: as wide as a pointer, so that an [`super::Asked`] is two registers.
pub(super) type KeyId = usize;

/// The keys of a batch and their answers, by slot.
#[derive(Debug, Default)]
pub(super) struct Answers {
    slots: Vec<Slot>,
    /// The keys that are to be asked next, with their slots: each once, in the order in which the events need them.
    wanted: Vec<(usize, KeyId)>,
    hasher: DefaultHashBuilder,
    /// Those that this batch had sent.
    requests: Requests,
}

#[derive(Debug, Default)]
struct Slot {
    ids: HashTable<Numbered>,
    /// The bytes of all keys, one behind the other.
    bytes: Vec<u8>,
    keys: Vec<AskedKey>,
}

/// A key's number, by its bytes: where these are, and so much of them that mostly nobody looks there.
#[derive(Clone, Copy, Debug)]
struct Numbered {
    id: KeyId,
    key: Place,
    ends: (u64, u64),
}

/// The first eight bytes of a key and the last eight: with its length, all of a key of no more than sixteen.
fn ends(key: &[u8]) -> (u64, u64) {
    match (key.first_chunk(), key.last_chunk()) {
        (Some(first), Some(last)) => (u64::from_ne_bytes(*first), u64::from_ne_bytes(*last)),
        _ => (key.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)), 0),
    }
}

/// Where a key's bytes are among those of its slot.
#[derive(Clone, Copy, Debug)]
struct Place {
    start: u32,
    end: u32,
}

impl Place {
    fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    fn of(self, bytes: &[u8]) -> Option<&[u8]> {
        bytes.get(self.start as usize..self.end as usize)
    }
}

#[derive(Debug)]
struct AskedKey {
    key: Place,
    given: Option<Given>,
    /// In which wave it was asked last, and in which an event waits for its item, counted from 1.
    asked: usize,
    awaited: usize,
}

/// An answer, and where it comes from.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub(super) answer: Answer,
    /// What an earlier batch made of the item.
    pub(super) rendered: Option<Rendered>,
    pub(super) freshness: Freshness,
    /// How long ago it was asked for, in milliseconds.
    pub(super) age_ms: u64,
}

impl Given {
    /// What a source has just answered.
    pub(super) fn new(answer: Answer) -> Self {
        Self { answer, rendered: None, freshness: Freshness::New, age_ms: 0 }
    }

    /// What an earlier batch kept.
    pub(super) fn kept(recalled: Recalled) -> Self {
        let Recalled { answer, rendered, age_ms } = recalled;
        Self { answer, rendered, freshness: Freshness::Kept, age_ms }
    }

    /// An item that an earlier batch kept and that has expired.
    pub(super) fn stale(item: Arc<Item>, age_ms: u64) -> Self {
        Self { answer: Answer::Found(item), rendered: None, freshness: Freshness::Stale, age_ms }
    }
}

impl Slot {
    fn get(&self, id: KeyId) -> Option<&AskedKey> {
        self.keys.get(id)
    }

    fn get_mut(&mut self, id: KeyId) -> Option<&mut AskedKey> {
        self.keys.get_mut(id)
    }
}

impl Answers {
    /// Begins with a batch of that program.
    pub(super) fn begin(&mut self, program: &Program) {
        self.slots.resize_with(program.tables.len(), Slot::default);
    }

    /// Lets all keys and answers go.
    pub(super) fn clear(&mut self) {
        for Slot { ids, bytes, keys } in &mut self.slots {
            ids.clear();
            bytes.clear();
            keys.clear();
        }
        self.wanted.clear();
        self.requests = Requests::default();
    }

    /// Has that key asked in this wave, unless it has an answer that does, or another event asks for it. `awaited` says
    /// that the event waits for the item. Gives the key's number.
    pub(super) fn ask(&mut self, slot: usize, key: &KeyBytes, wave: usize, awaited: bool) -> Option<KeyId> {
        let Slot { ids, bytes, keys } = self.slots.get_mut(slot)?;
        let (key, hasher) = (key.as_slice(), &self.hasher);
        let ends = ends(key);
        let is_key = |known: &Numbered| {
            known.ends == ends
                && known.key.len() == key.len()
                && (key.len() <= 16 || known.key.of(bytes) == Some(key))
        };
        let hash = |key: &[u8]| {
            let mut hash = hasher.build_hasher();
            hash.write(key);
            hash.finish()
        };
        let hash_of = |known: &Numbered| hash(known.key.of(bytes).unwrap_or_default());
        let free = match ids.entry(hash(key), is_key, hash_of) {
            Entry::Vacant(free) => free,
            Entry::Occupied(known) => {
                let id = known.get().id;
                // A key that is known in the first wave is asked in it.
                if wave > 0 || awaited {
                    self.ask_again(slot, id, wave, awaited);
                }
                return Some(id);
            }
        };
        let id = keys.len();
        let (start, end) = (bytes.len(), bytes.len() + key.len());
        let place = Place { start: u32::try_from(start).ok()?, end: u32::try_from(end).ok()? };
        free.insert(Numbered { id, key: place, ends });
        bytes.extend_from_slice(key);
        let awaited = if awaited { wave + 1 } else { 0 };
        keys.push(AskedKey { key: place, given: None, asked: wave + 1, awaited });
        self.wanted.push((slot, id));
        Some(id)
    }

    /// The same for a key that was asked before.
    fn ask_again(&mut self, slot: usize, id: KeyId, wave: usize, awaited: bool) {
        let Some(entry) = self.slots.get_mut(slot).and_then(|slot| slot.get_mut(id)) else { return };
        if awaited {
            entry.awaited = wave + 1;
        }
        let open = match &entry.given {
            None => true,
            // A miss of an earlier batch is none where the item may have come since.
            Some(given) => {
                awaited && given.freshness == Freshness::Kept && matches!(given.answer, Answer::Missing)
            }
        };
        if open && std::mem::replace(&mut entry.asked, wave + 1) <= wave {
            self.wanted.push((slot, id));
        }
    }

    pub(super) fn get(&self, slot: usize, id: KeyId) -> Option<&Given> {
        self.slots.get(slot)?.get(id)?.given.as_ref()
    }

    /// The bytes of that key.
    pub(super) fn key(&self, slot: usize, id: KeyId) -> Option<&[u8]> {
        let slot = self.slots.get(slot)?;
        slot.get(id)?.key.of(&slot.bytes)
    }

    /// The keys that are to be asked now. [`Answers::asked`] takes the list back.
    pub(super) fn take_wanted(&mut self) -> Vec<(usize, KeyId)> {
        std::mem::take(&mut self.wanted)
    }

    /// Those keys have been asked.
    pub(super) fn asked(&mut self, mut wanted: Vec<(usize, KeyId)>) {
        wanted.clear();
        self.wanted = wanted;
    }

    /// Whether an event of this wave waits for that key's item.
    pub(super) fn is_awaited(&self, slot: usize, id: KeyId, wave: usize) -> bool {
        self.slots.get(slot).and_then(|slot| slot.get(id)).is_some_and(|entry| entry.awaited == wave + 1)
    }

    /// Counts requests that were sent for this batch.
    pub(super) fn count(&mut self, requests: Requests) {
        self.requests += requests;
    }

    /// The requests since this was asked last.
    pub(super) fn take_requests(&mut self) -> Requests {
        std::mem::take(&mut self.requests)
    }

    pub(super) fn give(&mut self, slot: usize, id: KeyId, given: Given) {
        if let Some(entry) = self.slots.get_mut(slot).and_then(|slot| slot.get_mut(id)) {
            entry.given = Some(given);
        }
    }

    /// Keeps the item of that key only if there is room for it.
    pub(super) fn bound(&mut self, slot: usize, id: KeyId, room: &mut ItemRoom) {
        let entry = self.slots.get_mut(slot).and_then(|slot| slot.get_mut(id));
        if let Some(given) = entry.and_then(|entry| entry.given.as_mut())
            && given.freshness == Freshness::New
            && let Answer::Found(item) = &given.answer
            && let Err(failure) = room.take(item.text().len())
        {
            given.answer = Answer::Failed(failure);
        }
    }
}

pub(super) fn unanswered() -> Failure {
    Failure::new(ErrorCode::NoAnswer, "the source left the question open")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_a_number_of_its_own() {
        // Of all lengths, alike at both ends.
        let middles = ["", "a", "b", "\0", "aa", "ab"];
        let texts: Vec<String> = (0..40)
            .flat_map(|length| middles.map(|middle| format!("{0}{middle}{0}", "x".repeat(length))))
            .collect();
        let keys: Vec<KeyBytes> = texts
            .iter()
            .map(|text| {
                let mut key = KeyBytes::default();
                key.push_string(text).expect("a short key");
                key
            })
            .collect();
        let mut answers = Answers { slots: vec![Slot::default()], ..Answers::default() };
        let mut known: Vec<&[u8]> = Vec::new();
        for key in keys.iter().chain(&keys) {
            let id = answers.ask(0, key, 0, false).expect("a number");
            let place = known.iter().position(|known| *known == key.as_slice());
            assert_eq!(id, place.unwrap_or(known.len()), "{key:?}");
            if place.is_none() {
                known.push(key.as_slice());
            }
            assert_eq!(answers.key(0, id), Some(key.as_slice()));
        }
        assert_eq!(answers.take_wanted().len(), known.len());
    }
}
