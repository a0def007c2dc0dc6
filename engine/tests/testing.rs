//! Tests of rules: what can be said in one, what is told where its outcome is another one, and what is found in
//! a file of tests that is wrong. `UPDATE_GOLDEN=1` writes what is told now.

#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "the cases are files")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use enrich_engine::Rules;
use enrich_engine::dsl::diagnostic::render;
use enrich_engine::dsl::format::format;
use enrich_engine::dsl::source::{FileId, Sources};
use enrich_engine::dsl::testing::{self, tree};
use enrich_engine::functions::Registry;
use enrich_engine::testing::{Coverage, Suite};
use proptest::prelude::*;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/testing")
}

fn text(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn rules() -> (Sources, Rules) {
    let mut sources = Sources::new();
    sources.add("rules.enrich", text("rules.enrich"));
    let rules = Rules::from_sources(&sources, &Registry::standard(), &|_| Err("no files".to_owned()));
    (sources, rules.unwrap_or_else(|error| panic!("{error}")))
}

/// What is told of a file of tests: its findings, then each test with its differences, then what is not reached.
fn told(name: &str) -> String {
    let (mut sources, rules) = rules();
    let file = sources.add(name, text(name));
    let (suite, findings) = Suite::read(&sources, file, &rules, None);
    let mut told = String::new();
    for finding in &findings {
        writeln!(told, "{}\n", render::full(finding, &sources, false)).expect("text");
    }
    let mut coverage = Coverage::of(&rules);
    for case in suite.cases() {
        let result = case.run();
        writeln!(told, "{}: {}", case.name(), if result.passed() { "passed" } else { "failed" })
            .expect("text");
        for difference in &result.differences {
            writeln!(told, "  {difference}").expect("text");
        }
        coverage.add(&result.decisions);
    }
    for clause in coverage.missed() {
        writeln!(told, "not reached: {} {clause}", line(&sources, clause.span.file, clause.span.start))
            .expect("text");
    }
    told
}

fn line(sources: &Sources, file: FileId, offset: u32) -> usize {
    sources.get(file).expect("a file").position(offset).line
}

#[test]
fn what_is_told_is_as_it_was() {
    for name in ["right", "differs", "wrong"] {
        let found = told(&format!("{name}.test.enrich"));
        let golden = folder().join(format!("{name}.txt"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&golden, &found).expect("a golden file");
        }
        assert_eq!(fs::read_to_string(&golden).unwrap_or_default(), found, "{}", golden.display());
    }
}

/// The tests of a text, without their places, if it can be read.
fn read(text: &str) -> Option<String> {
    let mut sources = Sources::new();
    let file = sources.add("any.test.enrich", text);
    let (parsed, findings) = testing::parse(&sources, file);
    let comments = parsed
        .trivia
        .iter()
        .filter(|it| matches!(it, enrich_engine::dsl::syntax::tree::Trivia::Comment { .. }));
    findings.is_empty().then(|| format!("{} comments {}", comments.count(), without_spans(&parsed.tests)))
}

fn without_spans(tests: &[tree::Test]) -> String {
    let debug = format!("{tests:?}");
    let mut pieces = debug.split("Span {");
    let first = pieces.next().unwrap_or_default().to_owned();
    first + &pieces.filter_map(|piece| Some(piece.split_once('}')?.1)).collect::<String>()
}

fn layout(text: &str) -> Option<String> {
    let mut sources = Sources::new();
    let file = sources.add("any.test.enrich", text);
    format(&sources, file).ok()
}

#[test]
fn nesting_is_bounded() {
    for depth in [99, 101, 100_000] {
        let text =
            format!("test \"deep\" {{ event {}{} expect dropped }}", "[".repeat(depth), "]".repeat(depth));
        let mut sources = Sources::new();
        let file = sources.add("any.test.enrich", text);
        let (parsed, findings) = testing::parse(&sources, file);
        let codes: Vec<&str> = findings.iter().map(|finding| finding.code.as_str()).collect();
        let expected = if depth < 100 { (1, vec![]) } else { (0, vec!["too-deep"]) };
        assert_eq!((parsed.tests.len(), codes), expected, "{depth}");
    }
}

proptest! {
    /// However a text is cut up, reading it ends with tests or with findings. What can be read means the same laid
    /// out, keeps its comments, and is laid out for good.
    #[test]
    fn any_text_is_read_and_laid_out(
        which in 0..2_usize,
        cuts in proptest::collection::vec((0..2000_usize, 0..40_usize, "[ \\n\"{}\\[\\],:*#a1é-]{0,3}"), 0..4),
    ) {
        let mut text = text(["right.test.enrich", "wrong.test.enrich"][which]);
        for (at, length, with) in cuts {
            let from = text.floor_char_boundary(at.min(text.len()));
            let to = text.floor_char_boundary((from + length).min(text.len()));
            text.replace_range(from..to.max(from), &with);
        }
        let tree = read(&text);
        let laid = layout(&text);
        prop_assert_eq!(tree.is_some(), laid.is_some());
        if let (Some(tree), Some(laid)) = (tree, laid) {
            prop_assert_eq!(read(&laid), Some(tree), "{}", laid);
            prop_assert_eq!(layout(&laid), Some(laid));
        }
    }
}
