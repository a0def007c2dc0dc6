//! What `enrich test` says.

use std::io::{self, Write};

use enrich_dsl::diagnostic::{Diagnostic, render};
use enrich_dsl::source::{Position, SourceFile, Sources, Span};
use enrich_engine::testing::{Case, CaseResult, Clause, Difference};

use crate::args::TestArgs;
use crate::rules;
use crate::summary::count;

/// What a run comes to.
#[derive(Debug, Default)]
pub(super) struct Totals {
    pub(super) tests: usize,
    pub(super) failed: usize,
    /// Findings in files of tests: tests that could not be run.
    pub(super) broken: usize,
    pub(super) clauses: usize,
    pub(super) missed: usize,
}

impl Totals {
    pub(super) fn add(&mut self, result: &CaseResult) {
        self.tests += 1;
        self.failed += usize::from(!result.passed());
    }

    /// Whether that percentage of the clauses is reached.
    pub(super) fn reaches(&self, percent: u8) -> bool {
        (self.clauses - self.missed) * 100 >= self.clauses * usize::from(percent)
    }
}

/// Text in a colour, if colours are wanted.
fn painted(text: &str, code: u8, color: bool) -> String {
    if color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

const RED: u8 = 31;
const GREEN: u8 = 32;
const YELLOW: u8 = 33;

/// A test that failed, with each place at which the outcome is another one.
pub(super) fn case(
    case: &Case,
    result: &CaseResult,
    sources: &Sources,
    color: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    if result.passed() {
        return Ok(());
    }
    let at = place(case.span(), sources);
    writeln!(out, "{} {at} \"{}\"", painted("failed", RED, color), case.name())?;
    for Difference { path, expected, found, .. } in &result.differences {
        let indent = if path.is_empty() { "  " } else { "    " };
        if !path.is_empty() {
            writeln!(out, "  {path}")?;
        }
        let expected = expected.as_deref().unwrap_or("nothing here");
        let found = found.as_deref().unwrap_or("nothing here");
        writeln!(out, "{indent}expected {}", painted(expected, GREEN, color))?;
        writeln!(out, "{indent}got      {}", painted(found, RED, color))?;
    }
    writeln!(out)
}

/// What is wrong with the tests themselves. Gives how many findings there are.
pub(super) fn findings(
    findings: &[Diagnostic],
    sources: &Sources,
    color: bool,
    out: &mut dyn Write,
) -> io::Result<usize> {
    findings.iter().try_for_each(|finding| rules::draw(&render::full(finding, sources, color), out))?;
    Ok(findings.len())
}

/// The clauses that no test has reached, a line each.
pub(super) fn missed(
    missed: &[&Clause],
    sources: &Sources,
    color: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    for clause in missed {
        writeln!(out, "{} {} {clause}", painted("not reached", YELLOW, color), place(clause.span, sources))?;
    }
    if missed.is_empty() { Ok(()) } else { writeln!(out) }
}

/// The last line.
pub(super) fn totals(totals: &Totals, args: &TestArgs, out: &mut dyn Write) -> io::Result<()> {
    let Totals { tests, failed, broken, clauses, missed } = totals;
    let passed = tests - failed;
    write!(out, "{}: {passed} passed, {failed} failed", count(*tests as u64, "test"))?;
    if *broken > 0 {
        write!(out, ", {} in the tests themselves", count(*broken as u64, "mistake"))?;
    }
    // Of some of the tests coverage says nothing.
    if args.filter.is_none() && *clauses > 0 {
        let reached = clauses - missed;
        write!(
            out,
            "; {reached} of {} reached ({} %)",
            count(*clauses as u64, "clause"),
            reached * 100 / clauses
        )?;
        if let Some(percent) = args.coverage_threshold.filter(|percent| !totals.reaches(*percent)) {
            write!(out, ", {percent} % are asked for")?;
        } else if *missed > 0 && !args.coverage {
            write!(out, "; `--coverage` names the others")?;
        }
    }
    writeln!(out)
}

/// Where a place begins, as people count.
pub(super) fn position(span: Span, sources: &Sources) -> Position {
    let file = sources.get(span.file);
    file.map_or(Position { line: 1, column: 1 }, |file| file.position(span.start))
}

/// `FILE:LINE:COLUMN`.
fn place(span: Span, sources: &Sources) -> String {
    let name = sources.get(span.file).map(SourceFile::name).unwrap_or_default();
    let position = position(span, sources);
    format!("{name}:{}:{}", position.line, position.column)
}
