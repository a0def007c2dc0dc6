//! Statements and the clauses of tables.

use pest::iterators::{Pair, Pairs};

use super::Lower;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::suggest;
use crate::syntax::habits;
use crate::syntax::parser::Rule;
use crate::syntax::tree::{
    Absent, Copied, Copy, Expr, Lookup, Name, Statement, StatementKind, TableClause, TableClauseKind, Target,
    Text,
};

impl Lower<'_> {
    /// One clause of a table.
    pub(crate) fn table_clause(&mut self, pair: Pair<'_, Rule>) -> Option<TableClause> {
        let clause = if pair.as_rule() == Rule::table_clause { pair.into_inner().next()? } else { pair };
        let span = self.span(&clause);
        let rule = clause.as_rule();
        let mut parts = Parts::of(clause);
        let kind = match rule {
            Rule::source => TableClauseKind::Source { kind: parts.name(self)?, location: parts.text(self)? },
            Rule::key => TableClauseKind::Key(self.key_parts(parts)?),
            Rule::declared => TableClauseKind::Attributes(self.key_parts(parts)?),
            Rule::index => TableClauseKind::Index { name: parts.text(self)?, key: self.key_parts(parts)? },
            _ => {
                let ttl = parts.name(self)?;
                let mut limits = Vec::new();
                for limit in parts.rest() {
                    let mut limit = Parts::of(limit);
                    limits.push((limit.name(self)?, limit.name(self)?));
                }
                TableClauseKind::Cache { ttl, limits }
            }
        };
        Some(TableClause { kind, span })
    }

    fn key_parts(&mut self, parts: Parts<'_>) -> Option<Vec<(Name, Name)>> {
        let mut key = Vec::new();
        for part in parts.rest() {
            let mut part = Parts::of(part);
            key.push((part.name(self)?, part.name(self)?));
        }
        Some(key)
    }

    pub(super) fn statement(&mut self, pair: Pair<'_, Rule>) -> Option<Statement> {
        let statement = if pair.as_rule() == Rule::statement { pair.into_inner().next()? } else { pair };
        let span = self.span(&statement);
        let rule = statement.as_rule();
        let mut parts = Parts::of(statement);
        let kind = match rule {
            Rule::stream => StatementKind::Stream(parts.rest().filter_map(|pair| self.text(pair)).collect()),
            Rule::decode => StatementKind::Decode(parts.rest().map(|word| self.name(&word)).collect()),
            Rule::when => StatementKind::When(parts.expression(self)?),
            Rule::schema => StatementKind::Schema { path: parts.text(self)?, on_invalid: parts.name(self) },
            Rule::lookup => StatementKind::Lookup(self.lookup(parts)?),
            Rule::copy => StatementKind::Copy(self.copy(parts)?),
            Rule::on => self.on(parts)?,
            Rule::set => self.set(parts)?,
            Rule::remove => StatementKind::Remove(parts.rest().filter_map(|pair| self.place(pair)).collect()),
            Rule::for_each => StatementKind::ForEach {
                element: parts.name(self)?,
                array: self.place(parts.next()?)?,
                body: parts.block(self),
            },
            Rule::drop => StatementKind::Drop(parts.expression(self)?),
            Rule::output => StatementKind::Output {
                kind: parts.name(self)?,
                location: parts.text(self)?,
                body: parts.block(self),
            },
            Rule::rejects => StatementKind::Rejects { kind: parts.name(self)?, location: parts.text(self)? },
            Rule::partition => StatementKind::PartitionBy(self.assigned(&mut parts, Rule::partition_key)?),
            Rule::prefix => StatementKind::Prefix(parts.text(self)?),
            Rule::one => StatementKind::OneObjectPer(parts.name(self)?),
            Rule::compression => StatementKind::Compression(parts.name(self)?),
            _ => return None,
        };
        Some(Statement { kind, span })
    }

    fn lookup(&mut self, mut parts: Parts<'_>) -> Option<Lookup> {
        let (name, table) = (parts.name(self)?, parts.name(self)?);
        let index = match parts.next_if(Rule::by) {
            Some(by) => Some(Parts::of(by).text(self)?),
            None => None,
        };
        let key = self.assigned(&mut parts, Rule::key_value)?;
        Some(Lookup { name, table, index, key, body: parts.block(self) })
    }

    /// `NAME = VALUE, …`
    fn assigned(&mut self, parts: &mut Parts<'_>, rule: Rule) -> Option<Vec<(Name, Expr)>> {
        let mut all = Vec::new();
        while let Some(part) = parts.next_if(rule) {
            let mut part = Parts::of(part);
            let name = part.name(self)?;
            self.assignment(&part.next()?);
            let value = part.next()?;
            if self.joined_by_and(&value) {
                return None;
            }
            all.push((name, self.expression(value)?));
        }
        Some(all)
    }

    fn copy(&mut self, mut parts: Parts<'_>) -> Option<Copy> {
        let what = parts.next()?;
        let what_span = self.span(&what);
        let what = if what.as_rule() == Rule::everything {
            let star = Span { end: what_span.start + 1, ..what_span };
            let mut inside = Parts::of(what);
            let except = inside.next().map(|names| self.names(names)).unwrap_or_default();
            Copied::All { star, except }
        } else {
            Copied::Named(self.names(what))
        };
        let target = match parts.next_if(Rule::target) {
            Some(target) => Some(self.target(target)?),
            None => None,
        };
        let cast = parts.next_if(Rule::cast).and_then(|cast| Parts::of(cast).name(self));
        let absent = match parts.next_if(Rule::absent) {
            Some(absent) => match Parts::of(absent).next() {
                Some(default) => Some(Absent::Default(self.expression(default)?)),
                None => Some(Absent::Required),
            },
            None => None,
        };
        Some(Copy { what, target, cast, absent })
    }

    /// `where pk = .a and sk = .b`: reads as one condition, and is meant as two parts of the key.
    fn joined_by_and(&mut self, value: &Pair<'_, Rule>) -> bool {
        let joined = value.clone().into_inner().next().and_then(|or| or.into_inner().next());
        let Some(joined) = joined.filter(|joined| joined.as_rule() == Rule::and) else { return false };
        let operands: Vec<_> = joined.into_inner().collect();
        let known = self.findings.len();
        for (before, sign, part) in operands
            .iter()
            .zip(operands.iter().skip(1))
            .zip(operands.iter().skip(2))
            .map(|((before, sign), part)| (before, sign, part))
        {
            let names_a_part = part.as_str().split_once('=').is_some_and(|(name, value)| {
                !value.starts_with('=') && name.trim().chars().all(crate::syntax::lex::is_word)
            });
            if sign.as_rule() == Rule::and_sign && names_a_part {
                let (before, sign) = (self.span(before), self.span(sign));
                let finding = Diagnostic::new(
                    Code::Syntax,
                    sign,
                    "the parts of a key are separated by commas, not joined by `and`",
                );
                self.report(finding.fix(Span { start: before.end, ..sign }, ","));
            }
        }
        self.findings.len() > known
    }

    fn names(&mut self, attributes: Pair<'_, Rule>) -> Vec<Name> {
        attributes.into_inner().map(|name| self.name(&name)).collect()
    }

    fn target(&mut self, pair: Pair<'_, Rule>) -> Option<Target> {
        let into = pair.as_str().starts_with("into");
        let span = self.span(&pair);
        let word = Span { end: span.start + if into { 4 } else { 2 }, ..span };
        Some(Target { into, word, path: self.place(Parts::of(pair).next()?)? })
    }

    fn on(&mut self, mut parts: Parts<'_>) -> Option<StatementKind> {
        let outcome = parts.next()?;
        let span = self.span(&outcome);
        let text = outcome.as_str().split_whitespace().collect::<Vec<_>>().join(" ");
        let within = parts.next_if(Rule::within).map(|within| Parts::of(within).name(self));
        let instead = parts.next_instead().map(|instead| self.span(&instead));
        let body = parts.block(self);
        let known = ["found", "missing", "no key", "error"];
        if !known.contains(&text.as_str()) {
            let finding =
                Diagnostic::new(Code::Syntax, span, format!("`{text}` is not an outcome of a lookup"));
            let near =
                habits::outcome(&text).or_else(|| suggest::nearest(&text, known.into_iter().chain(["no"])));
            let finding = match near {
                Some("no") => finding.help("did you mean `no key`?").fix(span, "no key"),
                Some(near) => finding.help(format!("did you mean `{near}`?")).fix(span, near),
                None => finding.help(format!("the outcomes are {}", suggest::one_of(known))),
            };
            self.report(finding);
            return None;
        }
        let outcome = Name { text, span };
        Some(match within {
            Some(age) => StatementKind::OnWithin { outcome, age: age? },
            None => StatementKind::On { outcome, instead, body },
        })
    }

    fn set(&mut self, mut parts: Parts<'_>) -> Option<StatementKind> {
        let target = self.place(parts.next()?)?;
        self.assignment(&parts.next()?);
        Some(StatementKind::Set { target, value: parts.expression(self)? })
    }

    /// `=`; what other languages write there is refused.
    fn assignment(&mut self, sign: &Pair<'_, Rule>) {
        if sign.as_str() != "=" {
            let span = self.span(sign);
            self.report(
                Diagnostic::new(
                    Code::Equals,
                    span,
                    format!("a value is given with `=`, not with `{}`", sign.as_str()),
                )
                .help("`==` compares, in `when` and `drop when`")
                .fix(span, "="),
            );
        }
    }
}

