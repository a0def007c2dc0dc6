//! `check`: what is wrong with rules, and what they need.

use std::collections::HashMap;
use std::io::{self, Write};

use enrich_dsl::diagnostic::{Diagnostic, Severity, render};
use enrich_dsl::model::Variable;
use enrich_dsl::source::Sources;
use enrich_engine::lookup::MemorySource;
use enrich_engine::{Checked, Engine, Rules};

use super::CommandError;
use crate::args::{CheckArgs, Format};
use crate::rules::{self, Values};
use crate::summary::count;
use crate::{Exit, Shell};

pub(super) fn check(args: &CheckArgs, shell: &mut Shell<'_>) -> Result<Exit, CommandError> {
    let sources = rules::read(&args.paths)?;
    let checked = rules::check(&sources);
    let color = args.color.wanted(shell.stdout_is_terminal, shell.no_color);
    match args.format {
        Format::Json => shell.stdout.write_all(render::json(&checked.findings, &sources).as_bytes())?,
        Format::Full => {
            for finding in &checked.findings {
                rules::draw(&render::full(finding, &sources, color), shell.stdout)?;
            }
            total(&checked, &sources, shell.stdout)?;
        }
    }
    let Some(rules) = checked.rules else { return Ok(Exit::Findings) };
    let values = Values::new(&args.variables, &rules)?;
    build(&rules, &values)?;
    if args.format == Format::Full {
        needs(&rules, &values, shell.stdout)?;
    }
    Ok(Exit::Ok)
}

/// Whether the rules could be run, once every variable has a value.
fn build(rules: &Rules, values: &Values) -> Result<(), CommandError> {
    // A variable without a value stands for itself: what it will be is the deployment's business.
    let given = values.function();
    let defaults: HashMap<_, _> = rules
        .variables()
        .into_iter()
        .map(|(Variable { name, default }, _)| {
            (name.clone(), default.clone().unwrap_or_else(|| format!("${{{name}}}")))
        })
        .collect();
    let value = move |name: &str| given(name).or_else(|| defaults.get(name).cloned());
    Engine::builder(rules.clone())
        .source("dynamodb", MemorySource::new())
        .variables(value)
        .outputs()
        .build()?;
    Ok(())
}

/// One line: what was read, and how many findings there are.
fn total(checked: &Checked, sources: &Sources, out: &mut dyn Write) -> io::Result<()> {
    let findings = |severity: Severity| {
        let of_it = |finding: &&Diagnostic| finding.severity() == severity;
        checked.findings.iter().filter(of_it).count() as u64
    };
    let (tables, rules) = checked.counts;
    writeln!(
        out,
        "{}, {}, {}: {}, {}",
        count(sources.iter().count() as u64, "file"),
        count(tables as u64, "table"),
        count(rules as u64, "rule"),
        count(findings(Severity::Error), "error"),
        count(findings(Severity::Warning), "warning"),
    )
}

/// The variables that the rules use: what a deployment has to give.
fn needs(rules: &Rules, values: &Values, out: &mut dyn Write) -> io::Result<()> {
    for (variable, _) in rules.variables() {
        let name = &variable.name;
        match (values.get(name), &variable.default) {
            (Some(value), _) => writeln!(out, "variable {name}: `{value}`, given here")?,
            (None, Some(value)) => writeln!(out, "variable {name}: `{value}` unless it is set")?,
            (None, None) => writeln!(out, "variable {name}: must be set")?,
        }
    }
    Ok(())
}
