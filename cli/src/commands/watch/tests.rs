//! Watching, without waiting: what happens to the files happens in the pauses.

use std::cell::RefCell;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::rc::Rc;

use clap::Parser;
use enrich_lambda::rule_files::find_rules;

use super::*;
use crate::args::CheckArgs;
use crate::commands::check::once;

const RULE: &str = "rule r { stream \"s\" schema \"s.json\" set .a = 1 }";

/// Standard output and standard error in one, as a terminal shows them.
#[derive(Clone, Default)]
struct Screen(Rc<RefCell<Vec<u8>>>);

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).expect("a file");
}

type Step<'a> = &'a dyn Fn(&Path);

/// Watches a folder with one rule file and its schema, does one step after each run that finds nothing to
/// do, and then ends. Gives the exit and what is shown.
fn watched(terminal: bool, steps: &[Step<'_>]) -> (Result<Exit, CommandError>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    fs::create_dir(folder.join("rules")).expect("a folder");
    write(folder, "rules/a.enrich", RULE);
    write(folder, "rules/s.json", "{}");
    let rules = folder.join("rules").display().to_string();
    let args = CheckArgs::try_parse_from(["check", "--format", "concise", &rules]).expect("arguments");
    let screen = Screen::default();
    let mut shell = Shell {
        stdin: Box::new(io::empty()),
        stdout: &mut screen.clone(),
        stderr: &mut screen.clone(),
        stdout_is_terminal: terminal,
        stderr_is_terminal: terminal,
        no_color: true,
    };
    let mut steps = steps.iter();
    let mut pause = |length| {
        // Shorter pauses let files settle.
        if length >= Duration::from_millis(200) {
            let Some(step) = steps.next() else { return ControlFlow::Break(()) };
            step(folder);
        }
        ControlFlow::Continue(())
    };
    let mut check = |shell: &mut Shell<'_>, look: &mut Look| once(&args, &mut |path| look.add(path), shell);
    let result = watch(&args.paths, find_rules, &mut shell, &mut check, &mut pause);
    let shown = String::from_utf8(screen.0.borrow().clone()).expect("text");
    (result, shown.replace(&folder.display().to_string(), "~").replace(&rules, "~/rules"))
}

#[test]
fn every_change_is_checked() {
    let steps: [Step<'_>; 8] = [
        &|_| {},
        &|folder| {
            write(folder, "rules/a.enrich", "rule r { stream \"s\" schema \"s.json\" set .a = lowr(.b) }");
        },
        // As editors save.
        &|folder| {
            write(folder, "rules/.a.swp", RULE);
            fs::rename(folder.join("rules/.a.swp"), folder.join("rules/a.enrich")).expect("a file");
        },
        &|folder| write(folder, "rules/s.json", "{"),
        &|folder| fs::remove_file(folder.join("rules/s.json")).expect("a file"),
        &|folder| {
            write(folder, "rules/s.json", "{}");
            write(folder, "rules/b.enrich", "rule r { stream \"t\" set .a = 1 }");
        },
        &|folder| fs::remove_file(folder.join("rules/b.enrich")).expect("a file"),
        // What is no rule and no schema changes nothing.
        &|folder| write(folder, "rules/notes.txt", "x"),
    ];
    let (result, shown) = watched(false, &steps);
    assert!(matches!(result, Ok(Exit::Ok)), "{result:?}");
    assert_eq!(
        shown.lines().collect::<Vec<_>>(),
        [
            "watching ~/rules, until Ctrl-C",
            "checked again: ~/rules/a.enrich changed",
            "~/rules/a.enrich:1:46: error[unknown-function] there is no function `lowr`",
            "checked again: ~/rules/a.enrich changed",
            "checked again: ~/rules/s.json changed",
            "~/rules/a.enrich:1:28: error[broken-schema] `~/rules/s.json` is not a JSON Schema: it is not JSON: EOF while parsing an object at line 1 column 1",
            "checked again: ~/rules/s.json removed",
            "~/rules/a.enrich:1:28: error[missing-schema] the schema `~/rules/s.json` can't be read: No such file or directory (os error 2)",
            "checked again: ~/rules/b.enrich added, ~/rules/s.json added",
            "~/rules/b.enrich:1:6: error[duplicate-name] the name `r` is taken by another rule",
            "checked again: ~/rules/b.enrich removed",
        ]
    );
}

#[test]
fn what_cannot_be_read_is_told_and_waited_out() {
    let away: [Step<'_>; 1] =
        [&|folder| fs::rename(folder.join("rules"), folder.join("away")).expect("a folder")];
    let (result, shown) = watched(false, &away);
    assert!(matches!(result, Ok(Exit::Usage)), "{result:?}");
    assert_eq!(
        shown.lines().collect::<Vec<_>>(),
        [
            "watching ~/rules, until Ctrl-C",
            "checked again: ~/rules/a.enrich removed, ~/rules/s.json removed",
            "error: can't read ~/rules: No such file or directory (os error 2)",
        ]
    );
    let steps: [Step<'_>; 3] = [
        away[0],
        &|folder| {
            fs::rename(folder.join("away"), folder.join("rules")).expect("a folder");
            write(folder, "rules/s.json", "[");
        },
        &|folder| fs::write(folder.join("rules/a.enrich"), b"rule \xff").expect("a file"),
    ];
    let (result, shown) = watched(false, &steps);
    assert!(matches!(result, Ok(Exit::Usage)), "{result:?}");
    assert_eq!(
        shown.lines().collect::<Vec<_>>(),
        [
            "watching ~/rules, until Ctrl-C",
            "checked again: ~/rules/a.enrich removed, ~/rules/s.json removed",
            "error: can't read ~/rules: No such file or directory (os error 2)",
            "checked again: ~/rules/a.enrich added, ~/rules/s.json changed",
            "~/rules/a.enrich:1:28: error[broken-schema] `~/rules/s.json` is not a JSON Schema: it is not JSON: EOF while parsing a list at line 1 column 1",
            "checked again: ~/rules/a.enrich changed",
            "error: ~/rules/a.enrich:1: the file is not UTF-8: save it as UTF-8 text",
        ]
    );
}

#[test]
fn a_terminal_is_cleared_before_each_run() {
    let steps: [Step<'_>; 1] = [&|folder| write(folder, "rules/a.enrich", "rule r { }")];
    let (result, shown) = watched(true, &steps);
    assert!(matches!(result, Ok(Exit::Findings)), "{result:?}");
    let runs: Vec<_> = shown.split("\x1b[H\x1b[2J\x1b[3J").collect();
    assert_eq!(
        runs,
        [
            "",
            "watching ~/rules, until Ctrl-C\n",
            "checked again: ~/rules/a.enrich changed\n~/rules/a.enrich:1:6: error[missing-statement] `r` has no `stream`\n"
        ]
    );
}

#[test]
fn standard_input_is_not_watched() {
    let arguments = ["check", "--watch", "-"].map(std::ffi::OsString::from);
    let (exit, stdout, stderr) = crate::shell::in_memory("", |shell| crate::check(arguments, shell));
    assert_eq!((exit, stdout.as_str()), (Exit::Usage, ""));
    assert_eq!(stderr, "error: `--watch` needs files: rules from standard input (`-`) come only once\n");
}

#[test]
fn a_pause_without_ctrl_c_goes_on() {
    let mut ctrl_c = CtrlC::listen().expect("a process that can be interrupted");
    assert_eq!(ctrl_c.pause(Duration::from_millis(1)), ControlFlow::Continue(()));
}
