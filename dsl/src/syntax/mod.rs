//! Text to tree.
//!
//! 1. `lex` finds words, texts and brackets, and checks the nesting before anything recurses on it.
//! 2. `items` cuts the file into tables and rules, so that each is parsed by itself.
//! 3. The grammar (`grammar.pest`) parses an item; where it can't, `recover` cuts the item into
//!    statements and parses each of them, so that every mistake is found, not the first one.
//! 4. `lower` turns the parse into the [`tree`] and refuses by name what the grammar tolerates.
//!
//! The tree keeps the comments and blank lines of the file, by their places.

mod items;
mod lex;
mod lower;
mod names;
mod parser;
mod recover;
pub mod tree;

use crate::diagnostic::{Code, Diagnostic};
use crate::limits::{MAX_FILE_BYTES, MAX_FINDINGS};
use crate::source::{FileId, Sources, Span};

/// Parses one file. The tree holds all that could be read; the findings say what could not.
#[must_use]
pub fn parse(sources: &Sources, file: FileId) -> (tree::File, Vec<Diagnostic>) {
    let text = sources.get(file).map(crate::source::SourceFile::text).unwrap_or_default();
    if text.len() > MAX_FILE_BYTES {
        let message = format!("a rule file may have {MAX_FILE_BYTES} bytes, this one has {}", text.len());
        let finding = Diagnostic::new(Code::TooLong, Span::new(file, 0, 0), message)
            .help("spread the rules over several files of the folder");
        return (tree::File::default(), vec![finding]);
    }
    let mut findings = Vec::new();
    let lexemes = lex::lex(text, file, &mut findings);
    let mut parsed = tree::File { trivia: lex::trivia(text, file, &lexemes), ..tree::File::default() };
    for item in items::split(text, file, &lexemes, &mut findings) {
        parsed.items.extend(recover::item(text, file, &item, &mut findings));
    }
    if findings.len() > MAX_FINDINGS {
        let rest = findings.len() - MAX_FINDINGS;
        findings.truncate(MAX_FINDINGS);
        findings.push(Diagnostic::new(
            Code::TooMany,
            Span::new(file, 0, 0),
            format!("{rest} more findings in this file are not shown"),
        ));
    }
    (parsed, findings)
}
