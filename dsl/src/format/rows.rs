//! Blocks as rows of cells: which rows stand together, and how their cells are aligned.

use super::comments::Comments;
use super::doc::{Doc, WIDTH, Writer};
use crate::syntax::tree::Trivia;

/// How much further to the right a block is.
pub(super) const BLOCK: usize = 2;

/// How much further to the right a statement goes on that does not fit on its line: further than a
/// block, so that a lookup's key is no statement of its block.
const CONTINUED: usize = 4;

/// A cell is not pushed further to the right than this for the sake of the ones below it.
const FURTHEST: usize = 24;

/// What stands in a block: rows, with the comments and blank lines between them.
#[derive(Debug, Default)]
pub(super) struct Entries(Vec<Entry>);

#[derive(Debug)]
enum Entry {
    Blank,
    Comment(String),
    Row(Row),
}

/// A statement, or a clause of a table.
#[derive(Debug)]
pub(super) struct Row {
    /// Rows of one kind are aligned with each other. `None` stands for itself.
    pub(super) kind: Option<Kind>,
    pub(super) cells: Vec<Cell>,
    /// What follows in braces, on lines of its own.
    pub(super) block: Option<Block>,
    /// How much further to the right it goes on where it does not fit on its line.
    pub(super) continued: usize,
    /// The comment behind it.
    behind: Option<String>,
}

/// What kinds of rows there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Clause,
    Plain,
    Copy,
    Outcome,
}

/// A part of a row.
#[derive(Debug)]
pub(super) struct Cell {
    /// Where it is aligned with those of other rows. `None`: nowhere.
    pub(super) column: Option<Column>,
    pub(super) doc: Doc,
}

/// Where cells are aligned, from left to right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    /// What stands behind the first word.
    Argument,
    /// `= VALUE`
    Assignment,
    /// `to .PATH`
    Target,
    /// `default VALUE` or `required`
    Absent,
    /// `{ … }`
    Braces,
}

/// What a row has in its braces.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) entries: Entries,
    /// The comment behind the opening brace.
    opening: Option<String>,
}

impl Row {
    pub(super) fn new(kind: Option<Kind>, cells: Vec<Cell>) -> Self {
        Self { kind, cells, block: None, continued: CONTINUED, behind: None }
    }

    /// Its width on one line with these spaces before its cells; `None` if it can't be on one.
    pub(super) fn width(&self, spaces: &[usize]) -> Option<usize> {
        self.width_before(self.cells.len(), spaces)
    }

    /// Its width before that cell and the spaces there.
    fn width_before(&self, cell: usize, spaces: &[usize]) -> Option<usize> {
        let cells = self.cells.iter().zip(spaces).take(cell);
        cells.map(|(cell, spaces)| Some(cell.doc.width()? + spaces)).sum()
    }

    /// A space before each cell but the first.
    pub(super) fn apart(&self) -> Vec<usize> {
        (0..self.cells.len()).map(|cell| usize::from(cell > 0)).collect()
    }

    /// The cell in that column, if the row is one that can be aligned there.
    fn cell(&self, column: Column, spaces: &[usize], room: usize) -> Option<usize> {
        let at = self.cells.iter().position(|cell| cell.column == Some(column))?;
        // A first word is aligned even if what follows it takes several lines.
        let one_line = || self.width(spaces).is_some_and(|width| width <= room);
        (column == Column::Argument || one_line()).then_some(at)
    }

    fn write(&self, spaces: &[usize], writer: &mut Writer, indent: usize) {
        let mut parts = Vec::new();
        for (cell, spaces) in self.cells.iter().zip(spaces) {
            parts.extend([Doc::Space(*spaces), cell.doc.clone()]);
        }
        let block = self.block.as_ref().filter(|block| !block.is_empty());
        parts.extend(self.block.as_ref().map(|_| Doc::text(if block.is_some() { " {" } else { " { }" })));
        writer.line(indent);
        writer.doc(&Doc::indent(self.continued, Doc::All(parts)), indent);
        if let Some(block) = block {
            if let Some(comment) = &block.opening {
                writer.comment(comment, false, indent + BLOCK);
            }
            block.entries.write(writer, indent + BLOCK);
            writer.line(indent);
            writer.text("}");
        }
        if let Some(comment) = &self.behind {
            writer.comment(comment, false, indent);
        }
    }
}

impl Block {
    /// What stands before the next statement or the closing brace.
    pub(super) fn between(&mut self, trivia: &[Trivia], comments: &Comments<'_>) {
        match trivia.split_first() {
            Some((Trivia::Comment { span, own_line: false }, rest)) if self.entries.0.is_empty() => {
                self.opening = Some(comments.text(*span));
                self.entries.between(rest, comments);
            }
            _ => self.entries.between(trivia, comments),
        }
    }

