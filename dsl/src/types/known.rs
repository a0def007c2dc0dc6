//! What is known at one place of a rule, and how statements change it.

use std::sync::Arc;

use super::{Shape, Types};
use crate::functions::{Signature, Type};
use crate::model::{
    Copied, Copy, Expr, ForEach, IfAbsent, KeyType, Lookup, Path, RecordField, Rule, Step, StepKind, Table,
    Text, TextPart,
};

/// What is known at one place of a rule: of the event as it then stands, of the element of the loop
/// around the place, and of the items of the lookups above.
#[derive(Clone, Debug)]
pub struct Known<'a> {
    functions: &'a [Signature],
    event: Shape,
    element: Option<Shape>,
    /// The items of the rule's lookups above.
    items: Vec<Item>,
    /// Those of the lookups above in the same loop.
    inner: Vec<Item>,
}

/// What is known of a lookup's item.
#[derive(Clone, Debug)]
struct Item {
    shape: Shape,
    /// Whether the lookup may have failed and the rule goes on: then statements that read it are skipped.
    caught: bool,
}

/// How a lookup ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Found,
    Missing,
    NoKey,
    Error,
}

/// What is known of the enriched events of a rule, where `event` is what is known of those that it
/// takes. Of a rule that never lets an event through it is some shape or other.
#[must_use]
pub fn enriched(rule: &Rule, tables: &[Table], event: Shape, functions: &[Signature]) -> Shape {
    let mut known = Known::new(event, functions);
    known.steps(&rule.steps, &rule.lookups, Some(&rule.loops), tables);
    known.event
}

impl<'a> Known<'a> {
    /// What is known where a rule begins.
    #[must_use]
    pub fn new(event: Shape, functions: &'a [Signature]) -> Self {
        Self { functions, event, element: None, items: Vec::new(), inner: Vec::new() }
    }

    /// The event as it stands at this place.
    #[must_use]
    pub fn event(&self) -> &Shape {
        &self.event
    }

    /// The element of the loop around this place, as it stands; `None` outside of loops.
    #[must_use]
    pub fn element(&self) -> Option<&Shape> {
        self.element.as_ref()
    }

    /// What is known of an expression's value.
    #[must_use]
    pub fn shape(&self, expr: &Expr) -> Shape {
        match expr {
            Expr::Literal(literal) => Shape::literal(literal),
            Expr::Event(path) => self.event.at(&path.0),
            Expr::Element(path) => {
                self.element.as_ref().map_or_else(Shape::absent, |shape| shape.at(&path.0))
            }
            Expr::Lookup { lookup, path } => attribute(&self.items, *lookup, path),
            Expr::ElementLookup { lookup, path } => attribute(&self.inner, *lookup, path),
            Expr::Text(text) => self.text(text),
            Expr::Record(field) => self.record(*field),
            Expr::Error(_) => Shape::of(Type::String),
            Expr::Compare { .. } | Expr::And(..) | Expr::Or(..) | Expr::Not(_) => Shape::of(Type::Boolean),
            Expr::Arithmetic { left, right, .. } => self.number(&[left, right]),
            Expr::Negate(inner) => self.number(&[inner]),
            Expr::Call { function, arguments, .. } => {
                let signature = self.functions.iter().find(|known| known.name == function);
                let result = Shape::of(signature.map_or(Type::Any, |known| known.returns));
                // A function may find nothing, and gives nothing for an absent argument.
                if arguments.is_empty() { result } else { result.optional() }
            }
            Expr::If { then, otherwise, .. } => self.shape(then).or(&self.shape(otherwise)),
            Expr::Coalesce(left, right) => {
                let left = self.shape(left);
                if left.is_certain() {
                    return left;
                }
                let right = self.shape(right);
                let real = left.types.without(Type::Null);
                if real.is_empty() { right } else { left.narrowed(real).present().or(&right) }
            }
        }
    }

    /// The types of an expression's value.
    #[must_use]
    pub fn types(&self, expr: &Expr) -> Types {
        self.shape(expr).types
    }

    fn text(&self, text: &Text) -> Shape {
        let mut holes = text.0.iter().filter_map(|part| match part {
            TextPart::Hole(hole) => Some(self.shape(hole)),
            _ => None,
        });
        // An absent or null hole makes the text absent.
        let certain = holes.all(|hole| hole.is_certain());
        if certain { Shape::of(Type::String) } else { Shape::of(Type::String).optional() }
    }

    fn number(&self, operands: &[&Expr]) -> Shape {
        let number = Shape::of(Type::Number);
        if operands.iter().any(|operand| self.shape(operand).optional) { number.optional() } else { number }
    }

