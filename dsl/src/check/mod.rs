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
//!
//! What a finding makes unknown is not reported a second time.

mod allow;
mod copies;
mod destinations;
mod expressions;
mod fields;
mod habits;
mod lookups;
mod partition;
mod quantity;
mod routes;
mod rules;
mod tables;
mod unused;
mod writes;

use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

use crate::diagnostic::{self, Code, Diagnostic, Severity};
use crate::functions::Signature;
use crate::limits::MAX_RULES;
use crate::model::{RuleSet, Table};
use crate::source::{FileId, Sources, Span};
use crate::syntax::{self, tree};
use crate::types::{Known, Shape};
use routes::Route;

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
    let mut checker = Checker::new(sources, environment);
    let mut files = Vec::new();
    for (file, _) in sources.iter() {
        let (parsed, findings) = syntax::parse(sources, file);
        checker.findings.extend(findings);
        files.push((file, parsed));
    }
    let broken = !checker.findings.is_empty();
    let mut rules = RuleSet::default();
    for item in files.iter().flat_map(|(_, parsed)| &parsed.items) {
        if let tree::Item::Table(table) = item {
            checker.table(table, &mut rules.tables);
        }
    }
    checker.declared = rules.tables.clone().into();
    let (mut rule_files, mut routes) = (Vec::new(), Vec::new());
    for (file, item) in files.iter().flat_map(|(file, parsed)| parsed.items.iter().map(|item| (*file, item)))
    {
        if let tree::Item::Rule(rule) = item {
            let checked = checker.rule(rule, &rules.tables);
            routes.push(Route::new(file, rule.name.span, checked.when.is_some(), &checked.streams));
            rules.rules.push(checked);
            rule_files.push(file);
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
    allow::apply(sources, &files, &mut findings);
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
        }
    }
}

impl Checker<'_> {
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
