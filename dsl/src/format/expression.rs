//! Expressions.

use super::doc::Doc;
use super::{Printer, spell};
use crate::syntax::tree::{Comparison, Expr, ExprKind};

/// How much further to the right what an expression holds begins.
const INSIDE: usize = 2;

impl Printer<'_> {
    /// An expression, with the comments before and in it.
    pub(super) fn expression(&mut self, expr: &Expr) -> Doc {
        let comments = self.comments_before(expr.span.start);
        let doc = match &expr.kind {
            ExprKind::Null => Doc::text("null"),
            ExprKind::Boolean(true) => Doc::text("true"),
            ExprKind::Boolean(false) => Doc::text("false"),
            ExprKind::Number(digits) => Doc::text(digits.clone()),
            ExprKind::Text(text) => Doc::text(spell::text(text, self)),
            ExprKind::Event(path) => Doc::text(spell::path(path)),
            ExprKind::Reference { name, path } => {
                Doc::text(format!("{}{}", name.text, spell::segments(path)))
            }
            ExprKind::Call { function, arguments } => {
                let end = expr.span.end.saturating_sub(1);
                self.call(&function.text, arguments, end)
            }
            ExprKind::Negate(inner) => {
                // `-1` is a number, and not a sign before one.
                let apart = usize::from(matches!(inner.kind, ExprKind::Number(_)));
                Doc::All(vec![Doc::text("-"), Doc::Space(apart), self.expression(inner)])
            }
            ExprKind::Not(_) => self.not(expr),
            ExprKind::If { .. } => self.conditional(expr),
            ExprKind::Group(inner) => {
                let inner = self.expression(inner);
                let behind = self.comments_before(expr.span.end.saturating_sub(1));
                Doc::All(vec![Doc::text("("), Doc::align(inner), behind, Doc::text(")")])
            }
            ExprKind::Compare { .. }
            | ExprKind::Arithmetic { .. }
            | ExprKind::Coalesce(..)
            | ExprKind::And(..)
            | ExprKind::Or(..) => self.chain(expr),
        };
        Doc::All(vec![comments, doc])
    }

    fn call(&mut self, function: &str, arguments: &[Expr], end: u32) -> Doc {
        let list = self.list(arguments, |expr| expr.span.start, Printer::expression);
        let behind = self.comments_before(end);
        let inside = Doc::indent(INSIDE, Doc::All(vec![Doc::Soft, list, behind]));
        let close = if arguments.is_empty() { Doc::All(vec![]) } else { Doc::Soft };
        let open = Doc::text(format!("{function}("));
        Doc::group(vec![open, inside, close, Doc::text(")")])
    }

    /// Any number of `not`, which may be more than one would like to recurse on.
    fn not(&mut self, expr: &Expr) -> Doc {
        let mut parts = Vec::new();
        let mut inner = expr;
        while let ExprKind::Not(next) = &inner.kind {
            parts.push(Doc::word("not"));
            inner = next;
        }
        parts.push(self.expression(inner));
        Doc::All(parts)
    }

    /// `if … then …`, `else if … then …`, …, `else …`: a line each, if they don't fit on one.
    fn conditional(&mut self, expr: &Expr) -> Doc {
        let mut parts = Vec::new();
        let mut inner = expr;
        while let ExprKind::If { condition, then, otherwise } = &inner.kind {
            let condition = self.expression(condition);
            let comments = self.comments_before(then.span.start);
            let then = Doc::All(vec![Doc::Line, Doc::word("then"), self.expression(then)]);
            let condition = Doc::All(vec![Doc::word("if"), Doc::indent(2 * INSIDE, condition), comments]);
            parts.push(Doc::group(vec![condition, Doc::indent(INSIDE, then)]));
            parts.push(self.comments_before(otherwise.span.start));
            parts.extend([Doc::Line, Doc::word("else")]);
            inner = otherwise;
        }
        parts.push(self.expression(inner));
        Doc::group(parts)
    }

    /// Operands that one kind of operator joins, each with its operator on a line of its own if they
    /// don't fit on one.
    fn chain(&mut self, expr: &Expr) -> Doc {
        let mut behind = Vec::new();
        let mut first = expr;
        while let Some((left, sign, right)) = operands(first).filter(|_| joins_like(first, expr)) {
            behind.push((sign, right));
            first = left;
        }
        let mut parts = vec![self.expression(first)];
        for (sign, right) in behind.into_iter().rev() {
            parts.push(self.comments_before(right.span.start));
            parts.extend([Doc::Line, Doc::word(sign), self.expression(right)]);
        }
        Doc::group(parts)
    }
}

/// Whether operators join the parts of an expression.
pub(super) fn is_chain(expr: &Expr) -> bool {
    operands(expr).is_some()
}

/// What an operator stands between.
fn operands(expr: &Expr) -> Option<(&Expr, &'static str, &Expr)> {
    Some(match &expr.kind {
        ExprKind::Compare { comparison, left, right } => (left, comparison_sign(*comparison), right),
        ExprKind::Arithmetic { operation, left, right } => (left, operation.sign(), right),
        ExprKind::Coalesce(left, right) => (left, "??", right),
        ExprKind::And(left, right) => (left, "and", right),
        ExprKind::Or(left, right) => (left, "or", right),
        _ => return None,
    })
}

/// Whether two expressions are joined by operators that bind alike: `a + b - c` is one chain.
fn joins_like(one: &Expr, other: &Expr) -> bool {
    let binds = |expr: &Expr| match &expr.kind {
        ExprKind::Arithmetic { operation, .. } => matches!(operation.sign(), "+" | "-"),
        _ => false,
    };
    std::mem::discriminant(&one.kind) == std::mem::discriminant(&other.kind) && binds(one) == binds(other)
}

fn comparison_sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "==",
        Comparison::NotEqual => "!=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}
