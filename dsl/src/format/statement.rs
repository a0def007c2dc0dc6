//! Statements and the clauses of tables, as rows.

use super::doc::{Doc, WIDTH};
use super::expression::is_chain;
use super::rows::{BLOCK, Block, Cell, Column, Kind, Row};
use super::{Printer, spell};
use crate::source::Span;
use crate::syntax::tree::{
    Absent, Copied, Copy, Expr, ExprKind, Item, Lookup, Name, Path, Statement, StatementKind, Table,
    TableClause, TableClauseKind, Text,
};

impl Printer<'_> {
    /// A table or a rule.
    pub(super) fn item(&mut self, item: &Item) -> Row {
        match item {
            Item::Table(Table { name, clauses, span, .. }) => {
                let head = vec![Doc::word("table"), self.name(name)];
                let block = self.block(clauses, |clause| clause.span.start, Self::clause, closing(*span));
                with_block(Doc::All(head), block)
            }
            Item::Rule(rule) => {
                let head = vec![Doc::word("rule"), self.name(&rule.name)];
                let block = self.statements(&rule.statements, closing(rule.span));
                with_block(Doc::All(head), block)
            }
        }
    }

    fn statements(&mut self, statements: &[Statement], end: u32) -> Block {
        self.block(statements, |statement| statement.span.start, Self::statement, end)
    }

    /// What stands in braces, the closing one at `end`.
    pub(super) fn block<T>(
        &mut self,
        items: &[T],
        start: impl Fn(&T) -> u32,
        row: impl Fn(&mut Self, &T) -> Row,
        end: u32,
    ) -> Block {
        self.indent += BLOCK;
        let mut block = Block::default();
        for item in items {
            block.between(self.comments.before(start(item)), &self.comments);
            block.entries.row(row(self, item));
        }
        block.between(self.comments.before(end), &self.comments);
        block.entries.end();
        self.indent -= BLOCK;
        block
    }

    fn clause(&mut self, clause: &TableClause) -> Row {
        let (word, argument) = match &clause.kind {
            TableClauseKind::Source { kind, location } => {
                ("source", Doc::All(vec![self.name(kind), Doc::Space(1), self.text(location)]))
            }
            TableClauseKind::Key(parts) => ("key", self.typed(parts)),
            TableClauseKind::Attributes(attributes) => ("attributes", self.typed(attributes)),
            TableClauseKind::Index { name, key } => {
                let name = self.text(name);
                ("index", Doc::All(vec![name, Doc::between("key"), self.typed(key)]))
            }
            TableClauseKind::Cache { ttl, limits } => {
                let mut parts = vec![self.name(ttl)];
                for (name, limit) in limits {
                    let comments = self.comments_before(name.span.start);
                    parts.extend([Doc::text(","), comments, Doc::Line]);
                    parts.extend([self.name(name), Doc::Space(1), self.name(limit)]);
                }
                ("cache", Doc::align(Doc::group(parts)))
            }
        };
        Row::new(Some(Kind::Clause), vec![word_cell(word), cell(Column::Argument, argument)])
    }

    pub(super) fn statement(&mut self, statement: &Statement) -> Row {
        let end = closing(statement.span);
        match &statement.kind {
            StatementKind::Stream(names) => {
                let names = self.list(names, |name| name.span.start, Printer::text);
                plain("stream", listed(names))
            }
            StatementKind::Decode(words) => {
                let words = self.list(words, |word| word.span.start, Printer::name);
                plain("decode", listed(words))
            }
            StatementKind::When(condition) => plain("when", self.expression(condition)),
            StatementKind::Schema { path, on_invalid } => {
                let mut parts = vec![self.text(path)];
                if let Some(word) = on_invalid {
                    parts.extend([Doc::between("on invalid"), self.name(word)]);
                }
                plain("schema", Doc::All(parts))
            }
            StatementKind::Set { target, value } => {
                let target = self.path(target);
                let value = self.assigned(value);
                let mut row = plain("set", target);
                row.cells.push(cell(Column::Assignment, value));
                row
            }
            StatementKind::Remove(paths) => {
                plain("remove", self.filled(paths, |path| path.span.start, Printer::path))
            }
            StatementKind::Drop(condition) => {
                plain("drop", Doc::All(vec![Doc::word("when"), self.expression(condition)]))
            }
            StatementKind::Copy(copy) => self.copy(copy),
            StatementKind::On { outcome, instead, body } => self.on(outcome, *instead, body, end),
            StatementKind::OnWithin { outcome, age } => {
                let parts = vec![Doc::word("on"), self.name(outcome), Doc::between("within"), self.name(age)];
                let doc = Doc::All(vec![Doc::All(parts), Doc::text(" retry")]);
                Row::new(Some(Kind::Outcome), vec![Cell { column: None, doc }])
            }
            StatementKind::Lookup(lookup) => {
                let head = self.lookup(lookup);
                with_block(head, self.statements(&lookup.body, end))
            }
            StatementKind::ForEach { element, array, body } => {
                let parts =
                    vec![Doc::word("for each"), self.name(element), Doc::between("in"), self.path(array)];
                with_block(Doc::All(parts), self.statements(body, end))
            }
            StatementKind::Output { kind, location, body } => {
                let head = Doc::All(vec![Doc::word("output"), self.destination(kind, location)]);
                if body.is_empty() {
                    // A block without a statement says no more than none.
                    return alone(head);
                }
                with_block(head, self.statements(body, end))
            }
            StatementKind::Rejects { kind, location } => {
                alone(Doc::All(vec![Doc::word("rejects"), self.destination(kind, location)]))
            }
            StatementKind::PartitionBy(keys) => {
                alone(Doc::All(vec![Doc::word("partition by"), self.key(keys)]))
            }
            StatementKind::Prefix(text) => alone(Doc::All(vec![Doc::word("prefix"), self.text(text)])),
            StatementKind::OneObjectPer(what) => {
                alone(Doc::All(vec![Doc::word("one object per"), self.name(what)]))
            }
            StatementKind::Compression(word) => {
                alone(Doc::All(vec![Doc::word("compression"), self.name(word)]))
            }
        }
    }

    /// `= VALUE`; branches and operands that don't fit behind the `=` begin below it, one above the other.
    fn assigned(&mut self, value: &Expr) -> Doc {
        let comments = self.comments_before(value.span.start);
        let below = matches!(value.kind, ExprKind::If { .. }) || is_chain(value);
        let apart = if below { Doc::Line } else { Doc::Space(1) };
        Doc::group(vec![Doc::text("="), comments, apart, self.expression(value)])
    }

    /// `lookup NAME from TABLE by "INDEX" where KEY = VALUE, …`
    fn lookup(&mut self, lookup: &Lookup) -> Doc {
        let mut parts = vec![Doc::word("lookup"), self.name(&lookup.name)];
        parts.extend([Doc::between("from"), self.name(&lookup.table)]);
        if let Some(index) = &lookup.index {
            parts.extend([Doc::between("by"), self.text(index)]);
        }
        parts.extend([Doc::Line, Doc::word("where"), self.key(&lookup.key)]);
        Doc::group(parts)
    }

    /// `NAME = VALUE, …`
    fn key(&mut self, key: &[(Name, Expr)]) -> Doc {
        let key = self.list(
            key,
            |(name, _)| name.span.start,
            |printer, (name, value)| {
                let name = printer.attribute(name);
                Doc::All(vec![name, Doc::between("="), printer.expression(value)])
            },
        );
        listed(key)
    }

    fn copy(&mut self, copy: &Copy) -> Row {
        let what = match &copy.what {
            Copied::Named(names) => self.attributes(names),
            Copied::All { star, except } => {
                let star = self.word(*star, "*");
                match except.as_slice() {
                    [] => star,
                    except => {
                        let except = self.attributes(except);
                        Doc::All(vec![star, Doc::between("except"), except])
                    }
                }
            }
        };
        let mut first = vec![Doc::word("copy"), what];
        let mut cells = Vec::new();
        if let Some(target) = &copy.target {
            let path = self.path(&target.path);
            match target.into {
                true => first.extend([Doc::between("into"), path]),
                false => cells.push(cell(Column::Target, Doc::All(vec![Doc::word("to"), path]))),
            }
        }
        if let Some(cast) = &copy.cast {
            cells.push(Cell { column: None, doc: Doc::All(vec![Doc::word("as"), self.name(cast)]) });
        }
        let absent = copy.absent.as_ref().map(|absent| match absent {
            Absent::Required => Doc::text("required"),
            Absent::Default(value) => Doc::All(vec![Doc::word("default"), self.expression(value)]),
        });
        cells.extend(absent.map(|absent| cell(Column::Absent, absent)));
        cells.insert(0, Cell { column: None, doc: Doc::All(first) });
        Row::new(Some(Kind::Copy), cells)
    }

    /// `on OUTCOME { … }`, on one line if it is short.
    fn on(&mut self, outcome: &Name, instead: Option<Span>, body: &[Statement], end: u32) -> Row {
        let mut head = vec![Doc::word("on"), self.name(outcome)];
        if let Some(span) = instead {
            head.extend([Doc::Space(1), self.word(span, "instead")]);
        }
        let commented = self.comments.any_before(end);
        let mut row = Row::new(Some(Kind::Outcome), vec![Cell { column: None, doc: Doc::All(head) }]);
        let block = self.statements(body, end);
        if let Some(short) = short(&block).filter(|_| !commented) {
            row.cells.push(cell(Column::Braces, short));
            if row.width(&row.apart()).is_some_and(|width| self.indent + width <= WIDTH) {
                return row;
            }
            row.cells.pop();
        }
        row.block = Some(block);
        row
    }

    fn destination(&mut self, kind: &Name, location: &Text) -> Doc {
        Doc::All(vec![self.name(kind), Doc::Space(1), self.text(location)])
    }

    /// `NAME: TYPE, …`
    fn typed(&mut self, parts: &[(Name, Name)]) -> Doc {
        let list = self.list(
            parts,
            |(name, _)| name.span.start,
            |printer, (name, kind)| {
                let name = printer.attribute(name);
                Doc::All(vec![name, Doc::word(":"), printer.name(kind)])
            },
        );
        listed(list)
    }

    fn attributes(&mut self, names: &[Name]) -> Doc {
        self.filled(names, |name| name.span.start, Printer::attribute)
    }

    fn attribute(&mut self, name: &Name) -> Doc {
        self.word(name.span, spell::name(&name.text))
    }

    fn name(&mut self, name: &Name) -> Doc {
        self.word(name.span, name.text.clone())
    }

    fn path(&mut self, path: &Path) -> Doc {
        self.word(path.span, spell::path(path))
    }

    fn text(&mut self, text: &Text) -> Doc {
        let comments = self.comments_before(text.span.start);
        Doc::All(vec![comments, Doc::text(spell::text(text, self))])
    }

    /// A word, with the comments before it.
    fn word(&mut self, span: Span, word: impl Into<std::borrow::Cow<'static, str>>) -> Doc {
        Doc::All(vec![self.comments_before(span.start), Doc::text(word)])
    }
}

