//! The checked model to the program.

mod outputs;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use enrich_dsl::functions::Type;
use enrich_dsl::model::{self, Copied, Literal, Path, Template};
use enrich_dsl::source::Span;

use super::paths::{element_paths, paths, read_paths, targets};
use super::{
    Branch, Condition, Expr, ForEach, KeyPart, Lookup, MAX_ELEMENTS, Names, Numbers, Part, Pattern, Program,
    Rule, RuleId, Step, StepKind, TableSlot,
};
use crate::functions::Registry;
use crate::lookup::{Attributes, Policy, Table};
use crate::rules::Rules;
use crate::value::Value;

/// What compiling needs besides the rules.
pub(crate) struct Compile<'a> {
    pub(crate) variables: &'a model::Variables,
    /// The kinds of source that there are, in the order of the engine's sources; `None` where one
    /// source holds all tables under the names that the rules declare.
    pub(crate) kinds: Option<Vec<String>>,
    /// Whether outputs and rejects destinations are wanted.
    pub(crate) outputs: bool,
}

/// Why checked rules can't run in this place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// Variables that have neither a value nor a default.
    Unset(Vec<String>),
    /// No source of that kind was given.
    NoSource(String),
    /// Two declarations lead to one table and disagree on its key.
    KeysDiffer {
        /// The table at its source.
        table: String,
    },
    /// An output's bucket or a rejects destination is empty.
    NoBucket {
        /// The rule.
        rule: String,
    },
    /// An output to Firehose names what can't be a delivery stream.
    NoDeliveryStream {
        /// The rule.
        rule: String,
        /// What it names.
        name: String,
    },
    /// A rejects destination is neither the URL nor the ARN of a queue.
    NoQueue {
        /// The rule.
        rule: String,
        /// What it is.
        location: String,
    },
    /// The model refers to something that it does not hold.
    Model(String),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildError::Unset(names) => write!(f, "these variables have no value: {}", names.join(", ")),
            BuildError::NoSource(kind) => write!(f, "there is no source of the kind `{kind}`"),
            BuildError::KeysDiffer { table } => {
                write!(f, "two tables of the rules lead to `{table}` and declare different keys for it")
            }
            BuildError::NoBucket { rule } => {
                write!(f, "the rule `{rule}` has a destination without a bucket")
            }
            BuildError::NoDeliveryStream { rule, name } => {
                write!(
                    f,
                    "the output of the rule `{rule}` is `{name}`, which is not the name of a delivery stream"
                )
            }
            BuildError::NoQueue { rule, location } => {
                write!(
                    f,
                    "the rejects of the rule `{rule}` go to `{location}`, which is not the URL or the ARN of a queue"
                )
            }
            BuildError::Model(problem) => write!(f, "the rules refer to {problem}, which is not there"),
        }
    }
}

impl std::error::Error for BuildError {}

/// Compiles a rule set. All unset variables are named at once.
pub(crate) fn compile(rules: &Rules, with: &Compile<'_>) -> Result<Program, BuildError> {
    let unset = unset(rules, with);
    if !unset.is_empty() {
        return Err(BuildError::Unset(unset));
    }
    let tables = &rules.set.tables;
    let mut compiler = Compiler {
        with,
        registry: &rules.registry,
        tables,
        slots: Vec::new(),
        places: Vec::new(),
        numbers: Numbers::default(),
        rule: RuleId::default(),
    };
    for table in &rules.set.tables {
        compiler.table(table)?;
    }
    let mut compiled = Vec::new();
    for (at, rule) in rules.set.rules.iter().enumerate() {
        compiler.rule = RuleId { name: rule.name.as_str().into(), rules: rules.hash().into() };
        let schema = rules.schemas.get(at).cloned().flatten();
        let schema = schema.zip(rule.schema.as_ref().map(|schema| schema.on_invalid));
        compiled.push(compiler.rule(rule, schema)?);
    }
    let deepest = |rule: &Rule| rule.all_lookups().map(|lookup| lookup.wave + 1).max().unwrap_or(0);
    let waves = compiled.iter().map(deepest).max().unwrap_or(0);
    Ok(Program { rules: compiled, tables: compiler.slots, waves, numbers: compiler.numbers })
}

