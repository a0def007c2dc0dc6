//! The commands as a user sees them: arguments in; exit status, standard output, standard error and
//! the files that were made out. See `cases/README.md`.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    reason = "a test reads and writes files, and a broken one fails"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a command did. By name: `exit`, `stdout`, `stderr`, and `out/…` for each file it made.
type Outcome = BTreeMap<String, String>;

#[test]
fn every_case_is_as_it_was_blessed() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let bless = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut wrong = Vec::new();
    for case in folders(&cases) {
        let (expected, seen) = (blessed(&case), run(&case));
        if expected == seen {
            continue;
        }
        if bless {
            write(&case, &seen);
            continue;
        }
        for name in expected.keys().chain(seen.keys().filter(|name| !expected.contains_key(*name))) {
            let (expected, seen) = (expected.get(name), seen.get(name));
            if expected != seen {
                let show = |text: Option<&String>| text.cloned().unwrap_or_else(|| "(nothing)\n".to_owned());
                let name = case.join(name);
                wrong.push(format!(
                    "=== {}\n--- expected\n{}--- seen\n{}",
                    name.display(),
                    show(expected),
                    show(seen)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n(UPDATE_GOLDEN=1 blesses what is seen)", wrong.join("\n"));
}

/// Runs a case's command in a copy of its `in` folder.
fn run(case: &Path) -> Outcome {
    let arguments = fs::read_to_string(case.join("args")).expect("a case has `args`");
    let folder = tempfile::tempdir().expect("a folder");
    let given = files(&case.join("in"));
    for (name, text) in &given {
        put(&folder.path().join(name), text);
    }
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
    let repository = repository.display().to_string();
    let mut arguments = arguments.lines().map(|argument| argument.replace("{repository}", &repository));
    let binary = match arguments.next().as_deref() {
        Some("check") => env!("CARGO_BIN_EXE_check"),
        Some("enrich") => env!("CARGO_BIN_EXE_enrich"),
        other => panic!("{}: there is no binary {other:?}", case.display()),
    };
    let mut child = Command::new(binary)
        .args(arguments)
        .current_dir(folder.path())
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let stdin = fs::read(case.join("stdin")).unwrap_or_default();
    // A command that does not read its input may have ended already.
    let _ = child.stdin.take().expect("a pipe").write_all(&stdin);
    let output = child.wait_with_output().expect("the binary ends");
    let tell = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text").replace(&repository, "{repository}");
    let exit = output.status.code().map_or_else(|| output.status.to_string(), |code| code.to_string());
    let mut outcome = Outcome::from([("exit".to_owned(), format!("{exit}\n"))]);
    outcome.insert("stdout".to_owned(), tell(output.stdout));
    outcome.insert("stderr".to_owned(), tell(output.stderr));
    outcome.retain(|_, text| !text.is_empty());
    for (name, text) in files(folder.path()) {
        if given.get(&name) != Some(&text) {
            outcome.insert(format!("out/{name}"), text);
        }
    }
    outcome
}

/// What a case should do.
fn blessed(case: &Path) -> Outcome {
    let ours = |name: &str| matches!(name, "exit" | "stdout" | "stderr") || name.starts_with("out/");
    files(case).into_iter().filter(|(name, _)| ours(name)).collect()
}

fn write(case: &Path, outcome: &Outcome) {
    for name in blessed(case).keys() {
        fs::remove_file(case.join(name)).expect("what was blessed goes");
    }
    for (name, text) in outcome {
        put(&case.join(name), text);
    }
}

fn put(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the cases");
    let mut found: Vec<_> =
        entries.map(|entry| entry.expect("a case").path()).filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

/// All files in a folder and its folders, by their paths in it; none if there is no such folder.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("inside").display().to_string();
                found.insert(name, String::from_utf8_lossy(&fs::read(&path).expect("a file")).into_owned());
            }
        }
    }
    found
}
