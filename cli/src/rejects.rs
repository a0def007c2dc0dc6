//! The events that can't be enriched: kept in a file, with the reason.

use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use enrich_engine::Destination;
use enrich_engine::json::write_string;
use enrich_engine::output::{Rejected, document};

use crate::args::destination;

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

/// Where rejects are kept: in a file, or where the function keeps its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RejectsPlace {
    /// A file, a line each.
    File(PathBuf),
    /// Objects or messages.
    Sink(Destination),
}

impl FromStr for RejectsPlace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // No file is called so by intent.
        let sink = ["s3://", "https://", "http://", "arn:"].iter().any(|start| text.starts_with(start));
        if sink { destination(text).map(Self::Sink) } else { Ok(Self::File(text.into())) }
    }
}

/// Rejects in a file.
pub type FileRejects = Rejects<BufWriter<File>>;

/// Keeps rejected events, a line each: the document that a deployment would keep, with the place where the
/// event was read in front.
///
/// `{"file":"clicks.ndjson","line":3,"version":1,"reason":{"code":"not_json","message":"…"},…}`
#[derive(Debug)]
pub struct Rejects<W: Write> {
    out: W,
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
    pub fn keep(&mut self, place: Place<'_>, rejected: Rejected<'_>) -> io::Result<()> {
        let mut line = String::from("{");
        if let Some(file) = place.file {
            line.push_str("\"file\":");
            write_string(&mut line, &file.display().to_string());
            line.push(',');
        }
        line.push_str(&format!("\"line\":{},", place.line));
        line.push_str(document(rejected).trim_start_matches('{'));
        self.out.write_all(line.as_bytes())
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
    use enrich_engine::{Origin, Reason, ReasonCode, Record};

    #[test]
    fn one_object_a_line() {
        let mut out = Vec::new();
        let mut rejects = Rejects::new(&mut out);
        let mut keep = |file, line, data: &[u8]| {
            let record = Record::new(data, Origin::stream("clicks"));
            let reason = Reason::new(ReasonCode::NotJson, "an unexpected character at byte 1 of \"x\"\n");
            let (record, reason) = (&record, &reason);
            let rejected = Rejected { record, repeat: 0, rule: None, reason, rules: "h", lookups: &[] };
            rejects.keep(Place { file, line }, rejected).expect("memory can be written");
        };
        keep(Some(Path::new("a/clicks.ndjson")), 3, b"{\xff\n");
        keep(None, 40, b"");
        let rest = concat!(
            r#""version":1,"reason":{"code":"not_json","message":"an unexpected character at byte 1 of \"x\"\n"},"#,
            r#""record":{"stream":"clicks"},"rule":null,"rules":"h","lookups":[],"data":"#
        );
        let first = format!(r#"{{"file":"a/clicks.ndjson","line":3,{rest}"e/8K"}}"#);
        let second = format!(r#"{{"line":40,{rest}""}}"#);
        assert_eq!(String::from_utf8(out).expect("text"), format!("{first}\n{second}\n"));
    }
}
