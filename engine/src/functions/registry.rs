//! What rules may use besides the language itself: functions by name, and kinds of source.

use std::collections::HashMap;
use std::fmt;

use enrich_dsl::functions::Signature;

use super::{Function, standard};

/// What a rule set may use: the functions that it calls, and the kinds of source that its tables have.
#[derive(Clone, Debug)]
pub struct Registry {
    functions: HashMap<&'static str, Function>,
    sources: Vec<&'static str>,
}

/// A name that a registry has already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameTaken(pub &'static str);

impl fmt::Display for NameTaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is a function `{}` already", self.0)
    }
}

impl std::error::Error for NameTaken {}

impl Registry {
    /// The language's own functions, and tables in `dynamodb`.
    #[must_use]
    pub fn standard() -> Self {
        let all = standard();
        let functions = all.into_iter().map(|function| (function.signature.name, function)).collect();
        Self { functions, sources: vec!["dynamodb"] }
    }

    /// With one more function.
    ///
    /// # Errors
    /// Where the name is taken: a rule must mean the same wherever it runs.
    pub fn with(mut self, function: Function) -> Result<Self, NameTaken> {
        let name = function.signature.name;
        if self.functions.contains_key(name) {
            return Err(NameTaken(name));
        }
        self.functions.insert(name, function);
        Ok(self)
    }

    /// With one more kind of source, so that a table may say `source KIND "NAME"`. What answers for it is
    /// given to [`crate::Builder::source`]. A kind that is there already stays as it is.
    #[must_use]
    pub fn with_source(mut self, kind: &'static str) -> Self {
        if !self.sources.contains(&kind) {
            self.sources.push(kind);
        }
        self
    }

    /// The kinds of source that tables may have.
    #[must_use]
    pub fn sources(&self) -> &[&'static str] {
        &self.sources
    }

    /// The function of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Function> {
        self.functions.get(name)
    }

    /// How all functions look, by name.
    #[must_use]
    pub fn signatures(&self) -> Vec<Signature> {
        let mut signatures: Vec<_> = self.functions.values().map(|function| function.signature).collect();
        signatures.sort_by_key(|signature| signature.name);
        signatures
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::standard()
    }
}
