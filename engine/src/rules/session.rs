//! Checking one rule set again and again.

use std::fmt;
use std::sync::Arc;

use enrich_dsl::check::{self, Environment, Memo, Place, Schemas};
use enrich_dsl::diagnostic::{self, Severity};
use enrich_dsl::source::{FileId, Sources, Span};
use enrich_dsl::syntax::Parsed;
use sha2::{Digest as _, Sha256};

use super::loader::{Kept, Loader};
use super::{Checked, ReadFile, Rules, common_folder, update, verify_calls};
use crate::functions::Registry;

/// Checks one rule set again and again, as an editor does: only what has changed is judged anew. The
/// outcome is that of [`Rules::check`].
#[derive(Default)]
pub struct CheckSession {
    registry: Registry,
    schemas: Kept,
    memo: Memo,
}

impl fmt::Debug for CheckSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CheckSession")
    }
}

impl CheckSession {
    /// Nothing checked yet, with these functions.
    #[must_use]
    pub fn new(registry: Registry) -> Self {
        Self { registry, ..Self::default() }
    }

    /// Checks all files of `sources`; `files` are those, parsed, in their order. One that is the same `Arc` as
    /// the time before has not changed. A schema is read once, until it is [forgotten](Self::forget_schema).
    /// For `needs_output` see [`Rules::check_with`].
    #[must_use]
    pub fn check(
        &mut self,
        sources: &Sources,
        files: &[Arc<Parsed>],
        read: &ReadFile<'_>,
        needs_output: &[String],
    ) -> Checked {
        let Self { registry, schemas: kept, memo } = self;
        let loader = Loader { sources, read, kept };
        let shape = |file: FileId, path: &str| Some(loader.load(file, path).ok()?.shape.as_ref().clone());
        let mut environment = environment(registry);
        environment.schemas = Some(Schemas(&shape));
        environment.needs_output = needs_output.to_vec();
        let checked = check::check_parsed(sources, files, &environment, memo);
        let mut findings = checked.findings;
        let mut hash = Sha256::new();
        let folder = common_folder(sources);
        for (_, file) in sources.iter() {
            let name = file.name().get(folder..).unwrap_or_default();
            update(&mut hash, name, file.text().as_bytes());
        }
        let mut schemas = Vec::new();
        for (rule, file) in checked.rules.rules.iter().zip(&checked.files) {
            verify_calls(rule, registry, &mut findings);
            let Some(named) = &rule.schema else {
                schemas.push(None);
                continue;
            };
            match loader.load(*file, &named.path) {
                Ok(loaded) => {
                    update(&mut hash, &named.path, &loaded.text);
                    schemas.push(Some(Arc::clone(&loaded.schema)));
                }
                Err(problem) => findings.push(problem.finding(named.span)),
            }
        }
        diagnostic::sort(&mut findings);
        let ok = findings.iter().all(|finding| finding.severity() != Severity::Error);
        let counts = (checked.rules.tables.len(), checked.rules.rules.len());
        let hash = crate::hex(&hash.finalize());
        let rules = ok.then(|| Rules { set: checked.rules, schemas, registry: registry.clone(), hash });
        Checked { rules, findings, counts }
    }

    /// What is known where `at` begins: see [`check::known_at`]. The files are as for [`Self::check`].
    #[must_use]
    pub fn known_at(
        &self,
        sources: &Sources,
        files: &[Arc<Parsed>],
        read: &ReadFile<'_>,
        at: Span,
    ) -> Option<Place> {
        let loader = Loader { sources, read, kept: &self.schemas };
        let shape = |file: FileId, path: &str| Some(loader.load(file, path).ok()?.shape.as_ref().clone());
        let mut environment = environment(&self.registry);
        environment.schemas = Some(Schemas(&shape));
        check::known_at(sources, files, &environment, at)
    }

    /// The functions that rules may call.
    #[must_use]
    pub fn functions(&self) -> &Registry {
        &self.registry
    }

    /// The schema at that path has changed: the next check reads it again. The path is as it was read.
    pub fn forget_schema(&mut self, path: &str) {
        self.schemas.get_mut().remove(path);
    }

    /// The paths of the schemas that were asked for, whether they could be read or not.
    #[must_use]
    pub fn schemas(&self) -> Vec<String> {
        self.schemas.borrow().keys().cloned().collect()
    }
}

/// What all rules may refer to.
fn environment(registry: &Registry) -> Environment<'_> {
    Environment::new(registry.signatures(), registry.sources().to_vec())
}
