//! Where a name is declared, and where it is used.

use std::path::PathBuf;

use enrich_dsl::source::{FileId, Span};

use super::names::{self, Meaning, Occurrence};
use super::set::RuleSet;

/// A place that a name leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A place in a rule file.
    Rules(Span),
    /// Another file.
    File(PathBuf),
}

/// Where the name at that offset is declared: several places where a key and an index share an attribute.
#[must_use]
pub fn definition(set: &RuleSet, file: FileId, offset: usize) -> Vec<Target> {
    let Some(name) = name_at(set, file, offset) else { return Vec::new() };
    if name.meaning == Meaning::Schema {
        let path = set.schema_path(file, &name.name);
        let there = set.disk().stamp(&path).is_some();
        return there.then_some(Target::File(path)).into_iter().collect();
    }
    same(set, &name).into_iter().filter(|one| one.declares).map(|one| Target::Rules(one.span)).collect()
}

/// All places of the name at that offset, sorted; those where it is declared only if they are asked for.
#[must_use]
pub fn references(set: &RuleSet, file: FileId, offset: usize, declarations: bool) -> Vec<Span> {
    let Some(name) = name_at(set, file, offset) else { return Vec::new() };
    let all = same(set, &name).into_iter().filter(|one| declarations || !one.declares);
    let mut places: Vec<Span> = all.map(|one| one.span).collect();
    places.sort();
    places.dedup();
    places
}

/// The name at that offset.
#[must_use]
pub fn name_at(set: &RuleSet, file: FileId, offset: usize) -> Option<Occurrence> {
    let names = names::of_file(set.sources(), &set.parsed(file)?.tree);
    names::at(&names, offset).cloned()
}

/// All names that mean the same as this one: of one rule for what it looks up and goes through, of one file for
/// fields of events, of all files for what they share.
pub(super) fn same(set: &RuleSet, name: &Occurrence) -> Vec<Occurrence> {
    let own = name.span.file;
    let rule = |span: Span| {
        let rules = set.parsed(own).into_iter().flat_map(|parsed| parsed.tree.rules());
        rules
            .into_iter()
            .find(|rule| (rule.span.start..=rule.span.end).contains(&span.start))
            .map(|rule| rule.span)
    };
    let here = rule(name.span);
    let is_same = |other: &Occurrence| match (&name.meaning, &other.meaning) {
        (Meaning::Lookup { declared: one, .. }, Meaning::Lookup { declared: two, .. })
        | (Meaning::Element(one), Meaning::Element(two)) => one == two,
        (Meaning::Variable(_), Meaning::Variable(_)) => name.name == other.name,
        (Meaning::Event(_) | Meaning::OfElement { .. }, _) => {
            name.meaning == other.meaning && other.span.file == own && rule(other.span) == here
        }
        (one, two) => one == two && name.name == other.name,
    };
    let everywhere = matches!(
        name.meaning,
        Meaning::Table
            | Meaning::Rule
            | Meaning::Attribute(_)
            | Meaning::Index(_)
            | Meaning::Variable(_)
            | Meaning::Function
            | Meaning::Schema
    );
    let files = set.all().filter(|parsed| everywhere || parsed.file == own);
    files.flat_map(|parsed| names::of_file(set.sources(), &parsed.tree)).filter(is_same).collect()
}
