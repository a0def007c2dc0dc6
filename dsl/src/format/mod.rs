//! The one layout of a rule file.
//!
//! The tree says what is written, its `trivia` where comments and blank lines were. Each statement
//! becomes a row of cells (`statement`, `expression`), each block a list of rows with the comments
//! between them; then the cells of rows that stand together are aligned (`rows`), and what is too wide
//! for a line is broken (`doc`).
//!
//! The layout depends on nothing but the tree, its comments and its blank lines: so what was laid out
//! once is laid out for good. A comment stays between the two words that it stood between, or goes
//! behind them where only a bracket or a word of the language follows.

mod comments;
mod doc;
mod expression;
mod rows;
mod spell;
mod statement;
mod tests;

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Sources};
use crate::syntax::{self, tree};
use crate::testing;
use comments::Comments;
use doc::{Doc, Writer};
use rows::{Entries, Row};

/// The text of a file of rules, or of tests (`NAME.test.enrich`), in the one layout. Line ends stay as the file's first one is.
///
/// ```
/// use enrich_dsl::format::format;
/// use enrich_dsl::source::Sources;
///
/// let mut sources = Sources::new();
/// let file = sources.add("clicks.enrich", "rule clicks {stream \"clicks\"\nset .seen=true}");
/// let text = "rule clicks {\n  stream \"clicks\"\n  set    .seen = true\n}\n";
/// assert_eq!(format(&sources, file).as_deref(), Ok(text));
/// ```
///
/// # Errors
/// What is wrong with the text, if it can't be read: nothing is half laid out.
pub fn format(sources: &Sources, file: FileId) -> Result<String, Vec<Diagnostic>> {
    let Some(source) = sources.get(file) else { return Ok(String::new()) };
    let first_line = source.text().split_inclusive('\n').next().unwrap_or_default();
    let line_end = if first_line.ends_with("\r\n") { "\r\n" } else { "\n" };
    let printer = |trivia| Printer { comments: Comments::new(sources, trivia), indent: 0 };
    if testing::is_test_file(source.name()) {
        let (parsed, findings) = testing::parse(sources, file);
        let start = |test: &testing::tree::Test| test.span.start;
        return match findings.as_slice() {
            [] => Ok(printer(&parsed.trivia).file(&parsed.tests, start, Printer::test, line_end)),
            _ => Err(findings),
        };
    }
    let (parsed, findings) = syntax::parse(sources, file);
    match findings.as_slice() {
        [] => Ok(printer(&parsed.trivia).file(&parsed.items, start, Printer::item, line_end)),
        _ => Err(findings),
    }
}

/// The text of a tree, however it was built, without comments and blank lines.
///
/// Parsed again it is the same tree, if the tree is one that a text can give: an expression whose
/// operators need parentheses has them as [`tree::ExprKind::Group`].
#[must_use]
pub fn print(file: &tree::File) -> String {
    Printer { comments: Comments::none(), indent: 0 }.file(&file.items, start, Printer::item, "\n")
}

fn start(item: &tree::Item) -> u32 {
    match item {
        tree::Item::Table(table) => table.span.start,
        tree::Item::Rule(rule) => rule.span.start,
    }
}

/// Walks a tree from its first word to its last, and puts each comment where it was.
struct Printer<'s> {
    comments: Comments<'s>,
    /// The indentation of the block that is walked.
    indent: usize,
}

impl Printer<'_> {
    fn file<T>(
        mut self,
        items: &[T],
        start: impl Fn(&T) -> u32,
        row: impl Fn(&mut Self, &T) -> Row,
        line_end: &'static str,
    ) -> String {
        let mut entries = Entries::default();
        for item in items {
            entries.between(self.comments.before(start(item)), &self.comments);
            entries.part_from_last_row();
            entries.row(row(&mut self, item));
        }
        entries.between(self.comments.before(u32::MAX), &self.comments);
        entries.end();
        let mut writer = Writer::new(line_end);
        entries.write(&mut writer, 0);
        writer.finish()
    }

    /// The comments before that place which are not written yet, inside a statement.
    fn comments_before(&mut self, place: u32) -> Doc {
        let mut docs = Vec::new();
        for piece in self.comments.before(place) {
            if let tree::Trivia::Comment { span, own_line } = piece {
                docs.push(Doc::Comment { text: self.comments.text(*span), own_line: *own_line });
            }
        }
        Doc::All(docs)
    }

    /// Items with commas between them, each on a line of its own if they don't fit on one.
    fn list<T>(
        &mut self,
        items: &[T],
        start: impl Fn(&T) -> u32,
        mut print: impl FnMut(&mut Self, &T) -> Doc,
    ) -> Doc {
        let mut parts = Vec::new();
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                parts.extend([Doc::text(","), self.comments_before(start(item)), Doc::Line]);
            }
            parts.push(print(self, item));
        }
        Doc::All(parts)
    }

    /// Short items with commas between them, as many on a line as fit there.
    fn filled<T>(
        &mut self,
        items: &[T],
        start: impl Fn(&T) -> u32,
        mut print: impl FnMut(&mut Self, &T) -> Doc,
    ) -> Doc {
        let mut parts = Vec::new();
        for (at, item) in items.iter().enumerate() {
            if at == 0 {
                parts.push(print(self, item));
            } else {
                parts.extend([Doc::text(","), self.comments_before(start(item))]);
                parts.push(Doc::group(vec![Doc::Line, print(self, item)]));
            }
        }
        Doc::align(Doc::All(parts))
    }
}
