//! Fields that can't be there: what the schema, a table's declaration or a statement above rules out.

use super::Checker;
use crate::diagnostic::{Code, Diagnostic};
use crate::functions::Type;
use crate::model::{Comparison, Expr, Literal, Path, Table};
use crate::source::Span;
use crate::suggest;
use crate::types::{self, Shape, Types};

/// Whose field a path leads to.
#[derive(Clone, Copy)]
pub(super) enum Owner<'n> {
    Event,
    /// The element of a loop, by its name.
    Element(&'n str),
    /// A lookup's item, by the lookup's name.
    Item(&'n str),
}

impl Owner<'_> {
    /// What a path of it begins with in the text of a rule.
    fn name(&self) -> &str {
        match self {
            Owner::Event => "",
            Owner::Element(name) | Owner::Item(name) => name,
        }
    }

    /// The thing that a path leads to, in a sentence.
    fn at(&self, path: &[String]) -> String {
        match (self, path) {
            (Owner::Event, []) => "the event".to_owned(),
            _ => format!("`{}{}`", self.name(), Path(path.to_vec())),
        }
    }
}

impl Checker<'_> {
    /// An attribute that a table does not declare, though it declares some.
    pub(super) fn attribute(
        &mut self,
        table: &Table,
        name: &str,
        span: Span,
        write: &dyn Fn(&str) -> String,
    ) {
        let item = types::item(Some(table));
        if table.attributes.is_empty() || item.members.contains_key(name) {
            return;
        }
        let message = format!("the table `{}` declares no attribute `{name}`", table.name);
        let finding = Diagnostic::new(Code::UnknownAttribute, span, message).see(table.span, "declared here");
        self.report(match suggest::nearest(name, item.members.keys().map(String::as_str)) {
            Some(near) => finding.help(format!("did you mean `{near}`?")).fix(span, write(near)),
            None => finding.help(format!("add it to the table's `attributes`: `{name}: string`")),
        });
    }

    /// A comparison that comes out the same for every event.
    pub(super) fn comparison(
        &mut self,
        comparison: Comparison,
        sides: [&Expr; 2],
        spans: [Span; 2],
        whole: Span,
    ) {
        let [left, right] = sides.map(|side| self.known.shape(side));
        let (one, two) = (left.types.without(Type::Null), right.types.without(Type::Null));
        if one.is_empty() || two.is_empty() {
            return;
        }
        let equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        if one.and(two).is_empty() {
            let message = match equality {
                true => format!("{one} never equals {two}"),
                false => format!("{one} is neither less nor greater than {two}"),
            };
            return self.report(
                Diagnostic::new(Code::ArgumentType, whole, message)
                    .help("convert one of them: `number(…)`, `string(…)` or `boolean(…)`"),
            );
        }
        if !equality {
            return;
        }
        let ([first, second], [first_at, second_at]) = (sides, spans);
        for (side, other, span) in [(&left, second, second_at), (&right, first, first_at)] {
            let (Expr::Literal(literal), Some(values)) = (other, &side.values) else { continue };
            let texts: Option<Vec<&str>> = values.iter().map(text).collect();
            if let (Some(value), Some(texts)) = (text(literal), texts)
                && !texts.contains(&value)
            {
                return self.unknown_value(value, &texts, span);
            }
        }
    }

    fn unknown_value(&mut self, value: &str, values: &[&str], span: Span) {
        let message = format!("the value `{value}` is none that the field can have");
        let finding = Diagnostic::new(Code::UnknownValue, span, message);
        self.report(match suggest::nearest(value, values.iter().copied()) {
            Some(near) => finding.help(format!("did you mean `{near}`?")).fix(span, format!("{near:?}")),
            None => finding.help(format!("it has {}", suggest::all_of(values.iter().copied()))),
        });
    }
}

