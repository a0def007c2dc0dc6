//! Files of tests, `NAME.test.enrich`: what a rule does with an event, as an example that can be run.
//!
//! ```text
//! test "a premium visitor" {
//!   given profiles { "user_id": "u1", "segment": "premium" }
//!   event  { "user_id": "u1", "page": "/" }
//!   expect { "user_id": "u1", "page": "/", "user_segment": "premium", * }
//! }
//! ```
//!
//! A test that can't be read is reported, and the others are read all the same. Names of tables and of codes are
//! the business of who runs the tests.

mod lower;
mod parser;
mod scan;
pub mod tree;

use crate::diagnostic::{Code, Diagnostic};
use crate::limits::{MAX_FILE_BYTES, MAX_FINDINGS, MAX_JSON_NESTING};
use crate::source::{FileId, SourceFile, Sources, Span};
use lower::Lower;
use scan::Scanned;

/// Whether a file of that name holds tests: `NAME.test.enrich`.
#[must_use]
pub fn is_test_file(name: &str) -> bool {
    rules_of(name).is_some()
}

/// The file of rules beside a file of tests: `NAME.enrich` of `NAME.test.enrich`. `None` where that name is of no tests.
#[must_use]
pub fn rules_of(name: &str) -> Option<String> {
    name.strip_suffix(".test.enrich").map(|stem| format!("{stem}.enrich"))
}

/// Parses a file of tests. The tree holds the tests that could be read; the findings say what is wrong.
#[must_use]
pub fn parse(sources: &Sources, file: FileId) -> (tree::File, Vec<Diagnostic>) {
    let text = sources.get(file).map(SourceFile::text).unwrap_or_default();
    let refused = |code, at: usize, message: String, help: &str| {
        let span = Span::new(file, at, at);
        (tree::File::default(), vec![Diagnostic::new(code, span, message).help(help)])
    };
    if text.len() > MAX_FILE_BYTES {
        let message = format!("a file of tests may have {MAX_FILE_BYTES} bytes, this one has {}", text.len());
        return refused(Code::TooLong, 0, message, "spread the tests over several files of the folder");
    }
    let Scanned { trivia, too_deep } = scan::scan(text, file);
    if let Some(at) = too_deep {
        let message = format!("JSON is nested deeper than {MAX_JSON_NESTING} here");
        return refused(Code::TooDeep, at, message, "no event may be nested so deep");
    }
    let mut lower = Lower { sources, text, file, findings: Vec::new() };
    let mut parsed = lower.file();
    let mut findings = lower.findings;
    parsed.trivia = trivia;
    findings.iter_mut().for_each(|finding| finding.widen(sources));
    findings.truncate(MAX_FINDINGS);
    (parsed, findings)
}
