use std::fs;

use clap::Parser;
use enrich_engine::{Reason, Verdict};

use super::*;
use crate::args::{EnrichArgs, EnrichCommand};
use crate::shell::in_memory;

/// The engine of these tests: an event says itself what becomes of it.
fn verdict(record: &Record<'_>) -> Verdict {
    let rule = || std::sync::Arc::from("rule");
    let reason = |code: &'static str| Reason::new(code, "for a reason");
    match record.bytes() {
        b"drop" => Verdict::Dropped { rule: rule() },
        b"reject" => Verdict::Rejected { rule: None, reason: reason("not_json"), lookups: Vec::new() },
        b"fail" => Verdict::Failed { rule: None, reason: reason("throttled") },
        bytes => {
            let event = [record.origin.stream.as_bytes(), b"<", bytes, b">"].concat();
            Verdict::Enriched { rule: rule(), event: event.into(), placement: None }
        }
    }
}

struct Ran {
    result: Result<(String, u8), String>,
    stdout: String,
    stderr: String,
}

fn engine(batch: &[Record<'_>]) -> Outcome {
    let mut outcome = Outcome::default();
    outcome.verdicts = batch.iter().map(verdict).collect();
    outcome
}

/// Runs over these files, with the folder's own name as `DIR` in what is said.
fn ran(folder: &tempfile::TempDir, events: &[&str], options: impl FnOnce(&mut RunArgs)) -> Ran {
    let path = |name: &&str| if *name == "-" { "-".into() } else { folder.path().join(name) };
    let mut args = args(events.iter().map(path).collect());
    options(&mut args);
    let origins: Vec<_> = events.iter().map(|name| Origin::stream((*name).to_owned())).collect();
    let (result, stdout, stderr) =
        in_memory("x\nreject\n", |shell| run(&args, "hash", origins, &mut engine, shell));
    let tell = |text: String| text.replace(&folder.path().display().to_string(), "DIR");
    Ran {
        result: result
            .map(|(summary, exit)| (summary.to_string(), exit.code()))
            .map_err(|error| tell(error.to_string())),
        stdout: tell(stdout),
        stderr: tell(stderr),
    }
}

fn args(events: Vec<PathBuf>) -> RunArgs {
    let EnrichCommand::Run(args) = EnrichArgs::parse_from(["enrich", "run", "--rules", "none"]).command
    else {
        panic!("these are the arguments of a run");
    };
    RunArgs { events, ..args }
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    folder
}

#[test]
fn events_come_out_in_the_order_they_went_in() {
    let folder = folder(&[("a.ndjson", "1\ndrop\n\n2"), ("b.c.ndjson", "3\n")]);
    let ran = ran(&folder, &["b.c.ndjson", "a.ndjson"], |_| ());
    assert_eq!(ran.result, Ok(("4 events: 3 enriched, 1 dropped, 0 rejected, 0 failed\n".to_owned(), 0)));
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("b.c.ndjson<3>\na.ndjson<1>\na.ndjson<2>\n", ""));
}

#[test]
fn what_is_not_enriched_is_named_and_makes_the_exit_status() {
    let folder = folder(&[("a.ndjson", "fail\n\nreject\n1\n")]);
    let ran = ran(&folder, &["a.ndjson", "-"], |_| ());
    assert_eq!(ran.result, Ok(("5 events: 2 enriched, 0 dropped, 2 rejected, 1 failed\n".to_owned(), 1)));
    assert_eq!(ran.stdout, "a.ndjson<1>\n-<x>\n");
    assert_eq!(
        ran.stderr,
        "DIR/a.ndjson:1: failed: throttled: for a reason\n\
         DIR/a.ndjson:3: rejected: not_json: for a reason\n\
         line 2: rejected: not_json: for a reason\n"
    );
}

#[test]
fn only_the_first_are_named() {
    let folder = folder(&[("a.ndjson", &"reject\n".repeat(12))]);
    let ran = ran(&folder, &["a.ndjson"], |_| ());
    assert_eq!(ran.result, Ok(("12 events: 0 enriched, 0 dropped, 12 rejected, 0 failed\n".to_owned(), 1)));
    assert_eq!(ran.stderr.lines().count(), 11);
    assert!(ran.stderr.ends_with("… and 2 more\n"));
}

#[test]
fn rejects_that_are_kept_are_well() {
    let folder = folder(&[("a.ndjson", "reject\n1\n")]);
    let kept = folder.path().join("kept.ndjson");
    let ran = ran(&folder, &["a.ndjson"], |args| args.rejects = Some(kept.clone()));
    assert_eq!(ran.result, Ok(("2 events: 1 enriched, 0 dropped, 1 rejected, 0 failed\n".to_owned(), 0)));
    assert_eq!(ran.stderr, "");
    let kept = fs::read_to_string(kept).expect("the rejects");
    let rest = concat!(
        r#"a.ndjson","line":1,"version":1,"reason":{"code":"not_json","message":"for a reason"},"#,
        r#""record":{"stream":"a.ndjson"},"rule":null,"rules":"hash","lookups":[],"data":"cmVqZWN0"}"#,
        "\n"
    );
    assert!(kept.ends_with(rest), "{kept}");
}

#[test]
fn what_can_not_work_is_told_before_anything_is_done() {
    let folder = folder(&[("a.ndjson", "1\n")]);
    let error = |events: &[&str], rejects: Option<&str>| {
        let ran = ran(&folder, events, |args| args.rejects = rejects.map(|name| folder.path().join(name)));
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
        ran.result.expect_err("an error")
    };
    assert_eq!(error(&["a.ndjson", "b.ndjson"], None), "can't read events from DIR/b.ndjson");
    assert_eq!(error(&[""], None), "can't read events from DIR/");
    assert_eq!(
        error(&["a.ndjson"], Some("./a.ndjson")),
        "DIR/./a.ndjson holds the events: keep the rejects in another file"
    );
    assert!(error(&["a.ndjson"], Some("no/b")).starts_with("can't write rejects to DIR/no/b: "));
}

#[test]
fn a_verdict_that_is_lost_is_an_error() {
    let folder = folder(&[("a.ndjson", "1\n2\n")]);
    let args = args(vec![folder.path().join("a.ndjson")]);
    let (lost, _, _) = in_memory("", |shell| {
        run(&args, "hash", vec![Origin::stream("a")], &mut |_: &[Record<'_>]| Outcome::default(), shell)
    });
    assert!(matches!(lost, Err(RunError::Answers { asked: 2, answered: 0 })));
}
