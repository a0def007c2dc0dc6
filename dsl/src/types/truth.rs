//! Conditions that come out the same for every event.

use std::cmp::Ordering;

use super::{Known, Shape, Types};
use crate::functions::Type;
use crate::model::{Comparison, Expr, Literal};

impl Known<'_> {
    /// What a condition always is, whatever event of this shape comes; `None` where that depends.
    #[must_use]
    pub(crate) fn truth(&self, condition: &Expr) -> Option<bool> {
        match condition {
            Expr::Not(inner) => self.truth(inner).map(|inner| !inner),
            Expr::And(left, right) => match (self.truth(left), self.truth(right)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Expr::Or(left, right) => match (self.truth(left), self.truth(right)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Expr::Compare { comparison, left, right } => {
                let (left, right) = (self.shape(left), self.shape(right));
                match comparison {
                    Comparison::Equal => equal(&left, &right),
                    Comparison::NotEqual => equal(&left, &right).map(|equal| !equal),
                    _ => less_or_greater(&left, &right),
                }
            }
            other => boolean(&self.shape(other)),
        }
    }
}

fn boolean(shape: &Shape) -> Option<bool> {
    // Absent and null are false.
    if shape.types.without(Type::Null).is_empty() {
        return Some(false);
    }
    match shape.values.as_deref() {
        Some([Literal::Boolean(false)]) => Some(false),
        Some([Literal::Boolean(true)]) if shape.is_certain() => Some(true),
        _ => None,
    }
}

/// Whether two values are always or never equal. Absent equals nothing.
fn equal(left: &Shape, right: &Shape) -> Option<bool> {
    if left.types.and(right.types).is_empty() {
        return Some(false);
    }
    let (Some(one), Some(two)) = (&left.values, &right.values) else { return None };
    let known: Vec<Option<bool>> =
        one.iter().flat_map(|one| two.iter().map(move |two| same(one, two))).collect();
    if known.iter().all(|same| *same == Some(false)) {
        return Some(false);
    }
    let certain = !left.optional && !right.optional && known.as_slice() == [Some(true)];
    certain.then_some(true)
}

/// Only numbers and texts have an order, each among themselves.
fn less_or_greater(left: &Shape, right: &Shape) -> Option<bool> {
    let ordered = Types::of(Type::Number).or(Types::of(Type::String));
    left.types.and(right.types).and(ordered).is_empty().then_some(false)
}

/// Whether two literals are the same value; `None` where that takes arithmetic.
fn same(one: &Literal, two: &Literal) -> Option<bool> {
    match (one, two) {
        (Literal::Number(one), Literal::Number(two)) if one == two => Some(true),
        (Literal::Number(one), Literal::Number(two)) => {
            let whole = |text: &str| text.parse::<i64>().ok();
            Some(whole(one)?.cmp(&whole(two)?) == Ordering::Equal)
        }
        _ => Some(one == two),
    }
}