/// A block on one line, if one statement that has no block stands in it.
fn short(block: &Block) -> Option<Doc> {
    let row = block.entries.single().filter(|row| row.kind == Some(Kind::Plain))?;
    let mut parts = vec![Doc::text("{")];
    for cell in &row.cells {
        parts.extend([Doc::Space(1), cell.doc.clone()]);
    }
    parts.push(Doc::text(" }"));
    Some(Doc::All(parts))
}

/// `WORD ARGUMENT`
pub(super) fn plain(word: &'static str, argument: Doc) -> Row {
    Row::new(Some(Kind::Plain), vec![word_cell(word), cell(Column::Argument, argument)])
}

/// A row that is not aligned with others.
fn alone(doc: Doc) -> Row {
    Row::new(None, vec![Cell { column: None, doc }])
}

pub(super) fn with_block(head: Doc, block: Block) -> Row {
    let mut row = alone(head);
    row.block = Some(block);
    row
}

fn word_cell(word: &'static str) -> Cell {
    Cell { column: None, doc: Doc::text(word) }
}

fn cell(column: Column, doc: Doc) -> Cell {
    Cell { column: Some(column), doc }
}

/// A list, each of its lines below its first item.
fn listed(list: Doc) -> Doc {
    Doc::align(Doc::Group(Box::new(list)))
}

/// Where the closing brace stands of what ends there.
pub(super) fn closing(span: Span) -> u32 {
    span.end.saturating_sub(1)
}