    fn record(&self, field: RecordField) -> Shape {
        match field {
            RecordField::Stream => Shape::of(Type::String),
            RecordField::SubSequence => Shape::of(Type::Number).optional(),
            _ => Shape::of(Type::String).optional(),
        }
    }

    /// After `set TARGET = VALUE`.
    pub(crate) fn set(&mut self, target: &Path, value: &Expr) {
        let shape = self.shape(value);
        let skipped = self.may_be_skipped(value).then(|| self.place().clone());
        self.place().write(&target.0, &shape);
        if let Some(before) = skipped {
            *self.place() = before.or(self.place());
        }
    }

    /// After `remove TARGET`.
    pub(crate) fn remove(&mut self, target: &Path) {
        self.place().remove(&target.0);
    }

    /// What statements write into here.
    fn place(&mut self) -> &mut Shape {
        self.element.as_mut().unwrap_or(&mut self.event)
    }

    /// Whether the expression reads a lookup that may have failed without ending the event.
    fn may_be_skipped(&self, expr: &Expr) -> bool {
        let caught = |items: &[Item], place: usize| items.get(place).is_some_and(|item| item.caught);
        let mut found = false;
        expr.walk(&mut |inner| {
            found |= match inner {
                Expr::Lookup { lookup, .. } => caught(&self.items, *lookup),
                Expr::ElementLookup { lookup, .. } => caught(&self.inner, *lookup),
                _ => false,
            };
        });
        found
    }

    /// What is known inside a loop over that array, at its first statement.
    pub(crate) fn enter(&mut self, array: &Path) {
        self.element = Some(self.event.at(&array.0).element());
        self.inner.clear();
    }

    /// After a loop over that array.
    pub(crate) fn leave(&mut self, array: &Path) {
        let element = self.element.take();
        self.inner.clear();
        // Nothing happens to an absent or null array, and no other value gets past a loop.
        let mut after = self.event.at(&array.0).narrowed(Types::of(Type::Array).or(Types::of(Type::Null)));
        if after.types.has(Type::Array) {
            after.values = None;
            after.items = element.map(Box::new);
            self.event.write(&array.0, &after);
        }
    }

    /// What is known in the block of an outcome, above its first statement.
    pub(crate) fn in_block(
        &self,
        outcome: Outcome,
        copies: &[Copy],
        instead: bool,
        table: Option<&Table>,
    ) -> Self {
        let mut inside = self.clone();
        let item = item(table);
        let shape = if outcome == Outcome::Found { item.clone() } else { Shape::absent() };
        inside.learn(Item { shape, caught: outcome == Outcome::Error });
        match outcome {
            Outcome::Found => copies.iter().for_each(|copy| inside.copy(copy, &item)),
            Outcome::Missing | Outcome::NoKey if !instead => {
                copies.iter().for_each(|copy| inside.default(copy));
            }
            _ => {}
        }
        inside
    }

    /// After a lookup, whatever its outcome.
    pub(crate) fn lookup(&mut self, lookup: &Lookup, table: &Table) {
        let block = |outcome: Outcome, instead: bool, steps: &[Step]| {
            let mut known = self.in_block(outcome, &lookup.copies, instead, Some(table));
            known.steps(steps, &[], None, &[]);
            (known.event, known.element)
        };
        let (missing, no_key) = (&lookup.missing, &lookup.no_key);
        let ends = [
            Some(block(Outcome::Missing, missing.instead, &missing.steps)),
            Some(block(Outcome::NoKey, no_key.instead, &no_key.steps)),
            lookup.error.as_deref().map(|steps| block(Outcome::Error, false, steps)),
        ];
        let found = block(Outcome::Found, false, &lookup.found);
        (self.event, self.element) = ends.into_iter().flatten().fold(found, |(event, element), end| {
            (event.or(&end.0), element.zip(end.1).map(|(one, two)| one.or(&two)))
        });
        self.learn(Item { shape: item(Some(table)).optional(), caught: lookup.error.is_some() });
    }

    /// A lookup that could not be understood: it may have written anything.
    pub(crate) fn skip_lookup(&mut self) {
        *self.place() = Shape::any();
        self.event = Shape::object([], true);
        self.learn(Item { shape: Shape::any().optional(), caught: true });
    }

    fn learn(&mut self, item: Item) {
        let items = if self.element.is_some() { &mut self.inner } else { &mut self.items };
        items.push(item);
    }

