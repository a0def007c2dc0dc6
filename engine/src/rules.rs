//! Rule files to checked rules: the language's checks, and those that need a schema or a function.

mod loader;
mod session;

use std::fmt;
use std::sync::Arc;

use enrich_dsl::diagnostic::{Code, Diagnostic, render};
use enrich_dsl::functions::Type;
use enrich_dsl::model::{self, Expr, Literal, RuleSet, Variable, VariableUse};
use enrich_dsl::source::Sources;
use enrich_dsl::syntax::Parsed;
use enrich_dsl::types::{self, Shape, Types};
use sha2::{Digest as _, Sha256};

use crate::functions::Registry;
use crate::schema::Schema;
use loader::load;

pub use session::CheckSession;

/// Reads a file that a rule names: the path of the rule's file with the named one in its place.
/// The error says in a few words why it can't be read.
pub type ReadFile<'a> = dyn Fn(&str) -> Result<Vec<u8>, String> + 'a;

/// A rule set without errors, with its schemas compiled: what [`crate::Engine`] runs.
#[derive(Clone, Debug)]
pub struct Rules {
    pub(crate) set: RuleSet,
    /// The schema of each rule, in the order of the rules.
    pub(crate) schemas: Vec<Option<Arc<Schema>>>,
    pub(crate) registry: Registry,
    hash: String,
}

/// The outcome of [`Rules::check`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Checked {
    /// The rules, unless there is an error.
    pub rules: Option<Rules>,
    /// All that is wrong, sorted by place.
    pub findings: Vec<Diagnostic>,
    /// How many tables and rules were read.
    pub counts: (usize, usize),
}

impl Rules {
    /// Checks the files of a rule set together. Schemas are read through `read`, and refused where
    /// they are broken.
    ///
    /// `check` on the command line is this function with a renderer.
    #[must_use]
    pub fn check(sources: &Sources, registry: &Registry, read: &ReadFile<'_>) -> Checked {
        Self::check_with(sources, registry, read, &[])
    }

    /// As [`Rules::check`], where the callers of some streams take nothing back, such as an event source
    /// mapping: a rule that takes one of `needs_output` (names of streams, `*` for any characters) must have
    /// an output.
    #[must_use]
    pub fn check_with(
        sources: &Sources,
        registry: &Registry,
        read: &ReadFile<'_>,
        needs_output: &[String],
    ) -> Checked {
        let files: Vec<_> = sources.iter().map(|(file, _)| Arc::new(Parsed::new(sources, file))).collect();
        let mut session = CheckSession::new(registry.clone());
        session.check(sources, &files, read, needs_output)
    }

    /// Rules from one text, with the standard functions and no schemas.
    ///
    /// # Errors
    /// The findings, drawn for people.
    pub fn from_text(text: &str) -> Result<Self, BrokenRules> {
        let mut sources = Sources::new();
        sources.add("rules.enrich", text);
        Self::from_sources(&sources, &Registry::standard(), &|_| Err("there are no files here".to_owned()))
    }

    /// Rules from files, with these functions.
    ///
    /// # Errors
    /// The findings, drawn for people.
    pub fn from_sources(
        sources: &Sources,
        registry: &Registry,
        read: &ReadFile<'_>,
    ) -> Result<Self, BrokenRules> {
        let Checked { rules, findings, .. } = Self::check(sources, registry, read);
        rules.ok_or_else(|| {
            let drawn: Vec<String> =
                findings.iter().map(|finding| render::full(finding, sources, false)).collect();
            BrokenRules(drawn.join("\n\n"))
        })
    }