/// The children of a parse, without the keywords.
struct Parts<'i>(std::iter::Peekable<Pairs<'i, Rule>>);

impl<'i> Parts<'i> {
    fn of(pair: Pair<'i, Rule>) -> Self {
        Self(pair.into_inner().peekable())
    }

    fn skip_keywords(&mut self) {
        while self.0.peek().is_some_and(|pair| is_keyword(pair.as_rule())) {
            self.0.next();
        }
    }

    fn next(&mut self) -> Option<Pair<'i, Rule>> {
        self.skip_keywords();
        self.0.next()
    }

    fn next_if(&mut self, rule: Rule) -> Option<Pair<'i, Rule>> {
        self.skip_keywords();
        self.0.next_if(|pair| pair.as_rule() == rule)
    }

    fn next_instead(&mut self) -> Option<Pair<'i, Rule>> {
        self.0.next_if(|pair| pair.as_rule() == Rule::k_instead)
    }

    fn rest(self) -> impl Iterator<Item = Pair<'i, Rule>> {
        self.0.filter(|pair| !is_keyword(pair.as_rule()))
    }

    fn name(&mut self, lower: &mut Lower<'_>) -> Option<Name> {
        self.next().map(|pair| lower.name(&pair))
    }

    fn text(&mut self, lower: &mut Lower<'_>) -> Option<Text> {
        self.next().and_then(|pair| lower.text(pair))
    }

    fn expression(&mut self, lower: &mut Lower<'_>) -> Option<Expr> {
        self.next().and_then(|pair| lower.expression(pair))
    }

    fn block(&mut self, lower: &mut Lower<'_>) -> Vec<Statement> {
        let Some(block) = self.next_if(Rule::block) else { return Vec::new() };
        block.into_inner().filter_map(|pair| lower.whole_statement(pair)).collect()
    }
}

/// Keywords and the colon carry no content; those that are values (`true`, `null`) are not met here.
fn is_keyword(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::colon
            | Rule::k_table
            | Rule::k_source
            | Rule::k_key
            | Rule::k_cache
            | Rule::k_attributes
            | Rule::k_rule
            | Rule::k_stream
            | Rule::k_when
            | Rule::k_schema
            | Rule::k_on
            | Rule::k_invalid
            | Rule::k_lookup
            | Rule::k_from
            | Rule::k_where
            | Rule::k_copy
            | Rule::k_except
            | Rule::k_to
            | Rule::k_into
            | Rule::k_as
            | Rule::k_required
            | Rule::k_default
            | Rule::k_no
            | Rule::k_set
            | Rule::k_remove
            | Rule::k_drop
            | Rule::k_output
            | Rule::k_prefix
            | Rule::k_one
            | Rule::k_object
            | Rule::k_per
            | Rule::k_compression
            | Rule::k_rejects
            | Rule::k_partition
            | Rule::k_for
            | Rule::k_each
            | Rule::k_in
            | Rule::k_index
            | Rule::k_decode
            | Rule::k_by
            | Rule::k_within
            | Rule::k_retry
    )
}
