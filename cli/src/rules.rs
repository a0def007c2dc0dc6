//! Rules from files, checked, and the variables that go into them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use enrich_dsl::diagnostic::render;
use enrich_dsl::source::Sources;
use enrich_dsl::suggest;
use enrich_engine::functions::Registry;
use enrich_engine::{Checked, Rules};

use crate::args::Variable;
use crate::commands::CommandError;
use crate::tables::LocalTable;
use enrich_lambda::rule_files::{self as files, FileError};

/// Reads rule files. What they hold is not looked at yet.
///
/// # Errors
/// Where they can't be read.
pub fn read(paths: &[PathBuf]) -> Result<Sources, FileError> {
    let mut sources = Sources::new();
    for file in files::read_rules(paths)? {
        sources.add(file.path.display().to_string(), file.text);
    }
    Ok(sources)
}

/// Checks rule files together, with the schemas that they name. The rules for the streams of
/// `needs_output` must have an output. `schema` is told where each schema is, before it is read,
/// whether there is such a file or not.
#[must_use]
pub fn check(sources: &Sources, needs_output: &[String], schema: &mut dyn FnMut(&Path)) -> Checked {
    let schema = RefCell::new(schema);
    let read = |path: &str| {
        (schema.borrow_mut())(Path::new(path));
        files::read_schema(Path::new(path)).map_err(|error| match error {
            FileError::Unreadable { source, .. } => source.to_string(),
            error => error.to_string(),
        })
    };
    Rules::check_with(sources, &Registry::standard(), &read, needs_output)
}

/// Reads and checks rules that are to be run. Errors in them are drawn on `stderr`.
///
/// # Errors
/// Where they can't be read, or have errors.
pub fn load(paths: &[PathBuf], color: bool, stderr: &mut dyn Write) -> Result<Rules, CommandError> {
    let sources = read(paths)?;
    sound(&sources, &mut |_| {}, color, stderr)
}

/// Checks rules that are to be run. Errors in them are drawn on `stderr`; `schema` is as with [`check`].
///
/// # Errors
/// Where they have errors.
pub(crate) fn sound(
    sources: &Sources,
    schema: &mut dyn FnMut(&Path),
    color: bool,
    stderr: &mut dyn Write,
) -> Result<Rules, CommandError> {
    let Checked { rules, findings, .. } = check(sources, &[], schema);
    rules.ok_or_else(|| {
        // The error below says it again, in short.
        let _ = findings.iter().try_for_each(|finding| draw(&render::full(finding, sources, color), stderr));
        CommandError::BrokenRules
    })
}

/// Draws one finding, and a line to set it off.
///
/// # Errors
/// Where it can't be written.
pub(crate) fn draw(finding: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{finding}\n")
}

/// The values that the command line gives to the rules' variables. Of several values the last counts.
#[derive(Clone, Debug, Default)]
pub struct Values(HashMap<String, String>);

impl Values {
    /// These values, for these rules.
    ///
    /// # Errors
    /// Where a variable is named that the rules do not use: it would go unnoticed.
    pub fn new(given: &[Variable], rules: &Rules) -> Result<Self, CommandError> {
        let used: Vec<_> =
            rules.variables().into_iter().map(|(variable, _)| variable.name.as_str()).collect();
        for Variable { name, .. } in given {
            if !used.contains(&name.as_str()) {
                return Err(CommandError::UnknownVariable {
                    name: name.clone(),
                    suggestion: suggest::nearest(name, used.iter().copied()).map(str::to_owned),
                });
            }
        }
        Ok(Self(given.iter().map(|Variable { name, value }| (name.clone(), value.clone())).collect()))
    }

    /// The value of a variable, if the command line gives one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }

    /// The values as a function that owns them.
    pub fn function(&self) -> impl Fn(&str) -> Option<String> + use<> {
        let values = self.clone();
        move |name| values.get(name)
    }
}

/// The tables of the rules, to be read from a folder.
#[must_use]
pub fn local_tables(rules: &Rules, values: &Values) -> Vec<LocalTable> {
    let tables = rules.set().tables.iter();
    tables
        .map(|table| {
            let source = table.source.location.fill(&values.function());
            let local = LocalTable::new(&table.name, table.key.clone()).declaring(table.attributes.clone());
            local.at_source(source.ok())
        })
        .collect()
}
