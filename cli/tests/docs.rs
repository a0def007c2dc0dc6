//! What `docs/check.md` shows of `check` is what it prints.
#![allow(clippy::disallowed_methods, clippy::expect_used, reason = "a test reads and writes files")]

use std::fs;
use std::path::Path;
use std::process::Command;

/// Runs each `$ check …` of the page on the page's rules, in a folder of its own.
#[test]
fn the_page_shows_what_is_printed() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/check.md");
    let page = fs::read_to_string(page).expect("the page");
    let folder = tempfile::tempdir().expect("a folder");
    let rules = blocks(&page, "enrich");
    fs::write(folder.path().join("clicks.enrich"), rules.first().expect("rules")).expect("a file");
    let shown = blocks(&page, "console");
    assert!(shown.len() >= 4, "only {} commands are on the page", shown.len());
    for block in shown {
        let (command, expected) = block.split_once('\n').expect("a command");
        let arguments = command.strip_prefix("$ check ").expect("a command of `check`").split(' ');
        let mut check = Command::new(env!("CARGO_BIN_EXE_check"));
        let done =
            check.args(arguments).current_dir(folder.path()).env_clear().output().expect("`check` starts");
        let printed = String::from_utf8(done.stdout).expect("text");
        assert!(done.status.success() && done.stderr.is_empty(), "{command}");
        // A command without its output is there to be run.
        if expected.is_empty() {
            assert!(printed.len() > 1_000, "{command} prints {printed}");
        } else {
            assert_eq!(printed, expected, "{command}");
        }
    }
}

/// The fenced blocks of a language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let opening = format!("```{language}\n");
    let mut blocks = Vec::new();
    let mut rest = page;
    while let Some((_, behind)) = rest.split_once(&opening) {
        let (block, behind) = behind.split_once("```\n").expect("a block ends");
        blocks.push(block.to_owned());
        rest = behind;
    }
    blocks
}
