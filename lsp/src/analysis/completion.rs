//! What can stand at the cursor.

mod expression;
mod statement;

use std::ops::Range;

use enrich_dsl::check::Place;
use enrich_dsl::source::FileId;
use enrich_dsl::syntax::tree::Table;

use super::cursor::{Cursor, Inside};
use super::set::RuleSet;
use super::words::{is_word, quoted_end, spelled};
use super::{keywords, tables};

/// What an item of a completion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A word of the language.
    Keyword,
    /// A field of the event or of an element.
    Field,
    /// An attribute of a table's items.
    Attribute,
    /// A table.
    Table,
    /// A lookup or an element of a loop.
    Variable,
    /// A function.
    Function,
    /// A word out of a few: a type, a kind of output.
    Choice,
    /// A file or a folder.
    File,
}

/// One thing that can stand at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What is listed.
    pub label: String,
    /// What it is.
    pub kind: Kind,
    /// A few words on it: its type, its form.
    pub detail: String,
    /// More on it, in Markdown; may be empty.
    pub documentation: String,
    /// What is put in.
    pub insert: String,
    /// Whether that is a snippet.
    pub snippet: bool,
}

/// What can stand at an offset, and what it replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completions {
    /// What is replaced: the word around the cursor.
    pub replaced: Range<usize>,
    /// What can stand there, the most likely first.
    pub items: Vec<Completion>,
}

impl Completion {
    fn new(label: impl Into<String>, kind: Kind, detail: impl Into<String>) -> Self {
        let label = label.into();
        let insert = label.clone();
        Self { label, kind, detail: detail.into(), documentation: String::new(), insert, snippet: false }
    }

    fn documented(self, documentation: impl Into<String>) -> Self {
        Self { documentation: documentation.into(), ..self }
    }

    fn inserting(self, insert: impl Into<String>) -> Self {
        Self { insert: insert.into(), ..self }
    }

    fn snippet(self, insert: impl Into<String>) -> Self {
        Self { snippet: true, ..self.inserting(insert) }
    }
}

/// What can stand at that offset. In a comment and where a new name is given it is nothing.
#[must_use]
pub fn completion(set: &RuleSet, file: FileId, offset: usize) -> Completions {
    let text = set.text(file);
    let cursor = Cursor::new(text, offset);
    let behind = text.get(cursor.offset..).unwrap_or_default();
    let rest = behind.find(|character| !is_word(character)).unwrap_or(behind.len());
    let mut ask = Ask { set, file, cursor, place: None, items: Vec::new() };
    let end = match ask.cursor.inside {
        Inside::Text(start) => {
            ask.text(start);
            // All of the text: what is offered is the whole path or name.
            let line = behind.find(['"', '\n', '\r']).unwrap_or(behind.len());
            let quoted = text.get(start.saturating_sub(1)..).and_then(quoted_end).is_some();
            ask.cursor.offset + if quoted { line } else { 0 }
        }
        Inside::Variable(_) => {
            ask.variables();
            ask.cursor.offset + rest
        }
        Inside::Comment => ask.cursor.offset,
        Inside::Code | Inside::Hole(_) => {
            ask.code();
            ask.cursor.offset + rest
        }
    };
    Completions { replaced: ask.cursor.start..end, items: ask.items }
}

/// A cursor, and what was found for it so far.
struct Ask<'s> {
    set: &'s RuleSet,
    file: FileId,
    cursor: Cursor<'s>,
    /// What is known at the cursor, once somebody has asked.
    place: Option<Option<Place>>,
    items: Vec<Completion>,
}

impl<'s> Ask<'s> {
    fn code(&mut self) {
        if let Some(path) = self.cursor.path.clone() {
            return self.behind_dot(&path);
        }
        if matches!(self.cursor.inside, Inside::Hole(_)) {
            return self.expression();
        }
        match self.cursor.block() {
            None => self.item(),
            Some("table") => self.clause(),
            Some(_) => self.statement(),
        }
    }

    /// Outside of tables and rules.
    fn item(&mut self) {
        if self.cursor.statement.is_empty() {
            self.beginnings();
        }
    }

    /// The statements that can stand in the block around the cursor.
    fn beginnings(&mut self) {
        for keyword in keywords::of_block(self.cursor.block()) {
            let item = Completion::new(keyword.word, Kind::Keyword, keyword.form);
            self.items.push(item.documented(keyword.summary).snippet(keyword.snippet));
        }
    }

