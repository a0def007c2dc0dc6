//! Which statements the value of each field may come from, at one place in a rule.

use std::collections::{BTreeMap, BTreeSet};

use super::FieldPath;

/// What may be in a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Content {
    /// The writes that it may come from, by their numbers.
    pub(super) writes: BTreeSet<usize>,
    /// Whether it may be what arrived.
    pub(super) arrived: bool,
    /// Whether it may have been taken out.
    pub(super) removed: bool,
}

/// What happens to a field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change {
    /// It gets the value of that write.
    Write(usize),
    /// It is taken out.
    Remove,
}

impl Content {
    fn arrived() -> Self {
        Self { writes: BTreeSet::new(), arrived: true, removed: false }
    }

    fn only(change: Change) -> Self {
        let mut content = Self { writes: BTreeSet::new(), arrived: false, removed: false };
        content.add(change);
        content
    }

    fn add(&mut self, change: Change) {
        match change {
            Change::Write(number) => _ = self.writes.insert(number),
            Change::Remove => self.removed = true,
        }
    }

    fn join(&mut self, other: &Content) {
        self.writes.extend(&other.writes);
        self.arrived |= other.arrived;
        self.removed |= other.removed;
    }
}

/// The fields that statements have changed. A field without a content of its own has that of the
/// nearest one around it; where there is none, it is as it arrived.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields(BTreeMap<FieldPath, Content>);

impl Fields {
    /// What may be in a field, without what has been written inside it.
    pub(super) fn at(&self, path: &FieldPath) -> Content {
        let around = (0..=path.0.len()).rev().filter_map(|length| path.0.get(..length));
        let nearest = around.into_iter().find_map(|path| self.0.get(&FieldPath(path.to_vec())));
        nearest.cloned().unwrap_or_else(Content::arrived)
    }

    /// What may be in a field, with all that is inside it.
    pub(super) fn whole(&self, path: &FieldPath) -> Content {
        let mut content = self.at(path);
        for (_, inner) in self.0.iter().filter(|(inner, _)| is_inside(inner, path)) {
            content.writes.extend(&inner.writes);
        }
        content
    }

    /// Something that happens in any case: what was there before is gone.
    pub(super) fn always(&mut self, path: FieldPath, change: Change) {
        self.0.retain(|inner, _| !is_inside(inner, &path));
        self.0.insert(path, Content::only(change));
    }

    /// Something that may happen.
    pub(super) fn maybe(&mut self, path: FieldPath, change: Change) {
        let mut content = self.at(&path);
        content.add(change);
        for (_, inner) in self.0.iter_mut().filter(|(inner, _)| is_inside(inner, &path)) {
            inner.add(change);
        }
        self.0.insert(path, content);
    }

    /// One of several ways was gone.
    pub(super) fn joined(ways: &[Fields]) -> Self {
        let paths: BTreeSet<&FieldPath> = ways.iter().flat_map(|way| way.0.keys()).collect();
        let join = |path: &FieldPath| {
            let mut contents = ways.iter().map(|way| way.at(path));
            let mut joined = contents.next().unwrap_or_else(Content::arrived);
            contents.for_each(|content| joined.join(&content));
            joined
        };
        Self(paths.into_iter().map(|path| (path.clone(), join(path))).collect())
    }

    /// All fields that have been changed, sorted.
    pub(super) fn into_changed(self) -> impl Iterator<Item = (FieldPath, Content)> {
        self.0.into_iter()
    }
}

fn is_inside(inner: &FieldPath, outer: &FieldPath) -> bool {
    inner.0.len() > outer.0.len() && inner.0.starts_with(&outer.0)
}
