//! The engine: a compiled rule set with its sources.

use std::fmt;
use std::sync::Arc;

use enrich_dsl::model::{Decode, Variables};

use crate::batch::{Origin, Outcome, Record};
use crate::context::Context;
use crate::explain::{Explanation, Trace};
use crate::limits::Limits;
use crate::lookup::{Source, TableCache};
use crate::output::SinkKinds;
use crate::program::{BuildError, Compile, Destination, Output, Pattern, Program, Rule, compile};
use crate::rules::Rules;
use crate::run;
use crate::time::Clock;

/// A compiled rule set with its sources, to be shared by all batches. Nothing in it changes but the answers
/// that it keeps of tables whose rules say `cache`: clones share them.
#[derive(Clone)]
pub struct Engine {
    program: Arc<Program>,
    sources: Arc<[Arc<dyn Source>]>,
    /// What is kept of each of the program's tables.
    caches: Arc<[Option<TableCache>]>,
    hash: Arc<str>,
    limits: Limits,
    pool: Arc<run::Pool>,
    clock: Option<Arc<dyn Clock>>,
}

impl Engine {
    /// Begins with checked rules.
    pub fn builder(rules: Rules) -> Builder {
        Builder {
            rules,
            sources: Vec::new(),
            tables: None,
            variables: Box::new(|_| None),
            outputs: false,
            limits: Limits::default(),
        }
    }

    /// The same engine with a clock. It begins with no event but the first one of a batch once half of the time
    /// for the sources is over, and applies none after [`Context::until`]: they fail (`no_time`). Without a clock
    /// only the sources keep to times.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock: Some(clock), ..self }
    }

    /// Enriches a batch: every record gets exactly one verdict, in the order of the records.
    pub async fn enrich(&self, records: &[Record<'_>], context: Context) -> Outcome {
        let pace = run::Pace::new(self.clock.as_deref(), context, &self.program);
        let shared = (self.limits, &*self.pool);
        run::batch(&self.program, &self.sources, &self.caches, shared, pace, records, (context, None)).await
    }

    /// Enriches one record and tells all that was decided on the way, with its place in the rules. The verdict is
    /// that of [`Engine::enrich`]. Takes longer, and shows the event's values: for tools, not for streams.
    pub async fn explain(&self, record: &Record<'_>, context: Context) -> Explanation {
        let pace = run::Pace::new(self.clock.as_deref(), context, &self.program);
        let (shared, trace) = ((self.limits, &*self.pool), Trace::default());
        let records = std::slice::from_ref(record);
        let batch = (context, Some(&trace));
        let outcome =
            run::batch(&self.program, &self.sources, &self.caches, shared, pace, records, batch).await;
        let verdict = outcome.verdicts.into_iter().next().unwrap_or_else(run::internal);
        Explanation { verdict, decisions: trace.into_decisions() }
    }

    /// What tells this rule set from every other. See [`Rules::hash`].
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Whether any rule looks anything up.
    #[must_use]
    pub fn looks_up(&self) -> bool {
        !self.program.tables.is_empty()
    }

    /// The patterns of the streams that the rules take, in the order of the rules.
    pub fn streams(&self) -> impl Iterator<Item = &str> {
        self.program.rules.iter().flat_map(|rule| &rule.streams).map(Pattern::as_str)
    }

    /// Whether a rule takes records of that stream.
    #[must_use]
    pub fn takes(&self, stream: &str) -> bool {
        self.program.rules.iter().flat_map(|rule| &rule.streams).any(|pattern| pattern.takes(stream, None))
    }

    /// The patterns of the streams that the rule at that place takes.
    pub(crate) fn patterns(&self, rule: usize) -> impl Iterator<Item = &str> {
        self.program.rules.get(rule).into_iter().flat_map(|rule| &rule.streams).map(Pattern::as_str)
    }

    /// How the first rule of a stream reads its records.
    pub(crate) fn decodes(&self, origin: &Origin<'_>) -> &[Decode] {
        let takes = |rule: &&Rule| {
            rule.streams.iter().any(|pattern| pattern.takes(&origin.stream, origin.arn.as_deref()))
        };
        self.program.rules.iter().find(takes).map(|rule| rule.decode.as_slice()).unwrap_or_default()
    }

    /// The same rules over other tables, with nothing kept of them.
    pub(crate) fn with_tables(self, tables: impl Source + 'static) -> Self {
        let caches = self.program.tables.iter().map(|slot| slot.cache.map(TableCache::new)).collect();
        Self { sources: vec![Arc::new(tables) as Arc<dyn Source>].into(), caches, ..self }
    }

    /// Where the rule of that name sends its rejects; `None` leaves it to the deployment.
    #[must_use]
    pub fn rejects(&self, rule: &str) -> Option<&Destination> {
        self.program.rules.iter().find(|known| &*known.name == rule).and_then(|rule| rule.rejects.as_ref())
    }

    /// What the rules write to, besides the deployment's own destination of rejects.
    #[must_use]
    pub fn writes_to(&self) -> SinkKinds {
        let mut kinds = SinkKinds::default();
        for rule in &self.program.rules {
            match &rule.output {
                Some(Output::S3 { .. }) => kinds.objects = true,
                Some(Output::Firehose(_)) => kinds.streams = true,
                None => {}
            }
            kinds = rule.rejects.as_ref().map_or(kinds, |rejects| kinds.with(rejects));
        }
        kinds
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("hash", &self.hash).finish_non_exhaustive()
    }
}

