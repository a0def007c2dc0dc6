//! The circuit of one table: what it has seen, and whether it may be asked.

use std::time::Duration;

use crate::time::Timestamp;

/// When a circuit opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BreakerLimits {
    /// How many failed stages in a row open the circuit. By default 3.
    pub failures: u32,
    /// How long the table is left alone at first. By default 1 s.
    pub first_pause: Duration,
    /// The longest pause, however long the table fails. By default 10 s.
    pub longest_pause: Duration,
}

impl Default for BreakerLimits {
    fn default() -> Self {
        Self { failures: 3, first_pause: Duration::from_secs(1), longest_pause: Duration::from_secs(10) }
    }
}

/// Whether a stage may ask a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// All its keys.
    Ask,
    /// One key first.
    Probe,
    /// None.
    Refuse,
}

/// What a stage has seen of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// It answers.
    Answered,
    /// It does not.
    Lost,
    /// Nothing that tells.
    Nothing,
}

/// The circuit of one table; closed at first.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Circuit {
    /// How many stages in a row have failed.
    failures: u32,
    open: Option<Open>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    /// When the next stage may probe, in milliseconds.
    until: i64,
    pause: i64,
}

impl Circuit {
    /// Whether a stage may ask. Who probes moves the end of the pause on, so that nobody else does; should
    /// it never come back, as an invocation that is ended, the next one probes after another pause.
    pub(super) fn admit(&mut self, now: Timestamp, limits: BreakerLimits) -> Admission {
        let Some(open) = &mut self.open else { return Admission::Ask };
        let now = now.as_millis();
        // A clock that was set back must not keep the circuit open.
        let waits = now < open.until && open.until.saturating_sub(now) <= millis(limits.longest_pause);
        if waits {
            return Admission::Refuse;
        }
        open.until = now.saturating_add(open.pause);
        Admission::Probe
    }

    /// Learns what a stage has seen.
    pub(super) fn learn(&mut self, seen: Seen, probe: bool, now: Timestamp, limits: BreakerLimits) {
        let longest = millis(limits.longest_pause);
        let first = millis(limits.first_pause).min(longest);
        match (seen, &mut self.open) {
            (Seen::Answered, _) => *self = Self::default(),
            (Seen::Nothing, _) => {}
            (Seen::Lost, Some(open)) if probe => {
                let pause = open.pause.saturating_mul(2).clamp(first, longest);
                *open = Open { until: now.as_millis().saturating_add(pause), pause };
            }
            // A stage that began before the circuit opened.
            (Seen::Lost, Some(_)) => {}
            (Seen::Lost, None) => {
                self.failures = self.failures.saturating_add(1);
                if self.failures >= limits.failures {
                    self.open = Some(Open { until: now.as_millis().saturating_add(first), pause: first });
                }
            }
        }
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays steps at instants: `0 lost` and `0 answered` are stages that ask if they may, `0 old` is a stage
    /// that was lost and began before the circuit opened. Gives what each one did: `ask`, `probe`, `no`.
    fn played(steps: &str) -> String {
        let (mut circuit, limits) = (Circuit::default(), BreakerLimits::default());
        let mut done = Vec::new();
        for step in steps.split(", ") {
            let (at, word) = step.split_once(' ').expect("an instant and a word");
            let now = Timestamp::from_millis(at.parse().expect("milliseconds")).expect("an instant");
            if word == "old" {
                circuit.learn(Seen::Lost, false, now, limits);
                continue;
            }
            let admission = circuit.admit(now, limits);
            let seen = match word {
                "lost" => Some(Seen::Lost),
                "answered" => Some(Seen::Answered),
                "nothing" => Some(Seen::Nothing),
                "gone" => None,
                other => panic!("{other}"),
            };
            done.push(match admission {
                Admission::Ask => "ask",
                Admission::Probe => "probe",
                Admission::Refuse => "no",
            });
            if let Some(seen) = seen.filter(|_| admission != Admission::Refuse) {
                circuit.learn(seen, admission == Admission::Probe, now, limits);
            }
        }
        done.join(" ")
    }

    #[test]
    fn a_circuit_opens_and_recovers() {
        for (steps, done) in [
            ("0 lost, 1 lost, 2 answered, 3 lost, 4 lost, 5 answered", "ask ask ask ask ask ask"),
            ("0 lost, 1 lost, 2 nothing, 3 lost, 4 lost", "ask ask ask ask no"),
            ("0 lost, 0 lost, 0 lost, 999 lost, 1000 answered, 1001 lost", "ask ask ask no probe ask"),
            // Twice as long each time, and at most ten seconds.
            (
                "0 lost, 0 lost, 0 lost, 1000 lost, 2999 lost, 3000 lost, 6999 lost, 7000 lost, 14999 lost, \
                 15000 lost, 24999 lost, 25000 lost",
                "ask ask ask probe no probe no probe no probe no probe",
            ),
            // What began before the circuit opened changes nothing, unless it is an answer.
            ("0 lost, 0 lost, 0 lost, 5 old, 5 old, 1000 answered", "ask ask ask probe"),
            ("0 old, 0 old, 0 old, 5 lost", "no"),
            // One probes at a time; one that never comes back is followed by another.
            (
                "0 lost, 0 lost, 0 lost, 1000 gone, 1001 lost, 1999 lost, 2000 answered, 2001 lost",
                "ask ask ask probe no no probe ask",
            ),
            // A clock that was set back by a day.
            (
                "86400000 lost, 86400000 lost, 86400000 lost, 86400500 lost, 5 answered",
                "ask ask ask no probe",
            ),
        ] {
            assert_eq!(played(steps), done, "{steps}");
        }
    }
}
