//! Findings as text: one renderer a file.
//!
//! - [`full`]: for people, with the lines it is about.
//! - [`concise`]: for people and their editors, a line a finding.
//! - [`json`]: for programs, all that is known.
//! - [`sarif`]: for services that collect findings of many tools.
//! - [`github`]: for a workflow on GitHub, which shows findings at their lines.

mod concise;
#[cfg(test)]
mod example;
mod full;
mod github;
mod json;
mod sarif;

pub use concise::concise;
pub use full::full;
pub use github::github;
pub use json::json;
pub use sarif::sarif;

use super::Diagnostic;

/// The message, and behind it what to do: for a renderer that has one text for both.
fn message_and_help(diagnostic: &Diagnostic) -> String {
    match &diagnostic.help {
        Some(help) => format!("{}\nhelp: {help}", diagnostic.message),
        None => diagnostic.message.clone(),
    }
}
