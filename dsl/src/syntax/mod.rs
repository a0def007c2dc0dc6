//! Text to tree.
//!
//! 1. `lex` finds words, texts and brackets, and checks the nesting before anything recurses on it.
//!    What it and `braces` report is mended in the text that the parser reads (`mends`).
//! 2. `items` cuts the file into tables and rules, so that each is parsed by itself.
//! 3. The grammar (`grammar.pest`) parses an item; where it can't, `recover` cuts the item into
//!    statements and parses each of them, so that every mistake is found, not the first one.
//!    `repair` tells what a mistake is by what would mend it, and `habits` knows other languages' words.
//! 4. `lower` turns the parse into the [`tree`] and refuses by name what the grammar tolerates.
//!
//! The tree keeps the comments and blank lines of the file, by their places.

mod braces;
mod capitals;
pub(crate) mod habits;
mod header;
mod items;
mod lex;
mod lower;
mod mends;
mod names;
mod parser;
mod pieces;
mod recover;
mod repair;
pub mod tree;
pub mod words;

use crate::diagnostic::{Code, Diagnostic};
use crate::limits::{MAX_FILE_BYTES, MAX_FINDINGS};
use crate::source::{FileId, Sources, Span};
use lex::Lexed;
pub(crate) use parser::token;

pub use lex::{Lexeme, LexemeKind};

/// A file that is parsed: what a check begins with. One that checks again and again keeps these, and parses
/// only what has changed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Parsed {
    /// The file.
    pub file: FileId,
    /// All that could be read.
    pub tree: tree::File,
    /// What could not, and why.
    pub findings: Vec<Diagnostic>,
}

impl Parsed {
    /// Parses one file.
    #[must_use]
    pub fn new(sources: &Sources, file: FileId) -> Self {
        let (tree, findings) = parse(sources, file);
        Self { file, tree, findings }
    }
}

/// The words, texts, signs and comments of a text, whether it parses or not: what can be told of a place in
/// a statement that is still being written. A text that is nested deeper than it may be has none.
#[must_use]
pub fn lexemes(text: &str) -> Vec<Lexeme> {
    lex::lex(text, FileId::default(), &mut Vec::new()).lexemes
}

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
    if text.contains('\0') {
        let finding = Diagnostic::new(Code::Syntax, Span::new(file, 0, 0), "this file is not text");
        return (tree::File::default(), vec![finding.help("a rule file is UTF-8 text; save it as that")]);
    }
    let Lexed { mut lexemes, mut mends } = lex::lex(text, file, &mut findings);
    let mut parsed = tree::File { trivia: lex::trivia(text, file, &lexemes), ..tree::File::default() };
    braces::mend(text, file, &mut lexemes, &mut mends, &mut findings);
    let text = &mends.apply(text);
    for item in items::split(text, file, &lexemes, &mut findings) {
        parsed.items.extend(recover::item(text, file, &item, &mut findings));
    }
    findings.iter_mut().for_each(|finding| finding.widen(sources));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(text: &str) -> Vec<String> {
        let mut sources = Sources::new();
        let file = sources.add("a.enrich", text);
        parse(&sources, file).1.into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn what_is_no_text_is_one_finding() {
        assert_eq!(messages("r\0u\0l\0e\0"), ["this file is not text"]);
        assert_eq!(messages("\u{7f}ELF\u{2}\0\0“ // x"), ["this file is not text"]);
        // A mark of the byte order is no sign of the language, and none to speak of.
        assert_eq!(messages("\u{feff}rule r { stream \"s\" }"), Vec::<String>::new());
    }

    #[test]
    fn a_statement_that_the_file_ends_in_is_not_judged() {
        let never_closed = ["this `{` is never closed"];
        for cut in ["lookup u fr", "lookup u from users where id = .id { copy na", "set .a = lower(", "se"] {
            assert_eq!(messages(&format!("rule r {{\n  stream \"s\"\n  {cut}")), never_closed, "{cut}");
        }
        // A line that is ended is.
        let ended = messages("rule r {\n  stream \"s\"\n  sett .a = 1\n  set .b = 2\n");
        assert_eq!(ended, ["this `{` is never closed", "`sett` does not begin a statement"]);
    }
}
