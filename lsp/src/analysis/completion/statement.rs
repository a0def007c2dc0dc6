//! What goes on with a statement or a clause.

use enrich_dsl::syntax::LexemeKind;

use super::{Ask, Completion, Kind};
use crate::analysis::cursor::Token;
use crate::analysis::{hover, tables};

const KEY_TYPES: &[&str] = &["string", "number", "binary"];
const ATTRIBUTE_TYPES: &[&str] = &["string", "number", "boolean", "array", "object", "binary", "any"];

impl Ask<'_> {
    /// Inside of a table.
    pub(super) fn clause(&mut self) {
        let statement = std::mem::take(&mut self.cursor.statement);
        let words: Vec<&str> = statement.iter().map(|token| token.text).collect();
        match words.as_slice() {
            [] => self.beginnings(),
            ["source"] => self.choices("source"),
            ["key" | "index", .., ":"] => self.types(KEY_TYPES),
            ["attributes", .., ":"] => self.types(ATTRIBUTE_TYPES),
            ["index", _] => self.words(&["key"]),
            ["cache", .., ","] => self.choices("cache"),
            // Behind a whole clause the next one begins.
            [.., last] if ends(&statement) && *last != "," => self.beginnings(),
            _ => {}
        }
    }

    fn types(&mut self, types: &[&str]) {
        self.items.extend(types.iter().map(|word| Completion::new(*word, Kind::Choice, "")));
    }

    /// Inside of a rule.
    pub(super) fn statement(&mut self) {
        let statement = self.cursor.statement.clone();
        let words: Vec<&str> = statement.iter().map(|token| token.text).collect();
        match words.as_slice() {
            [] => return self.beginnings(),
            ["decode"] | ["decode", .., ","] => self.choices("decode"),
            ["drop"] => self.words(&["when"]),
            ["schema", _] => self.words(&["on"]),
            ["schema", _, "on"] => self.words(&["invalid"]),
            ["schema", _, "on", "invalid"] => self.choices("invalid"),
            ["lookup", ..] => return self.lookup(&words),
            ["copy", ..] => return self.copy(&words),
            ["on"] => self.outcomes(),
            ["on", "no"] => self.words(&["key"]),
            ["on", "missing"] => self.words(&["instead", "within"]),
            ["on", "no", "key"] => self.words(&["instead"]),
            ["on", "missing", "within", ..] if words.len() > 4 => self.words(&["retry"]),
            ["set"] | ["remove"] | ["remove", .., ","] | ["for", "each", _, "in"] => self.targets(),
            ["for"] => self.words(&["each"]),
            ["for", "each", _] => self.words(&["in"]),
            ["output"] => self.choices("output"),
            ["rejects"] => self.choices("rejects"),
            ["one"] => self.words(&["object"]),
            ["one", "object"] => self.words(&["per"]),
            ["one", "object", "per"] => self.choices("per"),
            ["compression"] => self.choices("compression"),
            ["partition"] => self.words(&["by"]),
            ["when", ..] | ["drop", "when", ..] => return self.expression(),
            ["set", .., last] if words.contains(&"=") && (*last == "=" || words.len() > 3) => {
                return self.expression();
            }
            ["partition", "by", .., last] if *last != "," && words.contains(&"=") => {
                return self.expression();
            }
            _ => {}
        }
        self.next_line(&statement);
    }

    /// On a new line another statement can begin, where this one is whole.
    pub(super) fn next_line(&mut self, statement: &[Token<'_>]) {
        let text = self.set.text(self.file);
        let end = statement.last().map_or(0, |token| token.end);
        let between = text.get(end..self.cursor.start).unwrap_or_default();
        if between.contains('\n') && ends(statement) {
            self.beginnings();
        }
    }

    fn outcomes(&mut self) {
        self.words(&["found", "missing"]);
        let no_key = Completion::new("no key", Kind::Keyword, "on no key { … }");
        self.items.push(no_key.documented("A part of the lookup's key is absent, null or empty."));
        self.words(&["error"]);
    }

    /// Fields that are written, taken out or gone through.
    fn targets(&mut self) {
        self.event_fields();
        if let Some((element, shape)) = self.known().and_then(|place| place.element) {
            self.items.push(Completion::new(element, Kind::Variable, hover::types(&shape)));
        }
    }

    /// `lookup NAME from TABLE by "INDEX" where KEY = VALUE, …`
    fn lookup(&mut self, words: &[&str]) {
        match words {
            ["lookup", _] => self.words(&["from"]),
            ["lookup", _, "from"] => self.tables(),
            ["lookup", _, "from", _] => self.words(&["where", "by"]),
            ["lookup", _, "from", _, "by", _] => self.words(&["where"]),
            ["lookup", _, "from", table, rest @ ..] => {
                let Some(key) = rest.iter().position(|word| *word == "where") else { return };
                let rest = rest.get(key + 1..).unwrap_or_default();
                let last = part(rest);
                if last.is_empty() {
                    let index = words.get(5).filter(|_| words.get(4) == Some(&"by"));
                    self.key_parts(table, index.map(|name| name.trim_matches('"')), rest);
                } else if last.contains(&"=") {
                    self.expression();
                }
            }
            _ => {}
        }
    }

    fn tables(&mut self) {
        let set = self.set;
        for table in set.all().flat_map(|parsed| parsed.tree.tables()) {
            let name = &table.name.text;
            let item = Completion::new(name, Kind::Table, tables::typed(tables::key(table)));
            self.items.push(item.documented(hover::table(set, name).unwrap_or_default()));
        }
    }

    /// The parts of the key that no value is given for yet.
    fn key_parts(&mut self, table: &str, index: Option<&str>, given: &[&str]) {
        let Some(table) = self.set.table(table) else { return };
        for (name, ty) in tables::asked(table, index) {
            let named = given.windows(2).any(|pair| matches!(pair, [part, "="] if *part == name.text));
            if !named {
                let item = Completion::new(&name.text, Kind::Attribute, &ty.text);
                self.items
                    .push(item.inserting(format!("{} = ", crate::analysis::words::spelled(&name.text))));
            }
        }
    }

    /// `copy A, B into .target as TYPE default VALUE`
    fn copy(&mut self, words: &[&str]) {
        let target = words.iter().any(|word| matches!(*word, "to" | "into"));
        let Some(last) = words.last() else { return };
        match *last {
            "copy" | "," | "except" if !target => {
                let lookup = self.cursor.blocks.last().and_then(|head| head.get(3)).map(|token| token.text);
                if let Some(table) = lookup.and_then(|name| self.set.table(name)) {
                    self.attributes(table, words);
                }
                if *last == "copy" {
                    self.items.push(Completion::new("*", Kind::Keyword, "copy * except A into .target"));
                }
            }
            "to" | "into" => self.targets(),
            "as" => self.choices("as"),
            "default" => self.words(&["null", "true", "false"]),
            _ => {
                let mut words_left = vec!["default", "required"];
                if !words.contains(&"as") {
                    words_left.insert(0, "as");
                }
                if words.contains(&"*") {
                    words_left = if words.contains(&"except") { vec![] } else { vec!["except"] };
                }
                if !target {
                    words_left.splice(0..0, ["to", "into"]);
                }
                words_left.retain(|word| !words.contains(word));
                if !words.contains(&"default") && !words.contains(&"required") {
                    self.words(&words_left);
                }
                let statement = self.cursor.statement.clone();
                self.next_line(&statement);
            }
        }
    }
}

/// The words of the last part of a list, behind its last comma outside of parentheses.
fn part<'w, 't>(words: &'w [&'t str]) -> &'w [&'t str] {
    let mut depth = 0_usize;
    let mut start = 0;
    for (at, word) in words.iter().enumerate() {
        match *word {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            "," if depth == 0 => start = at + 1,
            _ => {}
        }
    }
    words.get(start..).unwrap_or_default()
}

/// Whether a statement could end with its last word.
pub(super) fn ends(statement: &[Token<'_>]) -> bool {
    let Some(last) = statement.last() else { return true };
    match last.kind {
        LexemeKind::Sign => last.text == "*",
        LexemeKind::OpenGroup => false,
        LexemeKind::Word => !enrich_dsl::syntax::words::KEYWORDS.contains(&last.text) || is_last(last.text),
        _ => true,
    }
}

/// Keywords that a statement can end with.
fn is_last(word: &str) -> bool {
    matches!(word, "true" | "false" | "null" | "required" | "retry")
}
