//! The functions that rules may call, by name.

use std::collections::HashMap;
use std::fmt;

use enrich_dsl::functions::Signature;

use super::{Function, standard};

/// The functions that a rule set may call.
#[derive(Clone, Debug)]
pub struct Registry {
    functions: HashMap<&'static str, Function>,
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
    /// The language's own functions.
    #[must_use]
    pub fn standard() -> Self {
        let all = standard();
        Self { functions: all.into_iter().map(|function| (function.signature.name, function)).collect() }
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
