//! The events that can't be enriched: kept in a file, with the reason.

use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use enrich_engine::Reason;
use serde::Serialize;

/// Where an event was read: its line, and its file unless that is standard input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The file.
    pub file: Option<&'a Path>,
    /// The line, counted from 1.
    pub line: u64,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.file {
            Some(file) => write!(f, "{}:{}", file.display(), self.line),
            None => write!(f, "line {}", self.line),
        }
    }
}

/// Rejects in a file.
pub type FileRejects = Rejects<BufWriter<File>>;

/// Keeps rejected events, one JSON object a line:
///
/// `{"file":"clicks.ndjson","line":3,"reason":{"code":"not_json","message":"…"},"data":"…base64…"}`
#[derive(Debug)]
pub struct Rejects<W: Write> {
    out: W,
}

#[derive(Serialize)]
struct Reject<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    line: u64,
    reason: Why<'a>,
    data: String,
}

#[derive(Serialize)]
struct Why<'a> {
    code: &'a str,
    message: &'a str,
}

impl FileRejects {
    /// Rejects in that file; what is in it already goes away.
    ///
    /// # Errors
    /// Where the file can't be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        Ok(Self::new(BufWriter::new(File::create(path)?)))
    }
}

impl<W: Write> Rejects<W> {
    /// Rejects in that writer.
    pub fn new(out: W) -> Self {
        Self { out }
    }

    /// Keeps one event.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn keep(&mut self, place: Place<'_>, reason: &Reason, data: &[u8]) -> io::Result<()> {
        let reject = Reject {
            file: place.file.map(|file| file.display().to_string()),
            line: place.line,
            reason: Why { code: &reason.code, message: &reason.message },
            data: STANDARD.encode(data),
        };
        serde_json::to_writer(&mut self.out, &reject)?;
        self.out.write_all(b"\n")
    }

    /// Writes out what is kept in memory: an event counts as rejected only behind this.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_object_a_line() {
        let mut out = Vec::new();
        let mut rejects = Rejects::new(&mut out);
        let reason = Reason::new("not_json", "an unexpected character at byte 1 of \"x\"\n");
        let file = Some(Path::new("a/clicks.ndjson"));
        rejects.keep(Place { file, line: 3 }, &reason, b"{\xff\n").expect("memory can be written");
        rejects.keep(Place { file: None, line: 40 }, &Reason::new("no_rule", ""), b"").expect("memory");
        assert_eq!(
            String::from_utf8(out).expect("text"),
            concat!(
                r#"{"file":"a/clicks.ndjson","line":3,"reason":{"code":"not_json","#,
                r#""message":"an unexpected character at byte 1 of \"x\"\n"},"data":"e/8K"}"#,
                "\n",
                r#"{"line":40,"reason":{"code":"no_rule","message":""},"data":""}"#,
                "\n"
            )
        );
    }
}
