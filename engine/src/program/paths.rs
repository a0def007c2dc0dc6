//! Which paths of an event or an element a rule reads and writes.

use std::collections::BTreeSet;

use enrich_dsl::model::{self, Copied, Path};

/// The paths that a lookup may write.
pub(super) fn targets(lookup: &model::Lookup) -> Vec<&Path> {
    let mut targets = Vec::new();
    for copy in &lookup.copies {
        match &copy.what {
            Copied::Named(names) => targets.extend(names.iter().map(|(_, path)| path)),
            Copied::All { into, .. } => targets.push(into),
            _ => {}
        }
    }
    targets.extend(lookup.blocks().flatten().filter_map(target));
    targets
}

/// The path that a step writes.
pub(super) fn target(step: &model::Step) -> Option<&Path> {
    match &step.kind {
        model::StepKind::Set { target, .. } | model::StepKind::Remove(target) => Some(target),
        _ => None,
    }
}

/// Every path of the event that a rule reads or writes.
pub(super) fn paths(rule: &model::Rule) -> Vec<Vec<String>> {
    let mut paths: BTreeSet<Vec<String>> = BTreeSet::new();
    let mut reads = |expr: &model::Expr| paths.extend(read_paths(expr));
    rule.walk(&mut |expr| reads(expr));
    paths.extend(rule.steps.iter().filter_map(target).map(|path| path.0.clone()));
    paths.extend(rule.loops.iter().map(|each| each.array.0.clone()));
    paths.extend(rule.lookups.iter().flat_map(targets).map(|path| path.0.clone()));
    paths.into_iter().collect()
}

/// The paths of the event that an expression reads.
pub(super) fn read_paths(expr: &model::Expr) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    expr.walk(&mut |inner| {
        if let model::Expr::Event(path) = inner {
            paths.push(path.0.clone());
        }
    });
    paths
}

/// Every path of the element that a loop reads or writes.
pub(super) fn element_paths(each: &model::ForEach) -> Vec<Vec<String>> {
    let written = each.lookups.iter().flat_map(targets).chain(each.steps.iter().filter_map(target));
    let mut paths: BTreeSet<Vec<String>> = written.map(|path| path.0.clone()).collect();
    each.walk(&mut |expr| {
        expr.walk(&mut |inner| {
            if let model::Expr::Element(path) = inner {
                paths.insert(path.0.clone());
            }
        });
    });
    paths.into_iter().collect()
}