    /// Rules from a model that another front end has built, with these functions. Schemas are read
    /// by the paths that the model names.
    ///
    /// # Errors
    /// Where a schema can't be read or compiled. What the model refers to and does not hold is found
    /// when an engine is built.
    pub fn from_model(set: RuleSet, registry: &Registry, read: &ReadFile<'_>) -> Result<Self, BrokenRules> {
        let mut hash = Sha256::new();
        update(&mut hash, "model", format!("{set:?}").as_bytes());
        let mut schemas = Vec::new();
        for rule in &set.rules {
            let loaded = rule.schema.as_ref().map(|schema| load(&schema.path, read));
            let loaded = loaded.transpose().map_err(|problem| BrokenRules(problem.message))?;
            if let (Some(schema), Some(loaded)) = (&rule.schema, &loaded) {
                update(&mut hash, &schema.path, &loaded.text);
            }
            schemas.push(loaded.map(|loaded| loaded.schema));
        }
        Ok(Self { set, schemas, registry: registry.clone(), hash: crate::hex(&hash.finalize()) })
    }

    /// The JSON Schema of the enriched events of a rule, by its place in [`RuleSet::rules`]: the text of a
    /// JSON document. Every event that the rule enriches fits it. `None` where there is no such rule.
    ///
    /// It is of the draft of the rule's own schema. What the rule leaves alone keeps its words; of what
    /// it writes types and presence are told, as far as they can be known before an event comes.
    #[must_use]
    pub fn enriched_schema(&self, rule: usize) -> Option<String> {
        let schema = self.schemas.get(rule)?.as_ref();
        let rule = self.set.rules.get(rule)?;
        let arrived = match schema {
            Some(schema) => schema.shape().narrowed(Types::of(Type::Object)),
            None => Shape::object([], true),
        };
        let shape = types::enriched(rule, &self.set.tables, arrived, &self.registry.signatures());
        let value = crate::schema::enriched(rule, &shape, schema.map(|schema| schema.value()));
        serde_json::to_string_pretty(&value).ok()
    }

    /// The checked rules as plain data.
    #[must_use]
    pub fn set(&self) -> &RuleSet {
        &self.set
    }

    /// The variables that the rules use, each once, with what for.
    #[must_use]
    pub fn variables(&self) -> Vec<(&Variable, VariableUse)> {
        self.set.variables()
    }

    /// What tells this rule set from every other: the SHA-256 of its files and schemas, in hexadecimal
    /// digits.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

/// Why rules can't be run: their findings, drawn for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenRules(String);

impl fmt::Display for BrokenRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BrokenRules {}

/// How long the folder is that all names begin with: a rule set is the same wherever it lies.
fn common_folder(sources: &Sources) -> usize {
    let mut folders =
        sources.iter().map(|(_, file)| file.name().rsplit_once('/').map_or("", |(folder, _)| folder));
    let mut common: Vec<&str> = folders.next().unwrap_or_default().split('/').collect();
    for folder in folders {
        let same = common.iter().zip(folder.split('/')).take_while(|(a, b)| *a == b).count();
        common.truncate(same);
    }
    match common.join("/").as_str() {
        "" => 0,
        folder => folder.len() + 1,
    }
}

/// Lengths go in too, so that no two sets of files give the same bytes.
fn update(hash: &mut Sha256, name: &str, content: &[u8]) {
    for part in [name.as_bytes(), content] {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
}

/// Asks each function about its arguments that stand in the rule as plain text.
fn verify_calls(rule: &model::Rule, registry: &Registry, findings: &mut Vec<Diagnostic>) {
    let mut verify = |expr: &Expr| {
        expr.walk(&mut |inner| {
            let Expr::Call { function, arguments, span } = inner else { return };
            let Some(verify) = registry.get(function).and_then(|function| function.verify) else { return };
            let texts: Vec<Option<&str>> = arguments.iter().map(plain_text).collect();
            if let Some(problem) = verify(&texts) {
                findings.push(Diagnostic::new(Code::TimeFormat, *span, problem));
            }
        });
    };
    rule.walk(&mut |expr| verify(expr));
}

fn plain_text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(Literal::String(text)) => Some(text),
        _ => None,
    }
}
