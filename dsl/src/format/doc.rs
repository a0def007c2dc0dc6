//! Text that knows where it may be broken into lines, and the writer that decides.

use std::borrow::Cow;

/// The width that lines are kept below, in characters, as far as their words allow.
pub(super) const WIDTH: usize = 110;

/// A piece of text with its possible line ends.
#[derive(Clone, Debug)]
pub(super) enum Doc {
    /// Characters without a line end.
    Text(Cow<'static, str>),
    /// So many spaces; none where the line ends.
    Space(usize),
    /// A space, or a line end where the group around it is broken.
    Line,
    /// Nothing, or a line end where the group around it is broken.
    Soft,
    /// A comment: behind what stands before it, or on a line of its own. Its line ends with it.
    Comment {
        /// From its `#` on.
        text: String,
        /// Whether it has a line of its own.
        own_line: bool,
    },
    /// One behind the other.
    All(Vec<Doc>),
    /// On one line if it fits there, else broken at all lines of its own.
    Group(Box<Doc>),
    /// Lines inside begin so much further to the right.
    Indent(usize, Box<Doc>),
    /// Lines inside begin where this begins.
    Align(Box<Doc>),
}

impl Doc {
    pub(super) fn text(text: impl Into<Cow<'static, str>>) -> Self {
        Doc::Text(text.into())
    }

    /// A word of the language, and the space behind it.
    pub(super) fn word(word: &'static str) -> Self {
        Doc::All(vec![Doc::text(word), Doc::Space(1)])
    }

    /// A word of the language between two others.
    pub(super) fn between(word: &'static str) -> Self {
        Doc::All(vec![Doc::Space(1), Doc::word(word)])
    }

    pub(super) fn group(parts: Vec<Doc>) -> Self {
        Doc::Group(Box::new(Doc::All(parts)))
    }

    pub(super) fn indent(by: usize, inside: Doc) -> Self {
        Doc::Indent(by, Box::new(inside))
    }

    pub(super) fn align(inside: Doc) -> Self {
        Doc::Align(Box::new(inside))
    }

    /// How wide it is on one line; `None` if a comment keeps it from being on one.
    pub(super) fn width(&self) -> Option<usize> {
        match self {
            Doc::Text(text) => Some(text.chars().count()),
            Doc::Space(width) => Some(*width),
            Doc::Line => Some(1),
            Doc::Soft => Some(0),
            Doc::Comment { .. } => None,
            Doc::All(parts) => parts.iter().map(Doc::width).sum(),
            Doc::Group(inside) | Doc::Indent(_, inside) | Doc::Align(inside) => inside.width(),
        }
    }

    /// It on one line.
    pub(super) fn flat(self) -> String {
        let mut writer = Writer::new("\n");
        let mut open = vec![self];
        while let Some(doc) = open.pop() {
            match doc {
                Doc::Text(text) => writer.text(&text),
                Doc::Space(width) => writer.spaces += width,
                Doc::Line => writer.spaces += 1,
                Doc::Soft | Doc::Comment { .. } => {}
                Doc::All(parts) => open.extend(parts.into_iter().rev()),
                Doc::Group(inside) | Doc::Indent(_, inside) | Doc::Align(inside) => open.push(*inside),
            }
        }
        writer.out
    }
}

/// What is written so far, and the white space that waits for what comes behind it: so no line ends
/// in a space, and two line ends in a row are one.
#[derive(Debug)]
pub(super) struct Writer {
    out: String,
    line_end: &'static str,
    /// The column that the next character stands in, waiting spaces aside.
    column: usize,
    spaces: usize,
    /// The indentation of the line that is still to begin.
    line: Option<usize>,
    blank: bool,
}

/// How the lines of a group are written.
#[derive(Clone, Copy)]
enum Mode {
    Flat,
    Broken,
}

impl Writer {
    pub(super) fn new(line_end: &'static str) -> Self {
        Self { out: String::new(), line_end, column: 0, spaces: 0, line: None, blank: false }
    }

    /// All that was written, with its last line end.
    pub(super) fn finish(mut self) -> String {
        if !self.out.is_empty() {
            self.out.push_str(self.line_end);
        }
        self.out
    }

    /// What comes next stands on a new line.
    pub(super) fn line(&mut self, indent: usize) {
        self.line = Some(indent);
        self.spaces = 0;
    }

    /// What comes next has a blank line above it.
    pub(super) fn blank(&mut self) {
        self.blank = true;
    }

    /// A comment, and the end of its line.
    pub(super) fn comment(&mut self, text: &str, own_line: bool, indent: usize) {
        if own_line {
            self.line(indent);
        }
        self.spaces = 1;
        self.text(text);
        self.line(indent);
    }

