//! Tree to checked rules: names, keys, types and destinations, with all findings of all files.
//!
//! 1. `tables` declares the tables of all files.
//! 2. `rules` walks each rule's statements from top to bottom, `lookups` the inside of a lookup,
//!    `copies` what it copies.
//! 3. `expressions` resolves names and calls, and tells types as far as they can be told.
//! 4. `writes` follows what may have been written, so that a key never reads what isn't there yet;
//!    `fields` compares what is read and written with what the schema and the tables say is there.
//! 5. `routes` and `unused` look at the whole set: rules in each other's way, and what does nothing.
//! 6. `allow` takes out the warnings that a comment silences.
//! 7. `memo` keeps what a file's rules came to for the next check, `place` tells an editor what is known where.
//!
//! What a finding makes unknown is not reported a second time.

mod allow;
mod copies;
mod destinations;
mod expressions;
mod fields;
mod habits;
mod lookups;
mod memo;
mod partition;
mod place;
mod quantity;
mod routes;
mod rules;
mod tables;
mod unused;
mod writes;

use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use crate::diagnostic::{self, Code, Diagnostic, Severity};
use crate::functions::Signature;
use crate::limits::MAX_RULES;
use crate::model::{RuleSet, Table};
use crate::source::{FileId, Sources, Span};
use crate::syntax::{Parsed, tree};
use crate::types::{Known, Shape};
use memo::FileRules;
use place::Probe;
use routes::Route;

pub use memo::Memo;
pub use place::{Place, known_at};

/// What rules may refer to beyond their own text.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Environment<'a> {
    /// The functions that rules may call.
    pub functions: Vec<Signature>,
    /// The kinds of source that a table may have.
    pub sources: Vec<&'a str>,
    /// Where the shapes of events come from.
    pub schemas: Option<Schemas<'a>>,
    /// The streams whose caller takes nothing back, as patterns: their rules need an output.
    pub needs_output: Vec<String>,
}

/// Gives the shape of the events that fit a schema, by the rule's file and the path of the schema in
/// it; `None` where the schema can't be read.
#[derive(Clone, Copy)]
pub struct Schemas<'a>(pub &'a dyn Fn(FileId, &str) -> Option<Shape>);

impl fmt::Debug for Schemas<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Schemas")
    }
}

impl<'a> Environment<'a> {
    /// An environment with these functions and kinds of source.
    #[must_use]
    pub fn new(functions: Vec<Signature>, sources: Vec<&'a str>) -> Self {
        Self { functions, sources, schemas: None, needs_output: Vec::new() }
    }
}

/// The outcome of a check.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Checked {
    /// The rules, as far as they could be understood. Only without errors may they be run.
    pub rules: RuleSet,
    /// The file that each rule stands in, in the order of the rules.
    pub files: Vec<FileId>,
    /// What is wrong, sorted by place.
    pub findings: Vec<Diagnostic>,
}

impl Checked {
    /// Whether the rules may be run.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity() != Severity::Error)
    }
}

/// Checks all files of a rule set together.
///
/// ```
/// use enrich_dsl::check::{Environment, check};
/// use enrich_dsl::source::Sources;
///
/// let mut sources = Sources::new();
/// sources.add("clicks.enrich", r#"rule clicks { stream "clicks" set .seen = tru }"#);
/// let checked = check(&sources, &Environment::new(vec![], vec!["dynamodb"]));
/// assert_eq!(checked.findings[0].message, "`tru` is not a lookup above this place");
/// ```
#[must_use]
pub fn check(sources: &Sources, environment: &Environment<'_>) -> Checked {
    let files: Vec<_> = sources.iter().map(|(file, _)| Arc::new(Parsed::new(sources, file))).collect();
    check_parsed(sources, &files, environment, &mut Memo::default())
}

