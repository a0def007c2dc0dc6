//! What the page asks, and what it is answered.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use enrich_dsl::diagnostic::render;
use enrich_dsl::source::Sources;
use enrich_dsl::suggest;
use enrich_engine::functions::Registry;
use enrich_engine::json::Document;
use enrich_engine::lookup::MemorySource;
use enrich_engine::{
    BuildError, Checked, Clock as _, Context, Engine, Origin, Record, Rules, Timestamp, Verdict,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::args::Variable;
use crate::clock::LocalClock;
use crate::commands::{only_stream, runtime};
use crate::report::{explain_json, lineage_json};
use crate::rules::{self, Values};
use crate::tables::{self, LocalTable, Place, TableError};

/// What the rules are called in findings and explanations.
pub(super) const RULES: &str = "rules.enrich";

/// All that a question holds. What is absent or empty is not there.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    /// The text of the one rule file.
    pub(super) rules: String,
    /// Schemas, by the paths that the rules name.
    #[serde(default)]
    pub(super) schemas: BTreeMap<String, String>,
    /// The text of each table's file, by the file's name: `users.json`, `users.ndjson`, `users.csv`.
    #[serde(default)]
    pub(super) tables: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) event: String,
    /// A name or an ARN; where it is empty, the only stream that the rules take.
    #[serde(default)]
    pub(super) stream: String,
    #[serde(default)]
    pub(super) variables: BTreeMap<String, String>,
    /// What `now()` says; where it is empty, the time of day.
    #[serde(default)]
    pub(super) now: String,
}

/// A body that is no question.
#[derive(Debug, thiserror::Error)]
#[error("the request can't be read: {0}")]
pub struct Unreadable(#[from] serde_json::Error);

#[derive(Serialize)]
struct Answer {
    /// As `check --format json` writes them.
    findings: Option<Box<RawValue>>,
    /// What else keeps the event from being enriched here.
    problems: Vec<Problem>,
    /// What the rules look for; `None` while they have errors.
    needs: Option<Needs>,
    /// The schemas that the rules name.
    schemas: Vec<String>,
    /// As `enrich explain --format json` writes it.
    explanation: Option<Box<RawValue>>,
    /// The enriched event, byte by byte.
    event: Option<String>,
    /// As `check --lineage json` writes it.
    lineage: Option<Box<RawValue>>,
}

/// Something wrong that is not in the rules.
#[derive(Serialize)]
struct Problem {
    at: At,
    /// The file or the variable, where `at` has several.
    name: Option<String>,
    /// Counted from 1.
    line: Option<usize>,
    message: String,
}

/// The input that a problem is in.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum At {
    Rules,
    Tables,
    Event,
    Stream,
    Variables,
    Now,
}

#[derive(Serialize)]
struct Needs {
    tables: Vec<NeededTable>,
    variables: Vec<NeededVariable>,
    /// The streams that the rules take, where their names are known.
    streams: Vec<String>,
}

#[derive(Serialize)]
struct NeededTable {
    name: String,
    key: Vec<(String, &'static str)>,
}

#[derive(Serialize)]
struct NeededVariable {
    name: String,
    default: Option<String>,
}

/// Answers one question of the page: the bytes of a JSON document in, the text of one out.
///
/// # Errors
/// Where the bytes are no question. What is wrong with rules, tables or the event is an answer.
pub fn answer(body: &[u8]) -> Result<String, Unreadable> {
    let mut text = serde_json::to_string_pretty(&Answer::to(&serde_json::from_slice(body)?))?;
    text.push('\n');
    Ok(text)
}

/// The rules of a question, checked, and the schemas that they name.
pub(super) fn check(question: &Question) -> (Sources, Checked, Vec<String>) {
    let mut sources = Sources::new();
    sources.add(RULES, question.rules.as_str());
    let named = RefCell::new(Vec::new());
    let read = |path: &str| {
        let mut named = named.borrow_mut();
        if !named.iter().any(|before| before == path) {
            named.push(path.to_owned());
        }
        let text = question.schemas.get(path);
        text.map(|text| text.clone().into_bytes()).ok_or_else(|| "there is no such schema here".to_owned())
    };
    let checked = Rules::check(&sources, &Registry::standard(), &read);
    (sources, checked, named.into_inner())
}

impl Answer {
    fn to(question: &Question) -> Self {
        let (sources, checked, schemas) = check(question);
        let findings = raw(render::json(&checked.findings, &sources));
        let mut answer = Self {
            findings,
            schemas,
            problems: Vec::new(),
            needs: None,
            explanation: None,
            event: None,
            lineage: None,
        };
        if let Some(rules) = checked.rules {
            answer.lineage = raw(lineage_json::json(&rules.lineage()));
            answer.needs = Some(Needs::of(&rules));
            answer.run(question, rules, &sources);
        }
        answer
    }

    /// Sends the event through the rules. All that is wrong is told, not only what is met first.
    fn run(&mut self, question: &Question, rules: Rules, sources: &Sources) {
        let values = self.values(question, &rules);
        let tables = self.tables(question, &rules, &values);
        let now = self.now(question);
        let built = Engine::builder(rules).tables(tables).variables(values.function()).build();
        let engine = match built {
            Ok(engine) => engine,
            Err(error) => {
                let at = if matches!(error, BuildError::Unset(_)) { At::Variables } else { At::Rules };
                return self.problem(at, None, None, error.to_string());
            }
        };
        if let Some(needs) = &mut self.needs {
            needs.streams = engine.streams().map(str::to_owned).collect();
            needs.streams.dedup();
        }
        let event = question.event.trim_ascii();
        let origin = self.origin(question, &engine);
        let (Some(origin), Some(now), []) = (origin, now, self.problems.as_slice()) else { return };
        if event.is_empty() {
            return self.problem(At::Event, None, None, "there is no event yet".to_owned());
        }
        let record = Record::new(event, origin);
        let runtime = match runtime() {
            Ok(runtime) => runtime,
            Err(error) => return self.problem(At::Rules, None, None, error.to_string()),
        };
        let explanation = runtime.block_on(engine.explain(&record, Context::at(now)));
        match &explanation.verdict {
            Verdict::Enriched { event, .. } => self.event = String::from_utf8(event.to_vec()).ok(),
            Verdict::Rejected { reason, .. } if reason.code == "not_json" => self.not_json(question),
            _ => {}
        }
        self.explanation = raw(explain_json::json(&record, &explanation, sources));
    }

