//! What can be told of rules before any event comes: what they may cost, and where fields come from.

mod cost;
mod lineage;

pub use cost::{Bounds, Cost, HalfUnits, LookupCost, RuleCost};
pub use lineage::{
    Derived, FieldLineage, FieldPath, KeyLineage, LookupLineage, Origin, Outcome, RemovedField, RuleLineage,
    Segment, Statement, Write,
};