/// As [`check`], of files that are parsed: all files of `sources`, in their order. What `memo` holds of
/// files that have not changed is not judged again.
#[must_use]
pub fn check_parsed(
    sources: &Sources,
    files: &[Arc<Parsed>],
    environment: &Environment<'_>,
    memo: &mut Memo,
) -> Checked {
    let mut checker = Checker::new(sources, environment);
    checker.findings.extend(files.iter().flat_map(|parsed| parsed.findings.iter().cloned()));
    let broken = !checker.findings.is_empty();
    let mut rules = RuleSet::default();
    checker.all_tables(files, &mut rules.tables);
    let (mut rule_files, mut routes) = (Vec::new(), Vec::new());
    for parsed in files {
        let judge = |checker: &mut Checker<'_>| checker.file(&parsed.tree, &rules.tables);
        let checked = memo.rules(parsed, &mut checker, &rules.tables, judge);
        checker.findings.extend(checked.findings.iter().cloned());
        for (rule, checked) in parsed.tree.rules().zip(&checked.rules) {
            checker.declare("rule", &rule.name);
            routes.push(Route::new(parsed.file, rule.name.span, checked.when.is_some(), &checked.streams));
            rules.rules.push(checked.clone());
            rule_files.push(parsed.file);
        }
    }
    checker.whole_set(&rules, broken);
    checker.outputs(&routes, &rules.rules);
    // In a set with errors, what looks unused or unreachable may only be misspelt.
    if checker.findings.is_empty() {
        checker.routes(&routes);
        checker.unused(&rules);
    }
    let mut findings = checker.findings;
    allow::apply(sources, files, &mut findings);
    findings.iter_mut().for_each(|finding| finding.widen(sources));
    diagnostic::sort(&mut findings);
    Checked { rules, files: rule_files, findings }
}

/// A name that was declared: where, and as what.
#[derive(Clone, Copy, Debug)]
struct Declared {
    span: Span,
    what: &'static str,
}

struct Checker<'a> {
    sources: &'a Sources,
    environment: &'a Environment<'a>,
    findings: Vec<Diagnostic>,
    /// Tables by name; `None` where the declaration is broken, so that no use of it is reported.
    tables: HashMap<String, Option<usize>>,
    names: HashMap<(&'static str, String), Declared>,
    /// What is known at the place that is read.
    known: Known<'a>,
    /// What was known of the event, and of the element of the loop around, before any statement.
    arrived: Shape,
    arrived_element: Option<Shape>,
    /// The tables of all files, once they are read.
    declared: Rc<[Table]>,
    /// The table of each lookup of the rule that is read, by its place in these.
    table_of: HashMap<String, usize>,
    /// What its statements overwrite, held back until the whole rule is known to be right.
    overlaps: Vec<Diagnostic>,
    /// The place of which somebody wants to know what is known there.
    probe: Option<Probe>,
}

impl<'a> Checker<'a> {
    fn new(sources: &'a Sources, environment: &'a Environment<'a>) -> Self {
        let event = Shape::object([], true);
        Self {
            sources,
            environment,
            findings: Vec::new(),
            tables: HashMap::new(),
            names: HashMap::new(),
            known: Known::new(event.clone(), &environment.functions),
            arrived: event,
            arrived_element: None,
            declared: Rc::from([]),
            table_of: HashMap::new(),
            overlaps: Vec::new(),
            probe: None,
        }
    }
}

impl Checker<'_> {
    /// Declares the tables of all files.
    fn all_tables(&mut self, files: &[Arc<Parsed>], tables: &mut Vec<Table>) {
        for item in files.iter().flat_map(|parsed| &parsed.tree.items) {
            if let tree::Item::Table(table) = item {
                self.table(table, tables);
            }
        }
        self.declared = tables.clone().into();
    }

    /// The rules of one file, with their own findings.
    fn file(&mut self, file: &tree::File, tables: &[Table]) -> FileRules {
        let before = std::mem::take(&mut self.findings);
        let rules = file.rules().map(|rule| self.rule(rule, tables)).collect();
        FileRules { rules, findings: std::mem::replace(&mut self.findings, before) }
    }

    fn report(&mut self, finding: Diagnostic) {
        self.findings.push(finding);
    }

    /// Declares a table or a rule. Names are shared by all files of a rule set.
    fn declare(&mut self, what: &'static str, name: &tree::Name) -> bool {
        let declared = Declared { span: name.span, what };
        match self.names.insert((what, name.text.clone()), declared) {
            None => true,
            Some(first) => {
                let message = format!("the name `{}` is taken by another {}", name.text, first.what);
                self.report(
                    Diagnostic::new(Code::DuplicateName, name.span, message)
                        .see(first.span, "taken here")
                        .help("tables and rules share their names over all files of a rule set"),
                );
                self.names.insert((what, name.text.clone()), first);
                false
            }
        }
    }

    fn whole_set(&mut self, rules: &RuleSet, broken: bool) {
        let Some((file, _)) = self.sources.iter().next() else { return };
        let start = Span::new(file, 0, 0);
        if rules.rules.is_empty() && !broken {
            self.report(
                Diagnostic::new(Code::NoRule, start, "the rule set has no rule")
                    .help("events that no rule takes are rejected; add a `rule NAME { … }`"),
            );
        }
        if rules.rules.len() > MAX_RULES {
            let message =
                format!("a rule set may have {MAX_RULES} rules, this one has {}", rules.rules.len());
            self.report(Diagnostic::new(Code::TooMany, start, message));
        }
    }
}
