//! `enrich test`: the tests beside rules, and which clauses they reach.

mod junit;
mod tell;

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use enrich_dsl::diagnostic::Diagnostic;
use enrich_dsl::source::{FileId, SourceFile, Sources};
use enrich_dsl::testing;
use enrich_engine::Rules;
use enrich_engine::testing::{Case, CaseResult, Clause, Coverage, Suite};
use enrich_lambda::rule_files::{FileError, find_rules, find_tests, is_test_file, read_rule_file};

use super::CommandError;
use super::watch::{CtrlC, watch};
use crate::args::{Color, TestArgs};
use crate::rules;
use crate::watch::Look;
use crate::{Exit, Shell};
use tell::Totals;

pub(super) fn test(args: &TestArgs, shell: &mut Shell<'_>) -> Result<Exit, CommandError> {
    if !args.watch {
        return once(args, &mut |_| {}, shell);
    }
    let mut ctrl_c = CtrlC::listen()?;
    let mut again = |shell: &mut Shell<'_>, read: &mut Look| once(args, &mut |at| read.add(at), shell);
    watch(&folders(&args.paths), rules_and_tests, shell, &mut again, &mut |length| ctrl_c.pause(length))
}

fn rules_and_tests(paths: &[PathBuf]) -> Result<Vec<PathBuf>, FileError> {
    let mut files = find_rules(paths)?;
    files.extend(find_tests(paths)?);
    Ok(files)
}

/// One run. `schema` is told where each schema is, before it is read.
fn once(args: &TestArgs, schema: &mut dyn FnMut(&Path), shell: &mut Shell<'_>) -> Result<Exit, CommandError> {
    let color = Color::Auto.wanted(shell.stdout_is_terminal, shell.no_color);
    let mut sets = Vec::new();
    for folder in folders(&args.paths) {
        sets.push(read(&folder, &args.paths, schema, shell)?);
    }
    let (mut totals, mut ran, mut coverages) = (Totals::default(), Vec::new(), Vec::new());
    for set in &sets {
        let results = run(set, args.filter.as_deref());
        let mut coverage = Coverage::of(&set.rules);
        for (_, case, result, _) in &results {
            totals.add(result);
            coverage.add(&result.decisions);
            tell::case(case, result, &set.sources, color, shell.stdout)?;
        }
        totals.broken += tell::findings(&set.findings, &set.sources, color, shell.stdout)?;
        totals.clauses += coverage.clauses().len();
        totals.missed += coverage.missed().count();
        ran.push(results);
        coverages.push(coverage);
    }
    if totals.tests == 0 && totals.broken == 0 {
        return Err(CommandError::NoTests { paths: args.paths.clone(), filter: args.filter.clone() });
    }
    let falls_short = args.coverage_threshold.is_some_and(|percent| !totals.reaches(percent));
    if args.coverage || falls_short {
        for (set, coverage) in sets.iter().zip(&coverages) {
            let missed: Vec<&Clause> = coverage.missed().collect();
            tell::missed(&missed, &set.sources, color, shell.stdout)?;
        }
    }
    tell::totals(&totals, args, shell.stdout)?;
    if let Some(path) = &args.junit {
        let suites = sets.iter().zip(&ran);
        let text = junit::report(suites.flat_map(|(set, results)| set.by_file(results)));
        std::fs::write(path, text)
            .map_err(|source| CommandError::Unwritable { path: path.clone(), source })?;
    }
    Ok(if totals.failed + totals.broken > 0 || falls_short { Exit::Findings } else { Exit::Ok })
}

/// The rules of a folder with their tests.
struct Set {
    /// The rule files, and the files of tests behind them.
    sources: Sources,
    rules: Rules,
    /// The tests of each file.
    suites: Vec<(FileId, Suite)>,
    /// What is wrong with the files of tests.
    findings: Vec<Diagnostic>,
}

/// A test that was run, with the place of its file among those of its set.
type Ran<'s> = (usize, &'s Case, CaseResult, Duration);

