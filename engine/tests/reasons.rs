//! Every code that an event is rejected or failed with is declared, and in the table of `docs/language.md`.
//! `UPDATE_GOLDEN=1` writes the table.

#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "the page and the sources are files")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use enrich_engine::ReasonCode;
use enrich_engine::lookup::ErrorCode;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn table(rows: impl Iterator<Item = [&'static str; 3]>) -> String {
    let rows: String =
        rows.map(|[code, becomes, summary]| format!("| `{code}` | {becomes} | {summary} |\n")).collect();
    format!("| code | the event is | why |\n|---|---|---|\n{rows}")
}

#[test]
fn the_page_lists_every_code() {
    let path = root().join("docs/language.md");
    let page = fs::read_to_string(&path).expect("the page");
    let events = ReasonCode::ALL.iter().map(|code| [code.as_str(), code.becomes().as_str(), code.summary()]);
    let lookups = ErrorCode::ALL.iter().map(|code| [code.as_str(), code.becomes().as_str(), code.summary()]);
    let mut now = String::new();
    let mut rest = page.as_str();
    for table in [table(events), table(lookups)] {
        let (before, old) = rest.split_once("| code | the event is |").expect("a table");
        let (_, behind) = old.split_once("\n\n").expect("the table's end");
        now.push_str(&format!("{before}{table}\n"));
        rest = behind;
    }
    now.push_str(rest);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, now).expect("the page");
    } else {
        assert!(page == now, "{} is out of date: UPDATE_GOLDEN=1 writes its reasons", path.display());
    }
}

#[test]
fn a_code_means_one_thing() {
    let mut known = BTreeMap::new();
    let events = ReasonCode::ALL.iter().map(|code| (code.as_str(), code.becomes()));
    for (code, becomes) in events.chain(ErrorCode::ALL.iter().map(|code| (code.as_str(), code.becomes()))) {
        assert_eq!(*known.entry(code).or_insert(becomes), becomes, "{code}");
        assert!(
            code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'),
            "{code}"
        );
    }
}

/// Reasons are made of declared codes only: none is made of a text.
#[test]
fn no_code_is_made_up() {
    let (mut files, mut used) = (Vec::new(), BTreeSet::new());
    for area in ["engine/src", "lambda/src", "cli/src", "aws/src"] {
        sources(&root().join(area), &mut files);
    }
    for path in files {
        let text = fs::read_to_string(&path).expect("a source");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for call in ["Reason::new(", "CallError::new(", "stop("] {
            for rest in code.split(call).skip(1) {
                assert!(!rest.trim_start().starts_with('"'), "{}: {call}\"…\"", path.display());
            }
        }
        used.extend(code.split("ReasonCode::").skip(1).map(word));
    }
    for code in ReasonCode::ALL {
        assert!(used.contains(&format!("{code:?}")), "nothing ends with {code:?}");
    }
}

fn word(text: &str) -> String {
    text.chars().take_while(char::is_ascii_alphanumeric).collect()
}

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|ext| ext == "rs") && !path.ends_with("tests.rs") {
            files.push(path);
        }
    }
}
