//! Instructions per event, counted by valgrind, against those of the baseline. `.ci/instructions [--bless]`
//!
//! A count hardly varies between runs and machines, as times do, so that it can be gated on. Each case runs once and
//! twice as often: the difference is what events cost, without the start.

use std::collections::BTreeMap;
use std::process::{Command, ExitCode};

use enrich_bench_ours::data::Data;
use enrich_bench_ours::deployment::{Deployment, Others};
use enrich_bench_ours::{events, invocation};

const BASELINE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.tsv");
const EVENTS: usize = 1_000;
/// How often the shorter run does its work. The longer one adds as much, all of it after the first time.
const TIMES: usize = 2;
/// What fails: more than so much above the baseline.
const ABOVE: f64 = 0.05;
/// What is told: a baseline so far above would let as much be lost again.
const BELOW: f64 = -0.10;

type Error = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        [] => compare(),
        ["--bless"] => bless(),
        ["run", case, times] => times.parse().map_err(Error::from).and_then(|times| run(case, times)),
        _ => Err("usage: instructions [--bless]".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// What a case does: which events, how many of them an invocation, and what becomes of them.
struct Case {
    name: String,
    nested: bool,
    /// Whole invocations, or the engine alone.
    whole: bool,
    records: usize,
    deployment: Deployment,
}

impl Case {
    /// Whole invocations of small events.
    fn new(name: &str, records: usize, deployment: Deployment) -> Self {
        Self { name: name.to_owned(), nested: false, whole: true, records, deployment }
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for nested in [false, true] {
        for whole in [true, false] {
            for schema in [false, true] {
                let size = if nested { "nested" } else { "small" };
                let way = if whole { "invocation" } else { "events" };
                let checked = if schema { ", with the schema" } else { "" };
                let name = format!("{size} {way}{checked}");
                let deployment = Deployment::shop(schema);
                cases.push(Case { name, nested, whole, records: EVENTS, deployment });
            }
        }
    }
    const SHOP: Deployment = Deployment::SHOP;
    cases.extend([
        Case::new("small invocation of 10 records", 10, SHOP),
        Case::new("small invocation, no lookup", EVENTS, Deployment { lookup: false, ..SHOP }),
        Case::new("small invocation, all answers kept", EVENTS, Deployment { cache: true, ..SHOP }),
        Case::new(
            "small invocation, last of 200 rules of its stream",
            EVENTS,
            Deployment { others: Others::When(199), ..SHOP },
        ),
    ]);
    cases
}

/// Does the work of a case so many times: what is counted.
fn run(name: &str, times: usize) -> Result<(), Error> {
    let case = cases().into_iter().find(|case| case.name == name).ok_or("no such case")?;
    let data = if case.nested { Data::nested(case.records) } else { Data::small(case.records) };
    let mut work: Box<dyn FnMut() -> usize> = if case.whole {
        Box::new(invocation(&data, case.deployment))
    } else {
        Box::new(events(&data, case.deployment))
    };
    for _ in 0..times * EVENTS / case.records {
        let bytes = work();
        if bytes < case.records * 100 {
            return Err(format!("only {bytes} bytes came out").into());
        }
    }
    Ok(())
}

/// The instructions of a process that does the work of a case so many times.
fn count(case: &Case, times: usize) -> Result<u64, Error> {
    let output = Command::new("valgrind")
        .args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(["run", &case.name, &times.to_string()])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("valgrind failed:\n{said}").into());
    }
    let total = said.lines().find_map(|line| line.split_once("refs:")).ok_or("valgrind told no count")?;
    Ok(total.1.trim().replace(',', "").parse()?)
}

/// The instructions that an event costs, in each case.
fn measured() -> Result<Vec<(String, u64)>, Error> {
    let per_event = |case: Case| {
        let more = count(&case, 2 * TIMES)?.saturating_sub(count(&case, TIMES)?);
        Ok((case.name, more / (TIMES * EVENTS) as u64))
    };
    cases().into_iter().map(per_event).collect()
}

fn bless() -> Result<(), Error> {
    let mut text = format!(
        "# Instructions per event on {}, {}, profile `counted`. `.ci/instructions --bless` writes this file.\n",
        std::env::consts::ARCH,
        compiler()?
    );
    for (name, count) in measured()? {
        println!("{name}: {count}");
        text.push_str(&format!("{name}\t{count}\n"));
    }
    Ok(std::fs::write(BASELINE, text)?)
}

fn compare() -> Result<(), Error> {
    let text = std::fs::read_to_string(BASELINE)?;
    let mut lines = text.lines();
    let built = lines.next().unwrap_or_default();
    if !built.contains(std::env::consts::ARCH) {
        println!("not run: the baseline is of another architecture ({built})");
        return Ok(());
    }
    let mut baseline = lines.map(line).collect::<Result<BTreeMap<_, _>, Error>>()?;
    let mut failed = false;
    let mut far_below = false;
    println!("| instructions per event | baseline | now | change |\n|---|---:|---:|---:|");
    for (name, now) in measured()? {
        let before = baseline.remove(name.as_str());
        let before = before.ok_or_else(|| format!("the baseline has no `{name}`: bless it"))?;
        let change = now as f64 / before as f64 - 1.0;
        let sign = if change > ABOVE { " **too many**" } else { "" };
        println!("| {name} | {before} | {now} | {:+.1} %{sign} |", change * 100.0);
        failed |= change > ABOVE;
        far_below |= change < BELOW;
    }
    if let Some(name) = baseline.into_keys().next() {
        return Err(format!("the baseline has `{name}`, which no case is called: bless it").into());
    }
    if far_below {
        println!("\nthe counts fell: bless the baseline, or as much may be lost again unseen");
    }
    if !failed {
        return Ok(());
    }
    let compiler = compiler()?;
    let other = if built.contains(&compiler) {
        String::new()
    } else {
        format!("the baseline was built by another compiler than this, which is {compiler}: {built}\n")
    };
    Err(format!(
        "an event costs over {} % more than in the baseline\n{other}\
         if that is what it has to cost, say why in the commit, and `.ci/instructions --bless`",
        ABOVE * 100.0
    )
    .into())
}

/// A line of the baseline: the case, a tab, its count.
fn line(line: &str) -> Result<(&str, u64), Error> {
    let (name, count) = line.split_once('\t').ok_or_else(|| format!("no line of a baseline: `{line}`"))?;
    Ok((name, count.parse()?))
}

/// Such as `rustc 1.95.0`.
fn compiler() -> Result<String, Error> {
    let output = Command::new("rustc").arg("--version").output()?;
    let said = String::from_utf8(output.stdout)?;
    Ok(said.split(' ').take(2).collect::<Vec<_>>().join(" "))
}
