//! Another name for what a rule set declares.

use enrich_dsl::source::{FileId, Span};

use super::definition::{name_at, same};
use super::names::{self, Meaning, Occurrence};
use super::set::RuleSet;
use super::words::{is_keyword, is_name};

/// What can be renamed at that offset: its place and its name.
///
/// # Errors
/// Why it can't be, in one sentence; `None` where there is no name.
pub fn prepare(set: &RuleSet, file: FileId, offset: usize) -> Result<Option<(Span, String)>, String> {
    let Some(name) = name_at(set, file, offset) else { return Ok(None) };
    renameable(&name)?;
    Ok(Some((name.span, name.name)))
}

/// The places that take the new name.
///
/// # Errors
/// Why the name at that offset can't be changed to it, in one sentence.
pub fn rename(set: &RuleSet, file: FileId, offset: usize, to: &str) -> Result<Vec<Span>, String> {
    let Some(name) = name_at(set, file, offset) else { return Err("there is no name here".to_owned()) };
    renameable(&name)?;
    if !is_name(to) {
        return Err(format!(
            "`{to}` is not a name: a name has letters, digits and `_`, and begins with no digit"
        ));
    }
    if is_keyword(to) || matches!(to, "record" | "error" | "event") {
        return Err(format!("`{to}` means something else in the language"));
    }
    let places = same(set, &name);
    if places.iter().all(|one| !one.declares) {
        return Err(format!("`{}` is declared nowhere", name.name));
    }
    if to != name.name && taken(set, &name, to) {
        return Err(format!("the name `{to}` is taken"));
    }
    let mut places: Vec<Span> = places.into_iter().map(|one| one.span).collect();
    places.sort();
    places.dedup();
    Ok(places)
}

fn renameable(name: &Occurrence) -> Result<(), String> {
    let what = match &name.meaning {
        Meaning::Table | Meaning::Rule | Meaning::Lookup { .. } | Meaning::Element(_) => return Ok(()),
        Meaning::Event(_) | Meaning::OfElement { .. } => "a field is named by the events",
        Meaning::Attribute(_) => "an attribute is named by the table's items",
        Meaning::Index(_) => "an index is named by its table",
        Meaning::Record | Meaning::Error | Meaning::Function => "the language has given this name",
        Meaning::Variable(_) => "a variable is named by the deployment",
        Meaning::Schema => "a schema is named by its file",
    };
    Err(format!("{what}, so it can't be changed here"))
}

/// Whether something has that name already, where the two would be in each other's way.
fn taken(set: &RuleSet, name: &Occurrence, to: &str) -> bool {
    let same_kind = |other: &Occurrence| match (&name.meaning, &other.meaning) {
        (Meaning::Table, Meaning::Table) | (Meaning::Rule, Meaning::Rule) => true,
        (Meaning::Lookup { .. } | Meaning::Element(_), Meaning::Lookup { .. } | Meaning::Element(_)) => {
            in_one_rule(set, name.span, other.span)
        }
        _ => false,
    };
    let named = |other: &Occurrence| other.declares && other.name == to && same_kind(other);
    set.all().any(|parsed| names::of_file(set.sources(), &parsed.tree).iter().any(named))
}

fn in_one_rule(set: &RuleSet, one: Span, two: Span) -> bool {
    let rules = set.parsed(one.file).into_iter().flat_map(|parsed| parsed.tree.rules());
    one.file == two.file
        && rules.into_iter().any(|rule| {
            let inside = |span: Span| (rule.span.start..rule.span.end).contains(&span.start);
            inside(one) && inside(two)
        })
}
