//! Expressions.

use pest::iterators::Pair;

use super::Lower;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::parser::Rule;
use crate::syntax::tree::{Arithmetic, Comparison, Expr, ExprKind, Name, Text, TextPart};

impl Lower<'_> {
    pub(super) fn expression(&mut self, pair: Pair<'_, Rule>) -> Option<Expr> {
        let span = self.span(&pair);
        match pair.as_rule() {
            Rule::expression | Rule::hole => self.expression(pair.into_inner().next()?),
            Rule::or => self.chain(pair, |left, right| ExprKind::Or(Box::new(left), Box::new(right))),
            Rule::and => self.chain(pair, |left, right| ExprKind::And(Box::new(left), Box::new(right))),
            Rule::coalesce => {
                self.chain(pair, |left, right| ExprKind::Coalesce(Box::new(left), Box::new(right)))
            }
            Rule::not => self.not(pair),
            Rule::comparison => self.comparison(pair),
            Rule::sum | Rule::product => self.arithmetic(pair),
            Rule::negation => self.negation(pair),
            Rule::conditional => self.conditional(pair),
            Rule::primary => self.primary(pair.into_inner().next()?),
            _ => self.primary(pair),
        }
        .map(|expr| Expr { span: if expr.span == Span::default() { span } else { expr.span }, ..expr })
    }

    /// `a SIGN b SIGN c`, from the left.
    fn chain(&mut self, pair: Pair<'_, Rule>, join: impl Fn(Expr, Expr) -> ExprKind) -> Option<Expr> {
        let mut inner = pair.into_inner();
        let mut left = self.expression(inner.next()?)?;
        while let Some(sign) = inner.next() {
            let right = inner.next()?;
            if sign.as_str() == "||" && is_plain_value(right.as_str()) {
                self.value_for_an_absent_one(&sign);
                return None;
            }
            self.sign(&sign);
            let right = self.expression(right)?;
            let span = left.span.to(right.span);
            let coalesce = sign.as_rule() == Rule::coalesce_sign;
            // Each of `??` and the others, without parentheses beside the other, can be read in two ways.
            let beside = |expr: &Expr| match expr.kind {
                ExprKind::Coalesce(..) => !coalesce,
                ExprKind::Arithmetic { .. } => coalesce,
                _ => false,
            };
            if beside(&left) || beside(&right) {
                self.mixed(&sign, span);
            }
            left = Expr { kind: join(left, right), span };
        }
        Some(left)
    }

    /// Operators of other languages, each with the word that the language has.
    fn sign(&mut self, sign: &Pair<'_, Rule>) {
        let word = match sign.as_str() {
            "||" => "or",
            "&&" => "and",
            "!" => "not",
            _ => return,
        };
        let span = self.span(sign);
        let message = format!("`{}` is not an operator of the language", sign.as_str());
        let replacement = if word == "not" { "not " } else { word };
        self.report(
            Diagnostic::new(Code::Operator, span, message)
                .help(format!("write `{word}`"))
                .fix(span, replacement),
        );
    }

    /// `.a || "x"`, as JavaScript has it.
    fn value_for_an_absent_one(&mut self, sign: &Pair<'_, Rule>) {
        let span = self.span(sign);
        let finding = Diagnostic::new(Code::Operator, span, "`||` is not an operator of the language");
        self.report(finding.help("a value in place of an absent one is given with `??`").fix(span, "??"));
    }

    fn mixed(&mut self, sign: &Pair<'_, Rule>, span: Span) {
        let other =
            if sign.as_str() == "??" { "arithmetic".to_owned() } else { format!("`{}`", sign.as_str()) };
        let message = format!("`??` beside {other} can be read in two ways");
        let finding = Diagnostic::new(Code::MixedCoalesce, span, message);
        self.report(finding.help("put parentheses around the `??` and what it joins"));
    }

    fn not(&mut self, pair: Pair<'_, Rule>) -> Option<Expr> {
        let span = self.span(&pair);
        let mut signs = Vec::new();
        let mut inner = None;
        for part in pair.into_inner() {
            if part.as_rule() == Rule::not_sign {
                signs.push(part);
            } else {
                inner = Some(part);
            }
        }
        let mut expr = self.expression(inner?)?;
        for sign in signs.iter().rev() {
            self.sign(sign);
            if matches!(expr.kind, ExprKind::Coalesce(..)) {
                self.mixed(sign, span);
            }
            expr = Expr { kind: ExprKind::Not(Box::new(expr)), span };
        }
        Some(expr)
    }

    fn comparison(&mut self, pair: Pair<'_, Rule>) -> Option<Expr> {
        let mut inner = pair.into_inner();
        let left = self.expression(inner.next()?)?;
        let Some(sign) = inner.next() else { return Some(left) };
        let right = self.expression(inner.next()?)?;
        let span = left.span.to(right.span);
        if let Some(second) = inner.next() {
            let at = self.span(&second);
            self.report(
                Diagnostic::new(Code::ChainedComparison, at, "comparisons can't be chained")
                    .help("join two comparisons with `and`"),
            );
            return None;
        }
        if [&left, &right].iter().any(|side| matches!(side.kind, ExprKind::Coalesce(..))) {
            self.mixed(&sign, span);
        }
        let comparison = match sign.as_str() {
            "==" => Comparison::Equal,
            "!=" => Comparison::NotEqual,
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrEqual,
            ">" => Comparison::Greater,
            ">=" => Comparison::GreaterOrEqual,
            _ => {
                let at = self.span(&sign);
                let finding =
                    Diagnostic::new(Code::Equals, at, "values are compared with `==`, not with `=`");
                self.report(finding.fix(at, "=="));
                Comparison::Equal
            }
        };
        Some(Expr {
            kind: ExprKind::Compare { comparison, left: Box::new(left), right: Box::new(right) },
            span,
        })
    }

    /// `a + b - c` or `a * b`, from the left.
    fn arithmetic(&mut self, pair: Pair<'_, Rule>) -> Option<Expr> {
        let mut inner = pair.into_inner();
        let mut left = self.expression(inner.next()?)?;
        while let Some(sign) = inner.next() {
            let right = self.expression(inner.next()?)?;
            let operation = match sign.as_str() {
                "+" => Arithmetic::Add,
                "-" => Arithmetic::Subtract,
                "*" => Arithmetic::Multiply,
                "/" => Arithmetic::Divide,
                _ => Arithmetic::Remainder,
            };
            let span = left.span.to(right.span);
            left = Expr {
                kind: ExprKind::Arithmetic { operation, left: Box::new(left), right: Box::new(right) },
                span,
            };
        }
        Some(left)
    }

    /// `-x`; a number with its sign is one number.
    fn negation(&mut self, pair: Pair<'_, Rule>) -> Option<Expr> {
        let span = self.span(&pair);
        let mut inner = pair.into_inner();
        let first = inner.next()?;
        if first.as_rule() != Rule::minus {
            return self.expression(first);
        }
        let inner = self.expression(inner.next()?)?;
        Some(Expr { kind: ExprKind::Negate(Box::new(inner)), span })
    }

    fn conditional(&mut self, pair: Pair<'_, Rule>) -> Option<Expr> {
        let span = self.span(&pair);
        let mut parts = pair.into_inner().filter(|pair| pair.as_rule() == Rule::expression);
        let mut next = || parts.next();
        let (condition, then, otherwise) = (next()?, next()?, next()?);
        let kind = ExprKind::If {
            condition: Box::new(self.expression(condition)?),
            then: Box::new(self.expression(then)?),
            otherwise: Box::new(self.expression(otherwise)?),
        };
        Some(Expr { kind, span })
    }

    fn primary(&mut self, pair: Pair<'_, Rule>) -> Option<Expr> {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::k_null => ExprKind::Null,
            Rule::k_true => ExprKind::Boolean(true),
            Rule::k_false => ExprKind::Boolean(false),
            Rule::number => self.number(pair.as_str(), span)?,
            Rule::text => ExprKind::Text(self.text(pair)?),
            Rule::quoted => self.quoted(pair.as_str(), span),
            Rule::event_path => ExprKind::Event(self.place(pair)?),
            Rule::reference => self.reference(pair)?,
            Rule::call => self.call(pair)?,
            Rule::group => ExprKind::Group(Box::new(self.expression(pair.into_inner().next()?)?)),
            _ => return None,
        };
        Some(Expr { kind, span })
    }

    /// A number as JSON writes it, so that its text can be copied into the event.
    fn number(&mut self, text: &str, span: Span) -> Option<ExprKind> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let zero = digits.len() > 1 && digits.starts_with('0');
        if zero && digits.as_bytes().get(1).is_some_and(u8::is_ascii_digit) {
            let plain = digits.trim_start_matches('0');
            let finding = Diagnostic::new(Code::Syntax, span, format!("`{text}` has a leading zero"));
            self.report(finding.help(format!("write `{}`", if plain.is_empty() { "0" } else { plain })));
            return None;
        }
        Some(ExprKind::Number(text.to_owned()))
    }

    fn quoted(&mut self, text: &str, span: Span) -> ExprKind {
        let inside = text.trim_matches('\'').to_owned();
        // Braces stay: whoever wrote them most likely meant a hole.
        let escaped = inside.replace('\\', "\\\\").replace('"', "\\\"");
        self.report(
            Diagnostic::new(Code::Quotes, span, "a text is written in double quotes")
                .fix(span, format!("\"{escaped}\"")),
        );
        ExprKind::Text(Text { parts: vec![TextPart::Literal(inside)], span })
    }

    fn reference(&mut self, pair: Pair<'_, Rule>) -> Option<ExprKind> {
        let mut inner = pair.into_inner();
        let name = inner.next()?;
        let name = Name { text: name.as_str().to_owned(), span: self.span(&name) };
        let path = inner.map(|segment| self.segment(segment)).collect();
        Some(ExprKind::Reference { name, path })
    }

    fn call(&mut self, pair: Pair<'_, Rule>) -> Option<ExprKind> {
        let mut inner = pair.into_inner();
        let name = inner.next()?;
        let function = Name { text: name.as_str().to_owned(), span: self.span(&name) };
        let mut arguments = Vec::new();
        for argument in inner.filter(|pair| pair.as_rule() != Rule::close_group) {
            arguments.push(self.expression(argument)?);
        }
        Some(ExprKind::Call { function, arguments })
    }
}

/// Whether this is a text or a number, and so no condition.
fn is_plain_value(text: &str) -> bool {
    let text = text.trim_end();
    let whole_text =
        text.starts_with('"') && text.get(1..).is_some_and(|rest| rest.find('"') == Some(rest.len() - 1));
    whole_text || text.parse::<f64>().is_ok()
}
