//! A fixed set of strings, each found by one comparison of its ends.

/// Strings, each with its index.
#[derive(Debug)]
pub(crate) struct Words {
    /// By hash. A word whose slot is taken stands in the next free one. A power of two, at most a quarter
    /// of them taken.
    slots: Vec<Option<Word>>,
    texts: Vec<Box<[u8]>>,
}

#[derive(Clone, Copy, Debug)]
struct Word {
    ends: Ends,
    index: u32,
}

/// Up to 16 bytes of a string, its first and its last ones: of one up to that length, all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ends {
    head: u64,
    tail: u64,
    len: usize,
}

impl Words {
    /// The set of these strings, which have their order as index; of equal ones the first is found.
    pub(crate) fn new<'w>(words: impl Iterator<Item = &'w str>) -> Option<Self> {
        let texts: Vec<Box<[u8]>> = words.map(|word| word.as_bytes().into()).collect();
        let mut set = Self { slots: vec![None; (texts.len() * 4).next_power_of_two().max(8)], texts };
        for (index, text) in (0..).zip(&set.texts) {
            let ends = Ends::of(text);
            let mut slot = set.slot(ends);
            while set.slots.get(slot)?.is_some() {
                slot = set.behind(slot);
            }
            *set.slots.get_mut(slot)? = Some(Word { ends, index });
        }
        Some(set)
    }

    /// The index of a string.
    #[inline]
    pub(crate) fn find(&self, text: &[u8]) -> Option<usize> {
        let ends = Ends::of(text);
        let slot = self.slot(ends);
        let word = (*self.slots.get(slot)?)?;
        if word.ends == ends && ends.len <= 16 {
            Some(word.index as usize)
        } else {
            self.find_from(slot, ends, text)
        }
    }

    /// As [`Self::find`], from a slot on.
    #[inline(never)]
    fn find_from(&self, mut slot: usize, ends: Ends, text: &[u8]) -> Option<usize> {
        // Most slots are free, so this ends.
        loop {
            let word = (*self.slots.get(slot)?)?;
            let index = word.index as usize;
            if word.ends == ends && (ends.len <= 16 || self.is(index, text)) {
                return Some(index);
            }
            slot = self.behind(slot);
        }
    }

    /// Whether this is the text at that index, as far as the ends don't say it.
    fn is(&self, index: usize, text: &[u8]) -> bool {
        self.texts.get(index).is_some_and(|word| **word == *text)
    }

    fn behind(&self, slot: usize) -> usize {
        (slot + 1) & (self.slots.len() - 1)
    }

    #[inline]
    fn slot(&self, ends: Ends) -> usize {
        let mixed = ends.head ^ ends.tail.rotate_left(31) ^ ends.len as u64;
        // The high bits of the product depend on all bits.
        (mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize & (self.slots.len() - 1)
    }
}

impl Ends {
    #[inline]
    fn of(text: &[u8]) -> Self {
        let len = text.len();
        if let (Some(head), Some(tail)) = (text.first_chunk(), text.last_chunk()) {
            return Self { head: u64::from_le_bytes(*head), tail: u64::from_le_bytes(*tail), len };
        }
        // Of up to seven bytes, first and last ones that overlap are all.
        let head = if let (Some(head), Some(tail)) = (text.first_chunk(), text.last_chunk()) {
            u64::from(u32::from_le_bytes(*head)) | u64::from(u32::from_le_bytes(*tail)) << 32
        } else {
            let byte = |at: usize| text.get(at).copied().map_or(0, u64::from);
            byte(0) | byte(1) << 8 | byte(2) << 16
        };
        Self { head, tail: 0, len }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_is_found_and_nothing_else() {
        // Of all lengths around the borders, equal but for one place.
        let mut texts: Vec<String> = (0..40).map(|len| "a".repeat(len)).collect();
        for len in 1..40 {
            for at in [0, len / 2, len - 1] {
                texts.push((0..len).map(|place| if place == at { 'b' } else { 'a' }).collect());
            }
        }
        texts.sort();
        texts.dedup();
        let (known, unknown): (Vec<_>, Vec<_>) = texts.iter().enumerate().partition(|(at, _)| at % 2 == 0);
        let words = Words::new(known.iter().map(|(_, text)| text.as_str())).expect("few words");
        for (at, (_, text)) in known.iter().enumerate() {
            assert_eq!(words.find(text.as_bytes()), Some(at), "{text}");
        }
        for (_, text) in unknown {
            assert_eq!(words.find(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Words::new(std::iter::empty()).expect("no words").find(b""), None);
    }
}
