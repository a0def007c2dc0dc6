//! What can be told of rules before any event comes: what they may cost, and where fields come from.

mod cost;
pub use cost::{Bounds, Cost, HalfUnits, LookupCost, RuleCost};
