//! The rule language.
pub mod model;