/// What is wrong with a path that never leads to anything. `shape` is what is known of its owner
/// there, `arrived` that before any statement.
pub(super) fn unknown(
    owner: Owner<'_>,
    shape: &Shape,
    arrived: Option<&Shape>,
    path: &[String],
    span: Span,
) -> Option<Diagnostic> {
    let mut known = shape;
    for (depth, name) in path.iter().enumerate() {
        let place = |end: usize| owner.at(path.get(..end).unwrap_or_default());
        if !known.types.has(Type::Object) {
            // What is never there is somebody else's finding.
            return (!known.is_absent()).then(|| nothing_inside(&place(depth), known.types, name, span));
        }
        match known.members.get(name) {
            Some(member) if member.is_absent() => {
                let message = format!("{} is taken out above, so it is never there", place(depth + 1));
                let finding = Diagnostic::new(Code::UnknownField, span, message);
                return Some(finding.help("read it above the statement that takes it out"));
            }
            Some(member) => known = member,
            None if known.open => return misspelt(owner, arrived?, path, depth, span),
            None => {
                let names: Vec<&str> = known.members.keys().map(String::as_str).collect();
                let message = format!("{} has no field `{name}`", place(depth));
                let finding = Diagnostic::new(Code::UnknownField, span, message);
                return Some(did_you_mean(finding, owner, path, depth, &names, span));
            }
        }
    }
    None
}

fn nothing_inside(place: &str, types: Types, name: &str, span: Span) -> Diagnostic {
    let message = format!("{place} is {types}, so it has no field `{name}`");
    let finding = Diagnostic::new(Code::UnknownField, span, message);
    match types.has(Type::Array) {
        true => finding.help("its elements are reached with `for each`, one of them with `at(…)`"),
        false => finding,
    }
}

/// A field that the schema does not name, though it allows others, and that looks like one it names.
fn misspelt(
    owner: Owner<'_>,
    arrived: &Shape,
    path: &[String],
    depth: usize,
    span: Span,
) -> Option<Diagnostic> {
    let (before, name) = (path.get(..depth)?, path.get(depth)?);
    let parent = arrived.at(before);
    // Of short names too many are alike.
    if parent.members.contains_key(name) || name.chars().count() < 4 {
        return None;
    }
    let names: Vec<&str> = parent.members.keys().map(String::as_str).collect();
    suggest::nearest(name, names.iter().copied())?;
    let message = format!("the schema names no field `{name}` of {}", owner.at(before));
    let finding = Diagnostic::new(Code::MisspeltField, span, message);
    Some(did_you_mean(finding, owner, path, depth, &names, span))
}

/// What is wrong with a write into something that is no object.
pub(super) fn no_room(owner: Owner<'_>, shape: &Shape, target: &Path, span: Span) -> Option<Diagnostic> {
    let room = Types::of(Type::Object).or(Types::of(Type::Null));
    let parents = (0..target.0.len()).filter_map(|depth| target.0.get(..depth));
    parents.into_iter().find_map(|parent| {
        let known = shape.at(parent);
        let full = !known.is_absent() && known.types.and(room).is_empty();
        full.then(|| {
            let place = owner.at(parent);
            let message = format!("{place} is {}, so nothing can be written into it", known.types);
            let finding = Diagnostic::new(Code::NotAnObject, span, message);
            finding.help("each event that has it would be rejected: write to another field")
        })
    })
}

/// What is wrong with a copy over a field that the schema names.
pub(super) fn overwritten(
    owner: Owner<'_>,
    arrived: &Shape,
    attribute: &str,
    target: &Path,
    span: Span,
) -> Option<Diagnostic> {
    let (name, parents) = target.0.split_last()?;
    let parent = arrived.at(parents);
    parent.members.get(name).filter(|member| !member.is_absent())?;
    let place = owner.at(&target.0);
    let message = format!("the copy of `{attribute}` replaces {place}, which the schema names");
    let finding = Diagnostic::new(Code::OverwrittenField, span, message);
    Some(finding.help("copy it to another field, or leave it out where both are the same"))
}

fn text(literal: &Literal) -> Option<&str> {
    match literal {
        Literal::String(text) => Some(text),
        _ => None,
    }
}

/// Adds the name that was meant, or the names that there are if these are few.
fn did_you_mean(
    finding: Diagnostic,
    owner: Owner<'_>,
    path: &[String],
    depth: usize,
    names: &[&str],
    span: Span,
) -> Diagnostic {
    let Some(name) = path.get(depth) else { return finding };
    match suggest::nearest(name, names.iter().copied()) {
        Some(near) => {
            let mut meant = path.to_vec();
            if let Some(segment) = meant.get_mut(depth) {
                near.clone_into(segment);
            }
            let meant = format!("{}{}", owner.name(), Path(meant));
            finding.help(format!("did you mean `{meant}`?")).fix(span, meant)
        }
        None if names.is_empty() || names.len() > FEW => finding,
        None => finding.help(format!("it has {}", suggest::all_of(names.iter().copied()))),
    }
}

/// So many names are listed where the one that was meant can't be told.
const FEW: usize = 12;
