//! The text as the parser reads it.
//!
//! What is reported by name is replaced by what was meant, in as many bytes: every place stays where
//! it is, and what stands behind the slip is read as if it had been right.

use std::borrow::Cow;
use std::ops::Range;

/// Replacements that keep the length of the text.
#[derive(Debug, Default)]
pub(super) struct Mends(Vec<(Range<usize>, String)>);

impl Mends {
    /// Replaces what stands there; what is left over of it becomes space. A replacement that is
    /// longer than what it replaces is left out.
    pub(super) fn replace(&mut self, range: Range<usize>, with: &str) {
        if let Some(left) = range.len().checked_sub(with.len()) {
            self.0.push((range, format!("{with}{}", " ".repeat(left))));
        }
    }

    /// Makes space of what stands there.
    pub(super) fn blank(&mut self, range: Range<usize>) {
        self.replace(range, "");
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text with all of them.
    pub(super) fn apply(mut self, text: &str) -> Cow<'_, str> {
        if self.0.is_empty() {
            return Cow::Borrowed(text);
        }
        self.0.sort_by_key(|(range, _)| range.start);
        let mut mended = String::with_capacity(text.len());
        for (range, with) in self.0 {
            // Of two that overlap the first counts; and none cuts a character.
            let Some(before) = text.get(mended.len()..range.start) else { continue };
            if text.is_char_boundary(range.end) {
                mended.push_str(before);
                mended.push_str(&with);
            }
        }
        mended.push_str(text.get(mended.len()..).unwrap_or_default());
        Cow::Owned(mended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_stays() {
        for (text, range, with, expected) in [
            ("a // b", 2..6, "", "a     "),
            ("a – b", 2..5, "-", "a -   b"),
            ("a – b", 3..5, "", "a – b"),
            ("abc", 0..1, "longer", "abc"),
            ("abc", 2..9, "", "abc"),
        ] {
            let mut mends = Mends::default();
            mends.replace(range, with);
            assert_eq!(mends.apply(text), expected, "{text}");
        }
        let mut mends = Mends::default();
        mends.blank(2..4);
        mends.replace(0..3, "x");
        assert_eq!(mends.apply("abcde"), "x  de");
    }
}
