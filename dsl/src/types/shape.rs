//! What is known of one value.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Types;
use crate::functions::Type;
use crate::model::Literal;

/// What is known of a value: its types, whether it may be absent, and what is inside it.
///
/// ```
/// use enrich_dsl::functions::Type;
/// use enrich_dsl::types::{Shape, Types};
///
/// let user = Shape::object([("id", Shape::of(Type::String)), ("age", Shape::of(Type::Number).optional())], false);
/// assert_eq!(user.get("id").types, Types::of(Type::String));
/// assert!(user.get("age").optional);
/// assert!(user.get("name").is_absent(), "a closed object has no other members");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shape {
    /// The types that it may have where it is there.
    pub types: Types,
    /// Whether it may be absent.
    pub optional: bool,
    /// The members that are known, where it is an object.
    pub members: Members,
    /// Whether it may have other members, where it is an object.
    pub open: bool,
    /// What its elements are, where it is an array; `None` is anything.
    pub items: Option<Box<Shape>>,
    /// The only values that it may have, where these are few and plain.
    pub values: Option<Vec<Literal>>,
}

/// The members of an object. They are shared: each block of a lookup begins with a copy of what is known.
pub type Members = Arc<BTreeMap<Arc<str>, Arc<Shape>>>;

impl Shape {
    fn new(types: Types) -> Self {
        let (members, items, values) = (Members::default(), None, None);
        Self { types, optional: false, members, open: true, items, values }
    }

    /// A value of which nothing is known, but that it is there.
    #[must_use]
    pub fn any() -> Self {
        Self::new(Types::ANY)
    }

    /// A value that is never there.
    #[must_use]
    pub fn absent() -> Self {
        Self { optional: true, ..Self::new(Types::NONE) }
    }

    /// A value of that type.
    #[must_use]
    pub fn of(ty: Type) -> Self {
        Self::new(Types::of(ty))
    }

    /// A value of one of these types.
    #[must_use]
    pub fn of_types(types: Types) -> Self {
        Self::new(types)
    }