    /// Words of the language that go on with a statement.
    fn words(&mut self, words: &[&str]) {
        let within = self.cursor.statement.first().map_or("file", |token| token.text);
        for word in words {
            let item = match keywords::find(word, &[within]) {
                Some(keyword) => {
                    Completion::new(*word, Kind::Keyword, keyword.form).documented(keyword.summary)
                }
                None => Completion::new(*word, Kind::Keyword, ""),
            };
            self.items.push(item);
        }
    }

    /// Words of which one must stand here.
    fn choices(&mut self, keyword: &str) {
        let choices = enrich_dsl::syntax::words::CHOICES.iter().filter(|(known, _)| *known == keyword);
        let words = choices.flat_map(|(_, words)| words.iter());
        self.items.extend(words.map(|word| Completion::new(*word, Kind::Choice, "")));
    }

    /// Inside of a text: a schema's path, or the name of an index.
    fn text(&mut self, start: usize) {
        let words: Vec<&str> = self.cursor.statement.iter().map(|token| token.text).collect();
        match words.as_slice() {
            ["schema"] => self.schemas(start),
            ["lookup", _, "from", table, "by"] => {
                let Some(table) = self.set.table(table) else { return };
                for (name, key) in tables::indexes(table) {
                    let Some(name) = tables::plain(name) else { continue };
                    self.items.push(Completion::new(name, Kind::Choice, tables::typed(key)));
                }
            }
            _ => {}
        }
    }

    /// The JSON files and folders beside the rule file, or in the folder that is written already.
    fn schemas(&mut self, start: usize) {
        let written = self.set.text(self.file).get(start..self.cursor.offset).unwrap_or_default();
        let folder = written.rfind('/').and_then(|end| written.get(..=end)).unwrap_or_default();
        let path = self.set.schema_path(self.file, folder);
        for name in self.set.disk().names(&path) {
            if (name.ends_with(".json") || name.ends_with('/')) && !name.starts_with('.') {
                self.items.push(Completion::new(format!("{folder}{name}"), Kind::File, ""));
            }
        }
    }

    /// Inside of `${…}`: the variables that the set has already.
    fn variables(&mut self) {
        let mut names: Vec<String> = Vec::new();
        for parsed in self.set.all() {
            for one in super::names::of_file(self.set.sources(), &parsed.tree) {
                let here = one.span.file == self.file
                    && (one.span.start as usize..=one.span.end as usize).contains(&self.cursor.offset);
                if matches!(one.meaning, super::names::Meaning::Variable(_)) && !here {
                    names.push(one.name);
                }
            }
        }
        names.sort();
        names.dedup();
        self.items.extend(names.into_iter().map(|name| Completion::new(name, Kind::Variable, "")));
    }

    /// Attributes of a table's items, without those that are named already.
    fn attributes(&mut self, table: &Table, named: &[&str]) {
        for (name, ty) in tables::attributes(table) {
            if !named.contains(&name.text.as_str()) {
                let item = Completion::new(&name.text, Kind::Attribute, &ty.text);
                self.items.push(item.inserting(spelled(&name.text)));
            }
        }
    }

    /// The table that a lookup asks.
    fn table_of(&self, lookup: &str) -> Option<&'s Table> {
        let rule = self.rule()?;
        let lookups = lookups(&rule.statements);
        let found = lookups.into_iter().rfind(|known| known.name.text == lookup)?;
        self.set.table(&found.table.text)
    }

    /// The rule around the cursor, as far as it could be read.
    fn rule(&self) -> Option<&'s enrich_dsl::syntax::tree::Rule> {
        let begins = |rule: &&enrich_dsl::syntax::tree::Rule| rule.span.start as usize <= self.cursor.offset;
        self.set.parsed(self.file)?.tree.rules().filter(begins).last()
    }

    /// What is known at the cursor.
    fn known(&mut self) -> Option<Place> {
        let (set, file, start) = (self.set, self.file, self.cursor.start);
        self.place.get_or_insert_with(|| set.known_at(file, start)).clone()
    }
}

/// The lookups of these statements, loops included.
fn lookups(statements: &[enrich_dsl::syntax::tree::Statement]) -> Vec<&enrich_dsl::syntax::tree::Lookup> {
    use enrich_dsl::syntax::tree::StatementKind;
    let inside = statements.iter().flat_map(|statement| match &statement.kind {
        StatementKind::Lookup(lookup) => vec![lookup],
        StatementKind::ForEach { body, .. } => lookups(body),
        _ => Vec::new(),
    });
    inside.collect()
}
