//! `check`: what is wrong with rules, and what they need.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use enrich_dsl::diagnostic::{self, Diagnostic, Severity, render};
use enrich_dsl::model::Variable;
use enrich_dsl::source::Sources;
use enrich_engine::lookup::MemorySource;
use enrich_engine::{Checked, Engine, Rules};
use enrich_lambda::rule_files::{find_rules, read_rule_file_from};

use super::report::Report;
use super::watch::{CtrlC, watch};
use super::{CommandError, deployed};
use crate::args::{CheckArgs, Format, is_standard_input};
use crate::rules::{self, Values};
use crate::summary::count;
use crate::watch::Look;
use crate::{Exit, Shell};

/// What findings call standard input.
pub(super) const STDIN: &str = "<stdin>";

pub(super) fn check(args: &CheckArgs, shell: &mut Shell<'_>) -> Result<Exit, CommandError> {
    if let Some(code) = args.explain {
        shell.stdout.write_all(code.page().as_bytes())?;
        return Ok(Exit::Ok);
    }
    // An option that asks for too much is told before anything is read.
    let report = Report::wanted(args)?;
    if args.aws && !cfg!(feature = "aws") {
        return Err(CommandError::NoAws { binary: "check" });
    }
    if let Some(report) = report {
        let sources = read(&args.paths, &mut shell.stdin)?;
        let checked = rules::check(&sources, &args.needs_output, &mut |_| {});
        return reported(&report, args, &checked, &sources, shell);
    }
    if !args.watch {
        return once(args, &mut |_| {}, shell);
    }
    if args.paths.iter().any(|path| is_standard_input(path)) {
        return Err(CommandError::WatchedStdin);
    }
    let mut ctrl_c = CtrlC::listen()?;
    let mut again = |shell: &mut Shell<'_>, schemas: &mut Look| once(args, &mut |at| schemas.add(at), shell);
    watch(&args.paths, find_rules, shell, &mut again, &mut |length| ctrl_c.pause(length))
}

/// One run. `schema` is told where each schema is, before it is read.
pub(super) fn once(
    args: &CheckArgs,
    schema: &mut dyn FnMut(&Path),
    shell: &mut Shell<'_>,
) -> Result<Exit, CommandError> {
    let sources = read(&args.paths, &mut shell.stdin)?;
    let mut checked = rules::check(&sources, &args.needs_output, schema);
    let compared = match &checked.rules {
        Some(rules) if args.aws => Some(deployed::compare(rules, &Values::new(&args.variables, rules)?)?),
        _ => None,
    };
    if let Some(compared) = &compared {
        checked.findings.extend(compared.findings.iter().cloned());
        diagnostic::sort(&mut checked.findings);
    }
    let color = args.color.wanted(shell.stdout_is_terminal, shell.no_color);
    tell(args.format, &checked, &sources, color, shell.stdout)?;
    let exit = exit(&checked.findings, args.deny_warnings);
    let Some(rules) = checked.rules else { return Ok(exit) };
    let values = Values::new(&args.variables, &rules)?;
    build(&rules, &values)?;
    if args.format == Format::Full {
        needs(&rules, &values, shell.stdout)?;
    }
    if let Some(folder) = args.schema_out.as_ref().filter(|_| exit == Exit::Ok) {
        schemas(&rules, folder)?;
    }
    if let Some(compared) = compared {
        compared.whole()?;
        if args.format == Format::Full {
            writeln!(shell.stdout, "{} compared with DynamoDB", count(compared.tables, "table"))?;
        }
    }
    Ok(exit)
}

/// Prints a report of rules without errors. What is found goes to standard error: standard output is the
/// report's alone.
fn reported(
    report: &Report,
    args: &CheckArgs,
    checked: &Checked,
    sources: &Sources,
    shell: &mut Shell<'_>,
) -> Result<Exit, CommandError> {
    let color = args.color.wanted(shell.stderr_is_terminal, shell.no_color);
    let draw = |finding| rules::draw(&render::full(finding, sources, color), shell.stderr);
    // Standard error is for people: where none is left, the exit status still tells.
    let _ = checked.findings.iter().try_for_each(draw);
    let exit = exit(&checked.findings, args.deny_warnings);
    if let (Exit::Ok, Some(rules)) = (exit, &checked.rules) {
        let values = Values::new(&args.variables, rules)?;
        build(rules, &values)?;
        report.print(rules, &values, shell)?;
    }
    Ok(exit)
}

