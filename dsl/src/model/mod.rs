//! Checked rules as plain data: what the engine compiles, and what another front end can build.
//!
//! Names are resolved: a lookup is a place in [`Rule::lookups`], a table one in [`RuleSet::tables`].

mod expr;
mod place;
mod rule;
mod table;
mod text;
mod variable_use;

pub use expr::{Arithmetic, Comparison, ErrorField, Expr, Literal, Path, RecordField};
pub use place::{Queue, is_delivery_stream};
pub use rule::{
    Branch, Compression, Condition, Copied, Copy, Decode, DeliveryStream, Destination, DestinationKind,
    ForEach, IfAbsent, Lookup, Objects, OnInvalid, Output, PerObject, Rule, RuleSet, Schema, Step, StepKind,
};
pub use table::{Cache, Index, KeyType, Source, Table};
pub use text::{Template, TemplatePart, Text, TextPart, Variable, Variables};
pub use variable_use::VariableUse;
