//! Expressions: names, calls, and types as far as they can be told.

use std::rc::Rc;

use super::Checker;
use super::fields::{self, Owner};
use super::habits::{self, Meant};
use super::writes::Root;
use crate::diagnostic::{Code, Diagnostic};
use crate::functions::{PROVENANCE, Signature, Type};
use crate::model::{
    ErrorField, Expr, Literal, Path, RecordField, Template, TemplatePart, Text, TextPart, Variable,
};
use crate::source::Span;
use crate::syntax::tree::{self, ExprKind, Name};
use crate::types::Types;

/// What an expression may refer to at its place.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    /// The lookups above, by name; their place is that in the rule.
    pub(super) lookups: Vec<(String, usize)>,
    /// The element's name, inside `for each`.
    pub(super) element: Option<String>,
    /// The lookups above inside the same `for each`; their place is that in the loop.
    pub(super) inner: Vec<(String, usize)>,
    /// The names of all lookups and elements of the rule, wherever they are known.
    pub(super) elsewhere: Rc<[String]>,
    /// Whether this is the value of a `set`.
    pub(super) in_set: bool,
    /// Whether this is inside `on error`.
    pub(super) in_error: bool,
    /// Whether the rule could be read whole. If not, an unknown name may be a lookup that could not.
    pub(super) complete: bool,
}

/// Names that a lookup or an element can't have.
pub(super) const RESERVED: [&str; 8] = ["record", "error", "true", "false", "null", "not", "if", "event"];

impl Default for Scope {
    fn default() -> Self {
        Self {
            lookups: Vec::new(),
            element: None,
            inner: Vec::new(),
            elsewhere: Rc::from([]),
            in_set: false,
            in_error: false,
            complete: false,
        }
    }
}

impl Scope {
    /// What paths of targets begin at here.
    pub(super) fn root(&self) -> Root {
        if self.element.is_some() { Root::Element } else { Root::Event }
    }

    /// Makes a lookup known below itself.
    pub(super) fn learn(&mut self, name: &str, place: usize) {
        let lookups = if self.element.is_some() { &mut self.inner } else { &mut self.lookups };
        lookups.push((name.to_owned(), place));
    }

    /// The names that are taken here.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let lookups = self.lookups.iter().chain(&self.inner).map(|(name, _)| name.as_str());
        lookups.chain(self.element.as_deref())
    }
}

