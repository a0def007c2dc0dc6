//! What lineage calls things, as the language does.

use enrich_engine::dsl::model::{ErrorField, Path, RecordField};
use enrich_engine::report::Statement;

pub(super) fn statement(statement: Statement) -> &'static str {
    match statement {
        Statement::Copy => "copy",
        Statement::Set => "set",
        _ => "unknown",
    }
}

/// An attribute and what is inside it; `*` is the whole item.
pub(super) fn attribute(path: &Path) -> String {
    match path.to_string() {
        path if path.is_empty() => "*".to_owned(),
        path => path,
    }
}

pub(super) fn record_field(field: RecordField) -> &'static str {
    named(RecordField::ALL, field)
}

pub(super) fn error_field(field: ErrorField) -> &'static str {
    named(ErrorField::ALL, field)
}

fn named<T: PartialEq + Copy>(all: &[(&'static str, T)], wanted: T) -> &'static str {
    all.iter().find(|(_, field)| *field == wanted).map_or("unknown", |(name, _)| name)
}