/// Reads rule files, and one from standard input where a path is `-`.
fn read(paths: &[PathBuf], stdin: &mut dyn Read) -> Result<Sources, CommandError> {
    let files: Vec<_> = paths.iter().filter(|path| !is_standard_input(path)).cloned().collect();
    let mut sources = if files.is_empty() { Sources::new() } else { rules::read(&files)? };
    if files.len() < paths.len() {
        let file = read_rule_file_from(stdin, STDIN)?;
        sources.add(STDIN, file.text);
    }
    Ok(sources)
}

fn tell(
    format: Format,
    checked: &Checked,
    sources: &Sources,
    color: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let findings = &checked.findings;
    match format {
        Format::Full => {
            findings.iter().try_for_each(|one| rules::draw(&render::full(one, sources, color), out))?;
            total(checked, sources, out)
        }
        Format::Concise => {
            findings.iter().try_for_each(|one| writeln!(out, "{}", render::concise(one, sources)))
        }
        Format::Github => {
            findings.iter().try_for_each(|one| writeln!(out, "{}", render::github(one, sources)))
        }
        Format::Json => out.write_all(render::json(findings, sources).as_bytes()),
        Format::Sarif => out.write_all(render::sarif(findings, sources).as_bytes()),
    }
}

/// What findings mean for the exit status.
fn exit(findings: &[Diagnostic], deny_warnings: bool) -> Exit {
    let refused = |finding: &Diagnostic| deny_warnings || finding.severity() == Severity::Error;
    if findings.iter().any(refused) { Exit::Findings } else { Exit::Ok }
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

/// Writes the schema of each rule's enriched events. A reader never sees half a file.
fn schemas(rules: &Rules, folder: &Path) -> Result<(), CommandError> {
    let fail = |path: &Path| {
        let path = path.to_owned();
        move |source| CommandError::Unwritable { path, source }
    };
    fs::create_dir_all(folder).map_err(fail(folder))?;
    for (place, rule) in rules.set().rules.iter().enumerate() {
        let Some(schema) = rules.enriched_schema(place) else { continue };
        let path = folder.join(format!("{}.schema.json", rule.name));
        let unfinished = folder.join(format!(".{}.unfinished-{}", rule.name, std::process::id()));
        fs::write(&unfinished, schema + "\n").map_err(fail(&path))?;
        fs::rename(&unfinished, &path).map_err(fail(&path))?;
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::in_memory;
    use enrich_dsl::diagnostic::Code;
    use enrich_dsl::source::Span;

    #[test]
    fn warnings_count_only_where_they_are_denied() {
        let finding = |code| Diagnostic::new(code, Span::default(), "");
        let (error, warning) = (finding(Code::Syntax), finding(Code::UnusedAllow));
        for (findings, plain, denied) in [
            (vec![], Exit::Ok, Exit::Ok),
            (vec![warning.clone()], Exit::Ok, Exit::Findings),
            (vec![error.clone()], Exit::Findings, Exit::Findings),
            (vec![warning, error], Exit::Findings, Exit::Findings),
        ] {
            assert_eq!((exit(&findings, false), exit(&findings, true)), (plain, denied), "{findings:?}");
        }
    }

    #[test]
    #[cfg(not(feature = "aws"))]
    fn a_build_without_aws_says_so() {
        for more in ["--color=auto", "--watch"] {
            let arguments = ["check", "--aws", more, "no-such-folder"].map(std::ffi::OsString::from);
            let (exit, stdout, stderr) = in_memory("", |shell| crate::check(arguments, shell));
            assert_eq!((exit, stdout.as_str()), (Exit::Usage, ""));
            assert_eq!(stderr, "error: this `check` was built without AWS: build it with `--features aws`\n");
        }
    }

    #[test]
    fn a_rule_file_from_standard_input_has_a_length() {
        let check = |text: &str| {
            let arguments = ["check", "-"].map(std::ffi::OsString::from);
            in_memory(text, |shell| crate::check(arguments, shell))
        };
        let rule = "rule r { stream \"s\" }\n";
        let fill = " ".repeat((1 << 20) - rule.len());
        assert_eq!(check(&format!("{rule}{fill}")).0, Exit::Ok);
        let (exit, stdout, stderr) = check(&format!("{rule}{fill} "));
        assert_eq!((exit, stdout.as_str()), (Exit::Usage, ""));
        assert_eq!(stderr, "error: <stdin> has more than 1048576 bytes: too long for a rule file\n");
    }
}
