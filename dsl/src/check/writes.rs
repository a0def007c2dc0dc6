//! What the statements above a place may have written.

use crate::model::{Copied, Copy, Path};
use crate::source::Span;

/// What a path begins at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    Event,
    /// The element of the `for each` around the place.
    Element,
}

/// The paths that may have been written so far, with the statement that does.
#[derive(Clone, Debug, Default)]
pub(super) struct Writes(Vec<(Root, Path, Span)>);

impl Writes {
    pub(super) fn add(&mut self, root: Root, path: Path, span: Span) {
        self.0.push((root, path, span));
    }

    pub(super) fn extend(&mut self, root: Root, path: Option<Path>, span: Span) {
        self.0.extend(path.map(|path| (root, path, span)));
    }

    pub(super) fn copy(&mut self, root: Root, copy: &Copy) {
        match &copy.what {
            Copied::Named(names) => {
                names.iter().for_each(|(_, path)| self.add(root, path.clone(), copy.span));
            }
            Copied::All { into, .. } => self.add(root, into.clone(), copy.span),
        }
    }

    /// The first statement that may write what `path` reads.
    pub(super) fn before(&self, root: Root, path: &Path) -> Option<Span> {
        let found = self.0.iter().find(|(at, written, _)| *at == root && written.overlaps(path));
        found.map(|(.., span)| *span)
    }

    /// The element is out of sight behind its loop.
    pub(super) fn leave_element(&mut self) {
        self.0.retain(|(root, ..)| *root == Root::Event);
    }
}