impl Checker<'_> {
    /// Resolves an expression. `None` where it can't be; the reason is reported.
    pub(super) fn expression(&mut self, expr: &tree::Expr, scope: &Scope) -> Option<Expr> {
        let pair = |checker: &mut Self, left: &tree::Expr, right: &tree::Expr| {
            let (left, right) = (checker.expression(left, scope), checker.expression(right, scope));
            Some((Box::new(left?), Box::new(right?)))
        };
        Some(match &expr.kind {
            ExprKind::Null => Expr::Literal(Literal::Null),
            ExprKind::Boolean(value) => Expr::Literal(Literal::Boolean(*value)),
            ExprKind::Number(text) => Expr::Literal(Literal::Number(text.clone())),
            ExprKind::Text(text) => self.text(text, scope)?,
            ExprKind::Event(path) => {
                self.event_field(&path.segments, expr.span);
                Expr::Event(Path(path.segments.clone()))
            }
            ExprKind::Reference { name, path } => self.reference(name, path, expr.span, scope)?,
            ExprKind::Call { function, arguments } => self.call(function, arguments, expr.span, scope)?,
            ExprKind::Compare { comparison, left, right } => {
                let spans = [left.span, right.span];
                let (left, right) = pair(self, left, right)?;
                self.comparison(*comparison, [&left, &right], spans, expr.span);
                Expr::Compare { comparison: *comparison, left, right }
            }
            ExprKind::Arithmetic { operation, left, right } => {
                let (left_at, right_at) = (left.span, right.span);
                let (left, right) = pair(self, left, right)?;
                self.number(&left, left_at, operation.sign());
                self.number(&right, right_at, operation.sign());
                Expr::Arithmetic { operation: *operation, left, right }
            }
            ExprKind::Negate(inner) => {
                let number = self.expression(inner, scope)?;
                self.number(&number, inner.span, "-");
                Expr::Negate(Box::new(number))
            }
            ExprKind::If { condition, then, otherwise } => {
                let condition = self.condition(condition, scope);
                let (then, otherwise) = pair(self, then, otherwise)?;
                Expr::If { condition: Box::new(condition?), then, otherwise, span: expr.span }
            }
            ExprKind::Coalesce(left, right) => {
                let (left, right) = pair(self, left, right)?;
                Expr::Coalesce(left, right)
            }
            ExprKind::And(left, right) => {
                let (left_at, right_at) = (left.span, right.span);
                let (left, right) = pair(self, left, right)?;
                self.boolean(&left, left_at, "and");
                self.boolean(&right, right_at, "and");
                Expr::And(left, right)
            }
            ExprKind::Or(left, right) => {
                let (left_at, right_at) = (left.span, right.span);
                let (left, right) = pair(self, left, right)?;
                self.boolean(&left, left_at, "or");
                self.boolean(&right, right_at, "or");
                Expr::Or(left, right)
            }
            ExprKind::Not(inner) => Expr::Not(Box::new(self.expression(inner, scope)?)),
            ExprKind::Group(inner) => self.expression(inner, scope)?,
        })
    }

    /// An operand of `and` and `or` must be a boolean.
    fn boolean(&mut self, operand: &Expr, span: Span, word: &str) {
        let types = self.known.types(operand);
        if !types.may_be(Types::of(Type::Boolean)) {
            let message = format!("`{word}` joins conditions, this is {types}");
            let finding = Diagnostic::new(Code::ArgumentType, span, message);
            self.report(match word {
                "or" => finding.help("a value in place of an absent one is given with `??`"),
                _ => finding,
            });
        }
    }

    /// An operand of arithmetic must be a number.
    fn number(&mut self, operand: &Expr, span: Span, sign: &str) {
        let types = self.known.types(operand);
        if !types.may_be(Types::of(Type::Number)) || types.only() == Some(Type::Null) {
            let message = format!("`{sign}` works on numbers, this is {types}");
            let finding = Diagnostic::new(Code::ArgumentType, span, message);
            self.report(match types.has(Type::String) {
                true if sign == "+" => finding.help("texts are joined with holes: `\"{.first} {.last}\"`"),
                true => finding.help("convert it with `number(…)`"),
                false => finding,
            });
        }
    }

    /// A text in an expression; one without holes and variables is a plain literal.
    pub(super) fn text(&mut self, text: &tree::Text, scope: &Scope) -> Option<Expr> {
        Some(match self.text_parts(text, scope)?.0.as_slice() {
            [] => Expr::Literal(Literal::String(String::new())),
            [TextPart::Literal(literal)] => Expr::Literal(Literal::String(literal.clone())),
            parts => Expr::Text(Text(parts.to_vec())),
        })
    }

    pub(super) fn text_parts(&mut self, text: &tree::Text, scope: &Scope) -> Option<Text> {
        let mut parts = Vec::new();
        let mut whole = true;
        for part in &text.parts {
            match part {
                tree::TextPart::Literal(literal) => parts.push(TextPart::Literal(literal.clone())),
                tree::TextPart::Variable { name, default, .. } => {
                    let variable = Variable { name: name.clone(), default: default.clone() };
                    parts.push(TextPart::Variable(variable));
                }
                tree::TextPart::Hole(hole) => match self.expression(hole, scope) {
                    Some(expr) => parts.push(TextPart::Hole(expr)),
                    None => whole = false,
                },
            }
        }
        whole.then_some(Text(parts))
    }

    /// A text that must be known before any event comes.
    pub(super) fn template(&mut self, text: &tree::Text) -> Option<Template> {
        let mut parts = Vec::new();
        for part in &text.parts {
            match part {
                tree::TextPart::Literal(literal) => parts.push(TemplatePart::Literal(literal.clone())),
                tree::TextPart::Variable { name, default, .. } => {
                    let variable = Variable { name: name.clone(), default: default.clone() };
                    parts.push(TemplatePart::Variable(variable));
                }
                tree::TextPart::Hole(hole) => {
                    self.report(
                        Diagnostic::new(Code::Hole, hole.span, "this text is needed before any event comes")
                            .help("only variables can be filled in here: `${NAME}`"),
                    );
                    return None;
                }
            }
        }
        Some(Template(parts))
    }

    fn reference(&mut self, name: &Name, path: &[String], span: Span, scope: &Scope) -> Option<Expr> {
        match name.text.as_str() {
            "record" => self.field("record", path, span, RecordField::ALL).map(Expr::Record),
            "error" if scope.in_error => self.field("error", path, span, ErrorField::ALL).map(Expr::Error),
            "error" => {
                let message = "`error` is known only inside `on error`";
                self.report(Diagnostic::new(Code::UnknownName, name.span, message));
                None
            }
            other => {
                let written = path;
                let path = Path(path.to_vec());
                let place = |lookups: &[(String, usize)]| {
                    lookups.iter().find(|(known, _)| known == other).map(|(_, place)| *place)
                };
                if scope.element.as_deref() == Some(other) {
                    let finding = self.known.element().and_then(|known| {
                        let arrived = self.arrived_element.as_ref();
                        fields::unknown(Owner::Element(other), known, arrived, written, span)
                    });
                    self.findings.extend(finding);
                    Some(Expr::Element(path))
                } else if let Some(lookup) = place(&scope.inner) {
                    self.item_field(
                        name,
                        &Expr::ElementLookup { lookup, path: Path::default() },
                        written,
                        span,
                    );
                    Some(Expr::ElementLookup { lookup, path })
                } else if let Some(lookup) = place(&scope.lookups) {
                    self.item_field(name, &Expr::Lookup { lookup, path: Path::default() }, written, span);
                    Some(Expr::Lookup { lookup, path })
                } else {
                    self.unknown_name(name, written, scope);
                    None
                }
            }
        }
    }

    /// A field of a lookup's item: the attribute must be declared, where its table declares some.
    fn item_field(&mut self, name: &Name, item: &Expr, path: &[String], span: Span) {
        let Some((first, rest)) = path.split_first() else { return };
        let tables = Rc::clone(&self.declared);
        if let Some(table) = self.table_of.get(&name.text).and_then(|place| tables.get(*place)) {
            let lookup = name.text.clone();
            let meant = |near: &str| {
                let path = std::iter::once(near).chain(rest.iter().map(String::as_str));
                format!("{lookup}{}", Path(path.map(str::to_owned).collect()))
            };
            self.attribute(table, first, span, &meant);
        }
        let shape = self.known.shape(item);
        self.findings.extend(fields::unknown(Owner::Item(&name.text), &shape, None, path, span));
    }

    /// A field of the event as it stands at this place.
    pub(super) fn event_field(&mut self, path: &[String], span: Span) {
        let (known, arrived) = (self.known.event(), Some(&self.arrived));
        self.findings.extend(fields::unknown(Owner::Event, known, arrived, path, span));
    }

    /// The path that a statement writes: in the event, or inside `for each` in the element.
    pub(super) fn target(&mut self, path: &tree::Path, scope: &Scope) -> Option<Path> {
        let segments = Path(path.segments.clone());
        match (&path.root, &scope.element) {
            (None, None) => Some(segments),
            (Some(name), Some(element)) if name.text == *element => Some(segments),
            (None, Some(element)) => {
                let message = "inside `for each` only the element is written";
                let insert = Span { end: path.span.start, ..path.span };
                self.report(
                    Diagnostic::new(Code::MisplacedStatement, path.span, message)
                        .help(format!("a field of the element is written `{element}{segments}`"))
                        .fix(insert, element.as_str()),
                );
                None
            }
            (Some(name), _) => {
                let text = self.sources.text(path.span).to_owned();
                let message = format!("`{text}` is not a field of the event");
                let finding = Diagnostic::new(Code::UnknownName, path.span, message);
                let mut known = scope.names().chain(scope.elsewhere.iter().map(String::as_str));
                let finding = if known.any(|known| known == name.text) {
                    let what = format!("`{}` is an item or an element", name.text);
                    finding.help(format!("{what}; a field of the event begins with a dot"))
                } else if name.text == "event" && !path.segments.is_empty() {
                    finding.help("a field of the event begins with a dot").fix(name.span, "")
                } else {
                    let help = format!("a field of the event begins with a dot: `.{text}`");
                    finding.help(help).fix(path.span, format!(".{text}"))
                };
                self.report(finding);
                None
            }
        }
    }

    /// The path that a statement writes, which must be a field: a whole element can't be replaced.
    pub(super) fn field_target(&mut self, path: &tree::Path, scope: &Scope) -> Option<Path> {
        let target = self.target(path, scope)?;
        if target.0.is_empty() {
            let name = self.sources.text(path.span).to_owned();
            let message = format!("`{name}` is the whole element, only its fields are written");
            let finding = Diagnostic::new(Code::CopyTarget, path.span, message);
            self.report(finding.help(format!("write a field: `{name}.NAME`, or `into {name}` in a `copy`")));
            return None;
        }
        Some(target)
    }

    fn unknown_name(&mut self, name: &Name, path: &[String], scope: &Scope) {
        if !scope.complete {
            return;
        }
        let message = format!("`{}` is not a lookup above this place", name.text);
        let finding = Diagnostic::new(Code::UnknownName, name.span, message);
        if let Some(finding) = self.habit(name, path, finding.clone(), scope) {
            return self.report(finding);
        }
        let known: Vec<&str> = scope.names().collect();
        let near = crate::suggest::nearest(
            &name.text,
            known.iter().copied().chain(["record", "true", "false", "null"]),
        );
        let finding = match near {
            Some(near) => finding.help(format!("did you mean `{near}`?")).fix(name.span, near),
            None => {
                let insert = Span { end: name.span.start, ..name.span };
                finding
                    .help(format!("a field of the event begins with a dot: `.{}`", name.text))
                    .fix(insert, ".")
            }
        };
        self.report(finding);
    }

    /// What people of other languages write for something that the language has.
    fn habit(&self, name: &Name, path: &[String], finding: Diagnostic, scope: &Scope) -> Option<Diagnostic> {
        let word = name.text.as_str();
        let constant = match word {
            "None" | "nil" | "undefined" | "NULL" | "Null" => Some("null"),
            "True" | "TRUE" => Some("true"),
            "False" | "FALSE" => Some("false"),
            _ => None,
        };
        if let Some(constant) = constant.filter(|_| path.is_empty()) {
            return Some(finding.help(format!("did you mean `{constant}`?")).fix(name.span, constant));
        }
        if habits::EVENT.contains(&word) && !path.is_empty() {
            return Some(finding.help("a field of the event begins with a dot").fix(name.span, ""));
        }
        if scope.in_error && habits::ERROR.contains(&word) {
            return Some(finding.help("what went wrong is in `error`").fix(name.span, "error"));
        }
        if let Some((place, quoted)) = habits::hyphen(self.sources, name) {
            let help = format!("an odd name is quoted: `.{quoted}`");
            return Some(finding.help(help).fix(place, quoted));
        }
        if self.signature(word).is_some() && path.is_empty() {
            return Some(finding.help(format!("`{word}` is a function: call it as `{word}(…)`")));
        }
        if scope.elsewhere.iter().any(|known| known == word) {
            let help = format!(
                "`{word}` is known only below its own statement, and an element only inside its loop"
            );
            return Some(finding.help(help));
        }
        let capitals = word.len() > 1 && word.bytes().all(|byte| !byte.is_ascii_lowercase());
        if capitals && path.is_empty() {
            return Some(finding.help(format!("a text is written in double quotes: `\"{word}\"`")));
        }
        None
    }

    fn field<T: Copy>(&mut self, of: &str, path: &[String], span: Span, fields: &[(&str, T)]) -> Option<T> {
        let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
        let found = match path {
            [field] => fields.iter().find(|(name, _)| name == field).map(|(_, field)| *field),
            _ => None,
        };
        if found.is_none() {
            let written = path.join(".");
            let message = match path {
                [] => format!("`{of}` is not a value by itself"),
                _ => format!("`{of}` has no field `{written}`"),
            };
            let finding = Diagnostic::new(Code::UnknownField, span, message);
            let finding = match crate::suggest::nearest(&written, names.iter().copied()) {
                Some(near) => {
                    finding.help(format!("did you mean `{of}.{near}`?")).fix(span, format!("{of}.{near}"))
                }
                None => finding.help(format!("its fields are {}", crate::suggest::all_of(names))),
            };
            self.report(finding);
        }
        found
    }

    fn call(&mut self, function: &Name, arguments: &[tree::Expr], span: Span, scope: &Scope) -> Option<Expr> {
        let resolved: Vec<Option<Expr>> =
            arguments.iter().map(|argument| self.expression(argument, scope)).collect();
        let Some(signature) = self.signature(&function.text) else {
            self.unknown_function(function);
            return None;
        };
        let (least, most) = signature.arity();
        if !(least..=most).contains(&arguments.len()) {
            let takes = number_of_arguments(least, most);
            let message = format!("`{}` takes {takes}, not {}", signature.name, arguments.len());
            let finding = Diagnostic::new(Code::ArgumentCount, span, message);
            self.report(finding.help(format!("it is called as `{signature}`")));
            return None;
        }
        if function.text == PROVENANCE && !scope.in_set {
            let message = format!("`{PROVENANCE}()` stands in a `set` alone");
            let finding = Diagnostic::new(Code::MisplacedStatement, span, message);
            self.report(
                finding.help("nothing is added yet where keys, conditions and destinations are worked out"),
            );
            return None;
        }
        let resolved: Vec<Expr> = resolved.into_iter().collect::<Option<_>>()?;
        for ((parameter, argument), at) in signature.parameters.iter().zip(&resolved).zip(arguments) {
            let types = self.known.types(argument);
            if !types.may_be(Types::of(parameter.ty)) {
                let wanted = parameter.ty.with_article();
                let message =
                    format!("`{}` of `{}` is {wanted}, this is {types}", parameter.name, signature.name);
                let finding = Diagnostic::new(Code::ArgumentType, at.span, message);
                let cast = [Type::String, Type::Number, Type::Boolean].contains(&parameter.ty);
                self.report(if cast {
                    finding.help(format!("convert it with `{}(…)`", parameter.ty))
                } else {
                    finding
                });
            }
        }
        Some(Expr::Call { function: function.text.clone(), arguments: resolved, span })
    }

    fn unknown_function(&mut self, function: &Name) {
        let names: Vec<&str> = self.environment.functions.iter().map(|known| known.name).collect();
        let message = format!("there is no function `{}`", function.text);
        let finding = Diagnostic::new(Code::UnknownFunction, function.span, message);
        match habits::function(&function.text) {
            Some(Meant::Function(meant)) if names.contains(&meant) => {
                let help = format!("it is called `{meant}` here");
                return self.report(finding.help(help).fix(function.span, meant));
            }
            Some(Meant::Other(help)) => return self.report(finding.help(help)),
            _ => {}
        }
        // All of them are a list that nobody reads inside a finding.
        let finding = match names.len() {
            ..=FEW => self.did_you_mean(finding, function, &names, "the functions are"),
            _ => match crate::suggest::nearest(&function.text, names) {
                Some(near) => finding.help(format!("did you mean `{near}`?")).fix(function.span, near),
                None => finding.help("docs/functions.md lists the functions"),
            },
        };
        self.report(finding);
    }

    fn signature(&self, name: &str) -> Option<Signature> {
        self.environment.functions.iter().find(|known| known.name == name).copied()
    }

    /// A condition: what can never be true or false is a mistake.
    pub(super) fn condition(&mut self, expr: &tree::Expr, scope: &Scope) -> Option<Expr> {
        let condition = self.expression(expr, scope)?;
        let types = self.known.types(&condition);
        if !types.may_be(Types::of(Type::Boolean)) {
            let message = format!("a condition is a boolean, this is {types}");
            let finding = Diagnostic::new(Code::ArgumentType, expr.span, message);
            self.report(finding.help("compare it with something: `==`, `!=`, `<`, …"));
            return None;
        }
        Some(condition)
    }
}

/// So many functions are listed where the one that was meant can't be told.
const FEW: usize = 12;

/// `no arguments`, `one argument`, `at most one argument`, `two or three arguments`
fn number_of_arguments(least: usize, most: usize) -> String {
    const WORDS: [&str; 7] = ["no", "one", "two", "three", "four", "five", "six"];
    let word = |count: usize| WORDS.get(count).map_or_else(|| count.to_string(), ToString::to_string);
    let noun = if most == 1 { "argument" } else { "arguments" };
    match (least, most - least) {
        (_, 0) => format!("{} {noun}", word(most)),
        (0, _) => format!("at most {} {noun}", word(most)),
        (_, 1) => format!("{} or {} {noun}", word(least), word(most)),
        _ => format!("{} to {} {noun}", word(least), word(most)),
    }
}
