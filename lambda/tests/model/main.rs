//! Nothing is lost, whatever fails: one property over models of all callers.
//!
//! A case is a source with events, the handler, tables and buckets, on a virtual clock, all from one seed.
//! Requests to tables and buckets fail in every way that their seams know; callers lose answers, end the
//! function in the middle, and invoke it twice. Each source brings again what the answers ask for, by AWS's
//! rules, until all is done. `world::Check` lists what has to hold, `bugs` what has to be caught.
//!
//! - `MODEL_CASES=100000 cargo test --release -p enrich-lambda --test model` runs more cases.
//! - `MODEL_SEED=17 cargo test -p enrich-lambda --test model` runs one, and tells its story if it fails:
//!   of the smallest case of that seed that does.
//!
//! 1. `events` are what is put in, each with what has to become of it; `callers` are the sources.
//! 2. `tables` and `store` fail as `weather` says; `run` drives a case, `checks` hold what comes of it
//!    against what has to.

#![cfg(test)]

mod bugs;
mod callers;
mod checks;
mod dice;
mod events;
#[path = "../support/kpl.rs"]
mod kpl;
mod run;
mod store;
mod tables;
mod weather;
mod world;

use std::collections::BTreeMap;

use bugs::BUGS;
use run::{Case, Report};
use weather::{FAULTS, Struck};

/// Cases of a run.
const CASES: u64 = 2_000;

fn setting(name: &str) -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "a test's own settings")]
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// The smallest case of the seed that fails, told.
fn told(case: Case) -> String {
    let sizes = (1..=case.events).flat_map(|events| (0..=case.faults).map(move |faults| (events, faults)));
    let smaller = sizes.map(|(events, faults)| Case { events, faults, ..case });
    let failing = |case: Case| Some((case, case.run(None))).filter(|(_, report)| report.violation.is_some());
    let (case, report) = smaller.take(200).find_map(failing).unwrap_or_else(|| (case, case.run(None)));
    let seed = case.seed;
    format!("{}\n{case:?} fails; MODEL_SEED={seed} runs it again", report.trace.join("\n"))
}

#[test]
fn nothing_is_lost_under_any_fault() {
    let seeds = match setting("MODEL_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..setting("MODEL_CASES").unwrap_or(CASES),
    };
    let whole = setting("MODEL_SEED").is_none();
    let mut sums: BTreeMap<_, (usize, usize, usize)> = BTreeMap::new();
    let mut faults = Struck::new();
    for case in seeds.map(Case::new) {
        let Report { violation, invocations, struck, .. } = case.run(None);
        assert!(violation.is_none(), "{}", told(case));
        let sum = sums.entry(case.kind).or_default();
        *sum = (sum.0 + 1, sum.1 + invocations, sum.2 + case.events);
        struck.into_iter().for_each(|(fault, count)| *faults.entry(fault).or_default() += count);
    }
    for (kind, (cases, invocations, events)) in sums {
        println!("{kind:?}: {cases} cases, {events} events, {invocations} invocations");
    }
    for ((edge, fault), count) in &faults {
        println!("{edge} {fault}: {count}");
    }
    assert!(!whole || faults.len() == FAULTS, "not all faults have struck");
}

#[test]
fn a_seed_gives_the_same_case_again() {
    for case in (0..60).map(Case::new) {
        assert_eq!(case.run(None).trace, case.run(None).trace, "{case:?}");
    }
}

#[test]
fn planted_bugs_are_caught() {
    let mut blind = Vec::new();
    for bug in BUGS {
        let cases = (0..CASES).map(Case::new).filter(|case| bug.concerns(case.kind));
        let caught =
            cases.enumerate().find_map(|(at, case)| Some((at, case, case.run(Some(bug)).violation?)));
        match caught {
            Some((at, case, violation)) => {
                let (check, kind) = (format!("{:?}", violation.check), format!("{:?}", case.kind));
                let what: String =
                    violation.what.lines().next().unwrap_or_default().chars().take(90).collect();
                println!("{:<22} {check:<8} case {:>4}, {kind}: {what}", format!("{bug:?}"), at + 1);
            }
            None => blind.push(bug),
        }
    }
    assert!(blind.is_empty(), "nothing notices {blind:?}");
}
