//! The layout of rule files: cases to be looked at, and what holds for any tree.
//!
//! A case is `layout/NAME.enrich` and its layout `layout/NAME.out`. `UPDATE_GOLDEN=1` writes what it is now.

#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "tests read their cases from files")]

mod tree;

use std::path::Path;

use enrich_dsl::diagnostic::{Code, render};
use enrich_dsl::format::{format, print};
use enrich_dsl::source::Sources;
use enrich_dsl::syntax;
use enrich_dsl::syntax::tree::{File, Trivia};
use proptest::prelude::*;

fn layout(text: &str) -> String {
    layout_of("case.enrich", text)
}

fn layout_of(name: &str, text: &str) -> String {
    let mut sources = Sources::new();
    let file = sources.add(name, text);
    format(&sources, file).unwrap_or_else(|findings| {
        let said: Vec<_> = findings.iter().map(|finding| render::full(finding, &sources, false)).collect();
        panic!("{}\n{text}", said.join("\n"))
    })
}

/// What a tree says, without the places.
fn said(file: &File) -> String {
    tree::without_spans(&format!("{:#?}", file.items))
}

/// The tree of a text and its comments, if it can be read.
fn read(text: &str) -> Option<(String, Vec<String>)> {
    let mut sources = Sources::new();
    let file = sources.add("any.enrich", text);
    let (parsed, findings) = syntax::parse(&sources, file);
    let comment = |piece: &Trivia| match piece {
        Trivia::Comment { span, .. } => Some(sources.text(*span).trim_end().to_owned()),
        Trivia::Blank { .. } => None,
    };
    let comments = parsed.trivia.iter().filter_map(comment).collect();
    findings.is_empty().then(|| (said(&parsed), comments))
}

#[test]
fn cases_are_laid_out_as_they_were() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/layout");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for entry in std::fs::read_dir(&folder).expect("the cases") {
        let case = entry.expect("a case").path();
        if case.extension().is_none_or(|found| found != "enrich") {
            continue;
        }
        seen += 1;
        let name = case.display().to_string();
        let found = layout_of(&name, &std::fs::read_to_string(&case).expect("the case"));
        assert_eq!(layout_of(&name, &found), found, "{} is laid out anew", case.display());
        let golden = case.with_extension("out");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&golden, &found).expect("the golden file");
        } else if std::fs::read_to_string(&golden).unwrap_or_default() != found {
            wrong.push(format!("=== {}\n{found}", golden.display()));
        }
    }
    assert!(seen >= 5 && wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn line_ends_stay_as_the_first_one_is() {
    let text = "rule r {\r\n# c\r\n\r\nstream \"s\"\r\n}";
    assert_eq!(layout(text), "rule r {\r\n  # c\r\n\r\n  stream \"s\"\r\n}\r\n");
    assert_eq!(layout("\u{feff}rule r {\n# c\r\nstream \"s\"}"), "rule r {\n  # c\n  stream \"s\"\n}\n");
}

#[test]
fn what_can_not_be_read_is_not_laid_out() {
    for text in ["rule r { set .a == 1 }", "rule r {", "tables", "rule r { set .a = 'b' }", "rule r { x }"] {
        let mut sources = Sources::new();
        let file = sources.add("case.enrich", text);
        assert!(format(&sources, file).is_err(), "{text}");
    }
    assert_eq!(layout(" \n\n"), "");
    assert_eq!(layout("\n# only this"), "# only this\n");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_printed_tree_is_read_as_itself(items in tree::items()) {
        let file = File { items, ..File::default() };
        let text = print(&file);
        let mut sources = Sources::new();
        let id = sources.add("any.enrich", text.as_str());
        let (parsed, findings) = syntax::parse(&sources, id);
        // A tree may have more operators than a text.
        prop_assume!(findings.iter().all(|finding| finding.code != Code::TooDeep));
        let drawn: Vec<_> = findings.iter().map(|finding| render::full(finding, &sources, false)).collect();
        prop_assert!(drawn.is_empty(), "{}\n{text}", drawn.join("\n"));
        prop_assert_eq!(said(&parsed), said(&file), "{}", &text);
        prop_assert_eq!(layout(&text), &*text, "laid out anew");
        for line in text.lines() {
            prop_assert!(line.trim_end() == line, "a line ends in space: {line:?}");
        }
    }

    #[test]
    fn comments_stay_in_any_tree(
        items in tree::items(),
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 1..8),
    ) {
        let mut text = print(&File { items, ..File::default() });
        let Some((tree, _)) = read(&text).filter(|_| text.contains(' ')) else { return Ok(()) };
        for (number, (place, own_line)) in places.into_iter().enumerate() {
            let spaces: Vec<_> = text.match_indices(' ').map(|(at, _)| at).collect();
            let mut more = text.clone();
            let line = if own_line { "\n\n" } else { "" };
            more.insert_str(spaces[place.index(spaces.len())], &format!("{line} # {number}\n"));
            // Inside of a text it is no comment.
            if read(&more).is_some_and(|(read, _)| read == tree) {
                text = more;
            }
        }
        let laid_out = layout(&text);
        prop_assert_eq!(read(&laid_out), read(&text), "{}\n---\n{}", &text, &laid_out);
        prop_assert_eq!(layout(&laid_out), &*laid_out, "laid out anew: {}", &text);
    }
}
