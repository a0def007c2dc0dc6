//! A file of tests, held against the rules that it tests.

use std::collections::{BTreeMap, HashMap};
use std::mem::take;

use enrich_dsl::diagnostic::{self, Code, Diagnostic};
use enrich_dsl::model::{KeyType, Table};
use enrich_dsl::source::{FileId, Sources, Span};
use enrich_dsl::suggest;
use enrich_dsl::syntax::tree::Name;
use enrich_dsl::testing::tree::{self, ClauseKind, Json, JsonKind, Test, Text};

use super::tables::{Fault, Tables, key_value};
use super::{Case, DEFAULT_NOW, Expected, Suite, encode};
use crate::batch::{Origin, Record};
use crate::engine::Engine;
use crate::lookup::{ErrorCode, Item};
use crate::program::BuildError;
use crate::reasons::{Becomes, ReasonCode};
use crate::rules::Rules;
use crate::time::Timestamp;

impl Suite {
    /// Reads a file of tests for these rules. `home` is the file of rules that it belongs to, in the sources that
    /// the rules were read from: a test that names no stream takes that of these rules; `None` is all files.
    ///
    /// The findings are located in `sources`. A test with a finding is left out.
    #[must_use]
    pub fn read(
        sources: &Sources,
        file: FileId,
        rules: &Rules,
        home: Option<FileId>,
    ) -> (Self, Vec<Diagnostic>) {
        let (parsed, mut findings) = enrich_dsl::testing::parse(sources, file);
        let mut reader = Reader { rules, home, engines: HashMap::new(), findings: Vec::new() };
        let cases = parsed.tests.iter().filter_map(|test| reader.case(test)).collect();
        findings.append(&mut reader.findings);
        diagnostic::sort(&mut findings);
        (Self { cases }, findings)
    }
}

/// What a test may say of its record.
const RECORD_FIELDS: [&str; 7] =
    ["stream", "arn", "shard", "sequence", "sub_sequence", "partition_key", "arrival"];

/// The values of a test's variables.
type Variables = BTreeMap<String, String>;

struct Reader<'r> {
    rules: &'r Rules,
    home: Option<FileId>,
    /// An engine without tables for each set of variables: most tests give none.
    engines: HashMap<Variables, Result<Engine, BuildError>>,
    findings: Vec<Diagnostic>,
}

/// A test while its clauses are read.
struct Draft<'t> {
    items: HashMap<String, Vec<Item>>,
    tables: Tables,
    event: Option<&'t ClauseKind>,
    stream: Option<&'t Text>,
    origin: Origin<'static>,
    now: Option<Timestamp>,
    variables: Variables,
    expected: Option<Expected>,
}

