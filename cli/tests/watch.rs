//! `check --watch` as a process: a file is edited, and what it says comes out of its pipes.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a test reads and writes files, and a broken one fails"
)]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

/// Far more than it takes: only a broken watch runs into it.
const DEADLINE: Duration = Duration::from_secs(60);

/// A process that does not outlive its test.
struct Watch(Child);

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The lines of a pipe as they come.
fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines() {
            if sender.send(line.expect("text")).is_err() {
                return;
            }
        }
    });
    receiver
}

#[test]
fn an_edit_is_checked_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let rule = folder.path().join("a.enrich");
    fs::write(&rule, "rule r { stream \"s\" set .a = 1 }").expect("a file");
    let child = Command::new(env!("CARGO_BIN_EXE_check"))
        .args(["--watch", "--format", "concise", "a.enrich"])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut watch = Watch(child);
    let findings = lines(watch.0.stdout.take().expect("a pipe"));
    let headings = lines(watch.0.stderr.take().expect("a pipe"));
    let next = |lines: &Receiver<String>| lines.recv_timeout(DEADLINE).expect("a line");

    assert_eq!(next(&headings), "watching a.enrich, until Ctrl-C");
    fs::write(&rule, "rule r { stream \"s\" set .a = lowr(.b) }").expect("a file");
    assert_eq!(next(&headings), "checked again: a.enrich changed");
    assert_eq!(next(&findings), "a.enrich:1:30: error[unknown-function] there is no function `lowr`");

    end_by_ctrl_c(&mut watch.0);
}

/// The status is that of the last check: there is an error in it.
#[cfg(unix)]
fn end_by_ctrl_c(child: &mut Child) {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("a signal");
    assert!(sent.success());
    assert_eq!(child.wait().expect("an end").code(), Some(1));
}

#[cfg(not(unix))]
fn end_by_ctrl_c(_: &mut Child) {}
