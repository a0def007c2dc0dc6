//! What each name of a file means, and where it is declared.

use std::rc::Rc;

use enrich_dsl::source::{Sources, Span};
use enrich_dsl::syntax::tree::{
    Absent, Copied, Copy, Expr, ExprKind, File, Item, Lookup, Name, Path, Rule, Statement, StatementKind,
    Table, TableClauseKind, Text, TextPart,
};

use super::tables::plain;
use super::words::{is_word, quoted_end};

/// What a name means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A table of the set.
    Table,
    /// A rule.
    Rule,
    /// A lookup, by the place of its declaration.
    Lookup {
        /// Where it is declared.
        declared: Span,
        /// The table that it asks.
        table: Rc<str>,
    },
    /// The element of a loop, by the place of its declaration.
    Element(Span),
    /// A field of the event: the names up to and with this one.
    Event(Vec<String>),
    /// A field of the element of a loop.
    OfElement {
        /// The element.
        element: Rc<str>,
        /// The names up to and with this one.
        path: Vec<String>,
    },
    /// An attribute of a table's items.
    Attribute(Rc<str>),
    /// A field of the record's envelope.
    Record,
    /// A field of a lookup's error.
    Error,
    /// A function.
    Function,
    /// The text of a variable of the deployment, with its default.
    Variable(Option<String>),
    /// The file of a schema.
    Schema,
    /// An index of a table.
    Index(Rc<str>),
}

/// A name at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// The name.
    pub name: String,
    /// Its place.
    pub span: Span,
    /// What it means.
    pub meaning: Meaning,
    /// Whether it is declared here.
    pub declares: bool,
    /// Where to ask what is known of it: behind the statement that writes it, else where it stands.
    pub known_at: u32,
}

/// All names of a file that mean something, in the order in which they are read.
#[must_use]
pub fn of_file(sources: &Sources, file: &File) -> Vec<Occurrence> {
    let mut walk = Walk {
        sources,
        found: Vec::new(),
        lookups: Vec::new(),
        element: None,
        all: Vec::new(),
        written: None,
    };
    for item in &file.items {
        match item {
            Item::Table(table) => walk.table(table),
            Item::Rule(rule) => walk.rule(rule),
        }
    }
    walk.found
}

/// The name at an offset; one that ends there counts too.
#[must_use]
pub fn at(occurrences: &[Occurrence], offset: usize) -> Option<&Occurrence> {
    let around = |one: &&Occurrence| (one.span.start as usize..=one.span.end as usize).contains(&offset);
    // Of two that meet there the second begins at it.
    occurrences.iter().filter(around).max_by_key(|one| one.span.start)
}

struct Walk<'s> {
    sources: &'s Sources,
    found: Vec<Occurrence>,
    /// The lookups that can be read here: where they are declared, and their tables.
    lookups: Vec<(Name, Rc<str>)>,
    element: Option<Name>,
    /// Behind the statement that writes the path that is read.
    written: Option<u32>,
    /// All lookups of the rule so far, for a name that is used where it is not known any more.
    all: Vec<(Name, Rc<str>)>,
}

/// The lookup around a statement.
struct Of {
    table: Rc<str>,
    /// Where it ends.
    end: u32,
}

