//! What the statements above a place may have written.

use crate::model::{Copied, Copy, Path};
use crate::source::Span;

/// The paths that may have been written so far, with the statement that does.
#[derive(Clone, Debug, Default)]
pub(super) struct Writes(Vec<(Path, Span)>);

impl Writes {
    pub(super) fn add(&mut self, path: Path, span: Span) {
        self.0.push((path, span));
    }

    pub(super) fn copy(&mut self, copy: &Copy) {
        match &copy.what {
            Copied::Named(names) => names.iter().for_each(|(_, path)| self.add(path.clone(), copy.span)),
            Copied::All { into, .. } => self.add(into.clone(), copy.span),
        }
    }

    /// The first statement that may write what `path` reads.
    pub(super) fn before(&self, path: &Path) -> Option<Span> {
        self.0.iter().find(|(written, _)| written.overlaps(path)).map(|(_, span)| *span)
    }
}