    pub(super) fn text(&mut self, text: &str) {
        if let Some(indent) = self.line.take() {
            if !self.out.is_empty() {
                let ends = 1 + usize::from(self.blank);
                self.out.extend(std::iter::repeat_n(self.line_end, ends));
            }
            self.blank = false;
            (self.column, self.spaces) = (0, indent);
        }
        self.out.extend(std::iter::repeat_n(' ', self.spaces));
        self.out.push_str(text);
        self.column += self.spaces + text.chars().count();
        self.spaces = 0;
    }

    /// Where the next character would stand.
    fn next_column(&self) -> usize {
        self.line.unwrap_or(self.column + self.spaces)
    }

    /// Writes a piece, broken where it has to be.
    pub(super) fn doc(&mut self, doc: &Doc, indent: usize) {
        let mut open = vec![(indent, Mode::Broken, doc)];
        while let Some((indent, mode, doc)) = open.pop() {
            match (doc, mode) {
                (Doc::Text(text), _) => self.text(text),
                (Doc::Space(width), _) => self.spaces += width,
                (Doc::Line, Mode::Flat) => self.spaces += 1,
                (Doc::Soft, Mode::Flat) => {}
                (Doc::Line | Doc::Soft, Mode::Broken) => self.line(indent),
                (Doc::Comment { text, own_line }, _) => self.comment(text, *own_line, indent),
                (Doc::All(parts), _) => open.extend(parts.iter().rev().map(|part| (indent, mode, part))),
                (Doc::Group(inside), _) => {
                    let flat = matches!(mode, Mode::Flat) || self.fits(inside, &open);
                    open.push((indent, if flat { Mode::Flat } else { Mode::Broken }, inside));
                }
                (Doc::Indent(by, inside), _) => open.push((indent + by, mode, inside)),
                (Doc::Align(inside), _) => open.push((self.next_column(), mode, inside)),
            }
        }
    }

    /// Whether a group fits on the line, with what stands behind it up to the next line end.
    fn fits(&self, group: &Doc, behind: &[(usize, Mode, &Doc)]) -> bool {
        let Some(width) = group.width() else { return false };
        let mut column = self.next_column() + width;
        let mut waiting = behind.iter().rev();
        let mut open: Vec<(Mode, &Doc)> = Vec::new();
        while column <= WIDTH {
            let next = open.pop().or_else(|| waiting.next().map(|(_, mode, doc)| (*mode, *doc)));
            let Some((mode, doc)) = next else { return true };
            match (doc, mode) {
                (Doc::Text(text), _) => column += text.chars().count(),
                (Doc::Space(width), _) => column += width,
                (Doc::Line, Mode::Flat) => column += 1,
                (Doc::Soft, Mode::Flat) => {}
                (Doc::Comment { .. }, _) | (Doc::Line | Doc::Soft, Mode::Broken) => return true,
                (Doc::All(parts), _) => open.extend(parts.iter().rev().map(|part| (mode, part))),
                // What stands behind may be broken at its own lines.
                (Doc::Group(inside) | Doc::Indent(_, inside) | Doc::Align(inside), _) => {
                    open.push((mode, inside));
                }
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(items: usize) -> Doc {
        let mut parts = vec![Doc::text("f("), Doc::Soft];
        for _ in 0..items {
            parts.extend([Doc::text("argument,"), Doc::Line]);
        }
        parts.extend([Doc::text("end"), Doc::Soft, Doc::text(")")]);
        Doc::group(parts)
    }

    fn written(docs: &[Doc]) -> String {
        let mut writer = Writer::new("\n");
        docs.iter().for_each(|doc| writer.doc(doc, 0));
        writer.finish()
    }

    #[test]
    fn a_group_is_broken_where_it_does_not_fit() {
        let width = |items| list(items).width().expect("no comment");
        let fitting = (0..).take_while(|items| width(*items) <= WIDTH).last().expect("one fits");
        assert_eq!(written(&[list(fitting)]).lines().count(), 1);
        assert_eq!(written(&[list(fitting + 1)]).lines().count(), fitting + 4);
        // What stands behind it counts up to the next possible line end.
        let behind = Doc::text("x".repeat(WIDTH - width(fitting)));
        assert_eq!(written(&[Doc::All(vec![list(fitting), behind.clone()])]).lines().count(), 1);
        let more = Doc::All(vec![list(fitting), behind, Doc::text(" {")]);
        assert_eq!(written(&[more]).lines().count(), fitting + 3);
    }

    #[test]
    fn lines_never_end_in_spaces_and_never_end_twice() {
        let comment = |own_line| Doc::Comment { text: "# c".to_owned(), own_line };
        let parts =
            vec![Doc::text("a"), Doc::Space(3), comment(false), Doc::Line, comment(true), Doc::text("b")];
        assert_eq!(written(&[Doc::group(parts)]), "a # c\n# c\nb\n");
        assert_eq!(written(&[]), "");
    }
}
