//! Rules with their tables, for the engine and for the oracle.
#![expect(clippy::disallowed_methods, reason = "rules and tables are files of this test")]

use std::fs::read_to_string;

use enrich_engine::dsl::source::Sources;
use enrich_engine::functions::Registry;
use enrich_engine::{Context, Engine, Origin, Record, Rules, Timestamp, Verdict};

use crate::instance::Instances;
use crate::interpret::{Oracle, Outcome};
use crate::judge::Judge;
use crate::world::Tables;

/// The instant of all batches.
const NOW: &str = "2026-11-21T10:00:00.123Z";

/// A rule set under test.
pub(crate) struct RuleSet {
    pub(crate) name: String,
    /// The kind of events that it is about.
    pub(crate) kind: &'static str,
    /// The stream that its rules take.
    stream: String,
    /// Events for the schema of its first rule.
    pub(crate) instances: Option<Instances>,
    engine: Engine,
    oracle: Oracle,
}

impl RuleSet {
    /// The rules of that name in the folder `rules` here, or, with `rules/` before it, of the shipped ones.
    pub(crate) fn load(name: &str, kind: &'static str) -> Self {
        let root = env!("CARGO_MANIFEST_DIR");
        let here = format!("{root}/tests/oracle/rules");
        let (folder, file) = match name.strip_prefix("rules/") {
            Some(file) => (format!("{root}/../rules"), file),
            None => (here.clone(), name),
        };
        let read = |path: &str| read_to_string(path).map_err(|error| format!("{path}: {error}"));
        let path = format!("{folder}/{file}.enrich");
        let mut sources = Sources::new();
        sources.add(&path, read(&path).expect("rules"));
        let bytes = |path: &str| read(path).map(String::into_bytes);
        let rules = Rules::from_sources(&sources, &Registry::standard(), &bytes);
        let rules = rules.unwrap_or_else(|broken| panic!("{broken}"));
        let tables = Tables::read(&read(&format!("{here}/{file}.tables.json")).unwrap_or("{}".to_owned()));
        let schemas = rules.set().rules.iter().map(|rule| {
            let path = |schema: &str| format!("{folder}/{schema}");
            rule.schema.as_ref().map(|schema| Judge::new(&read(&path(&schema.path)).expect("a schema")))
        });
        let schemas: Vec<Option<Judge>> = schemas.collect();
        let instances = schemas[0].as_ref().map(Instances::of);
        let stream = rules.set().rules[0].streams[0].fill(&|_| None).expect("a stream").replace('*', "-1");
        let set = rules.set().clone();
        let engine = Engine::builder(rules).tables(tables.source()).build().expect("an engine");
        let oracle = Oracle { rules: set, schemas, tables, now: NOW.to_owned() };
        Self { name: name.to_owned(), kind, stream, instances, engine, oracle }
    }

    /// What the oracle says of an event.
    pub(crate) fn expected(&self, event: &[u8]) -> Vec<Outcome> {
        self.oracle.outcomes(event, &self.origin())
    }

    /// What the engine makes of a batch.
    pub(crate) fn enriched(&self, events: &[Vec<u8>]) -> Vec<Outcome> {
        let records: Vec<Record<'_>> =
            events.iter().map(|event| Record::new(event.as_slice(), self.origin())).collect();
        let now = Context::at(Timestamp::parse(NOW).expect("an instant"));
        let outcome = futures_util::FutureExt::now_or_never(self.engine.enrich(&records, now));
        outcome.expect("tables in memory answer at once").verdicts.into_iter().map(told).collect()
    }

    /// What the engine makes of an event that it explains: then it goes the long way.
    pub(crate) fn explained(&self, event: &[u8]) -> Outcome {
        let now = Context::at(Timestamp::parse(NOW).expect("an instant"));
        let record = Record::new(event, self.origin());
        let explained = futures_util::FutureExt::now_or_never(self.engine.explain(&record, now));
        told(explained.expect("tables in memory answer at once").verdict)
    }

    fn origin(&self) -> Origin<'_> {
        let mut origin = Origin::stream(&self.stream);
        origin.shard = Some("shardId-000000000001".into());
        origin.sequence = Some("4957\"1".into());
        origin
    }
}

/// The names of the rule files here.
pub(crate) fn files() -> Vec<String> {
    let folder =
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/rules")).expect("a folder");
    let names = folder.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"));
    names.filter_map(|name| name.strip_suffix(".enrich").map(str::to_owned)).collect()
}

fn told(verdict: Verdict) -> Outcome {
    match verdict {
        Verdict::Enriched { rule, event, .. } => Outcome::Enriched {
            rule: rule.to_string(),
            event: String::from_utf8(event.to_vec()).expect("text"),
        },
        Verdict::Dropped { rule } => Outcome::Dropped { rule: rule.to_string() },
        Verdict::Rejected { reason, .. } => Outcome::Rejected(reason.code.into_owned()),
        Verdict::Failed { reason, .. } => Outcome::Failed(reason.code.into_owned()),
        other => panic!("the oracle does not know {other:?}"),
    }
}
