//! What is told of the word under the mouse.

use std::fmt::Write as _;

use enrich_dsl::check::Place;
use enrich_dsl::functions::Signature;
use enrich_dsl::model::{ErrorField, Literal, RecordField};
use enrich_dsl::source::{FileId, Span};
use enrich_dsl::syntax::LexemeKind;
use enrich_dsl::types::Shape;

use super::cursor::{Cursor, Inside};
use super::names::{self, Meaning, Occurrence};
use super::set::RuleSet;
use super::words::{is_word, spelled};
use super::{keywords, tables};

/// What is told of a place, in Markdown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    /// What it is about.
    pub span: Span,
    /// What is told.
    pub markdown: String,
}

/// What is told of the word at that offset.
#[must_use]
pub fn hover(set: &RuleSet, file: FileId, offset: usize) -> Option<Hover> {
    let parsed = set.parsed(file)?;
    let names = names::of_file(set.sources(), &parsed.tree);
    if let Some(name) = names::at(&names, offset)
        && let Some(markdown) = of_name(set, name)
    {
        return Some(Hover { span: name.span, markdown });
    }
    word(set, file, offset)
}

/// A keyword, or a name that the language gives.
fn word(set: &RuleSet, file: FileId, offset: usize) -> Option<Hover> {
    let text = set.text(file);
    let before = text.get(..offset)?;
    let start = before.trim_end_matches(is_word).len();
    let behind = text.get(offset..)?;
    let end = offset + behind.find(|character| !is_word(character)).unwrap_or(behind.len());
    let word = text.get(start..end).filter(|word| !word.is_empty())?;
    let cursor = Cursor::new(text, start);
    if !matches!(cursor.inside, Inside::Code | Inside::Hole(_)) || cursor.path.is_some() {
        return None;
    }
    let within: Vec<&str> = match (cursor.statement.last(), cursor.statement.first()) {
        (Some(last), Some(first)) if last.kind == LexemeKind::Word => vec![last.text, first.text],
        (_, Some(first)) => vec![first.text],
        _ => vec![cursor.block().unwrap_or("file")],
    };
    let keyword = keywords::find(word, &within).or_else(|| keywords::find(word, &[cursor.block()?]))?;
    let markdown = format!("{}\n\n{}", code(keyword.form), keyword.summary);
    Some(Hover { span: Span::new(file, start, end), markdown })
}

fn of_name(set: &RuleSet, name: &Occurrence) -> Option<String> {
    let known = || set.known_at(name.span.file, name.known_at as usize);
    Some(match &name.meaning {
        Meaning::Table => table(set, &name.name)?,
        Meaning::Rule => code(&format!("rule {}", name.name)),
        Meaning::Lookup { table: of, .. } => {
            let title = format!("lookup {} from {of}", name.name);
            match set.table(of) {
                Some(table) => format!("{}\n\n{}", code(&title), items(table)),
                None => code(&title),
            }
        }
        Meaning::Element(_) => {
            let known = known().and_then(|place| place.element).map(|(_, shape)| shape);
            shape(&name.name, known.as_ref())
        }
        Meaning::Event(path) => {
            let known = known().map(|place| place.event.at(path));
            shape(&written("", path), known.as_ref())
        }
        Meaning::OfElement { element, path } => {
            let known = known().and_then(|place| place.element).map(|(_, shape)| shape.at(path));
            shape(&written(element, path), known.as_ref())
        }
        Meaning::Attribute(of) => attribute(set, of, &name.name),
        Meaning::Record => record(&name.name)?,
        Meaning::Error => error(&name.name)?,
        Meaning::Function => function(set.functions().iter().find(|function| function.name == name.name)?),
        Meaning::Variable(default) => variable(&name.name, default.as_deref()),
        Meaning::Schema => {
            let path = set.schema_path(name.span.file, &name.name);
            let state = match set.disk().schema(&path) {
                Ok(_) => "Events must fit this JSON Schema.".to_owned(),
                Err(reason) => format!("This schema can't be read: {reason}."),
            };
            format!("{}\n\n{state}", code(&format!("schema {:?}", name.name)))
        }
        Meaning::Index(of) => {
            let key = set.table(of).map(|table| tables::typed(tables::asked(table, Some(&name.name))));
            let key = key.filter(|key| !key.is_empty()).map(|key| format!(" key {key}")).unwrap_or_default();
            format!("{}\n\nAn index of the table `{of}`.", code(&format!("index {:?}{key}", name.name)))
        }
    })
}

/// A function with its signature, what it gives, and its first examples.
pub(super) fn function(function: &Signature) -> String {
    let mut text =
        format!("{}\n\n{}\n", code(&format!("{function} -> {}", function.returns)), function.summary);
    for parameter in function.parameters {
        let _ = write!(text, "\n- `{}`: {}", parameter.name, parameter.summary);
    }
    let examples = function.examples.iter().take(3).map(|example| match example.event {
        "{}" => format!("{}  # {}", example.call, example.result),
        event => format!("# over {event}\n{}  # {}", example.call, example.result),
    });
    let examples: Vec<String> = examples.collect();
    let _ = write!(text, "\n\n{}", code(&examples.join("\n")));
    text
}

/// A table: where it is, its keys, what it declares.
pub(super) fn table(set: &RuleSet, name: &str) -> Option<String> {
    let table = set.table(name)?;
    let source = tables::source(table, set.sources()).unwrap_or("…");
    Some(format!("{}\n\n{}", code(&format!("table {name} {{ source {source} }}")), items(table)))
}

