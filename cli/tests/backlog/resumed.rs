//! What goes on where it stopped, and what is refused.

use std::fs;

use crate::support::{Place, events, gzip};

/// A backlog of two files, done.
fn done() -> Place {
    let place = Place::new();
    place.write("in/a.gz", gzip(events(1, 40)));
    place.write("in/b", events(1, 40));
    place.enrich("").is(0, &["2 files: 2 done\n"]);
    place
}

#[test]
fn what_is_done_is_not_done_again() {
    let place = done();
    fs::remove_file(place.path("out/a.gz")).expect("it was there");
    place.enrich("").is(0, &["2 files: 0 done, 2 done before\n", "0 events", "all runs: 78 events"]);
    assert!(!place.exists("out/a.gz"), "it counts as done");
    // More of it comes.
    place.write("in/c", events(1, 20));
    place.enrich("").is(0, &["3 files: 1 done, 2 done before\n", "all runs: 97 events"]);
    place.enrich("--restart").is(0, &["3 files: 3 done\n"]);
    assert!(place.exists("out/a.gz"));
}

#[test]
fn another_run_or_other_files_are_refused() {
    let place = done();
    let restart = "say `--restart` to write all files anew";
    place.write("in/b", events(1, 41));
    place.enrich("").is(2, &["in/b has changed since it was enriched:", restart]);
    place.enrich("--restart").is(0, &[]);
    place.enrich("-D X=1").is(2, &["the rules use no variable `X`"]);
    place.enrich("--compression gzip").is(
        2,
        &["this run differs from the one that began in out/.enrich-run in `--compression`: ", restart],
    );
    let other =
        "--tables tables --stream arn:aws:kinesis:eu-west-1:111122223333:stream/clicks --output out in";
    place.run(other).is(2, &["in `--stream`: ", restart]);
    let rules = fs::read_to_string(place.path("rules.enrich")).expect("the rules");
    place.write("rules.enrich", rules.replace("Unknown", "Nobody"));
    place.enrich("").is(2, &["in the rules: ", restart]);
    place.write("rules.enrich", rules);
    // What was refused has changed nothing.
    place.enrich("").is(0, &["2 files: 0 done, 2 done before\n"]);
    place.write("out/.enrich-run", "something else\n");
    place.enrich("").is(2, &["out/.enrich-run is not what `enrich run` has written", restart]);
}

#[test]
fn a_run_that_begins_writes_over_nothing() {
    let place = Place::new();
    place.write("in/a", "{}\n");
    place.write("out/a", "precious");
    for _ in 0..2 {
        place.enrich("").is(2, &["`a` is in out already", "`--restart` to write over it"]);
        assert_eq!(place.read("out/a"), "precious");
    }
    place.write("out/b", "not ours");
    place.enrich("--restart").is(0, &[]);
    assert_eq!(place.read("out/a"), "{,\"name\":\"Unknown\"}\n".replace("{,", "{"));
    assert_eq!(place.read("out/b"), "not ours");
}

#[test]
fn what_a_killed_run_has_left_is_taken_away() {
    let place = Place::new();
    place.write("in/a", "{}\n");
    place.write("in/b", "oops\n");
    place.enrich("").is(0, &[]);
    // As if it had been killed between the last files and the state of `a`.
    place.write("rejects/a.rejects", "stale\n");
    place.write("out/.unfinished-a", "half");
    let state = fs::read_to_string(place.path("out/.enrich-run")).expect("the state");
    let without: String =
        state.lines().filter(|line| !line.contains("\"a\"")).map(|line| format!("{line}\n")).collect();
    assert_ne!(state, without);
    place.write("out/.enrich-run", format!("{without}{{\"name\":\"a\",\"byt"));
    place.enrich("").is(0, &["2 files: 1 done, 1 done before"]);
    assert_eq!(place.names("out"), ["a", "b"]);
    assert_eq!(place.names("rejects"), ["b.rejects"]);
}

#[test]
#[cfg(unix)]
fn an_output_that_takes_nothing_ends_the_run() {
    use std::os::unix::fs::PermissionsExt;

    let place = Place::new();
    for file in 0..20 {
        place.write(&format!("in/{file}/x"), "{}\n");
        // A file where a folder would have to be.
        place.write(&format!("out/{file}"), "in the way");
    }
    let ran = place.enrich("--parallel 1");
    ran.is(
        1,
        &[
            "what came of it can't be written",
            "5 files in a row have failed so: the run ends here",
            "20 files: 0 done, 5 failed, 15 left",
        ],
    );
    let sealed = fs::Permissions::from_mode(0o500);
    fs::create_dir(place.path("sealed")).expect("a folder");
    fs::set_permissions(place.path("sealed"), sealed).expect("a mode");
    let words = "--tables tables --stream clicks --output sealed/out in";
    // Who may do everything may write here too.
    if fs::write(place.path("sealed/probe"), "").is_err() {
        place.run(words).is(2, &["can't write to sealed/out"]);
    }
}