impl Walk<'_> {
    fn add(&mut self, name: &Name, meaning: Meaning, declares: bool) {
        self.push(name.text.clone(), name.span, meaning, declares);
    }

    fn push(&mut self, name: String, span: Span, meaning: Meaning, declares: bool) {
        let known_at = self.written.unwrap_or(span.start);
        self.found.push(Occurrence { name, span, meaning, declares, known_at });
    }

    /// A path that is written, and known behind `end`.
    fn target(&mut self, path: &Path, end: u32) {
        self.written = Some(end);
        self.path(path);
        self.written = None;
    }

    fn table(&mut self, table: &Table) {
        self.add(&table.name, Meaning::Table, true);
        let of: Rc<str> = table.name.text.as_str().into();
        for clause in &table.clauses {
            match &clause.kind {
                TableClauseKind::Source { location, .. } => self.text(location),
                TableClauseKind::Key(parts) | TableClauseKind::Attributes(parts) => {
                    parts
                        .iter()
                        .for_each(|(name, _)| self.add(name, Meaning::Attribute(Rc::clone(&of)), true));
                }
                TableClauseKind::Index { name, key } => {
                    self.plain(name, Meaning::Index(Rc::clone(&of)), true);
                    key.iter().for_each(|(name, _)| self.add(name, Meaning::Attribute(Rc::clone(&of)), true));
                }
                TableClauseKind::Cache { .. } => {}
            }
        }
    }

    fn rule(&mut self, rule: &Rule) {
        self.add(&rule.name, Meaning::Rule, true);
        (self.lookups, self.all, self.element) = (Vec::new(), Vec::new(), None);
        self.statements(&rule.statements, None);
    }

    /// `of` is the lookup that the statements stand in.
    fn statements(&mut self, statements: &[Statement], of: Option<&Of>) {
        for statement in statements {
            self.statement(statement, of);
        }
    }

    fn statement(&mut self, statement: &Statement, of: Option<&Of>) {
        match &statement.kind {
            StatementKind::Stream(texts) => texts.iter().for_each(|text| self.text(text)),
            StatementKind::When(expr) | StatementKind::Drop(expr) => self.expr(expr),
            StatementKind::Schema { path, .. } => self.plain(path, Meaning::Schema, false),
            StatementKind::Lookup(lookup) => self.lookup(lookup, statement.span.end),
            StatementKind::Copy(copy) => self.copy(copy, of),
            StatementKind::On { body, .. } => self.statements(body, of),
            StatementKind::Set { target, value } => {
                self.target(target, statement.span.end);
                self.expr(value);
            }
            StatementKind::ForEach { element, array, body } => {
                self.path(array);
                self.written = Some(array.span.end);
                self.add(element, Meaning::Element(element.span), true);
                self.written = None;
                let known = self.lookups.len();
                self.element = Some(element.clone());
                self.statements(body, None);
                self.element = None;
                self.lookups.truncate(known);
            }
            StatementKind::Remove(paths) => paths.iter().for_each(|path| self.path(path)),
            StatementKind::Output { location, body, .. } => {
                self.text(location);
                self.statements(body, None);
            }
            StatementKind::Rejects { location, .. } => self.text(location),
            StatementKind::PartitionBy(keys) => keys.iter().for_each(|(_, value)| self.expr(value)),
            StatementKind::Prefix(text) => self.text(text),
            StatementKind::Decode(_)
            | StatementKind::OnWithin { .. }
            | StatementKind::OneObjectPer(_)
            | StatementKind::Compression(_) => {}
        }
    }

    fn lookup(&mut self, lookup: &Lookup, end: u32) {
        let table: Rc<str> = lookup.table.text.as_str().into();
        let meaning = Meaning::Lookup { declared: lookup.name.span, table: Rc::clone(&table) };
        self.add(&lookup.name, meaning, true);
        self.add(&lookup.table, Meaning::Table, false);
        if let Some(index) = &lookup.index {
            self.plain(index, Meaning::Index(Rc::clone(&table)), false);
        }
        for (part, value) in &lookup.key {
            self.add(part, Meaning::Attribute(Rc::clone(&table)), false);
            self.expr(value);
        }
        self.lookups.push((lookup.name.clone(), Rc::clone(&table)));
        self.all.push((lookup.name.clone(), Rc::clone(&table)));
        self.statements(&lookup.body, Some(&Of { table, end }));
    }

    fn copy(&mut self, copy: &Copy, of: Option<&Of>) {
        let names = match &copy.what {
            Copied::Named(names) => names,
            Copied::All { except, .. } => except,
        };
        if let Some(of) = of {
            names.iter().for_each(|name| self.add(name, Meaning::Attribute(Rc::clone(&of.table)), false));
        }
        if let Some(target) = &copy.target {
            self.target(&target.path, of.map_or(target.path.span.start, |of| of.end));
        }
        if let Some(Absent::Default(value)) = &copy.absent {
            self.expr(value);
        }
    }

    fn plain(&mut self, text: &Text, meaning: Meaning, declares: bool) {
        if let Some(name) = plain(text) {
            self.push(name.to_owned(), text.span, meaning, declares);
        }
    }

    fn text(&mut self, text: &Text) {
        for part in &text.parts {
            match part {
                TextPart::Literal(_) => {}
                TextPart::Variable { name, default, span } => {
                    self.push(name.clone(), *span, Meaning::Variable(default.clone()), false);
                }
                TextPart::Hole(hole) => self.expr(hole),
            }
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Null | ExprKind::Boolean(_) | ExprKind::Number(_) => {}
            ExprKind::Text(text) => self.text(text),
            ExprKind::Event(path) => self.path(path),
            ExprKind::Reference { name, path } => self.reference(name, path, expr.span),
            ExprKind::Call { function, arguments } => {
                self.add(function, Meaning::Function, false);
                arguments.iter().for_each(|argument| self.expr(argument));
            }
            ExprKind::Compare { left, right, .. }
            | ExprKind::Arithmetic { left, right, .. }
            | ExprKind::Coalesce(left, right)
            | ExprKind::And(left, right)
            | ExprKind::Or(left, right) => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::If { condition, then, otherwise } => {
                [condition, then, otherwise].into_iter().for_each(|part| self.expr(part));
            }
            ExprKind::Negate(inner) | ExprKind::Not(inner) | ExprKind::Group(inner) => self.expr(inner),
        }
    }

    fn path(&mut self, path: &Path) {
        match &path.root {
            Some(root) => self.reference(root, &path.segments, path.span),
            None => {
                let places = places(self.sources, path.span, path.span.start as usize);
                self.fields(&path.segments, &places, |path| Some(Meaning::Event(path.to_vec())));
            }
        }
    }

    /// `name.a.b`: the name, and each name behind it.
    fn reference(&mut self, name: &Name, path: &[String], span: Span) {
        let places = places(self.sources, span, name.span.end as usize);
        let field = |one: &[String], meaning: Meaning| (one.len() == 1).then_some(meaning);
        match name.text.as_str() {
            "record" => return self.fields(path, &places, |path| field(path, Meaning::Record)),
            "error" => return self.fields(path, &places, |path| field(path, Meaning::Error)),
            _ => {}
        }
        if let Some(element) = self.element.clone().filter(|element| element.text == name.text) {
            self.add(name, Meaning::Element(element.span), false);
            let element: Rc<str> = element.text.as_str().into();
            let of =
                |path: &[String]| Meaning::OfElement { element: Rc::clone(&element), path: path.to_vec() };
            return self.fields(path, &places, |path| Some(of(path)));
        }
        let known = self.lookups.iter().rev().chain(self.all.iter().rev());
        let found = known.into_iter().find(|(lookup, _)| lookup.text == name.text).cloned();
        if let Some((lookup, table)) = found {
            self.add(name, Meaning::Lookup { declared: lookup.span, table: Rc::clone(&table) }, false);
            self.fields(path, &places, |path| field(path, Meaning::Attribute(Rc::clone(&table))));
        }
    }

    fn fields(&mut self, path: &[String], places: &[Span], meaning: impl Fn(&[String]) -> Option<Meaning>) {
        for (at, (name, span)) in path.iter().zip(places).enumerate() {
            if let Some(meaning) = meaning(path.get(..=at).unwrap_or_default()) {
                self.push(name.clone(), *span, meaning, false);
            }
        }
    }
}

/// The places of the names behind the dots of a path, whose first dot is at `dot`.
fn places(sources: &Sources, span: Span, dot: usize) -> Vec<Span> {
    let mut places = Vec::new();
    let text = sources.get(span.file).map(enrich_dsl::source::SourceFile::text).unwrap_or_default();
    let mut at = dot;
    while let Some(rest) = text.get(at..span.end as usize).and_then(|rest| rest.strip_prefix('.')) {
        let length = match rest.starts_with('"') {
            true => quoted_end(rest).unwrap_or(rest.len()),
            false => rest.find(|character| !is_word(character)).unwrap_or(rest.len()),
        };
        places.push(Span::new(span.file, at + 1, at + 1 + length));
        at += 1 + length;
    }
    places
}