    fn steps(&mut self, steps: &[Step], lookups: &[Lookup], loops: Option<&[ForEach]>, tables: &[Table]) {
        for step in steps {
            match &step.kind {
                StepKind::Set { target, value } => self.set(target, value),
                StepKind::Remove(target) => self.remove(target),
                StepKind::Drop(_) => {}
                StepKind::Lookup(place) => {
                    let lookup = lookups.get(*place);
                    match lookup.and_then(|lookup| Some((lookup, tables.get(lookup.table)?))) {
                        Some((lookup, table)) => self.lookup(lookup, table),
                        None => self.skip_lookup(),
                    }
                }
                StepKind::ForEach(place) => {
                    let Some(each) = loops.and_then(|loops| loops.get(*place)) else { continue };
                    self.enter(&each.array);
                    self.steps(&each.steps, &each.lookups, None, tables);
                    self.leave(&each.array);
                }
            }
        }
    }

    /// After a copy from an item that was found.
    fn copy(&mut self, copy: &Copy, item: &Shape) {
        let cast = |shape: Shape| match copy.cast {
            // Null can't be converted, so it never gets here.
            Some(ty) => Shape { optional: shape.optional, ..Shape::of(ty) },
            None => shape,
        };
        match &copy.what {
            Copied::Named(names) => {
                for (name, target) in names {
                    let value = cast(item.get(name));
                    let value = match &copy.absent {
                        IfAbsent::Skip if value.optional => {
                            let before = self.place().clone();
                            self.place().write(&target.0, &value.present());
                            *self.place() = before.or(self.place());
                            continue;
                        }
                        IfAbsent::Default(literal) if value.optional => {
                            value.present().or(&Shape::literal(literal))
                        }
                        _ => value.present(),
                    };
                    self.place().write(&target.0, &value);
                }
            }
            Copied::All { except, into } => {
                let before = self.place().clone();
                let there = before.at(&into.0);
                // Where nothing is there, or null, the object is a new one and has none of these members.
                let new = there.optional || there.types.has(Type::Null);
                let mut object = there.narrowed(Types::of(Type::Object));
                if object.is_absent() {
                    object = Shape::object([], false);
                }
                let copied = |name: &Arc<str>| !except.iter().any(|left_out| **left_out == **name);
                let known: Vec<_> = object
                    .members
                    .iter()
                    .map(|(name, member)| (Arc::clone(name), (**member).clone()))
                    .collect();
                for (name, member) in known {
                    let member = if new { member.optional() } else { member };
                    let either =
                        if copied(&name) { member.or(&cast(item.get(&name)).present()) } else { member };
                    object.insert(name, either);
                }
                for name in item.members.keys().filter(|name| copied(name)) {
                    if !object.members.contains_key(name) {
                        object.insert(Arc::clone(name), cast(item.get(name)).optional());
                    }
                }
                object.open = true;
                self.place().write(&into.0, &object.present());
                // An item may have nothing to copy.
                *self.place() = before.or(self.place());
            }
        }
    }

    /// After a copy where there is no item: only its default counts.
    fn default(&mut self, copy: &Copy) {
        if let (Copied::Named(names), IfAbsent::Default(literal)) = (&copy.what, &copy.absent) {
            for (_, target) in names {
                self.place().write(&target.0, &Shape::literal(literal));
            }
        }
    }
}

fn attribute(items: &[Item], lookup: usize, path: &Path) -> Shape {
    items.get(lookup).map_or_else(|| Shape::any().optional(), |item| item.shape.at(&path.0))
}

/// What is known of an item that was found: the parts of keys and what the table declares.
pub(crate) fn item(table: Option<&Table>) -> Shape {
    let mut members: Vec<(&str, Shape)> = Vec::new();
    let Some(table) = table else { return Shape::object(members, true) };
    for (name, ty) in &table.attributes {
        // A declared attribute may be null or left out: DynamoDB's items are not all alike.
        let types = Types::of(*ty).or(Types::of(Type::Null));
        members.push((name, Shape::of_types(types).optional()));
    }
    let indexes = table.indexes.iter().flat_map(|index| index.key.iter().map(|part| (part, true)));
    for ((name, ty), of_index) in indexes.chain(table.key.iter().map(|part| (part, false))) {
        let ty = match ty {
            KeyType::Number => Type::Number,
            KeyType::String | KeyType::Binary => Type::String,
        };
        // An item need not be in every index.
        let shape = if of_index { Shape::of(ty).optional() } else { Shape::of(ty) };
        members.push((name, shape));
    }
    Shape::object(members, true)
}
