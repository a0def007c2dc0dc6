//! The inside of a lookup: key, copies, outcomes.

use super::Checker;
use super::expressions::{RESERVED, Scope};
use super::fields::{self, Owner};
use super::writes::{Occasion, Root, Writes};
use crate::diagnostic::{Code, Diagnostic};
use crate::functions::Type;
use crate::model::{Branch, Copy, Expr, IfAbsent, KeyType, Lookup, Path, Step, Table};
use crate::source::Span;
use crate::suggest;
use crate::syntax::tree::{self, Name, Statement, StatementKind};
use crate::types::{Outcome, Types};

impl Checker<'_> {
    /// A lookup at its place: `scope` holds the lookups above, `writes` what may have been written.
    pub(super) fn lookup(
        &mut self,
        lookup: &tree::Lookup,
        span: Span,
        place_in_scope: usize,
        scope: &Scope,
        tables: &[Table],
        writes: &mut Writes,
    ) -> Option<Lookup> {
        self.own_name(&lookup.name, scope);
        let table = self.lookup_table(&lookup.table, tables);
        let table_place = table.and_then(|place| Some((place, tables.get(place)?)));
        let asked = table_place.and_then(|(_, table)| self.asked(lookup, table));
        let key = self.lookup_key(lookup, asked, scope, writes);
        // Inside its blocks the lookup itself is known.
        let mut inside = scope.clone();
        inside.learn(&lookup.name.text, place_in_scope);
        self.observe(span.start, &inside);
        self.table_of.extend(table.map(|place| (lookup.name.text.clone(), place)));
        let table = table_place.map(|(_, table)| table);
        let mut body = Body::default();
        // Copies act before blocks, wherever they stand.
        for statement in &lookup.body {
            if let StatementKind::Copy(copy) = &statement.kind {
                let checked = self.copy(copy, statement.span, &inside, table);
                if let Some(copy) = &checked {
                    writes.occasion = lookup.occasion(span, copy);
                    self.lost(writes.copy(scope.root(), copy), copy.span);
                }
                body.copies.extend(checked);
            }
        }
        for statement in &lookup.body {
            if let StatementKind::On { outcome, .. } = &statement.kind {
                writes.occasion = Occasion::of(span.range().start, outcomes(&outcome.text));
            }
            self.lookup_statement(statement, &inside, table, &mut body, writes);
            self.observe(statement.span.end, &inside);
        }
        writes.occasion = Occasion::default();
        let (place, _) = table_place?;
        let branch = |slot: Option<(Branch, Span)>| slot.map(|(branch, _)| branch).unwrap_or_default();
        Some(Lookup {
            name: lookup.name.text.clone(),
            table: place,
            index: asked?.index,
            key: key?,
            copies: body.copies,
            found: branch(body.found).steps,
            missing: branch(body.missing),
            retry_missing_ms: body.within.and_then(|(age, _)| age),
            no_key: branch(body.no_key),
            error: body.error.map(|(branch, _)| branch.steps),
            span,
        })
    }

    /// The name of a lookup or an element: no reserved one, and nothing shadows.
    pub(super) fn own_name(&mut self, name: &Name, scope: &Scope) {
        if RESERVED.contains(&name.text.as_str()) {
            let message = format!("`{}` means something else in the language", name.text);
            self.report(Diagnostic::new(Code::ReservedName, name.span, message).help("choose another name"));
        } else if scope.names().any(|known| known == name.text) {
            let message = format!("the name `{}` is taken above", name.text);
            self.report(Diagnostic::new(Code::DuplicateName, name.span, message));
        }
    }

    fn lookup_table(&mut self, name: &Name, tables: &[Table]) -> Option<usize> {
        if let Some(known) = self.tables.get(&name.text) {
            return *known;
        }
        let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
        let message = format!("there is no table `{}`", name.text);
        let finding = Diagnostic::new(Code::UnknownTable, name.span, message);
        let finding = match suggest::nearest(&name.text, names.iter().copied()) {
            Some(near) => finding.help(format!("did you mean `{near}`?")).fix(name.span, near),
            None => finding.help(format!("declare it: `table {} {{ source … key … }}`", name.text)),
        };
        self.report(finding);
        None
    }

    /// What a lookup asks: the table itself or one of its indexes.
    fn asked<'t>(&mut self, lookup: &tree::Lookup, table: &'t Table) -> Option<Asked<'t>> {
        let Some(by) = &lookup.index else {
            return Some(Asked { index: None, name: &table.name, key: &table.key, span: table.span });
        };
        let name = self.plain(by, "the name of an index is plain text")?;
        let found = table.indexes.iter().position(|index| index.name == name);
        if let Some((place, index)) = found.and_then(|place| Some((place, table.indexes.get(place)?))) {
            return Some(Asked { index: Some(place), name: &index.name, key: &index.key, span: table.span });
        }
        let names: Vec<&str> = table.indexes.iter().map(|index| index.name.as_str()).collect();
        let message = format!("`{}` has no index `{name}`", table.name);
        let finding = Diagnostic::new(Code::UnknownTable, by.span, message).see(table.span, "declared here");
        self.report(match suggest::nearest(&name, names.iter().copied()) {
            Some(near) => {
                finding.help(format!("did you mean `\"{near}\"`?")).fix(by.span, format!("\"{near}\""))
            }
            None => finding.help(format!("declare it in the table: `index \"{name}\" key NAME: string`")),
        });
        None
    }

    /// The values of the key's parts in the order in which the table or index declares them.
    fn lookup_key(
        &mut self,
        lookup: &tree::Lookup,
        table: Option<Asked<'_>>,
        scope: &Scope,
        writes: &mut Writes,
    ) -> Option<Vec<Expr>> {
        let mut values = Vec::new();
        for (part, value) in &lookup.key {
            let expr = self.expression(value, scope);
            if let Some(expr) = &expr {
                self.late_key(expr, value.span, writes);
            }
            values.push((part, value.span, expr));
        }
        let table = table?;
        let mut fits = self.names_each_part_once(lookup, table);
        let mut key = Vec::new();
        for (name, key_type) in table.key {
            let Some((_, span, expr)) = values.iter().find(|(part, ..)| part.text == *name) else { continue };
            let Some(expr) = expr else {
                fits = false;
                continue;
            };
            self.key_type(name, *key_type, expr, *span);
            key.push(expr.clone());
        }
        fits.then_some(key)
    }

    fn names_each_part_once(&mut self, lookup: &tree::Lookup, table: Asked<'_>) -> bool {
        let known = self.findings.len();
        let declared: Vec<&str> = table.key.iter().map(|(name, _)| name.as_str()).collect();
        for (at, (part, _)) in lookup.key.iter().enumerate() {
            if !declared.contains(&part.text.as_str()) {
                let message = format!("`{}` is not a part of the key of `{}`", part.text, table.name);
                let finding =
                    Diagnostic::new(Code::KeyParts, part.span, message).see(table.span, "declared here");
                let finding = self.did_you_mean(finding, part, &declared, "its key is");
                self.report(finding);
            } else if lookup.key.iter().take(at).any(|(other, _)| other.text == part.text) {
                let message = format!("`{}` is given twice", part.text);
                self.report(Diagnostic::new(Code::KeyParts, part.span, message));
            }
        }
        if self.findings.len() == known {
            let missing: Vec<&str> = declared
                .iter()
                .copied()
                .filter(|name| lookup.key.iter().all(|(part, _)| part.text != *name))
                .collect();
            if !missing.is_empty() {
                let message = format!(
                    "the key of `{}` needs {} too",
                    table.name,
                    suggest::all_of(missing.iter().copied())
                );
                let add: Vec<String> = missing.iter().map(|name| format!("{name} = …")).collect();
                self.report(
                    Diagnostic::new(Code::KeyParts, lookup.table.span, message)
                        .help(format!("add `, {}` to the `where`", add.join(", "))),
                );
            }
        }
        self.findings.len() == known
    }

    /// A key reads the event as it arrived, so a field written above would not be seen.
    fn late_key(&mut self, expr: &Expr, span: Span, writes: &mut Writes) {
        let mut late = Vec::new();
        expr.walk(&mut |inner| {
            let (root, path) = match inner {
                Expr::Event(path) => (Root::Event, path),
                Expr::Element(path) => (Root::Element, path),
                _ => return,
            };
            late.extend(writes.before(root, path).map(|written| (root, path, written)));
        });
        if let Some((root, path, written)) = late.first() {
            let message = match root {
                Root::Event => {
                    format!("a key reads the event as it arrived, but `{path}` may be written above")
                }
                Root::Element => {
                    format!("a key reads the element as it arrived, but its `{path}` may be written above")
                }
            };
            self.report(
                Diagnostic::new(Code::LateKey, span, message)
                    .see(*written, "written here")
                    .help("move the lookup above that statement, or put the expression itself into the key"),
            );
        }
    }

    fn key_type(&mut self, name: &str, key_type: KeyType, expr: &Expr, span: Span) {
        let types = self.known.types(expr);
        let wanted = match key_type {
            KeyType::Number => Type::Number,
            KeyType::String | KeyType::Binary => Type::String,
        };
        let null = types.only() == Some(Type::Null);
        if null || !types.may_be(Types::of(wanted)) {
            let message = format!("the key part `{name}` is {}, this is {types}", wanted.with_article());
            let finding = Diagnostic::new(Code::KeyType, span, message);
            let scalar = types.has(Type::String) || types.has(Type::Number) || types.has(Type::Boolean);
            self.report(if null {
                finding.help("a key that is null is never found")
            } else if scalar {
                finding.help(format!("convert it with `{wanted}(…)`"))
            } else {
                finding
            });
        }
    }

    fn lookup_statement(
        &mut self,
        statement: &Statement,
        scope: &Scope,
        table: Option<&Table>,
        body: &mut Body,
        writes: &mut Writes,
    ) {
        match &statement.kind {
            StatementKind::Copy(_) => {}
            StatementKind::On { outcome, instead, body: statements } => {
                let mut scope = scope.clone();
                scope.in_error = outcome.text == "error";
                if let Some(instead) = instead.filter(|_| matches!(outcome.text.as_str(), "found" | "error"))
                {
                    let message = format!("`on {}` has nothing to be instead of", outcome.text);
                    self.report(
                        Diagnostic::new(Code::MisplacedStatement, instead, message)
                            .help("`instead` replaces the defaults of `on missing` and `on no key`")
                            .fix(instead, ""),
                    );
                }
                let how = match outcome.text.as_str() {
                    "found" => Outcome::Found,
                    "missing" => Outcome::Missing,
                    "no key" => Outcome::NoKey,
                    _ => Outcome::Error,
                };
                let inside = self.known.in_block(how, &body.copies, instead.is_some(), table);
                let before = std::mem::replace(&mut self.known, inside);
                self.observe(statement.span.start, &scope);
                let steps = self.block(statements, &scope, writes);
                self.known = before;
                let branch = Branch { instead: instead.is_some(), steps };
                let (slot, what) = match how {
                    Outcome::Found => (&mut body.found, "on found"),
                    Outcome::Missing => (&mut body.missing, "on missing"),
                    Outcome::NoKey => (&mut body.no_key, "on no key"),
                    Outcome::Error => (&mut body.error, "on error"),
                };
                self.once(slot, what, statement.span, |_| branch);
            }
            StatementKind::OnWithin { outcome, age } if outcome.text == "missing" => {
                self.once(&mut body.within, "on missing within", statement.span, |checker| {
                    checker.duration(age)
                });
            }
            StatementKind::OnWithin { outcome, .. } => {
                let message = format!("`on {}` has nothing to wait for", outcome.text);
                let finding = Diagnostic::new(Code::MisplacedStatement, statement.span, message);
                self.report(
                    finding
                        .help("only an item that is missing may come later: `on missing within 60s retry`"),
                );
            }
            _ => self.misplaced(statement, "a lookup", "a lookup holds `copy` and `on`", scope.complete),
        }
    }

    /// The steps of an `on` block: `set`, `remove`, `drop when`.
    fn block(&mut self, statements: &[Statement], scope: &Scope, writes: &mut Writes) -> Vec<Step> {
        let mut steps = Vec::new();
        for statement in statements {
            self.observe(statement.span.start, scope);
            if scope.element.is_some() && matches!(statement.kind, StatementKind::Drop(_)) {
                let help = "it drops the whole event: put it above or below";
                self.misplaced(statement, "a `for each`", help, scope.complete);
            } else if !self.simple_step(statement, scope, writes, &mut steps) {
                let help = "an `on` block holds `set`, `remove` and `drop when`";
                self.misplaced(statement, "an `on` block", help, scope.complete);
            }
        }
        steps
    }

    /// A statement where its kind can't stand. In a rule that could not be read whole, the block that
    /// it belongs to may be what is missing.
    pub(super) fn misplaced(&mut self, statement: &Statement, place: &str, help: &str, complete: bool) {
        if !complete {
            return;
        }
        let word = self.sources.text(statement.span).split_whitespace().next().unwrap_or_default();
        let span =
            Span { end: statement.span.start + u32::try_from(word.len()).unwrap_or(0), ..statement.span };
        let message = format!("`{word}` can't stand in {place}");
        self.report(Diagnostic::new(Code::MisplacedStatement, span, message).help(help));
    }

    /// Reports the statements whose values a copy replaces.
    fn lost(&mut self, lost: Vec<(String, Span)>, span: Span) {
        for (attribute, written) in lost {
            self.overlapping(&format!("the copy of `{attribute}`"), span, written);
        }
    }

    pub(super) fn overlapping(&mut self, what: &str, span: Span, written: Span) {
        let message = format!("{what} replaces what a statement above has written");
        self.overlaps.push(
            Diagnostic::new(Code::OverlappingWrites, span, message)
                .see(written, "written here")
                .help("write each field once, or choose between the two values with `??` or `if`"),
        );
    }

    /// Whether there can be room for what is written to that path.
    pub(super) fn write_target(&mut self, path: &Path, span: Span, scope: &Scope) -> bool {
        let finding = match (&scope.element, self.known.element()) {
            (Some(element), Some(known)) => fields::no_room(Owner::Element(element), known, path, span),
            _ => fields::no_room(Owner::Event, self.known.event(), path, span),
        };
        let room = finding.is_none();
        self.findings.extend(finding);
        room
    }
}

