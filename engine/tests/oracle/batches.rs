//! Batches of events, and the engine's verdicts held against the oracle's.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use crate::dice::Dice;
use crate::generate::Fields;
use crate::interpret::Outcome;
use crate::mutate::{damage, pad, restructure, spell};
use crate::parse::{Refusal, parse};
use crate::rule_set::RuleSet;

/// What a run has met.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) events: u64,
    outcomes: BTreeMap<String, u64>,
    /// How many events each rule set has changed.
    changed: BTreeMap<String, u64>,
}

impl Seen {
    fn note(&mut self, what: &str) {
        *self.outcomes.entry(what.to_owned()).or_default() += 1;
    }

    /// Each of these was met, and more often than by accident; and each of these rule sets has changed events.
    pub(crate) fn has_met(&self, outcomes: &[&str], sets: &[RuleSet]) {
        let rare = |map: &BTreeMap<String, u64>, what: &str| map.get(what).is_none_or(|times| *times < 5);
        let outcomes = outcomes.iter().copied().filter(|what| rare(&self.outcomes, what));
        let sets = sets.iter().map(|set| set.name.as_str()).filter(|name| rare(&self.changed, name));
        let rare: Vec<&str> = outcomes.chain(sets).collect();
        assert!(rare.is_empty(), "hardly ever: {rare:?}\n{self}\n{:?}", self.changed);
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} events", self.events)?;
        self.outcomes.iter().try_for_each(|(what, times)| write!(f, "\n{times:>9} {what}"))
    }
}

/// The batch of that seed: events of all kinds, most of those that the rules are about, some that stand there twice.
pub(crate) fn batch(set: &RuleSet, fields: &Fields, seed: u64) -> Vec<Vec<u8>> {
    let mut dice = Dice::new(seed);
    let mut events: Vec<Vec<u8>> = Vec::new();
    for _ in 0..dice.between(1, 40) {
        if !events.is_empty() && dice.chance(5) {
            let again = dice.below(events.len());
            events.push(events[again].clone());
        } else {
            events.push(event(set, fields, &mut dice));
        }
    }
    events
}

fn event(set: &RuleSet, fields: &Fields, dice: &mut Dice) -> Vec<u8> {
    let mut event = match &set.instances {
        Some(instances) if dice.chance(80) => instances.event(dice),
        _ if dice.chance(5) => fields.event(dice.pick(&["click", "order", "line"]), dice),
        _ => fields.event(set.kind, dice),
    };
    if dice.chance(35) {
        (0..dice.between(1, 3)).for_each(|_| restructure(&mut event, dice));
    }
    spell(&mut event, dice);
    let mut bytes = event.print().into_bytes();
    if dice.chance(15) {
        pad(&mut bytes, dice);
    }
    if dice.chance(15) {
        (0..dice.between(1, 3)).for_each(|_| damage(&mut bytes, dice));
    }
    bytes
}

/// Runs a batch through the engine, at once and event by event. The error tells the smallest event, or batch, whose
/// verdict is not the oracle's.
pub(crate) fn compare(set: &RuleSet, events: &[Vec<u8>], seen: &mut Seen) -> Result<(), String> {
    let together = set.enriched(events);
    assert_eq!(together.len(), events.len(), "a verdict for each event");
    let mut distinct = HashSet::new();
    for (event, verdict) in events.iter().zip(&together) {
        same_judgement(event)?;
        let expected = set.expected(event);
        let alone = &set.enriched(std::slice::from_ref(event))[0];
        if !expected.contains(alone) {
            return Err(told(set, &smallest(set, event)));
        }
        let explained = set.explained(event);
        if explained != *alone {
            return Err(format!("{}\nalone     {alone:?}\nexplained {explained:?}", shown(event)));
        }
        if verdict != alone {
            let shown = shown(event);
            return Err(format!(
                "{shown}\nalone    {alone:?}\nin batch {verdict:?}\n{}",
                companions(set, events, event)
            ));
        }
        seen.events += 1;
        let kind = kind(event, alone);
        *seen.changed.entry(set.name.clone()).or_default() += u64::from(kind == "changed");
        seen.note(&kind);
        if expected.len() > 1 {
            seen.note("open");
        }
        if !distinct.insert(event) {
            seen.note("twice in its batch");
        }
    }
    Ok(())
}

fn kind(event: &[u8], outcome: &Outcome) -> String {
    match outcome {
        Outcome::Enriched { event: enriched, .. } if enriched.as_bytes() == event.trim_ascii() => {
            "unchanged".to_owned()
        }
        Outcome::Enriched { .. } => "changed".to_owned(),
        Outcome::Dropped { .. } => "dropped".to_owned(),
        Outcome::Rejected(code) => format!("rejected {code}"),
        Outcome::Failed(code) => format!("failed {code}"),
    }
}

/// The oracle's parser takes what `serde_json` takes, and prints what it has read. Only numbers out of a float's range
/// and deep nesting are judged by other rules there.
fn same_judgement(bytes: &[u8]) -> Result<(), String> {
    let ours = parse(bytes);
    let theirs = serde_json::from_slice::<serde_json::Value>(bytes);
    let same = match (&ours, &theirs) {
        (Ok(text), Ok(_)) => text.print().as_bytes() == bytes,
        (Ok(text), Err(error)) => error.to_string().contains("out of range") || text.value.depth() > 126,
        (Err(Refusal::NotJson), theirs) => theirs.is_err(),
        (Err(Refusal::TooDeep | Refusal::Both), _) => true,
    };
    if same { Ok(()) } else { Err(format!("{}\nparser {ours:?}\nserde_json {theirs:?}", shown(bytes))) }
}

/// How many smaller events are tried.
const CUTS: usize = 3_000;

/// Cuts pieces out of an event for as long as the verdicts differ.
fn smallest(set: &RuleSet, event: &[u8]) -> Vec<u8> {
    let differs = |event: &[u8]| {
        let verdict = &set.enriched(&[event.to_vec()])[0];
        !set.expected(event).contains(verdict)
    };
    let mut event = event.to_vec();
    let mut size = event.len() / 2;
    let mut left = CUTS;
    while size > 0 {
        let mut cut = false;
        let mut at = 0;
        while at + size <= event.len() && left > 0 {
            left -= 1;
            let less = [&event[..at], &event[at + size..]].concat();
            if differs(&less) {
                (event, cut) = (less, true);
            } else {
                at += 1;
            }
        }
        size = if cut { size.min(event.len() / 2) } else { size / 2 };
    }
    event
}

fn told(set: &RuleSet, event: &[u8]) -> String {
    let verdict = &set.enriched(&[event.to_vec()])[0];
    let expected: Vec<String> = set.expected(event).iter().map(|outcome| format!("{outcome:?}")).collect();
    format!("{}\noracle {}\nengine {verdict:?}", shown(event), expected.join("\n    or "))
}

/// The event as a literal of bytes, to be put into a test.
fn shown(event: &[u8]) -> String {
    format!("b\"{}\"", event.escape_ascii())
}

/// The first other event beside which this one has another verdict than alone.
fn companions(set: &RuleSet, events: &[Vec<u8>], event: &[u8]) -> String {
    let alone = &set.enriched(&[event.to_vec()])[0];
    let beside = |other: &&Vec<u8>| {
        let first = set.enriched(&[event.to_vec(), (*other).clone()]);
        let second = set.enriched(&[(*other).clone(), event.to_vec()]);
        first[0] != *alone || second[1] != *alone
    };
    match events.iter().find(beside) {
        Some(other) => format!("beside   {}", shown(other)),
        None => "beside the whole batch only".to_owned(),
    }
}
