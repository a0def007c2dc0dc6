//! Events as lines: read piece by piece, so that the length of the input does not matter.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::atomic::{AtomicU64, Ordering};

use enrich_engine::{Origin, Reason, ReasonCode, Record};

/// The longest line, in bytes, without its end.
pub const MAX_LINE: usize = 10 << 20;
/// The most lines of one chunk.
pub const CHUNK_LINES: usize = 1_000;
/// A chunk ends with the line that fills these bytes.
pub const CHUNK_BYTES: usize = 4 << 20;
/// How many bytes of a line that is too long are kept.
pub const KEPT: usize = 1_024;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// One line that is not blank.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Line {
    /// Its number in its input, counted from 1; blank lines count.
    pub number: u64,
    /// What it says.
    pub content: Content,
}

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// All its bytes, without the line's end.
    Whole(Vec<u8>),
    /// The line has more than [`MAX_LINE`] bytes.
    TooLong {
        /// Its first [`KEPT`] bytes.
        start: Vec<u8>,
    },
}

impl Line {
    /// The line as a record. One that is too long will be rejected with what was kept of it.
    #[must_use]
    pub fn into_record(self, origin: Origin<'static>) -> Record<'static> {
        match self.content {
            Content::Whole(bytes) => Record::new(bytes, origin),
            Content::TooLong { start } => {
                let message =
                    format!("the line has more than {MAX_LINE} bytes; its first {KEPT} are kept here");
                Record::unreadable(start, Reason::new(ReasonCode::LineTooLong, message), origin)
            }
        }
    }
}

/// The lines of an input, in chunks. Line ends are LF or CR LF; the last line needs none.
#[derive(Debug)]
pub struct Lines<R> {
    input: BufReader<R>,
    lines: u64,
    bytes: u64,
    /// Whether a chunk ends where the input pauses.
    pauses: bool,
}

impl<R: Read> Lines<R> {
    /// The lines of that input, which needs no buffer of its own.
    pub fn new(input: R) -> Self {
        Self { input: BufReader::with_capacity(1 << 16, input), lines: 0, bytes: 0, pauses: true }
    }

    /// The same lines in chunks that depend on nothing but their bytes, for inputs that end by themselves.
    #[must_use]
    pub fn without_pauses(self) -> Self {
        Self { pauses: false, ..self }
    }

    /// How many lines were read so far.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// How many bytes were read so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next lines: [`CHUNK_LINES`] of them, or [`CHUNK_BYTES`], or fewer where the input pauses
    /// (what comes slowly is not held back). None at all only at the end.
    ///
    /// # Errors
    /// Where the input can't be read.
    pub fn chunk(&mut self) -> io::Result<Vec<Line>> {
        let (mut chunk, mut filled) = (Vec::new(), 0);
        while chunk.len() < CHUNK_LINES && filled < CHUNK_BYTES {
            let Some(content) = self.line()? else { break };
            let (Content::Whole(bytes) | Content::TooLong { start: bytes }) = &content;
            if !bytes.trim_ascii().is_empty() {
                filled += bytes.len();
                chunk.push(Line { number: self.lines, content });
            }
            if self.pauses && self.input.buffer().is_empty() && !chunk.is_empty() {
                break;
            }
        }
        Ok(chunk)
    }

    fn line(&mut self) -> io::Result<Option<Content>> {
        // Room for the line's end and for a byte order mark.
        let room = (MAX_LINE + 2 + BOM.len()) as u64;
        let mut line = Vec::new();
        let mut length = self.input.by_ref().take(room).read_until(b'\n', &mut line)? as u64;
        if length == 0 {
            return Ok(None);
        }
        let whole = line.ends_with(b"\n") || length < room;
        if !whole {
            length += self.input.skip_until(b'\n')? as u64;
        }
        self.bytes += length;
        self.lines += 1;
        if self.lines == 1 && line.starts_with(BOM) {
            line.drain(..BOM.len());
        }
        for end in [b'\n', b'\r'] {
            if line.last() == Some(&end) {
                line.pop();
            }
        }
        if !whole || line.len() > MAX_LINE {
            line.truncate(KEPT);
            line.shrink_to_fit();
            return Ok(Some(Content::TooLong { start: line }));
        }
        Ok(Some(Content::Whole(line)))
    }
}

/// An input whose bytes are counted while they are read.
#[derive(Debug)]
pub struct Counted<'a, R> {
    inner: R,
    read: &'a AtomicU64,
}

impl<'a, R> Counted<'a, R> {
    /// That input; its bytes are added to `read`.
    pub fn new(inner: R, read: &'a AtomicU64) -> Self {
        Self { inner, read }
    }
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.read.fetch_add(length as u64, Ordering::Relaxed);
        Ok(length)
    }
}

#[cfg(test)]
mod tests;
