//! Which rules take the same streams: a rule that another one leaves nothing for, and rules of
//! different files that no order decides between.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::Checker;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Rule, Template};
use crate::source::{FileId, Span};

/// What a rule takes.
#[derive(Clone, Debug)]
pub(super) struct Route {
    pub(super) file: FileId,
    /// The rule's name.
    pub(super) name: Span,
    /// Whether it takes only some events of its streams.
    pub(super) when: bool,
    /// Its patterns, variables by their defaults. One without a default is left out: nobody knows it.
    pub(super) patterns: Vec<String>,
    /// Whether all of its patterns are known.
    pub(super) known: bool,
}

impl Route {
    pub(super) fn new(file: FileId, name: Span, when: bool, streams: &[Template]) -> Self {
        let patterns: Vec<String> = streams.iter().filter_map(|stream| stream.fill(&|_| None).ok()).collect();
        let known = patterns.len() == streams.len() && !streams.is_empty();
        Self { file, name, when, patterns, known }
    }
}

/// The rules so far, found by what could have to do with a pattern: two patterns can only mean one
/// stream where what stands before the first star of the one begins what stands there in the other.
#[derive(Default)]
struct Seen {
    /// By the beginning of names; an ARN has the name in it, too.
    beginnings: BTreeMap<String, Vec<usize>>,
    count: usize,
}

impl Seen {
    fn related(&self, route: &Route) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        for pattern in &route.patterns {
            let begins = beginning(&name(pattern));
            let longer = self.beginnings.range(begins.clone()..);
            let longer = longer.take_while(|(other, _)| other.starts_with(&begins)).map(|(_, places)| places);
            let shorter =
                begins.char_indices().filter_map(|(end, _)| self.beginnings.get(begins.get(..end)?));
            found.extend(longer.chain(shorter).flatten());
        }
        found
    }

    fn add(&mut self, route: &Route) {
        for pattern in &route.patterns {
            self.beginnings.entry(beginning(&name(pattern))).or_default().push(self.count);
        }
        self.count += 1;
    }
}

/// What all names of a pattern begin with; of one without a star it ends, and only equal ones do.
fn beginning(name: &str) -> String {
    match name.split_once('*') {
        Some((before, _)) => before.to_owned(),
        None => format!("{name}\n"),
    }
}

/// The name that a pattern means: of an ARN the part of it that is the name of the stream, queue,
/// delivery stream or table.
fn name(pattern: &str) -> Cow<'_, str> {
    if !pattern.starts_with("arn:") {
        return pattern.into();
    }
    let named = [":stream/", ":deliverystream/", ":table/"].iter().find_map(|kind| pattern.split_once(kind));
    match (named, pattern.rsplit_once('*')) {
        // Behind the name there may be a consumer or the label of a table's stream.
        (Some((_, name)), _) => name.split_once('/').map_or(name, |(name, _)| name).into(),
        // A star may stand for all that comes before the name.
        (None, Some((_, end))) if !end.contains([':', '/']) => format!("*{end}").into(),
        (None, _) => pattern.rsplit([':', '/']).next().unwrap_or_default().into(),
    }
}

impl Checker<'_> {
    /// Compares every rule with those before it.
    pub(super) fn routes(&mut self, routes: &[Route]) {
        let mut seen = Seen::default();
        for route in routes {
            let before = seen.related(route).into_iter().filter_map(|at| routes.get(at));
            let finding = before.into_iter().find_map(|other| in_the_way(other, route));
            self.findings.extend(finding);
            seen.add(route);
        }
    }
}

impl Checker<'_> {
    /// Rules without an output for streams whose caller takes nothing back.
    pub(super) fn outputs(&mut self, routes: &[Route], rules: &[Rule]) {
        let needs = &self.environment.needs_output;
        let mut findings = Vec::new();
        for (route, _) in routes.iter().zip(rules).filter(|(_, rule)| rule.output.is_none()) {
            let needed = |pattern: &&String| needs.iter().any(|stream| meet(stream, pattern));
            let Some(stream) = route.patterns.iter().find(needed) else { continue };
            let message =
                format!("the rule has no `output`, and the caller of `{stream}` takes nothing back");
            let finding = Diagnostic::new(Code::NoOutput, route.name, message);
            findings.push(finding.help("its events would fail for ever: add `output s3 \"BUCKET\"`"));
        }
        self.findings.extend(findings);
    }
}

/// What is wrong between two rules, the first of which comes before the other.
fn in_the_way(other: &Route, route: &Route) -> Option<Diagnostic> {
    if other.file == route.file {
        let message = "no event ever reaches this rule";
        let help =
            "the first rule of a file that fits takes an event: move it up, or give the other a `when`";
        return leaves_nothing(other, route).then(|| {
            Diagnostic::new(Code::UnreachableRule, route.name, message)
                .see(other.name, "this rule takes all events of its streams")
                .help(help)
        });
    }
    let (theirs, ours) = overlap(other, route)?;
    let message = format!("`{ours}` and `{theirs}` of another file can mean the same stream");
    Some(
        Diagnostic::new(Code::OverlappingRules, route.name, message)
            .see(other.name, "the other rule")
            .help("between files nothing says which rule comes first: put both into one file"),
    )
}

