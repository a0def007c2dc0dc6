//! What `provenance()` gives: where the fields come from that a rule has added, out of what it decided.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::{Decision, DecisionKind, Element, LookupDecision, Written};
use crate::batch::LookupEnd;
use crate::json::write::string;
use crate::program::RuleId;

/// A step on the way to a field, from the event on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step<'d> {
    Name(&'d str),
    At(usize),
}

/// Who wrote a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Writer {
    /// The lookup at that place of the decisions, with an attribute or with a default.
    Copied(usize),
    Defaulted(usize),
    /// A `set`.
    Rule,
}

/// Fields that were written and still stand, by their paths, each with its path as the language writes it.
type Fields<'d> = BTreeMap<Vec<Step<'d>>, (String, Writer)>;

/// The document, as JSON.
pub(super) fn document(rule: &RuleId, decisions: &[Decision]) -> String {
    let fields = fields(decisions);
    // Each writer's own, sorted out once: a loop has many lookups, and as many fields.
    let mut written: BTreeMap<Writer, Vec<&str>> = BTreeMap::new();
    for (path, writer) in fields.values() {
        written.entry(*writer).or_default().push(path);
    }
    let written = |writer| written.get(&writer).map(Vec::as_slice).unwrap_or_default();
    let mut out = String::from("{");
    member(&mut out, "rule", &rule.name);
    member(&mut out, "rules", &rule.rules);
    name(&mut out, "lookups");
    out.push('[');
    for (at, decision) in decisions.iter().enumerate() {
        let DecisionKind::Lookup(lookup) = &decision.kind else { continue };
        if !out.ends_with('[') {
            out.push(',');
        }
        out.push('{');
        about(&mut out, lookup, decision.element.as_ref());
        list(&mut out, "copied", written(Writer::Copied(at)));
        list(&mut out, "defaulted", written(Writer::Defaulted(at)));
        out.push('}');
    }
    out.push(']');
    list(&mut out, "set", written(Writer::Rule));
    out.push('}');
    out
}

/// The fields that stand after these decisions: what is written or removed takes all that was below it away.
fn fields(decisions: &[Decision]) -> Fields<'_> {
    let mut fields = Fields::new();
    let mut lookup = 0;
    for (at, Decision { kind, element, .. }) in decisions.iter().enumerate() {
        match kind {
            DecisionKind::Lookup(_) => lookup = at,
            DecisionKind::Wrote { path, written, .. } => {
                let writer = match written {
                    Written::Attribute => Writer::Copied(lookup),
                    Written::Default => Writer::Defaulted(lookup),
                    Written::Value => Writer::Rule,
                };
                let shown = element.as_ref().map_or_else(|| path.to_string(), |at| format!("{at}{path}"));
                let steps = steps(element.as_ref(), &path.0);
                clear(&mut fields, &steps);
                fields.insert(steps, (shown, writer));
            }
            DecisionKind::Removed { path } => clear(&mut fields, &steps(element.as_ref(), &path.0)),
            _ => {}
        }
    }
    fields
}

fn steps<'d>(element: Option<&'d Element>, path: &'d [String]) -> Vec<Step<'d>> {
    let names = |names: &'d [String]| names.iter().map(|name| Step::Name(name));
    let element =
        element.into_iter().flat_map(|Element { array, at }| names(&array.0).chain([Step::At(*at)]));
    element.chain(names(path)).collect()
}

/// Takes out what is at that path and below it.
fn clear<'d>(fields: &mut Fields<'d>, path: &[Step<'d>]) {
    let below: Vec<_> = fields
        .range(path.to_vec()..)
        .map(|(known, _)| known)
        .take_while(|known| known.starts_with(path))
        .cloned()
        .collect();
    for known in below {
        fields.remove(&known);
    }
}

/// What is known of a lookup but its fields.
fn about(out: &mut String, lookup: &LookupDecision, element: Option<&Element>) {
    member(out, "lookup", &lookup.lookup);
    if let Some(element) = element {
        member(out, "element", &element.to_string());
    }
    member(out, "table", &lookup.table);
    if let Some(index) = &lookup.index {
        member(out, "index", index);
    }
    if let Some(key) = &lookup.key {
        member(out, "key_sha256", &hashed(key));
    }
    member(out, "outcome", lookup.end.as_str());
    if let LookupEnd::Failed(code) = lookup.end {
        member(out, "code", code.as_str());
    }
    if let (Some(freshness), Some(age_ms)) = (lookup.freshness, lookup.age_ms) {
        member(out, "answer", freshness.as_str());
        name(out, "age_ms");
        out.push_str(&age_ms.to_string());
    }
}

/// The SHA-256 of the key as a JSON object, in the order in which the table declares its parts.
fn hashed(key: &[(String, String)]) -> String {
    let mut object = String::from("{");
    for (part, value) in key {
        name(&mut object, part);
        object.push_str(value);
    }
    object.push('}');
    crate::hex(&Sha256::digest(object.as_bytes()))
}

fn name(out: &mut String, name: &str) {
    if !out.ends_with('{') {
        out.push(',');
    }
    string(out, name);
    out.push(':');
}

fn member(out: &mut String, of: &str, value: &str) {
    name(out, of);
    string(out, value);
}

fn list(out: &mut String, of: &str, paths: &[&str]) {
    name(out, of);
    out.push('[');
    for path in paths {
        if !out.ends_with('[') {
            out.push(',');
        }
        string(out, path);
    }
    out.push(']');
}
