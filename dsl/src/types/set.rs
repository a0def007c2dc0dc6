//! Sets of JSON types.

use std::fmt;

use crate::functions::Type;

/// Which types a value may have. JSON knows six.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Types(u8);

/// Each type with its bit, in the order in which messages name them.
const ALL: [(Type, u8); 6] = [
    (Type::String, 1),
    (Type::Number, 2),
    (Type::Boolean, 4),
    (Type::Array, 8),
    (Type::Object, 16),
    (Type::Null, 32),
];

impl Types {
    /// No type: a value that is never there.
    pub const NONE: Types = Types(0);
    /// Every type: nothing is known.
    pub const ANY: Types = Types(63);

    /// The types of that one; of [`Type::Any`] all.
    #[must_use]
    pub fn of(ty: Type) -> Self {
        ALL.iter().find(|(known, _)| *known == ty).map_or(Self::ANY, |(_, bit)| Self(*bit))
    }

    /// Those of either.
    #[must_use]
    pub fn or(self, other: Types) -> Self {
        Self(self.0 | other.0)
    }

    /// Those of both.
    #[must_use]
    pub fn and(self, other: Types) -> Self {
        Self(self.0 & other.0)
    }

    /// Without that one.
    #[must_use]
    pub fn without(self, ty: Type) -> Self {
        Self(self.0 & !Self::of(ty).0)
    }

    /// Whether that type is one of them; [`Type::Any`] is where all are.
    #[must_use]
    pub fn has(self, ty: Type) -> bool {
        self.and(Self::of(ty)) == Self::of(ty)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }

    /// The one type, where there is no other.
    #[must_use]
    pub fn only(self) -> Option<Type> {
        ALL.iter().find(|(_, bit)| *bit == self.0).map(|(ty, _)| *ty)
    }

    /// The types, one by one.
    pub fn iter(self) -> impl Iterator<Item = Type> {
        ALL.iter().filter(move |(_, bit)| self.0 & bit != 0).map(|(ty, _)| *ty)
    }

    /// Whether a value of these types may stand where `wanted` is asked for: one of them at least does,
    /// or nothing but null is known, which is as good as nothing.
    #[must_use]
    pub fn may_be(self, wanted: Types) -> bool {
        let real = self.without(Type::Null);
        real.is_empty() || !real.and(wanted).is_empty()
    }
}

impl fmt::Display for Types {
    /// In a sentence: `a string`, `an array or null`, `any value`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Types::ANY => return f.write_str(Type::Any.with_article()),
            Types::NONE => return f.write_str("never there"),
            _ => {}
        }
        let mut all = self.iter().peekable();
        let mut first = true;
        while let Some(ty) = all.next() {
            let joint = match (first, all.peek()) {
                (true, _) => "",
                (false, Some(_)) => ", ",
                (false, None) => " or ",
            };
            write!(f, "{joint}{}", ty.with_article())?;
            first = false;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_read_like_sentences() {
        let of = |types: &[Type]| types.iter().fold(Types::NONE, |all, ty| all.or(Types::of(*ty)));
        for (types, said) in [
            (&[Type::String][..], "a string"),
            (&[Type::Null, Type::Array], "an array or null"),
            (&[Type::Null, Type::Number, Type::String], "a string, a number or null"),
            (&[Type::Any], "any value"),
            (&[], "never there"),
        ] {
            assert_eq!(of(types).to_string(), said);
        }
    }

    #[test]
    fn null_is_as_good_as_nothing() {
        let (number, string) = (Types::of(Type::Number), Types::of(Type::String));
        assert!(!number.or(Types::of(Type::Null)).may_be(string));
        assert!(Types::of(Type::Null).may_be(string));
        assert!(number.or(string).may_be(string));
        assert_eq!(number.only(), Some(Type::Number));
        assert_eq!(number.or(string).only(), None);
    }
}
