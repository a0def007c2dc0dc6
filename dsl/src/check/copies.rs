//! What a lookup copies: the attributes, where they go, what they are converted to, and what stands in for one
//! that is absent.

use super::expressions::Scope;
use super::fields::{self, Owner};
use super::{Checker, habits};
use crate::diagnostic::{Code, Diagnostic};
use crate::functions::Type;
use crate::model::{Copied, Copy, Expr, IfAbsent, Literal, Path, Table};
use crate::source::Span;
use crate::syntax::tree::{self, ExprKind, Name};
use crate::types::{Shape, Types, item};

const CASTS: [(&str, Type); 3] =
    [("string", Type::String), ("number", Type::Number), ("boolean", Type::Boolean)];

impl Checker<'_> {
    pub(super) fn copy(
        &mut self,
        copy: &tree::Copy,
        span: Span,
        scope: &Scope,
        table: Option<&Table>,
    ) -> Option<Copy> {
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
