//! The outline of a file.

use enrich_dsl::source::Span;
use enrich_dsl::syntax::tree::{File, Item, Name, Statement, StatementKind};

/// What a symbol is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A table.
    Table,
    /// A rule.
    Rule,
    /// A lookup.
    Lookup,
    /// A loop.
    Loop,
}

/// A symbol with those inside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// A word on it: the table of a lookup.
    pub detail: String,
    /// What it is.
    pub kind: Kind,
    /// All of it.
    pub span: Span,
    /// Its name's place.
    pub name_span: Span,
    /// What is inside it.
    pub children: Vec<Symbol>,
}

/// The tables and rules of a file, with the lookups and loops of each rule.
#[must_use]
pub fn symbols(file: &File) -> Vec<Symbol> {
    let symbol = |item: &Item| match item {
        Item::Table(table) => new(&table.name, Kind::Table, table.span),
        Item::Rule(rule) => {
            Symbol { children: inside(&rule.statements), ..new(&rule.name, Kind::Rule, rule.span) }
        }
    };
    file.items.iter().map(symbol).collect()
}

fn inside(statements: &[Statement]) -> Vec<Symbol> {
    let symbol = |statement: &Statement| match &statement.kind {
        StatementKind::Lookup(lookup) => {
            let detail = format!("from {}", lookup.table.text);
            Some(Symbol { detail, ..new(&lookup.name, Kind::Lookup, statement.span) })
        }
        StatementKind::ForEach { element, body, .. } => {
            Some(Symbol { children: inside(body), ..new(element, Kind::Loop, statement.span) })
        }
        _ => None,
    };
    statements.iter().filter_map(symbol).collect()
}

fn new(name: &Name, kind: Kind, span: Span) -> Symbol {
    let (name_span, name) = (name.span, name.text.clone());
    Symbol { name, detail: String::new(), kind, span, name_span, children: Vec::new() }
}