/// The outcome that an `on` is about.
fn outcomes(word: &str) -> u8 {
    match word {
        "found" => Occasion::FOUND,
        "missing" => Occasion::MISSING,
        "no key" => Occasion::NO_KEY,
        _ => Occasion::ERROR,
    }
}

impl tree::Lookup {
    /// When a copy of this lookup writes: its default does so too where there is no item.
    fn occasion(&self, span: Span, copy: &Copy) -> Occasion {
        let instead = |word: &str| {
            self.body.iter().any(|statement| {
                matches!(&statement.kind, StatementKind::On { outcome, instead: Some(_), .. } if outcome.text == word)
            })
        };
        let mut when = Occasion::FOUND;
        if matches!(copy.absent, IfAbsent::Default(_)) {
            let others = [("missing", Occasion::MISSING), ("no key", Occasion::NO_KEY)];
            when |= others.iter().filter(|(word, _)| !instead(word)).map(|(_, mask)| mask).sum::<u8>();
        }
        Occasion::of(span.range().start, when)
    }
}

/// What a lookup asks.
#[derive(Clone, Copy)]
struct Asked<'t> {
    index: Option<usize>,
    name: &'t str,
    key: &'t [(String, KeyType)],
    span: Span,
}

/// What the statements of a lookup say, each outcome with its place.
#[derive(Default)]
struct Body {
    copies: Vec<Copy>,
    found: Option<(Branch, Span)>,
    missing: Option<(Branch, Span)>,
    within: Option<(Option<u64>, Span)>,
    no_key: Option<(Branch, Span)>,
    error: Option<(Branch, Span)>,
}
