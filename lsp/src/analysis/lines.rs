//! Lines and columns as editors count them.

use std::ops::Range;

/// What a column counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// Code units of UTF-16: what an editor means if it says nothing.
    #[default]
    Utf16,
}

/// A line and a column, both from zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column, in what the [`Encoding`] says.
    pub column: u32,
}

/// Where the lines of a text begin.
#[derive(Clone, Debug)]
pub struct Lines {
    /// The range of each line, without what ends it.
    lines: Vec<Range<usize>>,
}

impl Lines {
    /// Those of this text. A line ends with `\n`, `\r\n` or `\r`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut lines = Vec::new();
        let mut start = 0;
        let bytes = text.as_bytes();
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                b'\n' if at > 0 && bytes.get(at - 1) == Some(&b'\r') => start = at + 1,
                b'\n' | b'\r' => {
                    lines.push(start..at);
                    start = at + 1;
                }
                _ => {}
            }
        }
        lines.push(start..text.len());
        Self { lines }
    }

    /// The line and column of an offset. Between the two bytes of a line's end it is the end of the line.
    #[must_use]
    pub fn position(&self, text: &str, offset: usize, encoding: Encoding) -> Position {
        let line = self.lines.partition_point(|line| line.start <= offset).saturating_sub(1);
        let range = self.lines.get(line).cloned().unwrap_or_default();
        let before = text.get(range.start..offset.clamp(range.start, range.end)).unwrap_or_default();
        let column = match encoding {
            Encoding::Utf8 => before.len(),
            Encoding::Utf16 => before.chars().map(char::len_utf16).sum(),
        };
        Position { line: count(line), column: count(column) }
    }

    /// The offset of a position. A column behind the end of its line is the end of the line, a line
    /// behind the last one the end of the text, and inside of a character its beginning.
    #[must_use]
    pub fn offset(&self, text: &str, position: Position, encoding: Encoding) -> usize {
        let Some(range) = self.lines.get(position.line as usize) else { return text.len() };
        let line = text.get(range.clone()).unwrap_or_default();
        let mut column = 0;
        for (at, character) in line.char_indices() {
            column += match encoding {
                Encoding::Utf8 => character.len_utf8(),
                Encoding::Utf16 => character.len_utf16(),
            };
            if column > position.column as usize {
                return range.start + at;
            }
        }
        range.end
    }
}

/// Texts are far shorter than four GiB.
fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_and_offsets() {
        let text = "ab\r\n𝒳é\nz\rlast";
        let lines = Lines::new(text);
        for (at, utf16, utf8) in [
            ("ab", (0, 0), (0, 0)),
            ("b", (0, 1), (0, 1)),
            ("\r\n", (0, 2), (0, 2)),
            ("𝒳", (1, 0), (1, 0)),
            ("é", (1, 2), (1, 4)),
            ("\nz", (1, 3), (1, 6)),
            ("z", (2, 0), (2, 0)),
            ("last", (3, 0), (3, 0)),
        ] {
            let offset = text.find(at).expect("it is there");
            for (encoding, (line, column)) in [(Encoding::Utf16, utf16), (Encoding::Utf8, utf8)] {
                let position = Position { line, column };
                assert_eq!(lines.position(text, offset, encoding), position, "{at:?}");
                assert_eq!(lines.offset(text, position, encoding), offset, "{at:?}");
            }
        }
        let position = |line, column| Position { line, column };
        for (asked, expected) in [
            (position(0, 9), 2),
            // In the middle of a character.
            (position(1, 1), 4),
            (position(9, 0), text.len()),
        ] {
            assert_eq!(lines.offset(text, asked, Encoding::Utf16), expected, "{asked:?}");
        }
        assert_eq!(lines.position(text, 3, Encoding::Utf16), position(0, 2), "between \\r and \\n");
        assert_eq!(Lines::new("").offset("", position(0, 0), Encoding::Utf8), 0);
    }
}
