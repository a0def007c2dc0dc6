//! Words and signs that are replaced, left out or put in, and the quotes and brackets around things.

use std::ops::Range;

use super::{Slip, tables};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::lex::{self, LexemeKind};

/// A word or sign of another language, with the one for it.
pub(super) fn replaced(slip: &Slip<'_>) -> Option<Diagnostic> {
    let signs = slip.signs();
    for range in [signs, slip.range(0), slip.range(-1)].into_iter().flatten() {
        let (start, end) = (range.start, range.end);
        let written = slip.text(range.clone());
        let meant = tables::REPLACED.iter().filter(|(word, _)| *word == written);
        let mut meant = meant.flat_map(|(_, meant)| meant.iter());
        let padded = |meant: &str| match meant {
            "." => meant.to_owned(),
            _ => format!("{}{meant}{}", gap(slip, start), gap_behind(slip, end)),
        };
        if let Some(meant) = meant.find(|meant| slip.gets_past(range.clone(), &padded(meant))) {
            let code = match written.starts_with(|first: char| first.is_ascii_alphabetic()) {
                true => Code::Syntax,
                false => Code::Operator,
            };
            let here = if code == Code::Syntax { " here" } else { "" };
            let message = format!("`{written}` is written `{meant}`{here}");
            let finding = slip.finding(code, range.clone(), message);
            return Some(finding.fix(slip.span(range), padded(meant)));
        }
    }
    None
}

