//! S3: where enriched events go, where rule files can come from, and files of any size.

mod files;
mod rules;
mod store;

pub use files::{Condition, Files, ListedFile, PutError, Reading, Upload};
pub use rules::{RuleFiles, RuleLimits, RulesError, Wanted};
pub use store::S3Store;
