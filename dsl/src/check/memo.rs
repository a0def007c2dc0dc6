//! What checks of one rule set have in common: a file whose text, tables and schemas are as they were
//! before has the rules and findings that it had.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Checker, Environment};
use crate::diagnostic::Diagnostic;
use crate::model::{Rule, Table};
use crate::source::FileId;
use crate::syntax::Parsed;
use crate::syntax::tree::{self, Item, Statement, StatementKind};
use crate::types::Shape;

/// What is kept from one check of a rule set for the next. It is about one [`Environment`]: other functions
/// or kinds of source need a memo of their own.
#[derive(Debug, Default)]
pub struct Memo(HashMap<FileId, Kept>);

#[derive(Debug)]
struct Kept {
    parsed: Arc<Parsed>,
    depends: Depends,
    outcome: Arc<FileRules>,
}

/// What the rules of one file came to.
#[derive(Debug, Default)]
pub(super) struct FileRules {
    /// In the order of the file.
    pub(super) rules: Vec<Rule>,
    pub(super) findings: Vec<Diagnostic>,
}

/// What a file's rules depend on beyond its own text.
#[derive(Debug, PartialEq)]
struct Depends {
    /// The tables that its lookups name, each with its place; `None` where the declaration is broken.
    tables: Vec<Option<(usize, Table)>>,
    /// What its schemas say.
    schemas: Vec<Option<Shape>>,
}

impl Memo {
    /// The rules of that file: those of the last check, or `judge`d anew.
    pub(super) fn rules(
        &mut self,
        parsed: &Arc<Parsed>,
        checker: &mut Checker<'_>,
        tables: &[Table],
        judge: impl FnOnce(&mut Checker<'_>) -> FileRules,
    ) -> Arc<FileRules> {
        let depends = Depends::of(&parsed.tree, checker, tables);
        if let (Some(kept), Some(depends)) = (self.0.get(&parsed.file), &depends)
            && Arc::ptr_eq(&kept.parsed, parsed)
            && kept.depends == *depends
        {
            return Arc::clone(&kept.outcome);
        }
        let outcome = Arc::new(judge(checker));
        match depends {
            Some(depends) => {
                let (parsed, outcome) = (Arc::clone(parsed), Arc::clone(&outcome));
                self.0.insert(parsed.file, Kept { parsed, depends, outcome });
            }
            None => drop(self.0.remove(&parsed.file)),
        }
        outcome
    }
}

impl Depends {
    /// `None` where a table is named that is not declared: what is told of it depends on all names.
    fn of(file: &tree::File, checker: &Checker<'_>, tables: &[Table]) -> Option<Self> {
        let mut depends = Self { tables: Vec::new(), schemas: Vec::new() };
        for item in &file.items {
            if let Item::Rule(rule) = item {
                depends.schemas.push(schema(rule, checker.environment));
                depends.statements(&rule.statements, checker, tables)?;
            }
        }
        Some(depends)
    }

    fn statements(
        &mut self,
        statements: &[Statement],
        checker: &Checker<'_>,
        tables: &[Table],
    ) -> Option<()> {
        for statement in statements {
            match &statement.kind {
                StatementKind::Lookup(lookup) => {
                    let place = checker.tables.get(&lookup.table.text)?;
                    let table = |place: usize| Some((place, tables.get(place)?.clone()));
                    self.tables.push(place.and_then(table));
                }
                StatementKind::ForEach { body, .. } => self.statements(body, checker, tables)?,
                _ => {}
            }
        }
        Some(())
    }
}

/// What is known of the events that a rule's schema lets through.
pub(super) fn schema(rule: &tree::Rule, environment: &Environment<'_>) -> Option<Shape> {
    let path = rule.statements.iter().find_map(|statement| match &statement.kind {
        StatementKind::Schema { path, .. } => Some(path),
        _ => None,
    })?;
    let [tree::TextPart::Literal(path)] = path.parts.as_slice() else { return None };
    (environment.schemas?.0)(rule.name.span.file, path)
}
