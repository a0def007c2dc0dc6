//! What the copies of a lookup write.

use enrich_dsl::model::{Copied, Copy, IfAbsent};
use enrich_dsl::source::Span;

use crate::explain::Written;
use crate::json::Node;
use crate::lookup::{ErrorCode, Failure, Item};
use crate::program::{self, Lookup};
use crate::value::Value;

/// What a copy writes.
pub(super) enum Write<'a> {
    /// A value to a path.
    One(&'a [String], Value<'a>, Written),
    /// Members of the object at a path.
    Inside(&'a [String], Vec<(String, String)>),
}

/// The writes of all copies, or the failure of one: all or none.
pub(super) fn copies<'a>(lookup: &'a Lookup, item: &'a Item) -> Result<Vec<(Span, Write<'a>)>, Failure> {
    let mut writes = Vec::new();
    for copy in &lookup.copies {
        match &copy.what {
            Copied::Named(names) => {
                for (name, target) in names {
                    if let Some(value) = copied(copy, name, item)? {
                        let written = match item.root().get(name) {
                            Some(_) => Written::Attribute,
                            None => Written::Default,
                        };
                        writes.push((copy.span, Write::One(&target.0, value, written)));
                    }
                }
            }
            Copied::All { except, into } => {
                let mut members = Vec::new();
                for (name, node) in item.root().members() {
                    let name = name.text().into_owned();
                    if !except.contains(&name) {
                        let value = cast(copy, &name, Value::Node(node))?;
                        members.extend(value.to_json().map(|text| (name, text)));
                    }
                }
                writes.push((copy.span, Write::Inside(&into.0, members)));
            }
            _ => return Err(Failure::new(ErrorCode::Item, "a copy of another version")),
        }
    }
    Ok(writes)
}

/// The value of one attribute; `None` where it is absent and nothing is written.
fn copied<'a>(copy: &'a Copy, name: &str, item: &'a Item) -> Result<Option<Value<'a>>, Failure> {
    copied_from(copy, name, item.root().get(name))
}

/// The same, where the attribute is looked up already.
pub(super) fn copied_from<'a>(
    copy: &'a Copy,
    name: &str,
    attribute: Option<Node<'a>>,
) -> Result<Option<Value<'a>>, Failure> {
    match (attribute, &copy.absent) {
        (Some(node), _) => cast(copy, name, Value::Node(node)).map(Some),
        (None, IfAbsent::Default(literal)) => Ok(Some(program::literal(literal))),
        (None, IfAbsent::Required) => {
            let message = format!("the item has no attribute `{name}`");
            Err(Failure::new(ErrorCode::RequiredAbsent, message))
        }
        (None, _) => Ok(None),
    }
}

fn cast<'a>(copy: &Copy, name: &str, value: Value<'a>) -> Result<Value<'a>, Failure> {
    match copy.cast {
        None => Ok(value),
        Some(ty) => value
            .cast(ty)
            .map_err(|error| Failure::new(ErrorCode::Cast, format!("attribute `{name}`: {}", error.message))),
    }
}

/// What is written where there is no item: every default.
pub(super) fn defaults(lookup: &Lookup) -> impl Iterator<Item = (Span, &[String], Value<'static>)> {
    lookup.copies.iter().flat_map(|copy| {
        let span = copy.span;
        let names = match (&copy.what, &copy.absent) {
            (Copied::Named(names), IfAbsent::Default(literal)) => Some((names, literal)),
            _ => None,
        };
        names.into_iter().flat_map(move |(names, literal)| {
            names.iter().map(move |(_, target)| (span, target.0.as_slice(), program::literal(literal)))
        })
    })
}