/// Puts an [`Engine`] together.
pub struct Builder {
    rules: Rules,
    sources: Vec<(String, Arc<dyn Source>)>,
    tables: Option<Arc<dyn Source>>,
    variables: Box<Variables>,
    outputs: bool,
    limits: Limits,
}

impl Builder {
    /// Looks tables of that kind (`dynamodb`) up in this source, under the names that their `source`
    /// says.
    #[must_use]
    pub fn source(mut self, kind: impl Into<String>, source: impl Source + 'static) -> Self {
        self.sources.push((kind.into(), Arc::new(source)));
        self
    }

    /// Looks all tables up in this source, under the names that the rules use: for tests and local runs.
    #[must_use]
    pub fn tables(mut self, source: impl Source + 'static) -> Self {
        self.tables = Some(Arc::new(source));
        self
    }

    /// The values of the rules' variables.
    #[must_use]
    pub fn variables(mut self, variables: impl Fn(&str) -> Option<String> + 'static) -> Self {
        self.variables = Box::new(variables);
        self
    }

    /// Events are written to their rules' outputs: their variables are needed then.
    #[must_use]
    pub fn outputs(mut self) -> Self {
        self.outputs = true;
        self
    }

    /// How much an event and a batch may hold in memory.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Compiles the rules.
    ///
    /// # Errors
    /// Where a variable has no value, or a kind of source is not given.
    pub fn build(self) -> Result<Engine, BuildError> {
        let kinds = match &self.tables {
            Some(_) => None,
            None => Some(self.sources.iter().map(|(kind, _)| kind.clone()).collect()),
        };
        let program =
            compile(&self.rules, &Compile { variables: &*self.variables, kinds, outputs: self.outputs })?;
        let sources = match self.tables {
            Some(tables) => vec![tables],
            None => self.sources.into_iter().map(|(_, source)| source).collect(),
        };
        let (hash, limits) = (self.rules.hash().into(), self.limits);
        let caches = program.tables.iter().map(|slot| slot.cache.map(TableCache::new)).collect();
        Ok(Engine {
            program: Arc::new(program),
            sources: sources.into(),
            caches,
            hash,
            limits,
            pool: Arc::default(),
            clock: None,
        })
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").finish_non_exhaustive()
    }
}