fn leaves_nothing(first: &Route, then: &Route) -> bool {
    let taken = |pattern: &String| first.patterns.iter().any(|wider| covers(wider, pattern));
    !first.when && then.known && then.patterns.iter().all(taken)
}

fn overlap<'r>(one: &'r Route, other: &'r Route) -> Option<(&'r str, &'r str)> {
    one.patterns.iter().find_map(|a| {
        let b = other.patterns.iter().find(|b| meet(a, b))?;
        Some((a.as_str(), b.as_str()))
    })
}

/// Whether every stream of the narrower pattern is one of the wider: a star is met by a star alone.
fn covers(wider: &str, narrower: &str) -> bool {
    walk(wider.as_bytes(), narrower.as_bytes(), false)
}

/// Whether a stream can be one of both.
fn meet(a: &str, b: &str) -> bool {
    let names = |a: &str, b: &str| walk(name(a).as_bytes(), name(b).as_bytes(), true);
    match (a.starts_with("arn:"), b.starts_with("arn:")) {
        (true, true) => names(a, b) && walk(a.as_bytes(), b.as_bytes(), true),
        _ => names(a, b),
    }
}

/// Whether the patterns can be read side by side to their ends. A star of `a` takes anything of `b`;
/// with `both`, a star of `b` takes anything of `a` too.
fn walk(a: &[u8], b: &[u8], both: bool) -> bool {
    // Most patterns differ before their first star, and there are many pairs in a large set.
    let plain = a.iter().zip(b).take_while(|(a, b)| **a != b'*' && **b != b'*');
    if plain.clone().any(|(a, b)| a != b) {
        return false;
    }
    // Which places of `b` can be reached with what has been read of `a`.
    let mut reached = vec![false; b.len() + 1];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    let spread = |reached: &mut Vec<bool>| {
        for (at, byte) in b.iter().enumerate().filter(|_| both) {
            if *byte == b'*' && reached.get(at) == Some(&true) {
                reached.iter_mut().skip(at + 1).take(1).for_each(|next| *next = true);
            }
        }
    };
    spread(&mut reached);
    for byte in a {
        let mut next = vec![false; b.len() + 1];
        if *byte == b'*' {
            let first = reached.iter().position(|place| *place);
            next.iter_mut().skip(first.unwrap_or(b.len() + 1)).for_each(|place| *place = true);
        } else {
            for (at, other) in b.iter().enumerate().filter(|(at, _)| reached.get(*at) == Some(&true)) {
                if other == byte && *other != b'*' {
                    next.iter_mut().skip(at + 1).take(1).for_each(|place| *place = true);
                }
                if both && *other == b'*' {
                    next.iter_mut().skip(at).take(1).for_each(|place| *place = true);
                }
            }
        }
        spread(&mut next);
        reached = next;
    }
    reached.last() == Some(&true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_meet_and_that_cover() {
        for (a, b, meets, a_covers, b_covers) in [
            ("clicks", "clicks", true, true, true),
            ("clicks", "views", false, false, false),
            ("clicks*", "clicks", true, true, false),
            ("clicks*", "clicks-eu", true, true, false),
            ("clicks*", "clicks-*", true, true, false),
            ("*", "a*b", true, true, false),
            ("a*", "*b", true, false, false),
            ("a*c", "ab*", true, false, false),
            ("a*c", "b*c", false, false, false),
            ("a*b*c", "a*c", true, false, true),
            ("ab", "abc", false, false, false),
            ("", "*", true, false, true),
            ("arn:aws:kinesis:eu-west-1:*:stream/orders", "orders", true, false, false),
            ("arn:aws:kinesis:eu-west-1:*:stream/orders", "order-*", false, false, false),
            ("arn:aws:kinesis:eu-*", "arn:aws:kinesis:us-*", false, false, false),
            ("arn:aws:kinesis:eu-*", "orders", true, false, false),
            ("arn:aws:kinesis:eu-*", "arn:aws:kinesis:eu-west-1:1:stream/orders", true, true, false),
            ("arn:aws:sqs:eu-west-1:1:orders", "orders", true, false, false),
            ("arn:aws:sqs:eu-west-1:1:orders", "order", false, false, false),
            ("arn:aws:dynamodb:eu-west-1:1:table/orders/stream/2026", "orders", true, false, false),
            ("arn:aws:dynamodb:eu-west-1:1:table/orders/stream/2026", "2026", false, false, false),
            ("arn:*/orders", "orders", true, false, false),
        ] {
            assert_eq!(meet(a, b), meets, "{a} {b}");
            assert_eq!(meet(b, a), meets, "{b} {a}");
            assert_eq!(covers(a, b), a_covers, "{a} covers {b}");
            assert_eq!(covers(b, a), b_covers, "{b} covers {a}");
            for (a, b) in [(a, b), (b, a)].into_iter().filter(|_| meets) {
                let route = |pattern: &str| Route {
                    file: FileId::default(),
                    name: Span::default(),
                    when: false,
                    patterns: vec![pattern.to_owned()],
                    known: true,
                };
                let mut seen = Seen::default();
                seen.add(&route(a));
                assert_eq!(seen.related(&route(b)).len(), 1, "{a} is found for {b}");
            }
        }
    }
}
