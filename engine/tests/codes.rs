//! Every code has its page in `docs/codes/`: the wrong rule of a page has the finding that it is about
//! and says what stands there, its mend is right. `UPDATE_GOLDEN=1` writes what is said now, and the
//! index.
//!
//! On a page, ` ```enrich-wrong ` is the wrong rule, ` ```text ` what is said about it, ` ```enrich `
//! the mend, and ` ```json NAME ` a file beside them, from there on.

#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "the pages are files")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use enrich_engine::dsl::diagnostic::{Code, render};
use enrich_engine::dsl::source::Sources;
use enrich_engine::functions::Registry;
use enrich_engine::{Checked, Rules};

/// What a page calls its rule.
const NAME: &str = "example.enrich";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/codes")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Codes whose cases are too large for a page, take two files, or take a table at its source: it says
/// them in words, and `limits.rs`, `files.rs` and `deployed.rs` run them.
fn in_words(code: Code) -> bool {
    let large = matches!(code, Code::TooLong | Code::TooMany | Code::OverlappingRules | Code::NoOutput);
    let table = matches!(code, Code::TableAbsent | Code::TableDiffers | Code::NotActive);
    let index = matches!(code, Code::IndexAbsent | Code::NotProjected);
    large || table || index
}

fn check(text: &str, files: &BTreeMap<String, String>) -> (Sources, Checked) {
    let mut sources = Sources::new();
    sources.add(NAME, text);
    let read = |path: &str| match files.get(path) {
        Some(text) => Ok(text.as_bytes().to_vec()),
        None => Err("No such file or directory (os error 2)".to_owned()),
    };
    let checked = Rules::check(&sources, &Registry::standard(), &read);
    (sources, checked)
}

fn said(sources: &Sources, checked: &Checked) -> String {
    let drawn: Vec<_> =
        checked.findings.iter().map(|finding| render::full(finding, sources, false) + "\n").collect();
    drawn.join("\n")
}

/// The page with what is said now, and how many wrong rules and mends it has.
fn rewritten(code: Code, page: &str) -> (String, usize, usize) {
    let (mut out, mut wrong, mut mends) = (String::new(), 0, 0);
    let mut files = BTreeMap::new();
    let mut now_said = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        let Some(language) = line.strip_prefix("```") else { continue };
        let block: String =
            lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect();
        match language.split_once(' ').unwrap_or((language, "")) {
            ("enrich-wrong", _) => {
                let (sources, checked) = check(&block, &files);
                let found: BTreeSet<_> = checked.findings.iter().map(|finding| finding.code).collect();
                assert!(found.contains(&code), "{}: the wrong rule has {found:?}", code.as_str());
                now_said = said(&sources, &checked);
                wrong += 1;
            }
            ("enrich", _) => {
                let (sources, checked) = check(&block, &files);
                assert_eq!(said(&sources, &checked), "", "{}: the mend is not right", code.as_str());
                mends += 1;
            }
            ("json", name) => drop(files.insert(name.to_owned(), block.clone())),
            _ => {}
        }
        out.push_str(if language == "text" { &now_said } else { &block });
        out.push_str("```\n");
    }
    (out, wrong, mends)
}

/// Compares with the file, or writes it.
fn golden(path: &Path, actual: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(path, actual).expect("a page");
    } else {
        assert_eq!(read(path), actual, "{} (UPDATE_GOLDEN=1 writes it)", path.display());
    }
}

#[test]
fn every_page_says_what_check_says() {
    for code in Code::ALL {
        let path = folder().join(code.as_str()).with_extension("md");
        let page = read(&path);
        let (now, wrong, mends) = rewritten(*code, &page);
        let texts = page.lines().filter(|line| *line == "```text").count();
        let expected = if in_words(*code) { (0, 0, 0) } else { (1, 1, 1) };
        assert_eq!((wrong, texts, mends), expected, "{}", path.display());
        assert!(page.lines().all(|line| line.trim_end() == line), "{}: space at a line end", path.display());
        golden(&path, &now);
    }
}

#[test]
fn every_page_belongs_to_a_code() {
    let entries = fs::read_dir(folder()).expect("the pages");
    let mut pages: BTreeSet<_> =
        entries.map(|entry| entry.expect("a page").file_name().to_string_lossy().into_owned()).collect();
    pages.remove("README.md");
    let codes: BTreeSet<_> = Code::ALL.iter().map(|code| format!("{}.md", code.as_str())).collect();
    assert_eq!(pages, codes);
}

#[test]
fn the_index_lists_every_code() {
    let mut index = "# What `check` says\n\n\
        Every finding has a code. Its page tells what it means, shows a rule that has it, and the mend. On the\n\
        command line, `check --explain CODE` prints it.\n\n\
        | code | | what it means |\n|---|---|---|\n"
        .to_owned();
    for code in Code::ALL {
        let (name, severity) = (code.as_str(), code.severity().as_str());
        index.push_str(&format!("| [{name}]({name}.md) | {severity} | {} |\n", code.summary()));
    }
    index.push_str(
        "\nWith an error the rules can't run. With a warning they run, but probably not as meant; `check\n\
         --deny-warnings` refuses them too. A comment silences one warning, on its own line or the line below it:\n\
         `# check: allow CODE because REASON`.\n",
    );
    golden(&folder().join("README.md"), &index);
}

#[test]
fn links_lead_somewhere() {
    for code in Code::ALL {
        for link in code.page().split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = read(&folder().join(path)).to_lowercase().replace(' ', "-");
            assert!(target.contains(&format!("#-{anchor}")), "{}: {link}", code.as_str());
        }
    }
}
