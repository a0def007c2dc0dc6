//! What the statements above a place may have written.

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
    all: Vec<Write>,
    /// When the statements at this place run.
    pub(super) occasion: Occasion,
}

impl Writes {
    /// A value is written. The place of an earlier statement whose value is lost by that.
    pub(super) fn set(&mut self, root: Root, path: Path, span: Span) -> Option<Span> {
        let covered = |write: &&Write| {
            write.root == root
                && !write.read
                && write.kind != Kind::Remove
                && write.path.0.starts_with(&path.0)
                && write.occasion.meets(self.occasion)
        };
        let lost = self.all.iter().find(covered).map(|write| write.span);
        self.add(root, path, Kind::Whole, span);
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
            let seen = self.all.iter_mut().filter(|write| write.root == root && write.path.overlaps(path));
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
        let gone =
            self.all.iter_mut().filter(|write| write.root == root && write.path.0.starts_with(&path.0));
        gone.for_each(|write| write.read = true);
        self.add(root, path, Kind::Remove, span);
    }

    fn add(&mut self, root: Root, path: Path, kind: Kind, span: Span) {
        self.all.push(Write { root, path, kind, occasion: self.occasion, span, read: false });
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

    /// The first statement that may write what `path` reads.
    pub(super) fn before(&self, root: Root, path: &Path) -> Option<Span> {
        self.all.iter().find(|write| write.root == root && write.path.overlaps(path)).map(|write| write.span)
    }

    /// The element is out of sight behind its loop.
    pub(super) fn leave_element(&mut self) {
        self.all.retain(|write| write.root == Root::Event);
    }
}
