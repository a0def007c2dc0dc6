//! S3: where enriched events go, and where rule files can come from.

mod rules;
mod store;

pub use rules::{RuleFiles, RuleLimits, RulesError, Wanted};
pub use store::S3Store;