    /// The variables that have a value. A wrong name is told: it would go unnoticed.
    fn values(&mut self, question: &Question, rules: &Rules) -> Values {
        let given = question.variables.iter().filter(|(_, value)| !value.is_empty());
        let given = given.map(|(name, value)| Variable { name: name.clone(), value: value.clone() });
        let mut known = Vec::new();
        for variable in given {
            match Values::new(std::slice::from_ref(&variable), rules) {
                Ok(_) => known.push(variable),
                Err(error) => self.problem(At::Variables, Some(variable.name), None, error.to_string()),
            }
        }
        Values::new(&known, rules).unwrap_or_default()
    }

    fn tables(&mut self, question: &Question, rules: &Rules, values: &Values) -> MemorySource {
        let mut source = MemorySource::new();
        for table in rules::local_tables(rules, values) {
            if let Some(items) = self.table(question, &table) {
                source = source.with_table(&table.name, items);
            }
        }
        source
    }

    fn table(&mut self, question: &Question, table: &LocalTable) -> Option<Vec<enrich_engine::lookup::Item>> {
        let names = tables::names_of(&table.name);
        let mut found = names.iter().filter_map(|name| question.tables.get_key_value(name));
        match (found.next(), found.next()) {
            (Some((name, text)), None) => {
                let parsed = tables::parse(Path::new(name), text.as_bytes(), table);
                parsed.map_err(|error| self.broken_table(name, text, &error)).ok()
            }
            (None, _) => {
                let mut message = format!("the rules look up the table `{}`, and it is not here", table.name);
                let there = question.tables.keys().map(|name| stem(name));
                if let Some(meant) = suggest::nearest(&table.name, there) {
                    message.push_str(&format!("; did you mean `{meant}`?"));
                }
                self.problem(At::Tables, Some(table.name.clone()), None, message);
                None
            }
            (Some((first, _)), Some((second, _))) => {
                let message = format!("`{first}` and `{second}` are one table: keep one of them");
                self.problem(At::Tables, Some(second.clone()), None, message);
                None
            }
        }
    }

    fn broken_table(&mut self, name: &str, text: &str, error: &TableError) {
        let (line, message) = match error {
            TableError::Malformed { line, problem, .. } => (Some(*line), problem.clone()),
            TableError::Item { place, problem, .. } => {
                let line = match place {
                    Place::Line(line) => usize::try_from(*line).ok(),
                    Place::Item(number) => tables::line_of_item(text.as_bytes(), *number),
                };
                (line, format!("{place}: {problem}"))
            }
            error => (None, error.to_string()),
        };
        self.problem(At::Tables, Some(name.to_owned()), line, message);
    }

    fn now(&mut self, question: &Question) -> Option<Timestamp> {
        let text = question.now.trim();
        let now = match text {
            "" => LocalClock::new(None).map(|clock| clock.now()),
            text => Timestamp::parse(text),
        };
        if now.is_none() {
            self.problem(At::Now, None, None, "write it as `2026-01-31T12:00:00Z`".to_owned());
        }
        now
    }

    fn origin(&mut self, question: &Question, engine: &Engine) -> Option<Origin<'static>> {
        let stream = question.stream.trim();
        if !stream.is_empty() {
            return Some(Origin::named(stream));
        }
        let only = only_stream(engine);
        if only.is_none() {
            let mut streams: Vec<_> = engine.streams().map(|stream| format!("`{stream}`")).collect();
            streams.dedup();
            let streams = streams.join(", ");
            let message = format!("say which stream the event comes from; the rules take {streams}");
            self.problem(At::Stream, None, None, message);
        }
        only
    }

    /// Where the event stops being JSON; the verdict says that it is none.
    fn not_json(&mut self, question: &Question) {
        if let Err(error) = Document::parse(question.event.as_bytes()) {
            let line = tables::line_of(question.event.as_bytes(), error.at);
            self.problem(At::Event, None, Some(line), error.to_string());
        }
    }

    fn problem(&mut self, at: At, name: Option<String>, line: Option<usize>, message: String) {
        self.problems.push(Problem { at, name, line, message });
    }
}

impl Needs {
    fn of(rules: &Rules) -> Self {
        let tables = rules.set().tables.iter().map(|table| NeededTable {
            name: table.name.clone(),
            key: table.key.iter().map(|(part, ty)| (part.clone(), ty.as_str())).collect(),
        });
        let variables = rules.variables().into_iter().map(|(variable, _)| NeededVariable {
            name: variable.name.clone(),
            default: variable.default.clone(),
        });
        Self { tables: tables.collect(), variables: variables.collect(), streams: Vec::new() }
    }
}

/// A document that is part of another, as it is: its numbers keep their digits.
fn raw(text: String) -> Option<Box<RawValue>> {
    RawValue::from_string(text).ok()
}

/// A file's name without its extension.
pub(super) fn stem(name: &str) -> &str {
    let stem = Path::new(name).file_stem().and_then(|stem| stem.to_str());
    stem.unwrap_or(name)
}
