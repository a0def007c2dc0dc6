//! What a `console` block shows is what its commands print.
//!
//! A page has a folder of its own, with a copy of `rules/` in it, and its commands are run there in the order
//! of the page. A block with a name behind its language (` ```enrich clicks.enrich `) is a file of that folder,
//! from there on. `…` stands for anything, so that what differs from run to run can be left out; a command
//! without output has to succeed. What can't be run here is ` ```console not-run `, and the line below says
//! why.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::pages::{Block, NOT_RUN, Page, pages, repository};

/// How the line below a block begins that is not run.
const REASON: &str = "*Not run by the tests: ";

#[test]
fn pages_show_what_is_printed() {
    let (mut wrong, mut run) = (Vec::new(), 0);
    for page in pages() {
        let blocks = page.blocks();
        if !blocks.iter().any(|block| block.language == "console") {
            continue;
        }
        let mut shown_now = page.text.clone();
        let folder = tempfile::tempdir().expect("a folder");
        copy(&repository().join("rules"), &folder.path().join("rules"));
        for block in &blocks {
            if block.language != "console" {
                write_file(folder.path(), block);
            } else if block.rest == NOT_RUN {
                assert!(
                    block.behind.starts_with(REASON),
                    "{}: the line below says why: `{REASON}…`",
                    block.place
                );
            } else {
                let now = rerun(folder.path(), block, &mut wrong);
                run += block.text.lines().filter(|line| line.starts_with("$ ")).count();
                shown_now = shown_now.replacen(&block.text, &now, 1);
            }
        }
        update(&page, &shown_now, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}\n(UPDATE_GOLDEN=1 writes what is printed)", wrong.join("\n"));
    assert!(run > 20, "only {run} commands were run");
}

/// Writes the page as it should be, if that is asked for.
fn update(page: &Page, shown_now: &str, wrong: &mut Vec<String>) {
    if shown_now != page.text && std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(page.file(), shown_now).expect("a page");
        wrong.clear();
    }
}

/// Puts a block that has a name into the folder. What it includes is taken from the repository.
fn write_file(folder: &Path, block: &Block) {
    let name = block.rest.trim();
    if name.is_empty() || name == NOT_RUN {
        return;
    }
    assert!(block.included().is_none(), "{}: what is included is in `rules` already", block.place);
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, &block.text).expect("a file");
}

/// Runs the commands of a block, and gives the block as it should be.
fn rerun(folder: &Path, block: &Block, wrong: &mut Vec<String>) -> String {
    let mut now = String::new();
    for step in steps(&block.text) {
        let (printed, succeeded) = run(folder, &step.command);
        now.push_str(&step.shown);
        if step.output.is_empty() {
            if !succeeded {
                wrong.push(format!("{}: {}\nfails: {printed}", block.place, step.command));
            }
        } else if matches(&step.output, &printed) {
            now.push_str(&step.output);
        } else {
            wrong.push(format!(
                "{}: {}\n--- shown\n{}--- printed\n{printed}",
                block.place, step.command, step.output
            ));
            now.push_str(&printed);
        }
    }
    now
}

/// A command, as it is shown and as it is run, and the output that is shown.
struct Step {
    shown: String,
    command: String,
    output: String,
}

fn steps(block: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut goes_on = false;
    for line in block.lines() {
        let begins = line.strip_prefix("$ ");
        match (begins, steps.last_mut()) {
            (None, None) => panic!("a console block begins with `$ `: {line}"),
            (None, Some(step)) if goes_on => {
                step.shown.push_str(&format!("{line}\n"));
                step.command.push_str(&format!("\n{line}"));
            }
            (None, Some(step)) => step.output.push_str(&format!("{line}\n")),
            (Some(command), _) => steps.push(Step {
                shown: format!("{line}\n"),
                command: command.to_owned(),
                output: String::new(),
            }),
        }
        goes_on = (goes_on || begins.is_some()) && line.ends_with('\\');
    }
    steps
}

/// Runs a command as a shell would, with our commands and the system's. What it prints, errors included, and
/// whether it succeeds.
fn run(folder: &Path, command: &str) -> (String, bool) {
    let ours = Path::new(env!("CARGO_BIN_EXE_enrich")).parent().expect("the folder of the binaries");
    let command = command
        .replace("cargo run --bin enrich -- ", "enrich ")
        .replace("cargo run --bin check -- ", "check ");
    let done = Command::new("sh")
        .args(["-c", &format!("exec 2>&1\n{command}")])
        .current_dir(folder)
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", ours.display()))
        .output()
        .expect("a shell");
    (String::from_utf8(done.stdout).expect("text"), done.status.success())
}

/// Whether a text is what is shown, where `…` stands for anything.
fn matches(shown: &str, text: &str) -> bool {
    let mut parts = shown.split('…');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        // A line that is `…` alone may stand for no line at all.
        let part = if part == "\n" { "" } else { part };
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.split_once(part) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.is_empty()
}

#[test]
fn anything_stands_for_anything() {
    assert!(matches("a\n", "a\n"));
    assert!(!matches("a\n", "a\nb\n"));
    assert!(!matches("b\n", "a\nb\n"));
    assert!(matches("{\"a\": …}\nend\n", "{\"a\": 1}\nend\n"));
    assert!(!matches("{\"a\": …}\nend\n", "{\"a\": 1}\n"));
    assert!(matches("a\n…\nd\n", "a\nb\nc\nd\n"));
    assert!(matches("a\n…\n", "a\nb\nc\n"));
    assert!(!matches("a\n…\nd\n", "a\nb\nc\n"));
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("a copy");
        }
    }
}
