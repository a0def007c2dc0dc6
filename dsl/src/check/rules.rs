//! Rules: their statements from top to bottom.

use super::Checker;
use super::expressions::Scope;
use super::writes::Writes;
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::MAX_LOOKUPS;
use crate::model::{Destination, Expr, Lookup, OnInvalid, Output, Path, Rule, Schema, Step, Table, Template};
use crate::source::Span;
use crate::syntax::tree::{self, Name, Statement, StatementKind};

/// What the statements of a rule say, as far as they have been read.
#[derive(Default)]
struct Draft {
    streams: Option<(Vec<Template>, Span)>,
    when: Option<(Option<Expr>, Span)>,
    schema: Option<(Option<Schema>, Span)>,
    output: Option<(Option<Output>, Span)>,
    rejects: Option<(Option<Destination>, Span)>,
    lookups: Vec<Lookup>,
    steps: Vec<Step>,
    scope: Scope,
    writes: Writes,
}

impl Checker<'_> {
    pub(super) fn rule(&mut self, rule: &tree::Rule, tables: &[Table]) -> Rule {
        self.declare("rule", &rule.name);
        let mut draft =
            Draft { scope: Scope { complete: rule.complete, ..Scope::default() }, ..Draft::default() };
        for statement in &rule.statements {
            self.rule_statement(statement, tables, &mut draft);
        }
        // An output's prefix may read whatever the rule knows in the end, wherever the output stands.
        for statement in &rule.statements {
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
        if draft.lookups.len() > MAX_LOOKUPS {
            let message =
                format!("a rule may have {MAX_LOOKUPS} lookups, this one has {}", draft.lookups.len());
            self.report(Diagnostic::new(Code::TooMany, rule.name.span, message));
        }
        Rule {
            name: rule.name.text.clone(),
            streams: draft.streams.map(|(streams, _)| streams).unwrap_or_default(),
            when: draft.when.and_then(|(when, _)| when),
            schema: draft.schema.and_then(|(schema, _)| schema),
            lookups: draft.lookups,
            steps: draft.steps,
            output: draft.output.and_then(|(output, _)| output),
            rejects: draft.rejects.and_then(|(rejects, _)| rejects),
            span: rule.span,
        }
    }

    fn rule_statement(&mut self, statement: &Statement, tables: &[Table], draft: &mut Draft) {
        let span = statement.span;
        let complete = draft.scope.complete;
        match &statement.kind {
            StatementKind::Stream(patterns) => self.once(&mut draft.streams, "stream", span, |checker| {
                patterns.iter().filter_map(|pattern| checker.stream(pattern)).collect()
            }),
            StatementKind::When(condition) => self.once(&mut draft.when, "when", span, |checker| {
                // `when` decides before anything is looked up.
                checker.condition(condition, &Scope { complete, ..Scope::default() })
            }),
            StatementKind::Schema { path, on_invalid } => {
                self.once(&mut draft.schema, "schema", span, |checker| {
                    checker.schema(path, on_invalid.as_ref())
                });
            }
            StatementKind::Lookup(lookup) => self.rule_lookup(lookup, span, tables, draft),
            StatementKind::Output { .. } => {}
            StatementKind::Rejects { kind, location } => {
                self.once(&mut draft.rejects, "rejects", span, |checker| {
                    checker.rejects(kind, location, span)
                });
            }
            _ => {
                let Draft { scope, writes, steps, .. } = draft;
                if !self.simple_step(statement, scope, writes, steps) {
                    let help = match &statement.kind {
                        StatementKind::Copy(_) | StatementKind::On { .. } => {
                            "it belongs inside a `lookup … { … }`"
                        }
                        _ => "it belongs inside an `output … { … }`",
                    };
                    self.misplaced(statement, "a rule by itself", help, scope.complete);
                }
            }
        }
    }

    fn rule_lookup(&mut self, lookup: &tree::Lookup, span: Span, tables: &[Table], draft: &mut Draft) {
        match self.lookup(lookup, span, &draft.scope, tables, &mut draft.writes) {
            Some(checked) => {
                draft.scope.lookups.push((lookup.name.text.clone(), draft.lookups.len()));
                draft.steps.push(Step::Lookup(draft.lookups.len()));
                draft.lookups.push(checked);
            }
            // Its name stays unknown, but not so that uses of it are reported again.
            None => draft.scope.complete = false,
        }
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
                let target = Path(target.segments.clone());
                writes.add(target.clone(), statement.span);
                if let Some(value) = self.expression(value, scope) {
                    steps.push(Step::Set { target, value });
                }
            }
            StatementKind::Remove(paths) => {
                for path in paths {
                    let path = Path(path.segments.clone());
                    writes.add(path.clone(), statement.span);
                    steps.push(Step::Remove(path));
                }
            }
            StatementKind::Drop(condition) => {
                steps.extend(self.condition(condition, scope).map(Step::Drop));
            }
            _ => return false,
        }
        true
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
        match path.parts.as_slice() {
            [tree::TextPart::Literal(path)] => Some(Schema { path: path.clone(), on_invalid, span }),
            _ => {
                let message = "the file of a schema is named by plain text";
                self.report(Diagnostic::new(Code::Hole, span, message));
                None
            }
        }
    }
}
