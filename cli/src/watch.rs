//! Waiting until files change, by looking at them.
//!
//! Looking, rather than being told by the system: it is the same everywhere, and sees a file that an
//! editor replaces by renaming another, a folder that comes or goes, what a link leads to, and folders of
//! containers and networks, of whose changes systems tell nothing. Rule sets are small, and a look reads
//! no file; where it takes long after all, the next one comes later.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{self, Permissions};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// The shortest pause between two looks: nobody notices that an answer comes so much later.
const PAUSE: Duration = Duration::from_millis(200);
/// A pause is that many times as long as the look before: looking takes a twentieth of a core at most.
const REST: u32 = 20;
/// The pause after which files that have changed must look the same to be taken as written.
const SETTLE: Duration = Duration::from_millis(50);
/// The most such pauses: what is written without end is checked as it is.
const SETTLES: usize = 40;
/// The most changes that are told one by one.
const TOLD: usize = 3;

/// Lets that time pass, and says whether to go on. All waiting goes through it, so that a test needs none.
pub(crate) type Pause<'a> = dyn FnMut(Duration) -> ControlFlow<()> + 'a;

/// What can be seen of files without reading them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Look(BTreeMap<PathBuf, Option<Stamp>>);

/// What differs once a file was written. Permissions are in it, as they decide whether it can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    permissions: Permissions,
}

impl Look {
    /// How these files look now. One that is not there belongs to it too.
    pub(crate) fn at(files: impl IntoIterator<Item = PathBuf>) -> Self {
        let mut look = Self::default();
        files.into_iter().for_each(|path| look.add(&path));
        look
    }

    /// Adds how this file looks now.
    pub(crate) fn add(&mut self, path: &Path) {
        let stamp = fs::metadata(path).ok().map(|file| Stamp {
            length: file.len(),
            modified: file.modified().ok(),
            permissions: file.permissions(),
        });
        self.0.insert(path.to_owned(), stamp);
    }

    /// Adds what another look saw; where both saw a file, the other counts.
    pub(crate) fn extend(&mut self, other: Look) {
        self.0.extend(other.0);
    }

    /// The files that were looked at.
    pub(crate) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.0.keys()
    }

    fn stamp(&self, file: &Path) -> Option<&Stamp> {
        self.0.get(file)?.as_ref()
    }

    /// What is otherwise in a later look.
    fn changes(&self, later: &Look) -> Changes {
        let files: BTreeSet<_> = self.files().chain(later.files()).collect();
        let change = |file: &PathBuf| {
            let what = match (self.stamp(file), later.stamp(file)) {
                (before, now) if before == now => return None,
                (None, _) => "added",
                (_, None) => "removed",
                _ => "changed",
            };
            Some((file.clone(), what))
        };
        Changes(files.into_iter().filter_map(change).collect())
    }
}

/// Files, and what became of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Changes(Vec<(PathBuf, &'static str)>);

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (path, what)) in self.0.iter().take(TOLD).enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            write!(f, "{comma}{} {what}", path.display())?;
        }
        match self.0.len().saturating_sub(TOLD) {
            0 => Ok(()),
            more => write!(f, ", and {more} more"),
        }
    }
}

/// Waits until files look otherwise than they did `before`, and have settled: a burst of changes is one.
/// `None` where `pause` ends it.
pub(crate) fn changed(before: &Look, look: &dyn Fn() -> Look, pause: &mut Pause<'_>) -> Option<Changes> {
    let mut rest = PAUSE;
    loop {
        wait(pause, rest)?;
        let start = Instant::now();
        let mut now = look();
        rest = PAUSE.max(start.elapsed().saturating_mul(REST));
        if before.changes(&now).0.is_empty() {
            continue;
        }
        for _ in 0..SETTLES {
            wait(pause, SETTLE)?;
            let later = look();
            if later == now {
                break;
            }
            now = later;
        }
        let changes = before.changes(&now);
        // A file that went and came back as it was has not changed.
        if !changes.0.is_empty() {
            return Some(changes);
        }
    }
}

fn wait(pause: &mut Pause<'_>, length: Duration) -> Option<()> {
    pause(length).is_continue().then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ways that files can look, a letter for the length of each: `ab` are two files, `-` one that is
    /// not there.
    fn looks(text: &str) -> Look {
        let stamp = |letter: char| {
            let permissions = fs::metadata(env!("CARGO_MANIFEST_DIR")).expect("a folder").permissions();
            (letter != '-').then_some(Stamp { length: letter.into(), modified: None, permissions })
        };
        let files =
            text.chars().enumerate().map(|(at, letter)| (PathBuf::from(at.to_string()), stamp(letter)));
        Look(files.collect())
    }

    /// What is told when files look so, one after the other, and how many looks that took.
    fn told(before: &str, then: &[&str]) -> (Option<String>, usize) {
        let seen = std::cell::Cell::new(0);
        let look = || {
            seen.set(seen.get() + 1);
            looks(then[seen.get() - 1])
        };
        let mut pause =
            |_| if seen.get() < then.len() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
        let changes = changed(&looks(before), &look, &mut pause);
        (changes.map(|changes| changes.to_string()), seen.get())
    }

    #[test]
    fn a_change_is_told_once_it_has_settled() {
        for (before, then, expected, looks) in [
            ("ab", &["ab", "ab"][..], None, 2),
            ("ab", &["ab", "ax", "ax", "ax"], Some("1 changed"), 3),
            ("ab", &["a-", "a-"], Some("1 removed"), 2),
            ("ab", &["a", "a"], Some("1 removed"), 2),
            ("a-", &["ab", "ab"], Some("1 added"), 2),
            ("a", &["abc", "abc"], Some("1 added, 2 added"), 2),
            // Saved by renaming: gone for a moment.
            ("ab", &["a-", "ax", "ax"], Some("1 changed"), 3),
            ("ab", &["a-", "ab", "ab", "ab"], None, 4),
            // A burst.
            (
                "abcde",
                &["xbcde", "xycde", "xyzde", "xyz-v", "xyz-v"],
                Some("0 changed, 1 changed, 2 changed, and 2 more"),
                5,
            ),
            // Not settled when it ends.
            ("ab", &["ax"], None, 1),
        ] {
            let expected = (expected.map(str::to_owned), looks);
            assert_eq!(told(before, then), expected, "{before} {then:?}");
        }
    }

    #[test]
    fn what_never_settles_is_told_too() {
        let then: Vec<_> = (0..100).map(|at| if at % 2 == 0 { "x" } else { "y" }).collect();
        assert_eq!(told("a", &then), (Some("0 changed".to_owned()), 1 + SETTLES));
    }
}
