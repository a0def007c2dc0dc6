//! Rules: their statements from top to bottom.

use std::rc::Rc;

use super::expressions::Scope;
use super::writes::{Root, Writes};
use super::{Checker, memo};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::functions::Type;
use crate::limits::MAX_LOOKUPS;
use crate::model::{
    Condition, Decode, Destination, Expr, ForEach, Lookup, OnInvalid, Output, Path, Rule, Schema, Step,
    StepKind, Table, Template,
};
use crate::source::Span;
use crate::syntax::tree::{self, Name, Statement, StatementKind};
use crate::types::{Known, Shape, Types};

/// What the statements of a rule say, as far as they have been read.
#[derive(Default)]
struct Draft {
    streams: Option<(Vec<Template>, Span)>,
    when: Option<(Option<Expr>, Span)>,
    decode: Option<(Vec<Decode>, Span)>,
    schema: Option<(Option<Schema>, Span)>,
    output: Option<(Option<Output>, Span)>,
    rejects: Option<(Option<Destination>, Span)>,
    partition: Option<(Vec<(String, Expr)>, Span)>,
    lookups: Vec<Lookup>,
    loops: Vec<ForEach>,
    steps: Vec<Step>,
    scope: Scope,
    writes: Writes,
}

impl Checker<'_> {
    pub(super) fn rule(&mut self, rule: &tree::Rule, tables: &[Table]) -> Rule {
        let known = self.findings.len();
        self.begin(rule);
        let scope = Scope { complete: rule.complete, elsewhere: names(&rule.statements), ..Scope::default() };
        let mut draft = Draft { scope, ..Draft::default() };
        self.observe(rule.span.start, &draft.scope);
        for statement in &rule.statements {
            self.observe(statement.span.start, &draft.scope);
            self.rule_statement(statement, tables, &mut draft);
            self.observe(statement.span.end, &draft.scope);
        }
        // An output's prefix and partition keys may read whatever the rule knows in the end, wherever they stand.
        for statement in &rule.statements {
            if let StatementKind::PartitionBy(keys) = &statement.kind {
                let scope = draft.scope.clone();
                self.once(&mut draft.partition, "partition by", statement.span, |checker| {
                    checker.partition(keys, &scope)
                });
            }
            if let StatementKind::Output { kind, location, body } = &statement.kind {
                let scope = draft.scope.clone();
                self.once(&mut draft.output, "output", statement.span, |checker| {
                    checker.output(kind, location, body, statement.span, &scope)
                });
            }
        }
        if rule.complete {
            self.needed(draft.streams.is_some(), &rule.name, "stream", "stream \"STREAM-NAME\"");
        }
        let lookups = draft.lookups.len() + draft.loops.iter().map(|each| each.lookups.len()).sum::<usize>();
        if lookups > MAX_LOOKUPS {
            let message = format!("a rule may have {MAX_LOOKUPS} lookups, this one has {lookups}");
            self.report(Diagnostic::new(Code::TooMany, rule.name.span, message));
        }
        let new = self.findings.get(known..).unwrap_or_default();
        let broken = new.iter().any(|finding| finding.severity() == Severity::Error);
        let overlaps = std::mem::take(&mut self.overlaps);
        self.findings.extend(overlaps.into_iter().filter(|_| rule.complete && !broken));
        Rule {
            name: rule.name.text.clone(),
            streams: draft.streams.map(|(streams, _)| streams).unwrap_or_default(),
            decode: draft.decode.map(|(decode, _)| decode).unwrap_or_default(),
            when: draft.when.and_then(|(when, span)| Some(Condition { expr: when?, span })),
            schema: draft.schema.and_then(|(schema, _)| schema),
            lookups: draft.lookups,
            loops: draft.loops,
            steps: draft.steps,
            output: draft.output.and_then(|(output, _)| output),
            rejects: draft.rejects.and_then(|(rejects, _)| rejects),
            partition: draft.partition.map(|(partition, _)| partition).unwrap_or_default(),
            span: rule.span,
        }
    }

    fn rule_statement(&mut self, statement: &Statement, tables: &[Table], draft: &mut Draft) {
        let span = statement.span;
        let complete = draft.scope.complete;
        let names = Rc::clone(&draft.scope.elsewhere);
        match &statement.kind {
            StatementKind::Stream(patterns) => self.once(&mut draft.streams, "stream", span, |checker| {
                patterns.iter().filter_map(|pattern| checker.stream(pattern)).collect()
            }),
            StatementKind::Decode(words) => self.once(&mut draft.decode, "decode", span, |checker| {
                let known = [
                    ("base64", Decode::Base64),
                    ("gzip", Decode::Gzip),
                    ("zlib", Decode::Zlib),
                    ("glue", Decode::Glue),
                ];
                words.iter().filter_map(|word| checker.word(word, &known)).collect()
            }),
            StatementKind::When(_) if !draft.steps.is_empty() => {
                let help = "`when` chooses the events of the whole rule, so it stands above what is done with \
                            them; for one value write `if … then … else …`";
                self.misplaced(statement, "this place of a rule", help, complete);
            }
            StatementKind::When(condition) => self.once(&mut draft.when, "when", span, |checker| {
                // `when` decides before anything is looked up.
                let scope = Scope { complete, elsewhere: names, ..Scope::default() };
                checker.route(condition, &scope)
            }),
            StatementKind::Schema { path, on_invalid } => {
                self.once(&mut draft.schema, "schema", span, |checker| {
                    checker.schema(path, on_invalid.as_ref())
                });
            }
            StatementKind::Lookup(lookup) => {
                let Draft { scope, writes, lookups, steps, .. } = draft;
                self.placed_lookup(lookup, span, tables, scope, writes, lookups, steps);
            }
            StatementKind::ForEach { element, array, body } => {
                self.for_each(element, array, body, span, tables, draft);
            }
            StatementKind::Output { .. } | StatementKind::PartitionBy(_) => {}
            StatementKind::Rejects { kind, location } => {
                self.once(&mut draft.rejects, "rejects", span, |checker| {
                    checker.rejects(kind, location, span)
                });
            }
            _ => {
                let Draft { scope, writes, steps, .. } = draft;
                if !self.simple_step(statement, scope, writes, steps) {
                    let help = match &statement.kind {
                        StatementKind::Copy(_)
                        | StatementKind::On { .. }
                        | StatementKind::OnWithin { .. } => "it belongs inside a `lookup … { … }`",
                        _ => "it belongs inside an `output … { … }`",
                    };
                    self.misplaced(statement, "a rule by itself", help, scope.complete);
                }
            }
        }
    }

    /// A lookup of a rule or a loop, at its place among the steps.
    #[expect(clippy::too_many_arguments, reason = "what a lookup reads and what it adds to, side by side")]
    fn placed_lookup(
        &mut self,
        lookup: &tree::Lookup,
        span: Span,
        tables: &[Table],
        scope: &mut Scope,
        writes: &mut Writes,
        lookups: &mut Vec<Lookup>,
        steps: &mut Vec<Step>,
    ) {
        match self.lookup(lookup, span, lookups.len(), scope, tables, writes) {
            Some(checked) => {
                if let Some(table) = tables.get(checked.table) {
                    self.known.lookup(&checked, table);
                }
                scope.learn(&lookup.name.text, lookups.len());
                steps.push(Step { kind: StepKind::Lookup(lookups.len()), span });
                lookups.push(checked);
            }
            // Its name stays unknown, but not so that uses of it are reported again.
            None => {
                scope.complete = false;
                self.forget();
            }
        }
    }

    fn for_each(
        &mut self,
        element: &Name,
        array: &tree::Path,
        body: &[Statement],
        span: Span,
        tables: &[Table],
        draft: &mut Draft,
    ) {
        let path = self.array(array, &draft.scope, &mut draft.writes);
        self.own_name(element, &draft.scope);
        if let Some(path) = &path {
            self.known.enter(path);
            self.arrived_element = self.known.element().cloned();
        }
        let mut scope = draft.scope.clone();
        scope.element = Some(element.text.clone());
        let (mut lookups, mut steps) = (Vec::new(), Vec::new());
        self.observe(array.span.end, &scope);
        for statement in body {
            self.observe(statement.span.start, &scope);
            let writes = &mut draft.writes;
            let help = match &statement.kind {
                StatementKind::Lookup(lookup) => {
                    let at = statement.span;
                    self.placed_lookup(lookup, at, tables, &mut scope, writes, &mut lookups, &mut steps);
                    self.observe(at.end, &scope);
                    continue;
                }
                StatementKind::Drop(_) => "it drops the whole event: put it above or below",
                StatementKind::ForEach { .. } => "loops are not nested",
                _ if self.simple_step(statement, &scope, writes, &mut steps) => {
                    self.observe(statement.span.end, &scope);
                    continue;
                }
                _ => "a `for each` holds `lookup`, `set` and `remove`",
            };
            self.misplaced(statement, "a `for each`", help, scope.complete);
        }
        draft.writes.leave_element();
        self.arrived_element = None;
        if let Some(path) = &path {
            self.known.leave(path);
        }
        draft.scope.complete = scope.complete;
        if let Some(array) = path {
            draft.writes.inside(Root::Event, array.clone(), span);
            draft.steps.push(Step { kind: StepKind::ForEach(draft.loops.len()), span });
            draft.loops.push(ForEach { element: element.text.clone(), array, lookups, steps, span });
        }
    }

    /// The array of a loop: a field of the event as it arrived.
    fn array(&mut self, array: &tree::Path, scope: &Scope, writes: &mut Writes) -> Option<Path> {
        let path = self.target(array, scope)?;
        self.event_field(&path.0, array.span);
        let types = self.known.event().at(&path.0).types;
        if !types.may_be(Types::of(Type::Array)) {
            let message = format!("`{path}` is {types}, and `for each` goes through an array");
            self.report(Diagnostic::new(Code::NotAnArray, array.span, message));
        }
        if let Some(written) = writes.before(Root::Event, &path) {
            let message =
                format!("`for each` reads the event as it arrived, but `{path}` may be written above");
            self.report(
                Diagnostic::new(Code::LateKey, array.span, message)
                    .see(written, "written here")
                    .help("move the loop above that statement, or join two loops over one array"),
            );
        }
        Some(path)
    }

    /// `set`, `remove` and `drop when`. `false` where the statement is none of them.
    pub(super) fn simple_step(
        &mut self,
        statement: &Statement,
        scope: &Scope,
        writes: &mut Writes,
        steps: &mut Vec<Step>,
    ) -> bool {
        match &statement.kind {
            StatementKind::Set { target, value } => {
                let path = self.field_target(target, scope);
                let value = self.expression(value, &Scope { in_set: true, ..scope.clone() });
                value.iter().for_each(|value| writes.read(value));
                let mut room = true;
                if let Some(path) = &path {
                    room = self.write_target(path, target.span, scope);
                    if let Some(written) = writes.set(scope.root(), path.clone(), statement.span) {
                        self.overlapping("this", statement.span, written);
                    }
                }
                if let (Some(target), Some(value)) = (path, value) {
                    if room {
                        self.known.set(&target, &value);
                    }
                    steps.push(Step { kind: StepKind::Set { target, value }, span: statement.span });
                }
            }
            StatementKind::Remove(paths) => {
                for path in paths {
                    let Some(target) = self.field_target(path, scope) else { continue };
                    if scope.element.is_none() {
                        self.event_field(&target.0, path.span);
                    }
                    writes.remove(scope.root(), target.clone(), statement.span);
                    self.known.remove(&target);
                    steps.push(Step { kind: StepKind::Remove(target), span: path.span });
                }
            }
            StatementKind::Drop(condition) => {
                let condition = self.condition(condition, scope);
                condition.iter().for_each(|condition| writes.read(condition));
                let span = statement.span;
                steps.extend(condition.map(|condition| Step { kind: StepKind::Drop(condition), span }));
            }
            _ => return false,
        }
        true
    }

    /// What is known where a rule begins: nothing, or what its schema says.
    fn begin(&mut self, rule: &tree::Rule) {
        let shape = memo::schema(rule, self.environment);
        let any = Shape::object([], true);
        // In a rule that can't be read whole, anything may be written by what is not read.
        let trusted = rule.complete || self.probe.is_some();
        self.arrived = shape.filter(|_| trusted).unwrap_or(any).narrowed(Types::of(Type::Object));
        self.known = Known::new(self.arrived.clone(), &self.environment.functions);
        self.table_of.clear();
    }

    /// A statement could not be understood: what it writes is not known, so nothing is any more.
    fn forget(&mut self) {
        // An editor asks for what can be told all the same.
        if self.probe.is_some() {
            return;
        }
        self.known.skip_lookup();
        self.arrived = Shape::object([], true);
        self.arrived_element = self.arrived_element.take().map(|_| Shape::any());
    }

    /// The condition of a whole rule, which must depend on the event.
    fn route(&mut self, condition: &tree::Expr, scope: &Scope) -> Option<Expr> {
        let known = self.findings.len();
        let checked = self.condition(condition, scope)?;
        if self.findings.len() == known
            && let Some(always) = self.known.truth(&checked)
        {
            let schema = !self.arrived.members.is_empty() || !self.arrived.open;
            let (message, help) = match (always, schema) {
                (true, true) => ("this holds for every event that fits the schema", "take the `when` out"),
                (true, false) => ("this holds for every event", "take the `when` out"),
                (false, true) => {
                    ("no event that fits the schema gets past this", "each event that it takes is invalid")
                }
                (false, false) => ("no event gets past this", "compare fields of the event"),
            };
            self.report(Diagnostic::new(Code::ConstantWhen, condition.span, message).help(help));
        }
        Some(checked)
    }

    fn stream(&mut self, pattern: &tree::Text) -> Option<Template> {
        let template = self.template(pattern)?;
        if template.0.is_empty() {
            let finding = Diagnostic::new(Code::Syntax, pattern.span, "the name of a stream is empty");
            self.report(finding.help("write its name, with `*` for any characters: `\"clicks-*\"`"));
            return None;
        }
        Some(template)
    }

    fn schema(&mut self, path: &tree::Text, on_invalid: Option<&Name>) -> Option<Schema> {
        let span = path.span;
        let on_invalid = match on_invalid.map(|word| (word.text.as_str(), word)) {
            None | Some(("reject", _)) => OnInvalid::Reject,
            Some(("drop", _)) => OnInvalid::Drop,
            Some((other, word)) => {
                let message = format!("an invalid event is rejected or dropped, not `{other}`");
                let finding = Diagnostic::new(Code::UnknownWord, word.span, message);
                let finding = self.did_you_mean(finding, word, &["reject", "drop"], "the words here are");
                self.report(finding);
                OnInvalid::Reject
            }
        };
        // A schema is part of the rule set, so its name holds no variables.
        let path = self.plain(path, "the file of a schema is named by plain text")?;
        Some(Schema { path, on_invalid, span })
    }
}

/// The names of the lookups and elements in these statements.
fn names(statements: &[Statement]) -> Rc<[String]> {
    let mut names = Vec::new();
    for statement in statements {
        match &statement.kind {
            StatementKind::Lookup(lookup) => names.push(lookup.name.text.clone()),
            StatementKind::ForEach { element, body, .. } => {
                names.push(element.text.clone());
                names.extend(self::names(body).iter().cloned());
            }
            _ => {}
        }
    }
    names.into()
}
