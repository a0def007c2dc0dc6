//! Signals at any moment: whatever was interrupted, each event is in the output once.

use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::support::{Place, Ran, assert_each_once, backlog};

const FILES: usize = 60;
const EVENTS: usize = 1_000;
const WORDS: &str = "--tables tables --stream clicks --output out --rejects rejects --parallel 3 in";

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status();
    assert!(sent.expect("kill").success());
}

/// Waits until more files than that are done, or the run has ended.
fn until_begun(place: &Place, child: &mut Child, files: usize) -> bool {
    let end = Instant::now() + Duration::from_secs(120);
    while Instant::now() < end {
        if place.names("out").iter().filter(|name| !name.contains(".unfinished")).count() > files {
            return true;
        }
        if child.try_wait().expect("a child").is_some() {
            return false;
        }
        thread::sleep(Duration::from_millis(1));
    }
    panic!("nothing came");
}

/// Interrupts runs until one comes to its end, and compares with one that is not interrupted.
fn interrupted(name: &str, exit: Option<i32>) {
    let place = Place::new();
    let count = backlog(&place, FILES, EVENTS);
    let seed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a time").subsec_nanos();
    let (mut chance, mut interrupted) = (u64::from(seed), 0);
    for round in 0..12 {
        let mut child = place.command(WORDS).spawn().expect("the binary starts");
        let before = place.names("out").len();
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Counted in files, since no time is right for all machines; then anywhere in the next one.
        let running =
            until_begun(&place, &mut child, before + usize::try_from((chance >> 33) % 8).expect("few"));
        thread::sleep(Duration::from_micros((chance >> 33) % 5_000));
        if running && child.try_wait().expect("a child").is_none() {
            signal(&child, name);
        }
        let ran = Ran::of(child.wait_with_output().expect("it ends"));
        if ran.exit == Some(0) {
            break;
        }
        assert_eq!(ran.exit, exit, "seed {seed}, round {round}: {}", ran.stderr);
        interrupted += 1;
    }
    assert!(interrupted > 0, "nothing was interrupted: there are too few events (seed {seed})");
    place.run(WORDS).is(0, &[&format!("{FILES} files: "), &format!("all runs: {} events", FILES * EVENTS)]);
    assert_each_once(&place, count);
    let (out, rejects) = (place.files("out"), place.files("rejects"));
    place.run(&format!("{WORDS} --restart")).is(0, &[&format!("{FILES} files: {FILES} done\n")]);
    assert!(place.files("out") == out && place.files("rejects") == rejects, "seed {seed}");
}

#[test]
fn killed_at_any_moment() {
    interrupted("-KILL", None);
}

#[test]
fn ended_by_ctrl_c() {
    interrupted("-INT", Some(130));
}

#[test]
fn a_run_that_is_ended_in_order_leaves_nothing_unfinished() {
    let place = Place::new();
    backlog(&place, FILES, EVENTS);
    let mut child = place.command(WORDS).spawn().expect("the binary starts");
    assert!(until_begun(&place, &mut child, 0));
    signal(&child, "-TERM");
    let ran = Ran::of(child.wait_with_output().expect("it ends"));
    ran.is(130, &[" left\n", "run it again, and it goes on with what is not done"]);
    assert!(!place.names("out").iter().any(|name| name.contains(".unfinished")));
}

#[test]
fn two_runs_at_once_are_refused() {
    let place = Place::new();
    backlog(&place, FILES, EVENTS);
    let mut first = place.command(WORDS).spawn().expect("the binary starts");
    assert!(until_begun(&place, &mut first, 0));
    let second = place.run(WORDS);
    assert!(first.try_wait().expect("a child").is_none(), "the first one was too fast to test this");
    second.is(2, &["can't write to out: another run is writing there: wait for its end"]);
    first.kill().expect("it runs");
    first.wait().expect("it ends");
    place.run(WORDS).is(0, &[]);
}
