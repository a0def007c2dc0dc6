//! What tables are at their source, held against what rules say of them.
//!
//! Rules are checked without their tables, so that nothing needs to be there yet. Once it is, [`compare`]
//! finds what would fail every lookup: a table or an index that does not exist, another key, an attribute
//! that an index does not hold. Who asks the source, and how, is no matter of this crate.

use std::collections::BTreeSet;

use enrich_dsl::diagnostic::{Code, Diagnostic};
use enrich_dsl::model::{Copied, Expr, Index, KeyType, Lookup, Path, Rule, RuleSet, Table};
use enrich_dsl::source::Span;

use crate::lookup::Attributes;

/// A table as it is at its source.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deployed {
    /// The parts of its key: the partition key, and the sort key where it has one.
    pub key: Vec<(String, KeyType)>,
    /// Its indexes.
    pub indexes: Vec<DeployedIndex>,
    /// The source's word for why it answers no lookups, if it does not.
    pub inactive: Option<String>,
}

/// An index as it is at its source.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeployedIndex {
    /// Its name.
    pub name: String,
    /// The parts of its key, as of a table's.
    pub key: Vec<(String, KeyType)>,
    /// The attributes that a lookup by it can get.
    pub holds: Attributes,
    /// The source's word for why it answers no lookups, if it does not.
    pub inactive: Option<String>,
}

impl Deployed {
    /// An active table with that key and these indexes.
    #[must_use]
    pub fn new(key: Vec<(String, KeyType)>, indexes: Vec<DeployedIndex>) -> Self {
        Self { key, indexes, inactive: None }
    }

    /// The same table, which answers no lookups because it is in that state.
    #[must_use]
    pub fn inactive(mut self, state: Option<String>) -> Self {
        self.inactive = state;
        self
    }
}

impl DeployedIndex {
    /// An active index with that key, that holds these attributes.
    #[must_use]
    pub fn new(name: impl Into<String>, key: Vec<(String, KeyType)>, holds: Attributes) -> Self {
        Self { name: name.into(), key, holds, inactive: None }
    }

    /// The same index, which answers no lookups because it is in that state.
    #[must_use]
    pub fn inactive(mut self, state: Option<String>) -> Self {
        self.inactive = state;
        self
    }
}

/// What differs between the table at that place in [`RuleSet::tables`] and what is at its source under
/// `name`; `None` where nothing is.
///
/// What `copy *` takes is not looked at: it takes what an index holds.
#[must_use]
pub fn compare(set: &RuleSet, table: usize, name: &str, deployed: Option<&Deployed>) -> Vec<Diagnostic> {
    let Some(declared) = set.tables.get(table) else { return Vec::new() };
    let at = Place { declared, name };
    let Some(deployed) = deployed else {
        let finding = at.finding(Code::TableAbsent, format!("there is no table `{name}` at the source"));
        let help = "create it, or correct `source`, and see that account and region are the right ones";
        return vec![finding.help(help)];
    };
    let mut findings = Vec::new();
    findings.extend(at.inactive(&format!("table `{name}`"), deployed.inactive.as_deref()));
    if deployed.key != declared.key {
        findings.push(at.other_key(&format!("table `{name}`"), &declared.key, &deployed.key, "key"));
    }
    for (place, index) in declared.indexes.iter().enumerate() {
        match deployed.indexes.iter().find(|deployed| deployed.name == index.name) {
            None => findings.push(at.no_index(index, deployed)),
            Some(deployed) => {
                findings.extend(at.index(index, deployed));
                findings.extend(lookups_by(set, table, place).flat_map(|by| at.held(&by, deployed)));
            }
        }
    }
    findings
}

/// A table's declaration, and its name at its source.
struct Place<'a> {
    declared: &'a Table,
    name: &'a str,
}