fn unset(rules: &Rules, with: &Compile<'_>) -> Vec<String> {
    let needed = |place: &model::VariableUse| match place {
        model::VariableUse::Source => with.kinds.is_some(),
        model::VariableUse::Output => with.outputs,
        _ => true,
    };
    let variables = rules.set.variables().into_iter().filter(|(_, place)| needed(place));
    let unset = variables.filter(|(variable, _)| variable.value(with.variables).is_none());
    let names: BTreeSet<String> = unset.map(|(variable, _)| variable.name.clone()).collect();
    names.into_iter().collect()
}

pub(super) struct Compiler<'a> {
    with: &'a Compile<'a>,
    registry: &'a Registry,
    tables: &'a [model::Table],
    slots: Vec<TableSlot>,
    /// The slot of each of the model's tables.
    places: Vec<usize>,
    pub(super) numbers: Numbers,
    /// The rule that is compiled.
    rule: RuleId,
}

impl Compiler<'_> {
    fn table(&mut self, table: &model::Table) -> Result<(), BuildError> {
        let (source, name) = match &self.with.kinds {
            None => (0, table.name.clone()),
            Some(kinds) => {
                let kind = kinds.iter().position(|kind| *kind == table.source.kind);
                let source = kind.ok_or_else(|| BuildError::NoSource(table.source.kind.clone()))?;
                (source, self.fill(&table.source.location)?)
            }
        };
        let cache = table.cache.as_ref().map(Policy::new);
        let place = self.slot(source, Table::new(name, table.key.clone()), cache)?;
        self.places.push(place);
        Ok(())
    }

    /// The slot of a table or of one of its indexes.
    fn slot(&mut self, source: usize, table: Table, cache: Option<Policy>) -> Result<usize, BuildError> {
        let same = |slot: &TableSlot| {
            slot.source == source && slot.table.name == table.name && slot.table.index == table.index
        };
        if let Some((place, slot)) = self.slots.iter_mut().enumerate().find(|(_, slot)| same(slot)) {
            slot.cache = slot.cache.zip(cache).map(|(one, two)| one.and(two));
            let differ = slot.table.key != table.key;
            return if differ { Err(BuildError::KeysDiffer { table: table.name }) } else { Ok(place) };
        }
        let table = Arc::new(table);
        let attributes = Arc::new(Attributes::Named(BTreeSet::new()));
        self.slots.push(TableSlot { source, table, attributes, types: BTreeSet::new(), cache });
        Ok(self.slots.len() - 1)
    }

    fn rule(
        &mut self,
        rule: &model::Rule,
        schema: Option<(Arc<crate::schema::Schema>, model::OnInvalid)>,
    ) -> Result<Rule, BuildError> {
        let mut lookups: Vec<Lookup> = Vec::new();
        for lookup in &rule.lookups {
            let compiled = self.lookup(lookup, &lookups, &[])?;
            self.needs(compiled.slot, lookup);
            lookups.push(compiled);
        }
        // What expressions anywhere in the rule read of the items.
        rule.walk(&mut |expr| self.reads(expr, &lookups, &[]));
        let mut loops: Vec<ForEach> = Vec::new();
        for each in &rule.loops {
            let counted = lookups.len() + loops.iter().map(|each| each.lookups.len()).sum::<usize>();
            let max = schema.as_ref().and_then(|(schema, _)| schema.max_items(&each.array.0));
            loops.push(self.for_each(each, &lookups, max.unwrap_or(MAX_ELEMENTS), counted)?);
        }
        let streams = rule.streams.iter().map(|stream| Ok(Pattern::new(self.fill(stream)?)));
        let streams = streams.collect::<Result<_, BuildError>>()?;
        let output = match rule.output.as_ref().filter(|_| self.with.outputs) {
            Some(output) => Some(self.output(output, &rule.name)?),
            None => None,
        };
        let rejects = match rule.rejects.as_ref().filter(|_| self.with.outputs) {
            Some(rejects) => Some(self.destination(rejects, &rule.name)?),
            None => None,
        };
        let paths = paths(rule);
        let names = Names::new(paths.iter().filter_map(|path| path.first().cloned()));
        let tells_decisions = self.tells_decisions(rule);
        let append = if tells_decisions { None } else { self.append(rule, names.as_ref())? };
        for part in lookups.iter_mut().flat_map(|lookup| &mut lookup.key) {
            if let (Expr::Event(path), Some(names)) = (&part.value, &names)
                && let [name] = path.as_slice()
            {
                part.field = names.place(name);
            }
        }
        Ok(Rule {
            name: Arc::clone(&self.rule.name),
            streams,
            decode: rule.decode.clone(),
            when: rule.when.as_ref().map(|when| self.condition(&when.expr, when.span)).transpose()?,
            when_paths: rule.when.iter().flat_map(|when| read_paths(&when.expr)).collect(),
            schema,
            early_drops: self.early_drops(rule)?,
            lookups,
            loops,
            steps: self.steps(&rule.steps)?,
            output,
            rejects,
            partition: self.partition(&rule.partition)?,
            schema_span: rule.schema.as_ref().map(|schema| schema.span).unwrap_or_default(),
            span: rule.span,
            deep: paths.iter().any(|path| path.len() > 1),
            paths,
            names,
            tells_decisions,
            append,
        })
    }

    /// Whether one of the rule's expressions asks what the rule decided.
    fn tells_decisions(&self, rule: &model::Rule) -> bool {
        let mut tells = false;
        let mut look = |expr: &model::Expr| {
            if let model::Expr::Call { function, .. } = expr {
                tells |= self.registry.get(function).is_some_and(|function| function.tells_decisions);
            }
        };
        rule.walk(&mut |expr| expr.walk(&mut look));
        tells
    }

    fn for_each(
        &mut self,
        each: &model::ForEach,
        outer: &[Lookup],
        max: usize,
        counted: usize,
    ) -> Result<ForEach, BuildError> {
        let mut lookups: Vec<Lookup> = Vec::new();
        for lookup in &each.lookups {
            let compiled = self.lookup(lookup, outer, &lookups)?;
            self.needs(compiled.slot, lookup);
            lookups.push(compiled);
        }
        each.walk(&mut |expr| self.reads(expr, outer, &lookups));
        Ok(ForEach {
            array: each.array.0.clone(),
            max,
            lookups,
            steps: self.steps(&each.steps)?,
            paths: element_paths(each),
            counted,
        })
    }

    /// Compiles a lookup. `outer` are the rule's lookups above it, `inner` those of its own loop.
    fn lookup(
        &mut self,
        lookup: &model::Lookup,
        outer: &[Lookup],
        inner: &[Lookup],
    ) -> Result<Lookup, BuildError> {
        let missing = |what: &str| BuildError::Model(format!("{what} of the lookup `{}`", lookup.name));
        let mut slot = *self.places.get(lookup.table).ok_or_else(|| missing("the table"))?;
        if let Some(index) = lookup.index {
            let declared = self.tables.get(lookup.table).and_then(|table| table.indexes.get(index));
            let declared = declared.ok_or_else(|| missing("the index"))?;
            let table = self.slots.get(slot).ok_or_else(|| missing("the table"))?;
            let (source, name) = (table.source, table.table.name.clone());
            let cache = self.tables.get(lookup.table).and_then(|table| table.cache.as_ref()).map(Policy::new);
            let table = Table::new(name, declared.key.clone()).by_index(&declared.name);
            slot = self.slot(source, table, cache)?;
        }
        let declared = Arc::clone(&self.slots.get(slot).ok_or_else(|| missing("the table"))?.table);
        if declared.key.len() != lookup.key.len() {
            return Err(missing("a part of the key"));
        }
        let (mut upstream, mut inner_upstream) = (BTreeSet::new(), BTreeSet::new());
        for value in &lookup.key {
            value.walk(&mut |expr| match expr {
                model::Expr::Lookup { lookup, .. } => _ = upstream.insert(*lookup),
                model::Expr::ElementLookup { lookup, .. } => _ = inner_upstream.insert(*lookup),
                _ => {}
            });
        }
        let mut wave = 0;
        let above = upstream.iter().map(|place| outer.get(*place));
        for above in above.chain(inner_upstream.iter().map(|place| inner.get(*place))) {
            wave = wave.max(above.ok_or_else(|| missing("a lookup in the key"))?.wave + 1);
        }
        let mut key = Vec::new();
        for ((name, ty), value) in declared.key.iter().zip(&lookup.key) {
            key.push(KeyPart { name: name.clone(), ty: *ty, value: self.expr(value)?, field: None });
        }
        let branch = |branch: &model::Branch| {
            Ok::<_, BuildError>(Branch { instead: branch.instead, steps: self.steps(&branch.steps)? })
        };
        Ok(Lookup {
            name: lookup.name.clone(),
            slot,
            key,
            upstream: upstream.into_iter().collect(),
            inner_upstream: inner_upstream.into_iter().collect(),
            wave,
            copies: lookup.copies.clone(),
            found: self.steps(&lookup.found)?,
            missing: branch(&lookup.missing)?,
            retry_missing_ms: lookup.retry_missing_ms,
            no_key: branch(&lookup.no_key)?,
            error: lookup.error.as_ref().map(|steps| self.steps(steps)).transpose()?,
        })
    }

    /// Notes which attributes a lookup's copies need.
    fn needs(&mut self, slot: usize, lookup: &model::Lookup) {
        for copy in &lookup.copies {
            match &copy.what {
                Copied::Named(names) => names.iter().for_each(|(name, _)| self.need(slot, Some(name))),
                _ => self.need(slot, None),
            }
        }
        let declared = self.tables.get(lookup.table).map(|table| table.attributes.iter().cloned());
        if let Some(slot) = self.slots.get_mut(slot) {
            slot.types.extend(declared.into_iter().flatten().filter(|(_, ty)| *ty != Type::Any));
        }
    }

    /// Notes which attributes an expression reads, of the rule's items and of those of a loop.
    fn reads(&mut self, expr: &model::Expr, outer: &[Lookup], inner: &[Lookup]) {
        expr.walk(&mut |read| {
            let (lookup, path) = match read {
                model::Expr::Lookup { lookup, path } => (outer.get(*lookup), path),
                model::Expr::ElementLookup { lookup, path } => (inner.get(*lookup), path),
                _ => return,
            };
            if let Some(lookup) = lookup {
                self.need(lookup.slot, path.0.first().map(String::as_str));
            }
        });
    }

    fn need(&mut self, slot: usize, attribute: Option<&str>) {
        let Some(slot) = self.slots.get_mut(slot) else { return };
        match (Arc::make_mut(&mut slot.attributes), attribute) {
            (Attributes::Named(names), Some(name)) => {
                names.insert(name.to_owned());
            }
            (all, None) => *all = Attributes::All,
            (Attributes::All, Some(_)) => {}
        }
    }

    /// The conditions of `drop when` that no statement above can change and that need no lookup.
    fn early_drops(&self, rule: &model::Rule) -> Result<Vec<Condition>, BuildError> {
        let mut written: Vec<&Path> = Vec::new();
        let mut early = Vec::new();
        for step in &rule.steps {
            match &step.kind {
                model::StepKind::Set { target, .. } | model::StepKind::Remove(target) => written.push(target),
                model::StepKind::Lookup(at) => {
                    written.extend(rule.lookups.get(*at).into_iter().flat_map(targets));
                }
                model::StepKind::ForEach(at) => written.extend(rule.loops.get(*at).map(|each| &each.array)),
                model::StepKind::Drop(condition) => {
                    let mut arrived = true;
                    condition.walk(&mut |expr| match expr {
                        model::Expr::Event(path) => {
                            arrived &= written.iter().all(|write| !write.overlaps(path));
                        }
                        model::Expr::Lookup { .. } | model::Expr::Error(_) => arrived = false,
                        _ => {}
                    });
                    if arrived {
                        early.push(self.condition(condition, step.span)?);
                    }
                }
                _ => {}
            }
        }
        Ok(early)
    }

    fn steps(&self, steps: &[model::Step]) -> Result<Vec<Step>, BuildError> {
        let mut compiled = Vec::new();
        for step in steps {
            let kind = match &step.kind {
                model::StepKind::Lookup(lookup) => StepKind::Lookup(*lookup),
                model::StepKind::ForEach(place) => StepKind::ForEach(*place),
                model::StepKind::Set { target, value } => {
                    StepKind::Set { target: target.0.clone(), value: self.expr(value)? }
                }
                model::StepKind::Remove(path) => StepKind::Remove(path.0.clone()),
                model::StepKind::Drop(condition) => StepKind::Drop(self.expr(condition)?),
                _ => return Err(BuildError::Model("a step of another version".to_owned())),
            };
            compiled.push(Step { kind, span: step.span });
        }
        Ok(compiled)
    }

    fn condition(&self, expr: &model::Expr, span: Span) -> Result<Condition, BuildError> {
        Ok(Condition { expr: self.expr(expr)?, span })
    }

    pub(super) fn expr(&self, expr: &model::Expr) -> Result<Expr, BuildError> {
        let boxed = |expr: &model::Expr| Ok::<_, BuildError>(Box::new(self.expr(expr)?));
        Ok(match expr {
            model::Expr::Literal(literal) => Expr::Literal(value(literal)),
            model::Expr::Text(text) => Expr::Text(self.parts(text)?),
            model::Expr::Event(path) => Expr::Event(path.0.clone()),
            model::Expr::Lookup { lookup, path } => Expr::Lookup { lookup: *lookup, path: path.0.clone() },
            model::Expr::Element(path) => Expr::Element(path.0.clone()),
            model::Expr::ElementLookup { lookup, path } => {
                Expr::ElementLookup { lookup: *lookup, path: path.0.clone() }
            }
            model::Expr::Record(field) => Expr::Record(*field),
            model::Expr::Error(field) => Expr::Error(*field),
            model::Expr::Call { function, arguments, .. } => {
                let found = self.registry.get(function).cloned();
                let function =
                    found.ok_or_else(|| BuildError::Model(format!("the function `{function}`")))?;
                if function.tells_decisions {
                    return Ok(Expr::Provenance(self.rule.clone()));
                }
                let arguments =
                    arguments.iter().map(|argument| self.expr(argument)).collect::<Result<_, _>>()?;
                Expr::Call { function, arguments }
            }
            model::Expr::Compare { comparison, left, right } => {
                Expr::Compare { comparison: *comparison, left: boxed(left)?, right: boxed(right)? }
            }
            model::Expr::Arithmetic { operation, left, right } => {
                Expr::Arithmetic { operation: *operation, left: boxed(left)?, right: boxed(right)? }
            }
            model::Expr::Negate(inner) => Expr::Negate(boxed(inner)?),
            model::Expr::If { condition, then, otherwise, span } => Expr::If {
                condition: boxed(condition)?,
                then: boxed(then)?,
                otherwise: boxed(otherwise)?,
                span: *span,
            },
            model::Expr::Coalesce(left, right) => Expr::Coalesce(boxed(left)?, boxed(right)?),
            model::Expr::And(left, right) => Expr::And(boxed(left)?, boxed(right)?),
            model::Expr::Or(left, right) => Expr::Or(boxed(left)?, boxed(right)?),
            model::Expr::Not(inner) => Expr::Not(boxed(inner)?),
            _ => return Err(BuildError::Model("an expression of another version".to_owned())),
        })
    }

    fn parts(&self, text: &model::Text) -> Result<Vec<Part>, BuildError> {
        text.0
            .iter()
            .map(|part| {
                Ok(match part {
                    model::TextPart::Literal(literal) => Part::Literal(literal.clone()),
                    model::TextPart::Variable(variable) => Part::Literal(
                        variable
                            .value(self.with.variables)
                            .ok_or_else(|| BuildError::Unset(vec![variable.name.clone()]))?,
                    ),
                    model::TextPart::Hole(hole) => Part::Hole(self.expr(hole)?),
                })
            })
            .collect()
    }

    fn fill(&self, template: &Template) -> Result<String, BuildError> {
        template.fill(self.with.variables).map_err(BuildError::Unset)
    }
}

pub(crate) fn value(literal: &Literal) -> Value<'static> {
    match literal {
        Literal::Boolean(value) => Value::Bool(*value),
        Literal::Number(text) => Value::Number(text.clone().into()),
        Literal::String(text) => Value::String(text.clone().into()),
        _ => Value::Null,
    }
}
