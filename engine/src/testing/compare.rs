//! Where an outcome is not the expected one.

use std::fmt;

use enrich_dsl::testing::tree::{Json, JsonKind, Text};

use super::Expected;
use crate::batch::Verdict;
use crate::json::{Document, Kind, Node};
use crate::reasons::Reason;

/// A place at which an outcome is not the expected one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The place in the enriched event, `.items[2].price`; empty for the event as a whole.
    pub path: String,
    /// What is expected, as JSON or in words; `None` where nothing should be there.
    pub expected: Option<String>,
    /// What came out, as JSON or in words; `None` where nothing is there.
    pub found: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "" } else { &format!("{}: ", self.path) };
        match (&self.expected, &self.found) {
            (Some(expected), Some(found)) => write!(f, "{path}expected {expected}, got {found}"),
            (Some(expected), None) => write!(f, "{path}expected {expected}, not there"),
            (None, found) => write!(f, "{path}not expected, got {}", found.as_deref().unwrap_or_default()),
        }
    }
}

/// Where a verdict is not the expected one.
pub(super) fn differences(expected: &Expected, verdict: &Verdict) -> Vec<Difference> {
    let whole = |expected: String| {
        vec![Difference { path: String::new(), expected: Some(expected), found: Some(told(verdict)) }]
    };
    match (expected, verdict) {
        (Expected::Event(pattern), Verdict::Enriched { event, .. }) => match Document::parse(event) {
            Ok(document) => {
                let mut compare = Compare { path: String::new(), differences: Vec::new() };
                compare.value(pattern, document.root());
                compare.differences
            }
            Err(_) => whole("an enriched event".to_owned()),
        },
        (Expected::Event(_), _) => whole("an enriched event".to_owned()),
        (Expected::Dropped, Verdict::Dropped { .. }) => Vec::new(),
        (Expected::Dropped, _) => whole("dropped".to_owned()),
        (Expected::Rejected(code), Verdict::Rejected { reason, .. }) if reason.code == *code => Vec::new(),
        (Expected::Rejected(code), _) => whole(format!("rejected \"{code}\"")),
        (Expected::Failed(code), Verdict::Failed { reason, .. }) if reason.code == *code => Vec::new(),
        (Expected::Failed(code), _) => whole(format!("failed \"{code}\"")),
    }
}

/// A verdict in a line.
fn told(verdict: &Verdict) -> String {
    let because = |what: &str, Reason { code, message }: &Reason| format!("{what} \"{code}\": {message}");
    match verdict {
        Verdict::Enriched { event, .. } => String::from_utf8_lossy(event).into_owned(),
        Verdict::Dropped { .. } => "dropped".to_owned(),
        Verdict::Rejected { reason, .. } => because("rejected", reason),
        Verdict::Failed { reason, .. } => because("failed", reason),
    }
}

/// Goes through what is expected and what is there, side by side.
struct Compare {
    /// Where it is.
    path: String,
    differences: Vec<Difference>,
}

impl Compare {
    /// Goes on at a place inside.
    fn inside(&mut self, step: &str, compare: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        self.path.push_str(step);
        compare(self);
        self.path.truncate(length);
    }

    fn differ(&mut self, expected: Option<String>, found: Option<String>) {
        self.differences.push(Difference { path: self.path.clone(), expected, found });
    }

    fn value(&mut self, expected: &Json, found: Node<'_>) {
        let same = match &expected.kind {
            JsonKind::Any => true,
            // Numbers by their digits: 49.990 is written so because somebody means it.
            JsonKind::Plain(text) => found.raw() == text,
            JsonKind::Text(text) => found.as_str().is_some_and(|found| found == text.text),
            JsonKind::Array(items) if found.kind() == Kind::Array => return self.items(items, found),
            JsonKind::Object { members, rest } if found.kind() == Kind::Object => {
                return self.members(members, rest.is_some(), found);
            }
            JsonKind::Array(_) | JsonKind::Object { .. } => false,
        };
        if !same {
            self.differ(Some(expected.to_json()), Some(found.raw().to_owned()));
        }
    }

    fn items(&mut self, expected: &[Json], found: Node<'_>) {
        let mut expected = expected.iter();
        for (at, element) in found.elements().enumerate() {
            self.inside(&format!("[{at}]"), |compare| match expected.next() {
                Some(expected) => compare.value(expected, element),
                None => compare.differ(None, Some(element.raw().to_owned())),
            });
        }
        let there = found.elements().count();
        for (at, expected) in expected.enumerate() {
            self.inside(&format!("[{}]", there + at), |compare| {
                compare.differ(Some(expected.to_json()), None);
            });
        }
    }

    /// Members in any order; of a name that is there twice the first with the first.
    fn members(&mut self, expected: &[(Text, Json)], more: bool, found: Node<'_>) {
        let mut members: Vec<_> = found.members().map(Some).collect();
        for (name, value) in expected {
            let member = members.iter_mut().find(|member| member.is_some_and(|(it, _)| it.is(&name.text)));
            self.inside(&step(&name.text), |compare| match member.and_then(Option::take) {
                Some((_, found)) => compare.value(value, found),
                None => compare.differ(Some(value.to_json()), None),
            });
        }
        for (name, value) in members.into_iter().flatten().filter(|_| !more) {
            self.inside(&step(&name.text()), |compare| compare.differ(None, Some(value.raw().to_owned())));
        }
    }
}

/// A member in a path.
fn step(name: &str) -> String {
    enrich_dsl::model::Path(vec![name.to_owned()]).to_string()
}