fn items(table: &enrich_dsl::syntax::tree::Table) -> String {
    let mut lines = vec![format!("- key `{}`", tables::typed(tables::key(table)))];
    for (name, key) in tables::indexes(table) {
        lines.push(format!("- index `{}` key `{}`", tables::plain(name).unwrap_or("…"), tables::typed(key)));
    }
    let declared = tables::typed(tables::declared(table));
    if !declared.is_empty() {
        lines.push(format!("- attributes `{declared}`"));
    }
    lines.join("\n")
}

/// An attribute with its type, if the table declares it.
pub(super) fn attribute(set: &RuleSet, of: &str, name: &str) -> String {
    let table = set.table(of);
    let part = |(known, ty): tables::Typed<'_>| (known.text == name).then(|| ty.text.clone());
    let ty = table.and_then(|table| tables::attributes(table).into_iter().find_map(part));
    let is_key = table.is_some_and(|table| tables::key(table).any(|(known, _)| known.text == name));
    let what = if is_key { "A part of the key" } else { "An attribute" };
    let title = format!("{}: {}", spelled(name), ty.as_deref().unwrap_or("any"));
    format!("{}\n\n{what} of the table `{of}`.", code(&title))
}

/// `record.NAME`
pub(super) fn record(name: &str) -> Option<String> {
    let (_, field) = RecordField::ALL.iter().find(|(known, _)| *known == name)?;
    let summary = match field {
        RecordField::Stream => "The name of the stream, queue, delivery stream or table.",
        RecordField::Shard => "The shard or partition.",
        RecordField::Sequence => "The sequence number or message id.",
        RecordField::SubSequence => "The place inside an aggregate, from 0 on.",
        RecordField::PartitionKey => "The partition key.",
        RecordField::Arrival => "When the record arrived, in RFC 3339.",
        RecordField::Id => "What tells the record from every other.",
        _ => "A field of the record's envelope.",
    };
    let ty = if *field == RecordField::SubSequence { "number" } else { "string" };
    Some(format!("{}\n\n{summary}", code(&format!("record.{name}: {ty}"))))
}

/// `error.NAME`
pub(super) fn error(name: &str) -> Option<String> {
    let (_, field) = ErrorField::ALL.iter().find(|(known, _)| *known == name)?;
    let summary = match field {
        ErrorField::Code => "Why the lookup failed, as a short stable word.",
        _ => "Why the lookup failed, in one sentence that holds no value of the key.",
    };
    Some(format!("{}\n\n{summary}", code(&format!("error.{name}: string"))))
}

fn variable(name: &str, default: Option<&str>) -> String {
    let state = match default {
        Some(default) => format!("Filled in before any event comes; `{default}` where it is not set."),
        None => {
            "Filled in before any event comes. A deployment that does not set it refuses to start.".to_owned()
        }
    };
    format!("{}\n\n{state}", code(&format!("${{{name}}}")))
}

/// A value with what is known of it.
fn shape(written: &str, known: Option<&Shape>) -> String {
    let Some(known) = known else { return code(written) };
    let mut text = code(&format!("{written}: {}", types(known)));
    if known.is_absent() {
        text.push_str("\n\nIt is never there at this place.");
    } else if known.optional {
        text.push_str("\n\nIt may be absent.");
    }
    if !known.members.is_empty() {
        let members = known.members.iter().filter(|(_, member)| !member.is_absent());
        let member = |(name, member): (&std::sync::Arc<str>, &std::sync::Arc<Shape>)| {
            format!("{}{}: {}", spelled(name), if member.optional { "?" } else { "" }, types(member))
        };
        let members: Vec<String> = members.map(member).collect();
        let _ = write!(text, "\n\n{}", code(&members.join("\n")));
    }
    text
}

/// `string | null`, `"a" | "b"`, `array of object`
pub(super) fn types(known: &Shape) -> String {
    let values = known.values.as_ref().filter(|values| (1..=8).contains(&values.len()));
    if let Some(values) = values {
        return values.iter().map(literal).collect::<Vec<_>>().join(" | ");
    }
    let types = known.types;
    if types == enrich_dsl::types::Types::ANY {
        return "any".to_owned();
    }
    let words: Vec<String> = types
        .iter()
        .map(|ty| match (ty, &known.items) {
            (enrich_dsl::functions::Type::Array, Some(items)) => format!("array of {}", self::types(items)),
            _ => ty.to_string(),
        })
        .collect();
    if words.is_empty() { "never there".to_owned() } else { words.join(" | ") }
}

fn literal(literal: &Literal) -> String {
    match literal {
        Literal::String(text) => format!("{text:?}"),
        Literal::Number(number) => number.clone(),
        Literal::Boolean(value) => value.to_string(),
        _ => "null".to_owned(),
    }
}

/// `.a."b c"`, `line.a`
fn written(root: &str, path: &[String]) -> String {
    path.iter().fold(root.to_owned(), |text, name| format!("{text}.{}", spelled(name)))
}

/// The members of an object that may be there, by name.
pub(super) fn members(shape: &Shape) -> Vec<(String, String)> {
    let there = shape.members.iter().filter(|(_, member)| !member.is_absent());
    there.map(|(name, member)| (name.to_string(), types(member))).collect()
}

/// The shape that a path leads to from what is known at a place.
pub(super) fn of_path(place: &Place, root: Option<&str>, path: &[String]) -> Option<Shape> {
    match (root, &place.element) {
        (None, _) => Some(place.event.at(path)),
        (Some(root), Some((element, shape))) if element == root => Some(shape.at(path)),
        _ => None,
    }
}

fn code(text: &str) -> String {
    format!("```enrich\n{text}\n```")
}
