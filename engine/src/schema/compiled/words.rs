//! A fixed set of strings, each found by one comparison of its ends.

/// Strings, each with its index.
pub(super) struct Words {
    words: Vec<(Ends, Box<[u8]>)>,
    /// For each hash the index of a word plus one; 0 is free. A word whose slot is taken stands in the next
    /// free one. A power of two, at most a quarter of them taken.
    slots: Vec<u16>,
}

/// Up to 16 bytes of a string, its first and its last ones: of one up to that length, all.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Ends {
    head: u64,
    tail: u64,
    len: usize,
}

impl Words {
    /// The set of these strings, which have their order as index. `None` for 16,384 or more; of equal ones
    /// the first is found.
    pub(super) fn new<'w>(words: impl Iterator<Item = &'w str>) -> Option<Self> {
        let words: Vec<(Ends, Box<[u8]>)> =
            words.map(|word| (Ends::of(word.as_bytes()), word.as_bytes().into())).collect();
        let count = (words.len() * 4).next_power_of_two().max(8);
        u16::try_from(count).ok()?;
        let mut set = Self { words, slots: vec![0; count] };
        for at in 0..set.words.len() {
            let ends = set.words.get(at)?.0;
            let mut slot = set.slot(ends);
            while *set.slots.get(slot)? != 0 {
                slot = (slot + 1) % count;
            }
            *set.slots.get_mut(slot)? = u16::try_from(at + 1).ok()?;
        }
        Some(set)
    }

    /// The index of a string.
    #[inline]
    pub(super) fn find(&self, text: &[u8]) -> Option<usize> {
        let ends = Ends::of(text);
        let mut slot = self.slot(ends);
        // Most slots are free, so this ends.
        loop {
            let at = usize::from(*self.slots.get(slot)?).checked_sub(1)?;
            let (found, word) = self.words.get(at)?;
            if *found == ends && (ends.len <= 16 || **word == *text) {
                return Some(at);
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "it is cut to the slots")]
    fn slot(&self, ends: Ends) -> usize {
        let mixed = ends.head ^ ends.tail.rotate_left(31) ^ ends.len as u64;
        // The high bits of the product depend on all bits.
        (mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48) as usize & (self.slots.len() - 1)
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
        assert!(Words::new(std::iter::repeat_n("a", 16_384)).is_none());
    }
}