    /// An object with these members; `open` where it may have others.
    #[must_use]
    pub fn object<'n>(members: impl IntoIterator<Item = (&'n str, Shape)>, open: bool) -> Self {
        let members = members.into_iter().map(|(name, shape)| (Arc::from(name), Arc::new(shape)));
        Self { members: Arc::new(members.collect()), open, ..Self::of(Type::Object) }
    }

    /// Puts a member in.
    pub fn insert(&mut self, name: impl Into<Arc<str>>, member: Shape) {
        Arc::make_mut(&mut self.members).insert(name.into(), Arc::new(member));
    }

    /// An array of such elements.
    #[must_use]
    pub fn array(items: Shape) -> Self {
        Self { items: Some(Box::new(items)), ..Self::of(Type::Array) }
    }

    /// A value that stands in a rule.
    #[must_use]
    pub fn literal(literal: &Literal) -> Self {
        let ty = match literal {
            Literal::Null => Type::Null,
            Literal::Boolean(_) => Type::Boolean,
            Literal::Number(_) => Type::Number,
            Literal::String(_) => Type::String,
        };
        Self { values: Some(vec![literal.clone()]), ..Self::of(ty) }
    }

    /// The same, but it may be absent.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// The same, and it is there.
    #[must_use]
    pub fn present(mut self) -> Self {
        self.optional = false;
        self
    }

    /// With no other types than these.
    #[must_use]
    pub fn narrowed(mut self, types: Types) -> Self {
        self.types = self.types.and(types);
        self
    }

    /// Whether it is never there.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.types.is_empty()
    }

    /// Whether it is there and no null.
    #[must_use]
    pub(crate) fn is_certain(&self) -> bool {
        !self.optional && !self.types.has(Type::Null)
    }

    /// A member.
    #[must_use]
    pub fn get(&self, name: &str) -> Self {
        self.at(&[name.to_owned()])
    }

    /// What a path leads to.
    #[must_use]
    pub fn at(&self, path: &[String]) -> Self {
        let (mut shape, mut certain) = (self, true);
        for name in path {
            if !shape.types.has(Type::Object) {
                return Self::absent();
            }
            certain &= !shape.optional && shape.types.only().is_some();
            shape = match shape.members.get(name.as_str()) {
                Some(member) => member,
                None if shape.open => return Self::any().optional(),
                None => return Self::absent(),
            };
        }
        if certain { shape.clone() } else { shape.clone().optional() }
    }

    /// What an element is, where it is an array.
    #[must_use]
    pub fn element(&self) -> Self {
        match &self.items {
            Some(items) if self.types.has(Type::Array) => (**items).clone(),
            _ => Self::any(),
        }
    }

    /// What is known where it is either.
    #[must_use]
    pub fn or(&self, other: &Shape) -> Self {
        if self.is_absent() {
            return other.clone().optional();
        }
        if other.is_absent() {
            return self.clone().optional();
        }
        let object = |shape: &Shape| shape.types.has(Type::Object);
        let (members, open) = match (object(self), object(other)) {
            (true, true) => (self.joined(other), self.open || other.open),
            (false, true) => (other.members.clone(), other.open),
            _ => (self.members.clone(), self.open),
        };
        let items = match (self.types.has(Type::Array), other.types.has(Type::Array)) {
            (true, true) => {
                self.items.as_ref().zip(other.items.as_ref()).map(|(one, two)| Box::new(one.or(two)))
            }
            (false, true) => other.items.clone(),
            _ => self.items.clone(),
        };
        let values = self.values.clone().zip(other.values.clone()).map(|(mut one, two)| {
            let new: Vec<_> = two.into_iter().filter(|value| !one.contains(value)).collect();
            one.extend(new);
            one
        });
        let (types, optional) = (self.types.or(other.types), self.optional || other.optional);
        Self { types, optional, members, open, items, values }
    }

    /// What is known where it is both.
    #[must_use]
    pub fn and(&self, other: &Shape) -> Self {
        let names = self.members.keys().chain(other.members.keys());
        let both = |name: &Arc<str>| (Arc::clone(name), Arc::new(self.inside(name).and(&other.inside(name))));
        let items = match (&self.items, &other.items) {
            (Some(one), Some(two)) => Some(Box::new(one.and(two))),
            (one, two) => one.clone().or_else(|| two.clone()),
        };
        let values = match (&self.values, &other.values) {
            (Some(one), Some(two)) => Some(one.iter().filter(|value| two.contains(value)).cloned().collect()),
            (one, two) => one.clone().or_else(|| two.clone()),
        };
        Self {
            types: self.types.and(other.types),
            optional: self.optional && other.optional,
            members: Arc::new(names.map(both).collect()),
            open: self.open && other.open,
            items,
            values,
        }
    }

    /// The members where it is either of two objects. What both share is not looked at: mostly that is all
    /// but the one field that a block has written.
    fn joined(&self, other: &Shape) -> Members {
        if Arc::ptr_eq(&self.members, &other.members) && self.open == other.open {
            return Arc::clone(&self.members);
        }
        let mut members = (*self.members).clone();
        for (name, theirs) in other.members.iter() {
            match members.get(name) {
                Some(ours) if Arc::ptr_eq(ours, theirs) => {}
                _ => drop(members.insert(Arc::clone(name), Arc::new(self.inside(name).or(theirs)))),
            }
        }
        for name in self.members.keys().filter(|name| !other.members.contains_key(*name)) {
            members.insert(Arc::clone(name), Arc::new(self.inside(name).or(&other.inside(name))));
        }
        Arc::new(members)
    }

    /// A member of an object that is there.
    fn inside(&self, name: &str) -> Self {
        match self.members.get(name) {
            Some(member) => (**member).clone(),
            None if self.open => Self::any().optional(),
            None => Self::absent(),
        }
    }

    /// What is known after a value was written to that path: missing and null parents have become
    /// objects, and any other parent has ended the event. An absent value removes the target.
    pub(super) fn write(&mut self, path: &[String], value: &Shape) {
        if value.is_absent() {
            return self.remove(path);
        }
        let mut present = value.clone();
        present.optional = false;
        if !value.optional {
            return self.put(path, present);
        }
        if let ([name], true) = (path, self.types == Types::of(Type::Object) && !self.optional) {
            // Right inside of an object the one value is all that is not known.
            return self.insert(name.as_str(), value.clone());
        }
        let mut written = self.clone();
        written.put(path, present);
        self.remove(path);
        *self = self.or(&written);
    }

    fn put(&mut self, path: &[String], value: Shape) {
        let Some((name, rest)) = path.split_first() else {
            *self = value;
            return;
        };
        // A parent that is no object yet becomes one without any other member.
        let fresh = Self::object([], false);
        let object = if self.types.has(Type::Object) {
            let known = self.clone().narrowed(Types::of(Type::Object)).present();
            let certain = !self.optional && !self.types.has(Type::Null);
            if certain { known } else { known.or(&fresh) }
        } else {
            fresh
        };
        *self = Self { values: None, items: None, ..object };
        let mut member = self.inside(name);
        member.put(rest, value);
        self.insert(name.as_str(), member);
    }

    /// What is known after that path was taken out.
    pub(super) fn remove(&mut self, path: &[String]) {
        let Some((name, rest)) = path.split_first() else { return };
        if !self.types.has(Type::Object) {
            return;
        }
        let member = if rest.is_empty() {
            Self::absent()
        } else {
            let mut member = self.inside(name);
            member.remove(rest);
            member
        };
        self.insert(name.as_str(), member);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Vec<String> {
        text.split('.').map(str::to_owned).collect()
    }

    fn string() -> Shape {
        Shape::of(Type::String)
    }

    #[test]
    fn a_path_through_what_may_be_absent_may_be_absent() {
        let user = Shape::object([("id", string())], false).optional();
        let event = Shape::object([("user", user)], true);
        assert_eq!(event.at(&path("user.id")), string().optional());
        assert!(event.at(&path("user.name")).is_absent());
        assert_eq!(event.at(&path("other")), Shape::any().optional());
        assert!(event.at(&path("user.id.more")).is_absent(), "there is nothing inside a text");
    }

    #[test]
    fn a_write_makes_its_parents_objects() {
        let mut event = Shape::object([("user", Shape::of(Type::Null))], false);
        event.write(&path("user.geo.city"), &string());
        assert_eq!(event.at(&path("user.geo.city")), string());
        assert!(event.at(&path("user.geo.zip")).is_absent());
    }

    #[test]
    fn an_optional_parent_loses_the_certainty_of_its_members() {
        let user = Shape::object([("id", string())], false).optional();
        let mut event = Shape::object([("user", user)], false);
        event.write(&path("user.name"), &string());
        assert_eq!(event.at(&path("user.name")), string());
        assert_eq!(event.at(&path("user.id")), string().optional());
    }

    #[test]
    fn what_may_be_absent_may_remove() {
        let mut event = Shape::object([("a", string()), ("b", Shape::of(Type::Number))], false);
        event.write(&path("a"), &Shape::of(Type::Number).optional());
        assert_eq!(event.at(&path("a")), Shape::of(Type::Number).optional());
        event.write(&path("b"), &Shape::absent());
        assert!(event.at(&path("b")).is_absent());
    }

    #[test]
    fn either_and_both() {
        let one = Shape::object([("a", string()), ("b", string())], false);
        let two = Shape::object([("a", Shape::of(Type::Number))], false);
        let either = one.or(&two);
        assert_eq!(either.get("a").types, Types::of(Type::String).or(Types::of(Type::Number)));
        assert_eq!(either.get("b"), string().optional());
        assert!(either.get("c").is_absent());
        let open = Shape::object([("c", string())], true);
        assert!(one.and(&open).get("c").is_absent(), "the one allows no `c`");
        assert_eq!(one.and(&open).get("a"), string());
    }
}
