//! From the parse to the tree, refusing by name what the grammar tolerates.
//!
//! Nothing here panics on a parse of an unexpected shape: the statement is reported instead.

mod expression;
mod statement;
mod text;

use pest::iterators::Pair;

use super::parser::Rule;
use super::tree::{Item, Name, Path, Rule as RuleNode, Statement, Table};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Span};

/// Lowers the parse of a piece of a file that begins at `base`.
pub(super) struct Lower<'f> {
    pub(super) file: FileId,
    pub(super) base: usize,
    pub(super) findings: &'f mut Vec<Diagnostic>,
}

impl Lower<'_> {
    /// Lowers a whole item.
    pub(super) fn item(&mut self, pair: Pair<'_, Rule>) -> Option<Item> {
        let span = self.span(&pair);
        let known = self.findings.len();
        let rule = pair.as_rule();
        let mut inner = pair.into_inner();
        let name = inner.find(|pair| pair.as_rule() == Rule::name)?;
        let name = self.name(&name);
        let body = inner.next()?.into_inner();
        Some(match rule {
            Rule::table_item => {
                let clauses = body.filter_map(|pair| self.table_clause(pair)).collect();
                Item::Table(Table { name, clauses, span, complete: self.findings.len() == known })
            }
            _ => {
                let statements = body.filter_map(|pair| self.whole_statement(pair)).collect();
                Item::Rule(RuleNode { name, statements, span, complete: self.findings.len() == known })
            }
        })
    }

    /// Lowers a statement. If that fails without a finding, the statement itself is reported.
    pub(super) fn whole_statement(&mut self, pair: Pair<'_, Rule>) -> Option<Statement> {
        let span = self.span(&pair);
        let known = self.findings.len();
        let statement = self.statement(pair);
        if statement.is_none() && self.findings.len() == known {
            self.report(
                Diagnostic::new(Code::Syntax, span, "this statement could not be read")
                    .help("this is a fault of the checker; please report it with the statement"),
            );
        }
        statement
    }

    /// A word as written; an attribute's quotes and escapes are resolved.
    fn name(&mut self, pair: &Pair<'_, Rule>) -> Name {
        let text = match pair.clone().into_inner().next() {
            Some(odd) if odd.as_rule() == Rule::odd_name => self.odd_name(odd),
            _ => pair.as_str().to_owned(),
        };
        Name { text, span: self.span(pair) }
    }

    /// `.a."b"` or `name.a`.
    fn place(&mut self, pair: Pair<'_, Rule>) -> Option<Path> {
        let place = if pair.as_rule() == Rule::place { pair.into_inner().next()? } else { pair };
        let span = self.span(&place);
        let named = place.as_rule() == Rule::reference;
        let mut inner = place.into_inner();
        let root = match named {
            true => inner.next().map(|name| Name { text: name.as_str().to_owned(), span: self.span(&name) }),
            false => None,
        };
        Some(Path { root, segments: inner.map(|segment| self.segment(segment)).collect(), span })
    }

    fn segment(&mut self, pair: Pair<'_, Rule>) -> String {
        let text = pair.as_str().to_owned();
        match pair.into_inner().next() {
            Some(odd) if odd.as_rule() == Rule::odd_name => self.odd_name(odd),
            _ => text,
        }
    }

    fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        // A pair may end in the space that the grammar skips behind it.
        let end = span.start() + span.as_str().trim_end().len();
        Span::new(self.file, self.base + span.start(), self.base + end)
    }

    fn report(&mut self, finding: Diagnostic) {
        self.findings.push(finding);
    }
}
