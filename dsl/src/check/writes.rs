//! What the statements above a place may have written.

use std::collections::HashMap;

use crate::model::{Copied, Copy, Expr, Path};
use crate::source::Span;

/// What a path begins at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    Event,
    /// The element of the `for each` around the place.
    Element,
}

/// When a statement runs: always, or only on some outcomes of one lookup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Occasion(Option<(usize, u8)>);

impl Occasion {
    pub(super) const FOUND: u8 = 1;
    pub(super) const MISSING: u8 = 2;
    pub(super) const NO_KEY: u8 = 4;
    pub(super) const ERROR: u8 = 8;

    /// On those outcomes of the lookup that stands at that place of the text.
    pub(super) fn of(lookup: usize, outcomes: u8) -> Self {
        Self(Some((lookup, outcomes)))
    }

    fn meets(self, other: Occasion) -> bool {
        match (self.0, other.0) {
            (Some((one, these)), Some((two, those))) if one == two => these & those != 0,
            _ => true,
        }
    }
}

/// What a statement does to the path that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// It writes a value.
    Whole,
    /// It writes into it, nobody knows what.
    Inside,
    /// It takes it out.
    Remove,
}

/// A path that may be written.
#[derive(Clone, Debug)]
struct Write {
    root: Root,
    path: Path,
    kind: Kind,
    occasion: Occasion,
    span: Span,
    /// Whether a later statement has read what was written: then it is of use, whatever replaces it.
    read: bool,
}

/// The paths that may have been written so far, with the statement that does.
#[derive(Clone, Debug, Default)]
pub(super) struct Writes {
    /// By the first name of their path: a rule may have many thousand statements, and few of them have to
    /// do with each other.
    by_name: HashMap<String, Vec<Write>>,
    /// Those of a whole element.
    whole: Vec<Write>,
    /// When the statements at this place run.
    pub(super) occasion: Occasion,
}

impl Writes {
    /// A value is written. The place of an earlier statement whose value is lost by that.
    pub(super) fn set(&mut self, root: Root, path: Path, span: Span) -> Option<Span> {
        let occasion = self.occasion;
        let lost = self.related(root, &path).find(|write| {
            !write.read
                && write.kind != Kind::Remove
                && write.path.0.starts_with(&path.0)
                && write.occasion.meets(occasion)
        });
        let lost = lost.map(|write| write.span);
        self.replace(root, path, Kind::Whole, span);
        lost
    }

    /// An expression has been read that stands here.
    pub(super) fn read(&mut self, expr: &Expr) {
        expr.walk(&mut |inner| {
            let (root, path) = match inner {
                Expr::Event(path) => (Root::Event, path),
                Expr::Element(path) => (Root::Element, path),
                _ => return,
            };
            let seen = self.related(root, path).filter(|write| write.path.overlaps(path));
            seen.for_each(|write| write.read = true);
        });
    }

    /// Something inside of the path is written.
    pub(super) fn inside(&mut self, root: Root, path: Path, span: Span) {
        self.add(root, path, Kind::Inside, span);
    }

    /// The path is taken out.
    pub(super) fn remove(&mut self, root: Root, path: Path, span: Span) {
        // What is taken out on purpose is not lost.
        let gone = self.related(root, &path).filter(|write| write.path.0.starts_with(&path.0));
        gone.for_each(|write| write.read = true);
        self.replace(root, path, Kind::Remove, span);
    }

    /// All that a copy writes; gives the earlier statements whose values are lost, by the attribute.
    pub(super) fn copy(&mut self, root: Root, copy: &Copy) -> Vec<(String, Span)> {
        match &copy.what {
            Copied::Named(names) => {
                let set = |(name, path): &(String, Path)| {
                    Some((name.clone(), self.set(root, path.clone(), copy.span)?))
                };
                names.iter().filter_map(set).collect()
            }
            Copied::All { into, .. } => {
                self.inside(root, into.clone(), copy.span);
                Vec::new()
            }
        }
    }

    /// A statement that may write what `path` reads.
    pub(super) fn before(&mut self, root: Root, path: &Path) -> Option<Span> {
        self.related(root, path).filter(|write| write.path.overlaps(path)).map(|write| write.span).min()
    }

    /// The element is out of sight behind its loop.
    pub(super) fn leave_element(&mut self) {
        self.whole.retain(|write| write.root == Root::Event);
        self.by_name.values_mut().for_each(|writes| writes.retain(|write| write.root == Root::Event));
    }

    /// The writes that can have to do with a path.
    fn related<'w>(&'w mut self, root: Root, path: &Path) -> impl Iterator<Item = &'w mut Write> {
        let (named, all) = match path.0.first() {
            Some(name) => (self.by_name.get_mut(name), None),
            None => (None, Some(self.by_name.values_mut().flatten())),
        };
        let named = named.into_iter().flatten().chain(all.into_iter().flatten());
        self.whole.iter_mut().chain(named).filter(move |write| write.root == root)
    }

    /// Puts a write in the place of those that it leaves nothing of, if it always runs.
    fn replace(&mut self, root: Root, path: Path, kind: Kind, span: Span) {
        if self.occasion == Occasion::default()
            && let Some(writes) = path.0.first().and_then(|name| self.by_name.get_mut(name))
        {
            writes.retain(|write| write.root != root || !write.path.0.starts_with(&path.0));
        }
        self.add(root, path, kind, span);
    }

    fn add(&mut self, root: Root, path: Path, kind: Kind, span: Span) {
        let first = path.0.first().cloned();
        let write = Write { root, path, kind, occasion: self.occasion, span, read: false };
        match first {
            Some(name) => self.by_name.entry(name).or_default().push(write),
            None => self.whole.push(write),
        }
    }
}