    /// Whether nothing stands in it, not even a comment.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.0.is_empty() && self.opening.is_none()
    }
}

impl Entries {
    pub(super) fn row(&mut self, row: Row) {
        self.0.push(Entry::Row(row));
    }

    /// The only row, if there is nothing else.
    pub(super) fn single(&self) -> Option<&Row> {
        match self.0.as_slice() {
            [Entry::Row(row)] => Some(row),
            _ => None,
        }
    }

    /// Puts comments and blank lines behind what is there.
    pub(super) fn between(&mut self, trivia: &[Trivia], comments: &Comments<'_>) {
        for piece in trivia {
            match (piece, self.0.last_mut()) {
                (Trivia::Blank { .. }, None | Some(Entry::Blank)) => {}
                (Trivia::Blank { .. }, Some(_)) => self.0.push(Entry::Blank),
                (Trivia::Comment { span, own_line: false }, Some(Entry::Row(row)))
                    if row.behind.is_none() =>
                {
                    row.behind = Some(comments.text(*span));
                }
                (Trivia::Comment { span, .. }, _) => self.0.push(Entry::Comment(comments.text(*span))),
            }
        }
    }

    /// Sees to it that a blank line stands between the last row and what comes next.
    pub(super) fn part_from_last_row(&mut self) {
        let last = self.0.iter().rposition(|entry| matches!(entry, Entry::Row(_)));
        let Some(behind) = last.map(|last| last + 1) else { return };
        if !self.0.iter().skip(behind).any(|entry| matches!(entry, Entry::Blank)) {
            self.0.insert(behind, Entry::Blank);
        }
    }

    /// Takes off the blank line before the end of the block.
    pub(super) fn end(&mut self) {
        if matches!(self.0.last(), Some(Entry::Blank)) {
            self.0.pop();
        }
    }

    pub(super) fn write(&self, writer: &mut Writer, indent: usize) {
        let mut rest = self.0.as_slice();
        while !rest.is_empty() {
            let (run, behind) = rest.split_at(run(rest).min(rest.len()));
            let rows: Vec<&Row> = run.iter().filter_map(Entry::as_row).collect();
            let mut spaces = aligned(&rows, WIDTH.saturating_sub(indent)).into_iter();
            for entry in run {
                match entry {
                    Entry::Blank => writer.blank(),
                    Entry::Comment(text) => writer.comment(text, true, indent),
                    Entry::Row(row) => row.write(&spaces.next().unwrap_or_default(), writer, indent),
                }
            }
            rest = behind;
        }
    }
}

impl Entry {
    fn as_row(&self) -> Option<&Row> {
        match self {
            Entry::Row(row) => Some(row),
            _ => None,
        }
    }
}

/// How many entries stand together: rows of one kind without blocks, and comments between them.
fn run(entries: &[Entry]) -> usize {
    let alone = |row: &Row| row.kind.is_none() || row.block.as_ref().is_some_and(|block| !block.is_empty());
    let kind = match entries.first() {
        Some(Entry::Row(row)) if !alone(row) => row.kind,
        _ => return 1,
    };
    let goes_on = |entry: &&Entry| match entry {
        Entry::Blank => false,
        Entry::Comment(_) => true,
        Entry::Row(row) => !alone(row) && row.kind == kind,
    };
    entries.iter().take_while(goes_on).count()
}

/// The spaces before each cell of rows that stand together.
fn aligned(rows: &[&Row], room: usize) -> Vec<Vec<usize>> {
    let mut spaces: Vec<Vec<usize>> = rows.iter().map(|row| row.apart()).collect();
    for column in [Column::Argument, Column::Assignment, Column::Target, Column::Absent, Column::Braces] {
        // The cells of the column: in which row, at which place there, and behind how many characters.
        let mut cells = Vec::new();
        for (at, (row, spaces)) in rows.iter().zip(&spaces).enumerate() {
            let Some(cell) = row.cell(column, spaces, room) else { continue };
            let Some(before) = row.width_before(cell, spaces) else { continue };
            cells.push((at, cell, before));
        }
        let Some(furthest) = cells.iter().map(|(_, _, before)| *before).max() else { continue };
        let mut moved = spaces.clone();
        let mut fits = true;
        for (at, cell, before) in cells {
            let Some(row) = moved.get_mut(at) else { continue };
            let more = furthest - before;
            if let Some(space) = row.get_mut(cell) {
                *space += more;
            }
            let width = rows.get(at).and_then(|rows| rows.width(row));
            fits &=
                column == Column::Argument || more <= FURTHEST && width.is_some_and(|width| width <= room);
        }
        if fits {
            spaces = moved;
        }
    }
    spaces
}