/// A space, where a word put there would else grow together with the one before it.
fn gap(slip: &Slip<'_>, at: usize) -> &'static str {
    let touches = slip.text(0..at).ends_with(|last: char| lex::is_word(last) || last == '"');
    if touches { " " } else { "" }
}

fn gap_behind(slip: &Slip<'_>, at: usize) -> &'static str {
    let behind = slip.text(at..slip.source.len());
    if behind.starts_with(|first: char| lex::is_word(first) || first == '"') { " " } else { "" }
}

/// A sign that is too much: `default = "x"`, a last comma, `end`.
pub(super) fn too_much(slip: &Slip<'_>) -> Option<Diagnostic> {
    let (back, signs) = match slip.here == slip.lexemes.len() {
        true => (-1, None),
        false => (0, slip.signs()),
    };
    let range = signs.or_else(|| slip.range(back))?;
    let written = slip.text(range.clone());
    let before = slip.word(back - 1);
    if !tables::TOO_MUCH.contains(&written) || !slip.is_right_with(range.clone(), "") {
        return None;
    }
    let message = match slip.kind(back - 1) {
        Some(LexemeKind::Word) if matches!(written, "=" | ":" | "==" | ":=" | "->" | "=>") => {
            format!("what belongs to `{before}` stands behind it without `{written}`")
        }
        _ => format!("`{written}` is too much here"),
    };
    let finding = slip.finding(Code::Syntax, range.clone(), message).help("take it out");
    Some(finding.fix(slip.span(range), ""))
}

/// A sign that is missing: a comma in a list, `=` in a `set`, the type of a key.
pub(super) fn missing(slip: &Slip<'_>) -> Option<Diagnostic> {
    let end = slip.lexeme(-1)?.end;
    for row in tables::MISSING {
        let of_this = row.of.is_empty() || row.of.contains(&slip.first());
        if of_this && slip.is_right_with(end..end, row.with) {
            let range = slip.range(0).unwrap_or(end..end);
            let finding = slip.finding(Code::Syntax, range, row.message).help(row.help);
            return Some(match row.certain {
                true => finding.fix(slip.span(end..end), row.with.trim_end()),
                false => finding,
            });
        }
    }
    None
}

/// `my-name`, where a name stands.
pub(super) fn hyphen(slip: &Slip<'_>) -> Option<Diagnostic> {
    let part = |behind: isize| {
        matches!(slip.kind(behind), Some(LexemeKind::Word | LexemeKind::Operand)) || slip.word(behind) == "-"
    };
    if !matches!(slip.word(0), "-") || !slip.adjacent(0) || !slip.adjacent(1) {
        return None;
    }
    let last = (1..16).find(|&behind| !(part(behind + 1) && slip.adjacent(behind + 1)))?;
    let range = slip.range(-1)?.start..slip.range(last)?.end;
    let written = slip.text(range.clone());
    let (quoted, plain) = (format!("\"{written}\""), written.replace('-', "_"));
    let message = format!("`{written}` is not one name: a name has letters, digits and `_`");
    let finding = slip.finding(Code::Syntax, range.clone(), message);
    // Names of attributes can be anything in quotes, others can't.
    let with = [quoted, plain].into_iter().find(|with| slip.gets_past(range.clone(), with))?;
    let finding = match with.starts_with('"') {
        true => finding.help("an odd name of an attribute is quoted"),
        false => finding.help(format!("write `{with}`")),
    };
    Some(finding.fix(slip.span(range), with))
}

/// A name in quotes: `lookup u from "users"`.
pub(super) fn quoted_name(slip: &Slip<'_>) -> Option<Diagnostic> {
    let range = slip.range(0).filter(|_| slip.kind(0) == Some(LexemeKind::Text))?;
    let inside = slip.text(range.clone()).trim_matches(['"', '\'']);
    let plain = !inside.is_empty() && inside.chars().all(lex::is_word);
    let field = format!(".{inside}");
    let with = [&field, inside].into_iter().find(|with| plain && slip.gets_past(range.clone(), with))?;
    let message = match with == field {
        true => "a field is named with a dot, not in quotes",
        false => "a name stands without quotes here",
    };
    Some(slip.finding(Code::Quotes, range.clone(), message).fix(slip.span(range), with))
}

/// `stream clicks`, `stream 'clicks'`, `schema clicks.json`, `output s3 s3://bucket/prefix`
pub(super) fn text_without_quotes(slip: &Slip<'_>) -> Option<Diagnostic> {
    let single = |range: &Range<usize>| slip.text(range.clone()).strip_prefix('\'')?.strip_suffix('\'');
    let (range, with) = match slip.range(0).and_then(|range| Some((single(&range)?, range))) {
        Some((inside, range)) => {
            (range, format!("\"{}\"", inside.replace('\\', "\\\\").replace('"', "\\\"")))
        }
        None => bare_text(slip)?,
    };
    if range.is_empty() || !slip.gets_past(range.clone(), &with) {
        return None;
    }
    let finding = slip.finding(Code::Quotes, range.clone(), "a text is written in double quotes");
    Some(finding.fix(slip.span(range), with))
}

/// A text that has no quotes at all, up to what can't be in one, and the same in quotes.
fn bare_text(slip: &Slip<'_>) -> Option<(Range<usize>, String)> {
    let start = slip.lexeme(0)?.start;
    let rest = slip.text(start..slip.source.len());
    let length = rest.find(|character: char| character.is_whitespace() || "{},\"".contains(character));
    let range = start..start + length.unwrap_or(rest.len());
    let written = slip.text(range.clone());
    // `dynamodb.users`
    let with = match written.strip_prefix('.').filter(|_| slip.adjacent(0)) {
        Some(name) => format!(" \"{name}\""),
        None => format!("\"{written}\""),
    };
    Some((range, with))
}

/// `remove(.a)`, `copy (name, email)`, `stream ["a", "b"]`
pub(super) fn parentheses(slip: &Slip<'_>) -> Option<Diagnostic> {
    let close = match slip.word(0) {
        "(" => ")",
        "[" => "]",
        _ => return None,
    };
    let open = slip.range(0)?;
    let mut inside = slip.lexemes.iter().skip(slip.here + 1);
    let end = inside.find(|lexeme| lexeme.text(slip.source) == close)?;
    let with = slip.text(open.end..end.start).trim();
    let with = format!("{}{with}", gap(slip, open.start));
    let range = open.start..end.end;
    if !slip.is_right_with(range.clone(), &with) {
        return None;
    }
    let message =
        format!("`{}` is followed by its names or values without `{}…{close}`", slip.word(-1), slip.word(0));
    Some(slip.finding(Code::Syntax, open, message).fix(slip.span(range), with))
}

/// `(` without its `)`.
pub(super) fn never_closed(slip: &Slip<'_>) -> Option<Diagnostic> {
    let mut open = Vec::new();
    for lexeme in &slip.lexemes {
        match lexeme.kind {
            LexemeKind::OpenGroup => open.push(lexeme),
            LexemeKind::CloseGroup => drop(open.pop()),
            _ => {}
        }
    }
    let brace = open.first()?;
    let finding = slip.finding(Code::Unclosed, brace.start..brace.end, "this `(` is never closed");
    let finding = finding.help("add the missing `)`");
    // At the end, or before the block or the word that follows the value.
    let ends = [slip.source.trim_end().len(), slip.lexeme(-1).map_or(0, |before| before.end)];
    let with = ")".repeat(open.len());
    let end = ends.into_iter().find(|&end| slip.is_right_with(end..end, &with));
    Some(match end {
        Some(end) => finding.fix(slip.span(end..end), with),
        None => finding,
    })
}

pub(super) fn closed_too_often(slip: &Slip<'_>) -> Option<Diagnostic> {
    let range = slip.range(0).filter(|_| slip.kind(0) == Some(LexemeKind::CloseGroup))?;
    slip.is_right_with(range.clone(), "").then(|| {
        let finding = slip.finding(Code::Unclosed, range.clone(), "this `)` closes nothing");
        finding.help("take it out").fix(slip.span(range), "")
    })
}
