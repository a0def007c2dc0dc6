//! The schemas that rules name, read and compiled.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use enrich_dsl::diagnostic::{Code, Diagnostic};
use enrich_dsl::source::{FileId, SourceFile, Sources, Span};
use enrich_dsl::types::Shape;

use super::ReadFile;
use crate::schema::Schema;

/// Reads schemas, each once: many rules may name the same.
pub(super) struct Loader<'a> {
    pub(super) sources: &'a Sources,
    pub(super) read: &'a ReadFile<'a>,
    pub(super) kept: &'a Kept,
}

/// What was read, by the path that it was read from.
pub(super) type Kept = RefCell<HashMap<String, Result<Loaded, Problem>>>;

/// A schema that is read and compiled.
#[derive(Clone, Debug)]
pub(super) struct Loaded {
    pub(super) text: Arc<[u8]>,
    pub(super) schema: Arc<Schema>,
    pub(super) shape: Arc<Shape>,
}

/// Why a schema can't be used.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    code: Code,
    pub(super) message: String,
    help: Option<&'static str>,
}

impl Problem {
    pub(super) fn finding(self, span: Span) -> Diagnostic {
        let finding = Diagnostic::new(self.code, span, self.message);
        match self.help {
            Some(help) => finding.help(help),
            None => finding,
        }
    }
}

impl Loader<'_> {
    /// The schema that a rule of that file names: its path begins at the folder of the file.
    pub(super) fn load(&self, file: FileId, path: &str) -> Result<Loaded, Problem> {
        let rule_file = self.sources.get(file).map(SourceFile::name).unwrap_or_default();
        let path = match rule_file.rsplit_once('/') {
            Some((folder, _)) => format!("{folder}/{path}"),
            None => path.to_owned(),
        };
        let known = self.kept.borrow().get(&path).cloned();
        known.unwrap_or_else(|| {
            let loaded = load(&path, self.read);
            self.kept.borrow_mut().insert(path, loaded.clone());
            loaded
        })
    }
}

/// Reads and compiles a schema that is at `path`.
pub(super) fn load(path: &str, read: &ReadFile<'_>) -> Result<Loaded, Problem> {
    let text = read(path).map_err(|reason| Problem {
        code: Code::MissingSchema,
        message: format!("the schema `{path}` can't be read: {reason}"),
        help: Some("a schema's path begins at the folder of its rule file"),
    })?;
    let schema = Schema::compile(&text).map_err(|reason| Problem {
        code: Code::BrokenSchema,
        message: format!("`{path}` is not a JSON Schema: {reason}"),
        help: None,
    })?;
    let shape = Arc::new(schema.shape());
    Ok(Loaded { text: text.into(), schema: Arc::new(schema), shape })
}