impl Place<'_> {
    /// At the word `table`: the declaration as a whole would hide the line.
    fn finding(&self, code: Code, message: String) -> Diagnostic {
        Diagnostic::new(code, first_word(self.declared.span, "table"), message)
    }

    fn inactive(&self, subject: &str, state: Option<&str>) -> Option<Diagnostic> {
        let message = format!("{subject} answers no lookups: it is `{}`", state?);
        Some(self.finding(Code::NotActive, message).help("wait until it is active"))
    }

    fn other_key(
        &self,
        subject: &str,
        declared: &[(String, KeyType)],
        deployed: &[(String, KeyType)],
        clause: &str,
    ) -> Diagnostic {
        let (declared, deployed) = (parts(declared), parts(deployed));
        let message = format!("the key of {subject} is `{deployed}`, and not `{declared}`");
        let help = format!("declare it so: `{clause} {deployed}`");
        self.finding(Code::TableDiffers, message).help(help)
    }

    fn no_index(&self, index: &Index, deployed: &Deployed) -> Diagnostic {
        let message = format!("table `{}` has no index `{}`", self.name, index.name);
        let there: Vec<_> = deployed.indexes.iter().map(|index| format!("`{}`", index.name)).collect();
        self.finding(Code::IndexAbsent, message).help(match there.as_slice() {
            [] => "it has no index at all: create it, or look up by the table's own key".to_owned(),
            [only] => format!("its only index is {only}"),
            _ => format!("its indexes are {}", there.join(", ")),
        })
    }

    fn index(&self, declared: &Index, deployed: &DeployedIndex) -> Vec<Diagnostic> {
        let subject = self.subject(deployed);
        let mut findings = Vec::from_iter(self.inactive(&subject, deployed.inactive.as_deref()));
        // An index can be asked by its partition key alone.
        if declared.key.is_empty() || !deployed.key.starts_with(&declared.key) {
            let clause = format!("index {:?} key", declared.name);
            findings.push(self.other_key(&subject, &declared.key, &deployed.key, &clause));
        }
        findings
    }

    /// Whether the index holds what a lookup takes out of its items.
    fn held(&self, by: &By<'_>, deployed: &DeployedIndex) -> Vec<Diagnostic> {
        let Attributes::Named(held) = &deployed.holds else { return Vec::new() };
        let subject = self.subject(deployed);
        let finding = |span, lacks: &BTreeSet<&str>, what: &str| {
            let names: Vec<_> = lacks.iter().map(|name| format!("`{name}`")).collect();
            let message = format!("{subject} does not hold {}, which {what}", names.join(", "));
            let help = "project it into the index, or look the item up by the table's own key";
            Diagnostic::new(Code::NotProjected, span, message).help(help)
        };
        let lacks = |name: &&str| !held.contains(*name);
        let mut copied = BTreeSet::new();
        let mut findings = Vec::new();
        for copy in &by.lookup.copies {
            let Copied::Named(names) = &copy.what else { continue };
            let lacks: BTreeSet<_> = names.iter().map(|(name, _)| name.as_str()).filter(lacks).collect();
            if !lacks.is_empty() {
                findings.push(finding(copy.span, &lacks, "this copies"));
            }
            copied.extend(lacks);
        }
        let read: BTreeSet<_> = by.reads().into_iter().filter(lacks).collect();
        let read: BTreeSet<_> = read.difference(&copied).copied().collect();
        if !read.is_empty() {
            let span = first_word(by.lookup.span, "lookup");
            findings.push(finding(span, &read, &format!("the rule reads from `{}`", by.lookup.name)));
        }
        findings
    }

    fn subject(&self, index: &DeployedIndex) -> String {
        format!("index `{}` of table `{}`", index.name, self.name)
    }
}

/// A lookup, and where it stands.
struct By<'a> {
    rule: &'a Rule,
    /// The place of its loop in the rule, if it is in one.
    each: Option<usize>,
    /// Its place among the lookups of the rule or of the loop.
    place: usize,
    lookup: &'a Lookup,
}

impl<'a> By<'a> {
    /// The attributes that expressions read.
    fn reads(&self) -> BTreeSet<&'a str> {
        let mut reads = BTreeSet::new();
        let mut note = |expr: &'a Expr| {
            expr.walk(&mut |read| match (self.each, read) {
                (None, Expr::Lookup { lookup, path }) | (Some(_), Expr::ElementLookup { lookup, path })
                    if *lookup == self.place =>
                {
                    reads.extend(path.0.first().map(String::as_str));
                }
                _ => {}
            });
        };
        match self.each.and_then(|each| self.rule.loops.get(each)) {
            Some(each) => each.walk(&mut note),
            None => self.rule.walk(&mut note),
        }
        reads
    }
}

/// The lookups by that index of that table, in all rules and their loops.
fn lookups_by(set: &RuleSet, table: usize, index: usize) -> impl Iterator<Item = By<'_>> {
    let all = set.rules.iter().flat_map(|rule| {
        let own = rule.lookups.iter().enumerate().map(move |(place, lookup)| (None, place, lookup));
        let loops = rule.loops.iter().enumerate().flat_map(|(each, inside)| {
            inside.lookups.iter().enumerate().map(move |(place, lookup)| (Some(each), place, lookup))
        });
        own.chain(loops).map(move |(each, place, lookup)| By { rule, each, place, lookup })
    });
    all.filter(move |by| by.lookup.table == table && by.lookup.index == Some(index))
}

/// A key as rules declare it.
fn parts(key: &[(String, KeyType)]) -> String {
    let part = |(name, ty): &(String, KeyType)| {
        let path = Path(vec![name.clone()]).to_string();
        format!("{}: {}", path.strip_prefix('.').unwrap_or(&path), ty.as_str())
    };
    key.iter().map(part).collect::<Vec<_>>().join(", ")
}

/// The first word of a span that begins with it.
fn first_word(span: Span, word: &str) -> Span {
    let length = u32::try_from(word.len()).unwrap_or_default();
    Span { end: span.end.min(span.start.saturating_add(length)), ..span }
}