impl Reader<'_> {
    fn report(&mut self, code: Code, span: Span, message: impl Into<String>, help: Option<String>) {
        let finding = Diagnostic::new(code, span, message);
        self.findings.push(match help {
            Some(help) => finding.help(help),
            None => finding,
        });
    }

    fn case(&mut self, test: &Test) -> Option<Case> {
        let known = self.findings.len();
        let mut draft = Draft {
            items: HashMap::new(),
            tables: Tables::default(),
            event: None,
            stream: None,
            origin: Origin::default(),
            now: Timestamp::parse(DEFAULT_NOW),
            variables: Variables::new(),
            expected: None,
        };
        test.clauses.iter().for_each(|clause| self.clause(&clause.kind, &mut draft));
        if !test.complete {
            return None;
        }
        let engine = self.engine(test, &draft.variables)?;
        let origin = self.origin(test, &engine, draft.stream, take(&mut draft.origin))?;
        if self.findings.len() > known {
            return None;
        }
        let bytes = match draft.event? {
            ClauseKind::EventText(text) => text.text.clone().into_bytes(),
            ClauseKind::Event(json) => encode::encode(json.to_json(), engine.decodes(&origin)),
            _ => return None,
        };
        let mut tables = draft.tables;
        // A table of which the test says nothing is empty.
        for table in &self.rules.set.tables {
            let items = draft.items.remove(&table.name).unwrap_or_default();
            tables.items = tables.items.with_table(&table.name, items);
        }
        Some(Case {
            name: test.name.text.clone(),
            span: test.name.span,
            engine: engine.with_tables(tables),
            record: Record::new(bytes, origin),
            now: draft.now?,
            expected: draft.expected?,
        })
    }

    fn clause<'t>(&mut self, clause: &'t ClauseKind, draft: &mut Draft<'t>) {
        match clause {
            ClauseKind::Given { table, items, fails } => {
                self.given(table, items.as_ref(), fails.as_ref(), draft);
            }
            ClauseKind::Event(_) | ClauseKind::EventText(_) => draft.event = Some(clause),
            ClauseKind::Stream(text) => draft.stream = Some(text),
            ClauseKind::Record(json) => draft.origin = self.record(json),
            ClauseKind::Now(text) => draft.now = self.instant(text),
            ClauseKind::Variable { name, value } => self.variable(name, value, draft),
            ClauseKind::Expect(expected) => draft.expected = self.expected(expected),
        }
    }

    /// The engine for these variables.
    fn engine(&mut self, test: &Test, variables: &Variables) -> Option<Engine> {
        let rules = self.rules;
        let built = self.engines.entry(variables.clone()).or_insert_with(|| {
            let values = variables.clone();
            Engine::builder(rules.clone())
                .tables(Tables::default())
                .variables(move |name| values.get(name).cloned())
                .build()
        });
        match built.clone() {
            Ok(engine) => Some(engine),
            Err(BuildError::Unset(names)) => {
                let help = names.iter().map(|name| format!("`variable {name} \"…\"`")).collect::<Vec<_>>();
                let message = BuildError::Unset(names).to_string();
                let help = format!("add {} to the test", help.join(" and "));
                self.report(Code::MissingStatement, test.name.span, message, Some(help));
                None
            }
            Err(error) => {
                self.report(Code::MissingStatement, test.name.span, error.to_string(), None);
                None
            }
        }
    }

    /// Where the event comes from: the stream that the test names, or the only one of its rules.
    fn origin(
        &mut self,
        test: &Test,
        engine: &Engine,
        stream: Option<&Text>,
        origin: Origin<'static>,
    ) -> Option<Origin<'static>> {
        let named = match stream {
            Some(text) => text.text.clone(),
            None if !origin.stream.is_empty() => origin.stream.clone().into_owned(),
            None => {
                let rules = self.rules.set.rules.iter().enumerate();
                let home = rules.filter(|(_, rule)| self.home.is_none_or(|home| rule.span.file == home));
                let mut patterns: Vec<&str> = home.filter_map(|(at, _)| engine.patterns(at).next()).collect();
                patterns.dedup();
                let [only] = patterns.as_slice() else {
                    let streams = patterns.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
                    let message = format!(
                        "the test does not say which stream its event comes from: the rules take {streams}"
                    );
                    let help = "add `stream \"NAME\"`".to_owned();
                    self.report(Code::MissingStatement, test.name.span, message, Some(help));
                    return None;
                };
                only.replace('*', "")
            }
        };
        let Origin { stream, arn, .. } = Origin::named(&named);
        Some(Origin { stream, arn: arn.or_else(|| origin.arn.clone()), ..origin })
    }

    fn given<'t>(
        &mut self,
        name: &Name,
        items: Option<&'t Json>,
        fails: Option<&Text>,
        draft: &mut Draft<'t>,
    ) {
        let tables = &self.rules.set.tables;
        let Some(table) = tables.iter().find(|table| table.name == name.text) else {
            let names = tables.iter().map(|table| table.name.as_str());
            let help = near(&name.text, names);
            let message = format!("the rules declare no table `{}`", name.text);
            return self.report(Code::UnknownTable, name.span, message, help);
        };
        let read = items.map(|items| self.items(table, items));
        match fails {
            None => draft.items.entry(table.name.clone()).or_default().extend(read.into_iter().flatten()),
            Some(code) => {
                if let Some(code) = self.fault(code) {
                    draft.tables.faults.entry(table.name.clone()).or_default().push(Fault { code, of: read });
                }
            }
        }
    }

    fn fault(&mut self, code: &Text) -> Option<ErrorCode> {
        let known = ErrorCode::ALL.iter().copied().find(|known| known.as_str() == code.text);
        if known.is_none() {
            let message = format!("no table fails with `{}`", code.text);
            let help =
                near(&code.text, ErrorCode::ALL.iter().map(|code| code.as_str())).unwrap_or_else(|| {
                    "write `throttled`, `timeout`, `denied`, `absent` or `unavailable`".to_owned()
                });
            self.report(Code::UnknownWord, code.span, message, Some(help));
        }
        known
    }

    /// The items that stand there, each with its whole key.
    fn items(&mut self, table: &Table, json: &Json) -> Vec<Item> {
        let list = match &json.kind {
            JsonKind::Array(items) => items.as_slice(),
            _ => std::slice::from_ref(json),
        };
        list.iter().filter_map(|json| self.item(table, json)).collect()
    }

    fn item(&mut self, table: &Table, json: &Json) -> Option<Item> {
        let JsonKind::Object { .. } = &json.kind else {
            let message = format!("an item is an object, this is {}", json.with_article());
            self.report(Code::KeyType, json.span, message, None);
            return None;
        };
        let item = Item::from_text(json.to_json().into()).ok()?;
        for (part, ty) in &table.key {
            let Err(found) = key_value(&item, part, *ty) else { continue };
            let article = match ty {
                KeyType::String => "a string",
                KeyType::Number => "a number",
                KeyType::Binary => "base64 text",
            };
            let message = format!(
                "`{part}` of table `{}` is part of its key and {article}, here is {found}",
                table.name
            );
            let code = if found == "nothing" { Code::KeyParts } else { Code::KeyType };
            self.report(code, json.span, message, None);
        }
        Some(item)
    }

    fn instant(&mut self, text: &Text) -> Option<Timestamp> {
        let instant = Timestamp::parse(&text.text);
        if instant.is_none() {
            let help = format!("write it as `{DEFAULT_NOW}`");
            self.report(Code::TimeFormat, text.span, format!("`{}` is no time", text.text), Some(help));
        }
        instant
    }

    fn variable(&mut self, name: &Name, value: &Text, draft: &mut Draft<'_>) {
        let used: Vec<&str> = self.rules.variables().into_iter().map(|(it, _)| it.name.as_str()).collect();
        if !used.contains(&name.text.as_str()) {
            let help = near(&name.text, used.iter().copied());
            let message = format!("the rules use no variable `{}`", name.text);
            self.report(Code::UnknownName, name.span, message, help);
        } else if draft.variables.insert(name.text.clone(), value.text.clone()).is_some() {
            let message = format!("variable `{}` has a value already", name.text);
            self.report(Code::RepeatedStatement, name.span, message, None);
        }
    }

    fn expected(&mut self, expected: &tree::Expected) -> Option<Expected> {
        Some(match expected {
            tree::Expected::Event(json) => Expected::Event(json.clone()),
            tree::Expected::Dropped => Expected::Dropped,
            tree::Expected::Rejected(code) => Expected::Rejected(self.code(code, Becomes::Rejected)?),
            tree::Expected::Failed(code) => Expected::Failed(self.code(code, Becomes::Failed)?),
        })
    }

    /// The code of a verdict. Those of an embedding program's own functions are not known here.
    fn code(&mut self, code: &Text, becomes: Becomes) -> Option<String> {
        let reasons = ReasonCode::ALL.iter().map(|code| (code.as_str(), code.becomes()));
        let failures = ErrorCode::ALL.iter().map(|code| (code.as_str(), code.becomes()));
        let all: Vec<(&str, Becomes)> = reasons.chain(failures).collect();
        let fits = |of: Becomes| of == becomes || of == Becomes::AsItsCause;
        if all.iter().any(|(known, of)| *known == code.text && fits(*of)) {
            return Some(code.text.clone());
        }
        let verb = if becomes == Becomes::Failed { "fails" } else { "is rejected" };
        let (message, help) = match all.iter().find(|(known, _)| *known == code.text) {
            Some((_, other)) => {
                let message = format!("no event {verb} with `{}`", code.text);
                (message, Some(format!("write `{} \"{}\"`", other.as_str(), code.text)))
            }
            None => {
                let help = near(&code.text, all.iter().filter(|(_, of)| fits(*of)).map(|(known, _)| *known));
                (format!("no event {verb} with `{}`", code.text), help)
            }
        };
        self.report(Code::UnknownWord, code.span, message, help);
        None
    }

    /// The envelope of the record.
    fn record(&mut self, json: &Json) -> Origin<'static> {
        let mut origin = Origin::default();
        let JsonKind::Object { members, .. } = &json.kind else { return origin };
        for (name, value) in members {
            let text = match &value.kind {
                JsonKind::Text(text) => Some(text.text.clone()),
                _ => None,
            };
            let number = match &value.kind {
                JsonKind::Plain(text) => text.parse().ok(),
                _ => None,
            };
            let borrowed = text.clone().map(Into::into);
            match name.text.as_str() {
                "stream" => origin.stream = borrowed.unwrap_or_default(),
                "arn" => origin.arn = borrowed,
                "shard" => origin.shard = borrowed,
                "sequence" => origin.sequence = borrowed,
                "partition_key" => origin.partition_key = borrowed,
                "sub_sequence" => origin.sub_sequence = number,
                "arrival" => origin.arrival = text.as_deref().and_then(Timestamp::parse),
                other => {
                    let help = near(other, RECORD_FIELDS)
                        .unwrap_or_else(|| format!("its fields are {}", RECORD_FIELDS.join(", ")));
                    self.report(
                        Code::UnknownField,
                        name.span,
                        format!("a record has no `{other}`"),
                        Some(help),
                    );
                    continue;
                }
            }
            let wrong = match name.text.as_str() {
                "sub_sequence" => number.is_none().then_some("a whole number"),
                "arrival" => origin.arrival.is_none().then_some("a time, as `2026-01-01T00:00:00Z`"),
                _ => text.is_none().then_some("a text"),
            };
            if let Some(wanted) = wrong {
                let message = format!("`{}` of a record is {wanted}", name.text);
                self.report(Code::UnknownField, value.span, message, None);
            }
        }
        origin
    }
}

fn near<'a>(word: &str, words: impl IntoIterator<Item = &'a str>) -> Option<String> {
    suggest::nearest(word, words).map(|near| format!("did you mean `{near}`?"))
}
