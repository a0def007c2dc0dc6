//! Checks of strings.

use std::sync::Arc;

use jsonschema::Validator;

use super::formats::Certain;
use crate::json::Node;
use crate::schema::instance::Tape;
use crate::words::Words;

pub(super) struct StringCheck {
    pub(super) length: Length,
    /// The strings of an enumeration.
    pub(super) words: Option<Words>,
    /// What tells most texts of a format, and what judges the others.
    pub(super) format: Option<(Certain, Arc<Validator<Tape>>)>,
}

impl StringCheck {
    /// The check that every string passes.
    pub(super) fn of_all() -> Self {
        Self { length: Length::new(0, usize::MAX), words: None, format: None }
    }

    /// The check that no string passes.
    pub(super) fn of_none() -> Self {
        Self { length: Length::new(1, 0), words: None, format: None }
    }

    /// Whether the string at a place of the tape fits, which has escapes.
    #[cold]
    pub(super) fn unescaped_fits(&self, tape: &Node<'_>, at: u32) -> Option<bool> {
        Some(self.fits(tape.at(at).as_str()?.as_bytes(), tape, at))
    }

    /// Whether a string fits: that at a place of the tape, whose text this is.
    #[inline(always)]
    pub(super) fn fits(&self, text: &[u8], tape: &Node<'_>, at: u32) -> bool {
        if !self.length.has(text) {
            return false;
        }
        if let Some(words) = &self.words
            && words.find(text).is_none()
        {
            return false;
        }
        match &self.format {
            Some((certain, library)) => certain(text) || judged(library, tape, at),
            None => true,
        }
    }
}

#[cold]
#[inline(never)]
fn judged(library: &Validator<Tape>, tape: &Node<'_>, at: u32) -> bool {
    library.is_valid(tape.at(at))
}

/// Bounds in code points, of which each has one to four bytes.
#[derive(Clone, Copy)]
pub(super) struct Length {
    min: usize,
    max: usize,
    /// The fewest bytes that are code points enough, whichever they are.
    enough: usize,
}

impl Length {
    pub(super) fn new(min: usize, max: usize) -> Self {
        Self { min, max, enough: min.saturating_mul(4).saturating_sub(3) }
    }

    #[inline(always)]
    fn has(self, text: &[u8]) -> bool {
        (self.enough <= text.len() && text.len() <= self.max) || self.has_points(text)
    }

    #[inline(never)]
    fn has_points(self, text: &[u8]) -> bool {
        let (least, most) = (text.len().div_ceil(4), text.len());
        let points = || text.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        most >= self.min && least <= self.max && (self.min..=self.max).contains(&points())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_counted_in_code_points() {
        for letter in ["a", "é", "€", "𝄞"] {
            for count in 0..40 {
                let text = letter.repeat(count);
                for (min, max) in (0..12).flat_map(|min| (0..40).map(move |max| (min, max))) {
                    let expected = min <= count && count <= max;
                    assert_eq!(Length::new(min, max).has(text.as_bytes()), expected, "{text} {min} {max}");
                }
            }
        }
        for (min, max, expected) in [
            (0, usize::MAX, true),
            (1, 0, false),
            (usize::MAX, usize::MAX, false),
            (usize::MAX / 4 + 1, usize::MAX, false),
        ] {
            assert_eq!(Length::new(min, max).has(b"abc"), expected, "{min} {max}");
        }
    }
}