impl Set {
    /// The results by file, with the file's name.
    fn by_file<'r>(&'r self, results: &'r [Ran<'r>]) -> impl Iterator<Item = junit::File<'r>> {
        self.suites.iter().enumerate().map(move |(at, (file, _))| junit::File {
            name: self.sources.get(*file).map(SourceFile::name).unwrap_or_default(),
            sources: &self.sources,
            cases: results
                .iter()
                .filter(|(suite, ..)| *suite == at)
                .map(|(_, case, result, time)| (*case, result, *time))
                .collect(),
        })
    }
}

/// The folders of rules: a file of tests stands for the folder that it is in.
fn folders(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for path in paths {
        let folder = folder(path);
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders
}

fn folder(path: &Path) -> PathBuf {
    let folder = if names_tests(path) { path.parent().unwrap_or(Path::new("")) } else { path };
    if folder == Path::new("") { PathBuf::from(".") } else { folder.to_owned() }
}

fn names_tests(path: &Path) -> bool {
    path.file_name().is_some_and(|name| is_test_file(&name.to_string_lossy()))
}

/// Reads the rules of a folder, and its tests, or those files of them that `paths` name.
fn read(
    set: &Path,
    paths: &[PathBuf],
    schema: &mut dyn FnMut(&Path),
    shell: &mut Shell<'_>,
) -> Result<Set, CommandError> {
    let mut sources = rules::read(&[set.to_owned()])?;
    let color = Color::Auto.wanted(shell.stderr_is_terminal, shell.no_color);
    let rules = rules::sound(&sources, schema, color, shell.stderr)?;
    let (mut findings, mut suites) = (Vec::new(), Vec::new());
    let files = match paths.iter().any(|path| path == set) {
        true => find_tests(&[set.to_owned()])?,
        false => paths.iter().filter(|path| folder(path) == set).cloned().collect(),
    };
    for path in files {
        suites.push(suite(path, &mut sources, &rules, &mut findings)?);
    }
    Ok(Set { sources, rules, suites, findings })
}

fn suite(
    path: PathBuf,
    sources: &mut Sources,
    rules: &Rules,
    findings: &mut Vec<Diagnostic>,
) -> Result<(FileId, Suite), CommandError> {
    let file = read_rule_file(path)?;
    let name = file.path.display().to_string();
    let home = home(&file.path, sources);
    let id = sources.add(name, file.text);
    let (suite, found) = Suite::read(sources, id, rules, home);
    findings.extend(found);
    Ok((id, suite))
}

/// The file of rules that a file of tests belongs to: `NAME.enrich` beside `NAME.test.enrich`.
fn home(tests: &Path, sources: &Sources) -> Option<FileId> {
    let name = testing::rules_of(&tests.file_name()?.to_string_lossy())?;
    let is_home = |file: &SourceFile| Path::new(file.name()).file_name().is_some_and(|it| *it == *name);
    sources.iter().find(|(_, file)| is_home(file)).map(|(id, _)| id)
}

/// Runs the tests whose names hold `filter`, on all cores. The results are in the order of the tests.
fn run<'s>(set: &'s Set, filter: Option<&str>) -> Vec<Ran<'s>> {
    let cases = set.suites.iter().enumerate();
    let cases: Vec<(usize, &Case)> = cases
        .flat_map(|(at, (_, suite))| suite.cases().iter().map(move |case| (at, case)))
        .filter(|(_, case)| filter.is_none_or(|filter| case.name().contains(filter)))
        .collect();
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(cases.len());
    let (next, results) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let work = || {
        while let at = next.fetch_add(1, Ordering::Relaxed)
            && let Some((suite, case)) = cases.get(at)
        {
            let begin = Instant::now();
            let result = case.run();
            let ran = (*suite, *case, result, begin.elapsed());
            results.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(at, ran);
        }
    };
    thread::scope(|scope| (0..threads).for_each(|_| _ = scope.spawn(work)));
    results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).into_values().collect()
}
