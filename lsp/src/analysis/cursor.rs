//! Where a place is, told from the words before it. A statement that is being written does not parse, so
//! no tree can tell.

use enrich_dsl::syntax::words::{CLAUSES, STATEMENTS};
use enrich_dsl::syntax::{LexemeKind, lexemes};

use super::words::{is_name, is_word, quoted_end};

/// A word, sign or text before the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'t> {
    /// What it is.
    pub kind: LexemeKind,
    /// What is written.
    pub text: &'t str,
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// What the cursor is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inside {
    /// Words and signs.
    Code,
    /// A text, behind the quote at this place.
    Text(usize),
    /// `${…` in a text, behind the brace at this place.
    Variable(usize),
    /// A hole of a text, behind the brace at this place.
    Hole(usize),
    /// A comment.
    Comment,
}

/// A place in a file with what is around it.
#[derive(Clone, Debug)]
pub struct Cursor<'t> {
    /// What it is in.
    pub inside: Inside,
    /// Where the word begins that ends at the cursor; the cursor itself if none does.
    pub start: usize,
    /// The cursor.
    pub offset: usize,
    /// The heads of the blocks around it, outermost first: `rule r`, `lookup u from users where …`.
    pub blocks: Vec<Vec<Token<'t>>>,
    /// The words of its statement before `start`, those in a text left out.
    pub statement: Vec<Token<'t>>,
    /// The words before `start` in the hole that it is in, if it is in one.
    pub hole: Vec<Token<'t>>,
    /// The path that ends at the cursor.
    pub path: Option<Path<'t>>,
}

/// `.a.b` or `name.b` in front of a cursor: what stands behind the last dot is still being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path<'t> {
    /// The name that it begins with; `None` for the event's dot.
    pub root: Option<&'t str>,
    /// The names before the last dot, outermost first.
    pub segments: Vec<String>,
    /// Where the path begins.
    pub start: usize,
}

impl<'t> Cursor<'t> {
    /// The place at that offset.
    #[must_use]
    pub fn new(text: &'t str, offset: usize) -> Self {
        let offset = (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let before = text.get(..offset).unwrap_or_default();
        let (inside, text_start) = inside(before);
        let word = before.trim_end_matches(is_word).len();
        let start = match inside {
            Inside::Text(at) | Inside::Variable(at) => at,
            Inside::Code | Inside::Hole(_) => word,
            Inside::Comment => offset,
        };
        let path = matches!(inside, Inside::Code | Inside::Hole(_)).then(|| path(before, word)).flatten();
        // A path is one operand, wherever in it the cursor is.
        let start = path.as_ref().map_or(start, |path| path.start);
        let (blocks, statement) = blocks(&tokens(before, 0, text_start.unwrap_or(start)));
        let hole = match inside {
            Inside::Hole(at) => tokens(before, at, start),
            _ => Vec::new(),
        };
        let start = if path.is_some() { word } else { start };
        Self { inside, start, offset, blocks, statement, hole, path }
    }

    /// The word that the innermost block begins with.
    #[must_use]
    pub fn block(&self) -> Option<&'t str> {
        self.blocks.last()?.first().map(|token| token.text)
    }

    /// The words that an expression at the cursor would go on with.
    #[must_use]
    pub fn operands(&self) -> &[Token<'t>] {
        if matches!(self.inside, Inside::Hole(_)) { &self.hole } else { &self.statement }
    }
}

/// What the end of a text is in, and where the outermost text begins that it is in. Texts end on their lines.
fn inside(before: &str) -> (Inside, Option<usize>) {
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    let mut around = vec![Inside::Code];
    let mut outermost = None;
    let mut characters = before.get(line..).unwrap_or_default().char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let behind = line + at + character.len_utf8();
        match (around.last().copied().unwrap_or(Inside::Code), character) {
            (Inside::Code | Inside::Hole(_), '#') => return (Inside::Comment, outermost),
            (Inside::Code | Inside::Hole(_), '"') => {
                outermost = outermost.or(Some(line + at));
                around.push(Inside::Text(behind));
            }
            (Inside::Hole(_), '{') => around.push(Inside::Hole(behind)),
            (Inside::Text(_), '\\') => drop(characters.next()),
            (Inside::Text(_), '$') if characters.peek().is_some_and(|(_, next)| *next == '{') => {
                characters.next();
                around.push(Inside::Variable(behind + 1));
            }
            (Inside::Text(_), '{') => around.push(Inside::Hole(behind)),
            (Inside::Text(_), '"') | (Inside::Hole(_) | Inside::Variable(_), '}') => {
                around.pop();
            }
            _ => {}
        }
        if around.len() < 2 {
            outermost = None;
        }
    }
    (around.last().copied().unwrap_or(Inside::Code), outermost)
}

