//! Tables.

use super::{Checker, quantity};
use crate::diagnostic::{Code, Diagnostic};
use crate::functions::Type;
use crate::model::{Cache, Index, KeyType, Source, Table};
use crate::source::Span;
use crate::suggest;
use crate::syntax::tree::{self, Name, TableClauseKind};

const KEY_TYPES: [(&str, KeyType); 3] =
    [("string", KeyType::String), ("number", KeyType::Number), ("binary", KeyType::Binary)];

/// The types of attributes as rules see them: a set is an array, bytes are base64 text.
const ATTRIBUTE_TYPES: [(&str, Type); 7] = [
    ("string", Type::String),
    ("number", Type::Number),
    ("boolean", Type::Boolean),
    ("array", Type::Array),
    ("object", Type::Object),
    ("binary", Type::String),
    ("any", Type::Any),
];

impl Checker<'_> {
    pub(super) fn table(&mut self, table: &tree::Table, tables: &mut Vec<Table>) {
        let fresh = self.declare("table", &table.name);
        let known = self.findings.len();
        let (mut source, mut key, mut attributes, mut cache) = (None, None, None, None);
        let mut indexes: Vec<Index> = Vec::new();
        for clause in &table.clauses {
            match &clause.kind {
                TableClauseKind::Source { kind, location } => {
                    self.once(&mut source, "source", clause.span, |checker| checker.source(kind, location));
                }
                TableClauseKind::Key(parts) => {
                    self.once(&mut key, "key", clause.span, |checker| checker.key(parts));
                }
                TableClauseKind::Index { name, key } => {
                    let index = self.index(name, key, &indexes);
                    indexes.extend(index);
                }
                TableClauseKind::Attributes(parts) => {
                    self.once(&mut attributes, "attributes", clause.span, |checker| {
                        checker.attributes(parts)
                    });
                }
                TableClauseKind::Cache { ttl, limits } => {
                    self.once(&mut cache, "cache", clause.span, |checker| checker.cache(ttl, limits));
                }
            }
        }
        if table.complete {
            self.needed(source.is_some(), &table.name, "source", "source dynamodb \"TABLE-NAME\"");
            self.needed(key.is_some(), &table.name, "key", "key NAME: string");
        }
        if !fresh {
            return;
        }
        let source = source.and_then(|(source, _)| source);
        let key = key.map(|(key, _)| key).unwrap_or_default();
        let place = (table.complete && self.findings.len() == known).then_some(tables.len());
        self.tables.insert(table.name.text.clone(), place);
        if let (Some(_), Some(source)) = (place, source) {
            let cache = cache.and_then(|(cache, _)| cache);
            tables.push(Table {
                name: table.name.text.clone(),
                source,
                key,
                indexes,
                attributes: attributes.map(|(attributes, _)| attributes).unwrap_or_default(),
                cache,
                span: table.span,
            });
        }
    }

    /// Keeps the first of a kind of statement and reports the others.
    pub(super) fn once<T>(
        &mut self,
        slot: &mut Option<(T, Span)>,
        what: &str,
        span: Span,
        make: impl FnOnce(&mut Self) -> T,
    ) {
        if let Some((_, first)) = slot {
            let message = format!("`{what}` is given twice");
            let finding =
                Diagnostic::new(Code::RepeatedStatement, span, message).see(*first, "given here first");
            self.report(match what {
                "key" => finding.help("the parts of a key stand in one `key`, separated by commas"),
                "stream" => finding.help("several streams stand in one `stream`, separated by commas"),
                "when" => finding.help("join two conditions with `and`"),
                _ => finding,
            });
        } else {
            *slot = Some((make(self), span));
        }
    }

    /// Reports a statement that is needed and not there.
    pub(super) fn needed(&mut self, given: bool, name: &Name, what: &str, example: &str) {
        if !given {
            let message = format!("`{}` has no `{what}`", name.text);
            self.report(
                Diagnostic::new(Code::MissingStatement, name.span, message).help(format!("add `{example}`")),
            );
        }
    }

    fn source(&mut self, kind: &Name, location: &tree::Text) -> Option<Source> {
        if location.parts.is_empty() {
            let finding = Diagnostic::new(Code::Destination, location.span, "the name of the table is empty");
            self.report(finding.help("write the table's name or ARN at its source"));
        }
        let location = self.template(location)?;
        if !self.environment.sources.contains(&kind.text.as_str()) {
            let kinds = self.environment.sources.clone();
            let message = format!("`{}` is not a kind of source", kind.text);
            let finding = Diagnostic::new(Code::UnknownSource, kind.span, message);
            let finding = self.did_you_mean(finding, kind, &kinds, "the kinds are");
            self.report(finding);
            return None;
        }
        Some(Source { kind: kind.text.clone(), location })
    }

    fn key(&mut self, parts: &[(Name, Name)]) -> Vec<(String, KeyType)> {
        let key = self.typed(parts, KEY_TYPES, "a key", |name| format!("the key has `{name}` twice"));
        if let Some((third, _)) = parts.get(2) {
            let finding = Diagnostic::new(Code::KeyParts, third.span, "a key has one part or two");
            self.report(finding.help("the partition key, and the sort key where the table has one"));
        }
        key
    }

    /// The attributes that the table declares, with the types that their values have in JSON.
    fn attributes(&mut self, parts: &[(Name, Name)]) -> Vec<(String, Type)> {
        let twice = |name: &str| format!("the attribute `{name}` is declared twice");
        self.typed(parts, ATTRIBUTE_TYPES, "an attribute", twice)
    }

    /// Names with their types, each once; `types` are those that `owner` may have.
    fn typed<T: Copy, const N: usize>(
        &mut self,
        parts: &[(Name, Name)],
        types: [(&str, T); N],
        owner: &str,
        twice: impl Fn(&str) -> String,
    ) -> Vec<(String, T)> {
        let mut typed: Vec<(String, T)> = Vec::new();
        for (name, ty) in parts {
            let Some((_, known)) = types.into_iter().find(|(word, _)| *word == ty.text) else {
                let message = format!("`{}` is not a type of {owner}", ty.text);
                let finding = Diagnostic::new(Code::UnknownType, ty.span, message);
                let finding = self.did_you_mean(finding, ty, &types.map(|(word, _)| word), "the types are");
                self.report(finding);
                continue;
            };
            if typed.iter().any(|(known, _)| *known == name.text) {
                self.report(Diagnostic::new(Code::DuplicateName, name.span, twice(&name.text)));
            } else {
                typed.push((name.text.clone(), known));
            }
        }
        typed
    }

    fn index(&mut self, name: &tree::Text, key: &[(Name, Name)], known: &[Index]) -> Option<Index> {
        let text = self.plain(name, "the name of an index is plain text")?;
        if known.iter().any(|index| index.name == text) {
            let message = format!("the table has an index `{text}` already");
            self.report(Diagnostic::new(Code::DuplicateName, name.span, message));
        }
        Some(Index { name: text, key: self.key(key) })
    }

    /// A text without variables and holes.
    pub(super) fn plain(&mut self, text: &tree::Text, message: &str) -> Option<String> {
        match text.parts.as_slice() {
            [tree::TextPart::Literal(text)] => Some(text.clone()),
            _ => {
                self.report(Diagnostic::new(Code::Hole, text.span, message));
                None
            }
        }
    }

    fn cache(&mut self, ttl: &Name, limits: &[(Name, Name)]) -> Option<Cache> {
        let ttl_ms = self.duration(ttl);
        let mut cache =
            Cache { ttl_ms: ttl_ms.unwrap_or(0), missing_ms: None, stale_ms: None, max_bytes: None };
        for (what, value) in limits {
            match what.text.as_str() {
                "missing" => cache.missing_ms = self.duration(value),
                "stale" => cache.stale_ms = self.duration(value),
                "max" => {
                    cache.max_bytes = quantity::bytes(&value.text);
                    if cache.max_bytes.is_none() {
                        self.bad_quantity(value, "a size", "`64KiB` or `16MiB`");
                    }
                }
                other => {
                    let finding = Diagnostic::new(
                        Code::UnknownWord,
                        what.span,
                        format!("`{other}` is not a limit of a cache"),
                    );
                    let finding =
                        self.did_you_mean(finding, what, &["missing", "stale", "max"], "the limits are");
                    self.report(finding);
                }
            }
        }
        ttl_ms.map(|_| cache)
    }

    pub(super) fn duration(&mut self, value: &Name) -> Option<u64> {
        let milliseconds = quantity::milliseconds(&value.text);
        if milliseconds.is_none() {
            self.bad_quantity(value, "a duration", "`500ms`, `30s`, `5m`, `1h` or `7d`");
        }
        milliseconds
    }

    fn bad_quantity(&mut self, value: &Name, what: &str, examples: &str) {
        let message = format!("`{}` is not {what}", value.text);
        self.report(Diagnostic::new(Code::Quantity, value.span, message).help(format!("write {examples}")));
    }

    /// Adds the nearest of the words that would have been right, or all of them.
    pub(super) fn did_you_mean(
        &self,
        finding: Diagnostic,
        word: &Name,
        words: &[&str],
        all: &str,
    ) -> Diagnostic {
        let near = crate::syntax::habits::type_among(&word.text, words);
        match near.or_else(|| suggest::nearest(&word.text, words.iter().copied())) {
            Some(near) => finding.help(format!("did you mean `{near}`?")).fix(word.span, near),
            None if words.is_empty() => finding,
            None => finding.help(format!("{all} {}", suggest::all_of(words.iter().copied()))),
        }
    }
}
