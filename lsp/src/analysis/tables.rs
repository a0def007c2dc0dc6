//! What a table declares, as an editor shows it.

use enrich_dsl::source::Sources;
use enrich_dsl::syntax::tree::{Name, Table, TableClauseKind, Text, TextPart};

/// A name with its type.
pub(super) type Typed<'t> = (&'t Name, &'t Name);

/// The parts of the table's own key.
pub(super) fn key(table: &Table) -> impl Iterator<Item = Typed<'_>> {
    table.clauses.iter().flat_map(|clause| match &clause.kind {
        TableClauseKind::Key(parts) => parts.iter().map(|(name, ty)| (name, ty)).collect(),
        _ => Vec::new(),
    })
}

/// The indexes, each with the parts of its key.
pub(super) fn indexes(table: &Table) -> impl Iterator<Item = (&Text, Vec<Typed<'_>>)> {
    table.clauses.iter().filter_map(|clause| match &clause.kind {
        TableClauseKind::Index { name, key } => {
            Some((name, key.iter().map(|(name, ty)| (name, ty)).collect()))
        }
        _ => None,
    })
}

/// The declared attributes.
pub(super) fn declared(table: &Table) -> impl Iterator<Item = Typed<'_>> {
    table.clauses.iter().flat_map(|clause| match &clause.kind {
        TableClauseKind::Attributes(parts) => parts.iter().map(|(name, ty)| (name, ty)).collect(),
        _ => Vec::new(),
    })
}

/// All that is known of the table's items: declared attributes, parts of its key and of those of its indexes.
pub(super) fn attributes(table: &Table) -> Vec<Typed<'_>> {
    let all = declared(table).chain(key(table)).chain(indexes(table).flat_map(|(_, key)| key));
    let mut attributes: Vec<Typed<'_>> = Vec::new();
    for (name, ty) in all {
        if attributes.iter().all(|(known, _)| known.text != name.text) {
            attributes.push((name, ty));
        }
    }
    attributes
}

/// The key that a lookup asks by: the table's own, or that of an index.
pub(super) fn asked<'t>(table: &'t Table, index: Option<&str>) -> Vec<Typed<'t>> {
    match index {
        None => key(table).collect(),
        Some(index) => {
            indexes(table).filter(|(name, _)| plain(name) == Some(index)).flat_map(|(_, key)| key).collect()
        }
    }
}

/// A text that has nothing to be filled in.
pub(super) fn plain(text: &Text) -> Option<&str> {
    match text.parts.as_slice() {
        [TextPart::Literal(text)] => Some(text),
        _ => None,
    }
}

/// `dynamodb "users"`, as it is written.
pub(super) fn source<'s>(table: &Table, sources: &'s Sources) -> Option<&'s str> {
    table.clauses.iter().find_map(|clause| match &clause.kind {
        TableClauseKind::Source { kind, location } => Some(sources.text(kind.span.to(location.span))),
        _ => None,
    })
}

/// `user_id: string, day: string`
pub(super) fn typed<'t>(parts: impl IntoIterator<Item = Typed<'t>>) -> String {
    let parts = parts.into_iter().map(|(name, ty)| format!("{}: {}", name.text, ty.text));
    parts.collect::<Vec<_>>().join(", ")
}