/// The words of a part of a text, without comments.
fn tokens(text: &str, from: usize, to: usize) -> Vec<Token<'_>> {
    let part = text.get(from..to).unwrap_or_default();
    let lexemes = lexemes(part).into_iter().filter(|lexeme| lexeme.kind != LexemeKind::Comment);
    let token = |kind, start: usize, end: usize| Token {
        kind,
        text: text.get(from + start..from + end).unwrap_or_default(),
        start: from + start,
        end: from + end,
    };
    lexemes.map(|lexeme| token(lexeme.kind, lexeme.start, lexeme.end)).collect()
}

/// Cuts words into the heads of the blocks that are open at their end, and the statement that they end in.
fn blocks<'t>(tokens: &[Token<'t>]) -> (Vec<Vec<Token<'t>>>, Vec<Token<'t>>) {
    let mut blocks: Vec<Vec<Token<'t>>> = Vec::new();
    let mut statement: Vec<Token<'t>> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            LexemeKind::OpenBrace => blocks.push(std::mem::take(&mut statement)),
            LexemeKind::CloseBrace => {
                blocks.pop();
                statement.clear();
            }
            // What was never closed ends where the next one begins.
            LexemeKind::Word if matches!(token.text, "table" | "rule") && begins_item(tokens, at) => {
                blocks.clear();
                statement = vec![*token];
            }
            _ => {
                let in_table =
                    blocks.first().and_then(|head| head.first()).is_some_and(|it| it.text == "table");
                let words = if in_table { CLAUSES } else { STATEMENTS };
                if token.kind == LexemeKind::Word && words.contains(&token.text) && begins(&statement, token)
                {
                    statement.clear();
                }
                statement.push(*token);
            }
        }
    }
    (blocks, statement)
}

/// `rule NAME {`, or as much of it as is written.
fn begins_item(tokens: &[Token<'_>], at: usize) -> bool {
    let kind = |at: usize| tokens.get(at).map(|token| token.kind);
    kind(at + 1).is_none_or(|kind| kind == LexemeKind::Word)
        && kind(at + 2).is_none_or(|kind| kind == LexemeKind::OpenBrace)
        && at.checked_sub(1).and_then(kind).is_none_or(|kind| kind != LexemeKind::Sign)
}

/// Whether this word of a statement's beginning is one, and no name inside of the statement before it.
fn begins(statement: &[Token<'_>], token: &Token<'_>) -> bool {
    let Some(before) = statement.last() else { return true };
    let goes_on = match (before.text, token.text) {
        (
            "copy" | "except" | "as" | "from" | "lookup" | "rejects" | "output" | "each" | "where"
            | "compression",
            _,
        )
        | ("drop", "when")
        | ("no", "key")
        | ("on", "on") => true,
        // `schema "FILE" on invalid`, `index "NAME" key`
        (_, "on") => {
            before.kind == LexemeKind::Text && statement.first().is_some_and(|first| first.text == "schema")
        }
        (_, "key") => statement.first().is_some_and(|first| first.text == "index"),
        _ => false,
    };
    !goes_on && !matches!(before.kind, LexemeKind::Sign | LexemeKind::OpenGroup)
}

/// The path that ends in the word that begins at `word`.
fn path(before: &str, word: usize) -> Option<Path<'_>> {
    let mut segments = Vec::new();
    let mut at = before.get(..word)?.strip_suffix('.')?.len();
    loop {
        let rest = before.get(..at)?;
        let begin =
            if rest.ends_with('"') { quoted_start(rest)? } else { rest.trim_end_matches(is_word).len() };
        let segment = rest.get(begin..)?;
        match before.get(..begin)?.strip_suffix('.') {
            Some(outer) if !segment.is_empty() => {
                segments.push(unquoted(segment));
                at = outer.len();
            }
            _ => {
                segments.reverse();
                return match segment {
                    "" => Some(Path { root: None, segments, start: at }),
                    name if is_name(name) => Some(Path { root: Some(name), segments, start: begin }),
                    // The point of a number.
                    _ => None,
                };
            }
        }
    }
}

/// Where the quoted name begins that ends a text.
fn quoted_start(text: &str) -> Option<usize> {
    let line = text.rfind('\n').map_or(0, |at| at + 1);
    text.match_indices('"').map(|(at, _)| at).filter(|at| *at >= line).rev().find(|&at| {
        let closes = quoted_end(text.get(at..).unwrap_or_default());
        closes == Some(text.len() - at) && text.get(..at).is_some_and(|outer| outer.ends_with('.'))
    })
}

/// A segment of a path as the name that it means; escapes in names are rare, and stay.
pub(super) fn unquoted(segment: &str) -> String {
    segment.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(segment).to_owned()
}
