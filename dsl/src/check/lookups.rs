//! The inside of a lookup: key, copies, outcomes.

use super::Checker;
use super::expressions::{RESERVED, Scope};
use super::fields::{self, Owner};
use super::habits;
use super::writes::{Occasion, Root, Writes};
use crate::diagnostic::{Code, Diagnostic};
use crate::functions::Type;
use crate::model::{Branch, Copied, Copy, Expr, IfAbsent, KeyType, Literal, Lookup, Path, Step, Table};
use crate::source::Span;
use crate::suggest;
use crate::syntax::tree::{self, ExprKind, Name, Statement, StatementKind};
use crate::types::{Outcome, Shape, Types, item};

const CASTS: [(&str, Type); 3] =
    [("string", Type::String), ("number", Type::Number), ("boolean", Type::Boolean)];

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
                let steps = self.block(statements, &scope, writes);
                self.known = before;
                let branch = Branch { instead: instead.is_some(), steps };
                let (slot, what) = match outcome.text.as_str() {
                    "found" => (&mut body.found, "on found"),
                    "missing" => (&mut body.missing, "on missing"),
                    "no key" => (&mut body.no_key, "on no key"),
                    _ => (&mut body.error, "on error"),
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

    fn copy(&mut self, copy: &tree::Copy, span: Span, scope: &Scope, table: Option<&Table>) -> Option<Copy> {
        self.copied_attributes(copy, table);
        let cast = match &copy.cast {
            Some(word) => Some(self.cast(word, habits::renamed(self.sources, copy))?),
            None => None,
        };
        let absent = match &copy.absent {
            None => IfAbsent::Skip,
            Some(tree::Absent::Required) => IfAbsent::Required,
            Some(tree::Absent::Default(value)) => IfAbsent::Default(self.default(value, cast)?),
        };
        let what = self.copied(copy, &absent, span, scope)?;
        if let (Copied::Named(paths), tree::Copied::Named(names)) = (&what, &copy.what) {
            for ((attribute, path), name) in paths.iter().zip(names) {
                let at = copy.target.as_ref().map_or(name.span, |target| target.path.span);
                self.write_target(path, at, scope);
                let finding = match (&scope.element, &self.arrived_element) {
                    (Some(element), Some(arrived)) => {
                        fields::overwritten(Owner::Element(element), arrived, attribute, path, at)
                    }
                    _ => fields::overwritten(Owner::Event, &self.arrived, attribute, path, at),
                };
                self.findings.extend(finding);
            }
        }
        Some(Copy { what, cast, absent, span })
    }

    fn copied(&mut self, copy: &tree::Copy, absent: &IfAbsent, span: Span, scope: &Scope) -> Option<Copied> {
        let Some(target) = &copy.target else { return self.copied_to_same_names(&copy.what, span, scope) };
        match &copy.what {
            tree::Copied::Named(names) if target.into => {
                let into = self.target(&target.path, scope)?;
                let inside = |name: &Name| Path(into.0.iter().chain([&name.text]).cloned().collect());
                Some(Copied::Named(names.iter().map(|name| (name.text.clone(), inside(name))).collect()))
            }
            tree::Copied::Named(names) => {
                let [name] = names.as_slice() else {
                    let message = "`to` renames one attribute, these are several";
                    self.report(
                        Diagnostic::new(Code::CopyTarget, target.word, message)
                            .help("`into` puts several into an object, under their own names")
                            .fix(target.word, "into"),
                    );
                    return None;
                };
                Some(Copied::Named(vec![(name.text.clone(), self.field_target(&target.path, scope)?)]))
            }
            tree::Copied::All { .. } if !target.into => {
                let finding = Diagnostic::new(Code::CopyTarget, target.word, "`*` is copied with `into`");
                self.report(finding.fix(target.word, "into"));
                None
            }
            tree::Copied::All { .. } if *absent != IfAbsent::Skip => {
                let message = "`*` copies what is there, so nothing can be absent";
                let finding = Diagnostic::new(Code::Default, span, message);
                self.report(finding.help("take `default` or `required` out"));
                None
            }
            tree::Copied::All { except, .. } => Some(Copied::All {
                except: except.iter().map(|name| name.text.clone()).collect(),
                into: self.target(&target.path, scope)?,
            }),
        }
    }

    /// A copy without a target goes to the top-level fields of the same names.
    fn copied_to_same_names(&mut self, what: &tree::Copied, span: Span, scope: &Scope) -> Option<Copied> {
        match (what, &scope.element) {
            (tree::Copied::All { star, .. }, _) => {
                let message = "`*` needs an object to copy into";
                self.report(
                    Diagnostic::new(Code::CopyTarget, *star, message).help("write `copy * into .NAME`"),
                );
                None
            }
            (tree::Copied::Named(_), Some(element)) => {
                let message = "inside `for each` only the element is written";
                let finding = Diagnostic::new(Code::CopyTarget, span, message);
                self.report(finding.help(format!("say where to: `into {element}`")));
                None
            }
            (tree::Copied::Named(names), None) => {
                let same = |name: &Name| (name.text.clone(), Path(vec![name.text.clone()]));
                Some(Copied::Named(names.iter().map(same).collect()))
            }
        }
    }

    /// The attributes that a copy names, held against what the table declares.
    fn copied_attributes(&mut self, copy: &tree::Copy, table: Option<&Table>) {
        let (names, copied) = match &copy.what {
            tree::Copied::Named(names) => (names, true),
            tree::Copied::All { except, .. } => (except, false),
        };
        let Some(table) = table else { return };
        let item = item(Some(table));
        for name in names {
            self.attribute(table, &name.text, name.span, &quoted);
            if copied && let Some(attribute) = item.members.get(name.text.as_str()) {
                self.copied_type(copy, name, attribute);
            }
        }
    }

    /// Whether an attribute of that shape can be converted, and its default takes its place.
    fn copied_type(&mut self, copy: &tree::Copy, name: &Name, attribute: &Shape) {
        let types = attribute.types.without(Type::Null);
        let scalar = [Type::String, Type::Number, Type::Boolean];
        let scalars = scalar.into_iter().fold(Types::NONE, |all, ty| all.or(Types::of(ty)));
        if let Some(cast) = &copy.cast {
            if types.and(scalars).is_empty() {
                let message =
                    format!("`{}` is {types}, which can't be converted to a {}", name.text, cast.text);
                self.report(Diagnostic::new(Code::ArgumentType, cast.span, message));
            }
            return;
        }
        if let Some(tree::Absent::Default(value)) = &copy.absent {
            let default = literal_type(value);
            if !default.may_be(types) {
                let message = format!("the attribute `{}` is {types}, the default is {default}", name.text);
                let finding = Diagnostic::new(Code::Default, value.span, message);
                self.report(finding.help("a reader of the field expects one type"));
            }
        }
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

    /// The type behind `as`; `renamed` is the place of both words where no type may be meant.
    fn cast(&mut self, word: &Name, renamed: Option<Span>) -> Option<Type> {
        if let Some((_, ty)) = CASTS.into_iter().find(|(name, _)| *name == word.text) {
            return Some(ty);
        }
        let message = format!("nothing can be converted to `{}`", word.text);
        let finding = Diagnostic::new(Code::UnknownType, word.span, message);
        let finding = self.did_you_mean(finding, word, &CASTS.map(|(name, _)| name), "the types are");
        self.report(match renamed.filter(|_| finding.fix.is_none()) {
            Some(place) => {
                let help = finding.help.clone().unwrap_or_default();
                let help = format!("to give it another name, write `to .{}`; {help}", word.text);
                finding.help(help).fix(place, format!("to .{}", word.text))
            }
            None => finding,
        });
        None
    }

    /// The value of a `default`: one that stands in the rule, of the type of the cast.
    fn default(&mut self, value: &tree::Expr, cast: Option<Type>) -> Option<Literal> {
        let resolved = self.expression(value, &Scope { complete: true, ..Scope::default() })?;
        let types = self.known.types(&resolved);
        let Expr::Literal(literal) = resolved else {
            self.report(
                Diagnostic::new(Code::Default, value.span, "a default is a plain value")
                    .help("write a text, a number, `true`, `false` or `null`; for more use `on missing`"),
            );
            return None;
        };
        if let Some(cast) = cast.filter(|cast| !types.may_be(Types::of(*cast))) {
            let cast = cast.with_article();
            let message = format!("the attribute is converted to {cast}, the default is {types}");
            self.report(Diagnostic::new(Code::Default, value.span, message));
        }
        Some(literal)
    }
}

/// The name of an attribute as a rule writes it.
fn quoted(name: &str) -> String {
    let path = Path(vec![name.to_owned()]).to_string();
    path.strip_prefix('.').unwrap_or(&path).to_owned()
}

/// The type of a value that stands in the rule; of any other, whatever it is, any.
fn literal_type(value: &tree::Expr) -> Types {
    match &value.kind {
        ExprKind::Null => Types::of(Type::Null),
        ExprKind::Boolean(_) => Types::of(Type::Boolean),
        ExprKind::Number(_) => Types::of(Type::Number),
        ExprKind::Text(_) => Types::of(Type::String),
        _ => Types::ANY,
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
