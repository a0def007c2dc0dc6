//! Slips that belong to one kind of statement.

use super::Slip;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::lex::{Lexeme, LexemeKind};

/// `drop .a`: a field, where `drop` is about the event.
pub(super) fn drop(slip: &Slip<'_>) -> Option<Diagnostic> {
    if slip.first() != "drop" || slip.here != 1 {
        return None;
    }
    let word = slip.range(-1)?;
    if slip.is_right_with(word.clone(), "remove") {
        let finding = slip.finding(
            Code::Syntax,
            word.clone(),
            "`drop` is about the whole event, `remove` takes fields out",
        );
        return Some(finding.fix(slip.span(word), "remove"));
    }
    (slip.lexemes.len() == 1).then(|| {
        let finding = slip.finding(Code::Syntax, word, "`drop` needs a condition");
        finding.help("write `drop when CONDITION`; `drop when true` drops always")
    })
}

/// `copy .name`, `copy user.name`, clauses in the wrong order, several targets.
pub(super) fn copy(slip: &Slip<'_>) -> Option<Diagnostic> {
    if slip.first() != "copy" {
        return None;
    }
    if slip.block == "rule" {
        let finding = slip.finding(
            Code::MisplacedStatement,
            slip.lexemes.first().map(|first| first.start..first.end)?,
            "`copy` can't stand in a rule by itself",
        );
        return Some(finding.help(
            "it copies attributes, inside a `lookup … { … }`; a field is copied with `set .to = .from`",
        ));
    }
    let written = slip.word(0);
    let earlier = |words: &[&str]| {
        slip.lexemes.iter().take(slip.here).find(|lexeme| words.contains(&lexeme.text(slip.source)))
    };
    match written {
        "" if slip.lexemes.len() == 1 => {
            let finding = slip.finding(Code::Syntax, slip.range(-1)?, "`copy` names no attribute");
            Some(finding.help("write `copy NAME to .field`"))
        }
        "default" | "required" if earlier(&["default", "required"]).is_some() => {
            let finding = slip.finding(
                Code::Syntax,
                slip.range(0)?,
                "a copy has `required` or one `default`, not both",
            );
            Some(finding.help("`required` refuses an event whose item lacks the attribute, `default` gives a value in its place"))
        }
        "to" | "into" | "as" => {
            let later = if written == "as" { LATER.get(..2)? } else { LATER };
            Some(clause_too_late(slip, earlier(later)?))
        }
        "," if earlier(&["to", "into"]).is_some() => {
            let finding = slip.finding(Code::Syntax, slip.range(0)?, "a copy has one target");
            Some(
                finding.help(
                    "give each attribute a `copy NAME to .field` of its own, or copy all `into .object`",
                ),
            )
        }
        _ => attribute_with_dot(slip),
    }
}

/// The clauses of a copy behind its target.
const LATER: &[&str] = &["default", "required", "as"];

/// `default "x" to .a`: a clause behind one that it belongs before.
fn clause_too_late(slip: &Slip<'_>, before: &Lexeme) -> Diagnostic {
    let place = slip.lexeme(0).map_or(slip.at..slip.at, |word| word.start..word.end);
    let message = format!("`{}` stands before `{}`", slip.word(0), before.text(slip.source));
    let finding = slip.finding(Code::Syntax, place.clone(), message);
    let moved = slip.text(place.start..slip.source.len()).trim();
    let rest = slip.text(before.start..place.start).trim();
    let whole = before.start..slip.source.trim_end().len();
    slip.with_fix(
        finding.help("the order is `copy … to … as … default …`"),
        whole,
        &format!("{moved} {rest}"),
    )
}

/// `.name` or `user.name`, where the name of an attribute stands.
fn attribute_with_dot(slip: &Slip<'_>) -> Option<Diagnostic> {
    let path = slip
        .range(0)
        .filter(|_| slip.kind(0) == Some(LexemeKind::Operand) && slip.word(0).starts_with('.'))?;
    let name = slip.word(0).rsplit('.').next()?;
    let of_a_name = slip.adjacent(0) && slip.kind(-1) == Some(LexemeKind::Word);
    if !matches!(slip.word(if of_a_name { -2 } else { -1 }), "copy" | "," | "except") {
        return None;
    }
    let whole = if of_a_name { slip.range(-1)?.start } else { path.start }..path.end;
    if !slip.gets_past(whole.clone(), name) {
        return None;
    }
    let written = slip.text(whole.clone());
    let finding = slip.finding(Code::Syntax, whole.clone(), "an attribute is named without a dot");
    let plain = written.matches('.').count() == 1;
    Some(match plain {
        true => finding.help("the names are those of the table's items").fix(slip.span(whole), name),
        false => {
            finding.help(format!("what is deeper in an item is taken with `set`: `set .{name} = user.…`"))
        }
    })
}

/// `set .x += 1`, `set .x = 1, .y = 2`, `set .items[0] = 1`
pub(super) fn set(slip: &Slip<'_>) -> Option<Diagnostic> {
    if slip.first() != "set" {
        return None;
    }
    let equals = slip.lexemes.iter().position(|lexeme| lexeme.text(slip.source) == "=");
    let target = slip.lexemes.get(1)?;
    if slip.word(0) == "," && slip.kind(1) == Some(LexemeKind::Operand) && slip.word(2) == "=" {
        let comma = slip.range(0)?;
        let finding = slip.finding(Code::Syntax, comma.clone(), "one `set` writes one field");
        let end = slip.range(1)?.start;
        return Some(finding.help("begin another `set`").fix(slip.span(comma.start..end), "\n  set "));
    }
    let signs = slip.signs()?;
    let operator = slip.text(signs.clone()).strip_suffix('=')?;
    let path = target.text(slip.source);
    let with = match operator {
        "+" | "-" | "*" | "/" | "%" => format!("= {path} {operator}"),
        "?" | "??" | "||" => format!("= {path} ??"),
        _ => return None,
    };
    // Only right behind the target; elsewhere it is something else.
    if slip.lexemes.get(2).map(|sign| sign.start) != Some(signs.start)
        || equals.is_some_and(|at| at < slip.here)
    {
        return None;
    }
    let message = format!("`{operator}=` is not a sign of the language");
    let finding =
        slip.finding(Code::Operator, signs.clone(), message).help(format!("write `set {path} {with} …`"));
    Some(slip.with_fix(finding, signs, &with))
}

/// `where .id = id`, `where .id`, `where users.id = .id`, a lookup without a name.
pub(super) fn lookup(slip: &Slip<'_>) -> Option<Diagnostic> {
    if slip.first() != "lookup" {
        return None;
    }
    if slip.here == 2 && matches!(slip.word(0), "where" | "by" | "on") {
        let table = slip.range(-1)?;
        let name = slip.text(table.clone());
        let finding =
            slip.finding(Code::Syntax, table, "a lookup has a name of its own, and the name of a table");
        return Some(
            finding.help(format!("write `lookup NAME from {name} where …`; its item is known by that name")),
        );
    }
    if !matches!(slip.kind(0), Some(LexemeKind::Operand)) || !slip.word(0).starts_with('.') {
        return None;
    }
    let field = slip.range(0)?;
    let (equals, other) = (slip.word(1), slip.range(2));
    if slip.kind(-1) == Some(LexemeKind::Word) && slip.adjacent(0) {
        // `users.id = .id`
        let name = slip.word(0).rsplit('.').next()?;
        let whole = slip.range(-1)?.start..field.end;
        let finding = slip.finding(Code::Syntax, whole.clone(), "a part of the key is named alone");
        let finding = finding.help(format!("write `{name} = …`: it is a part of the table's key"));
        return slip.gets_past(whole.clone(), name).then(|| finding.fix(slip.span(whole), name));
    }
    let behind_where = matches!(slip.word(-1), "where" | ",");
    if behind_where && matches!(equals, "=" | "==") && slip.kind(2) == Some(LexemeKind::Word) {
        let other = other?;
        let whole = field.start..other.end;
        let with = format!("{} = {}", slip.text(other), slip.text(field.clone()));
        let finding =
            slip.finding(Code::Syntax, whole.clone(), "the part of the key stands left of its value");
        return Some(slip.with_fix(finding.help(format!("write `{with}`")), whole, &with));
    }
    behind_where.then(|| {
        let finding = slip.finding(Code::Syntax, field, "expected a part of the key (`NAME = VALUE`)");
        finding.help(format!("say which part has this value: `NAME = {}`", slip.word(0)))
    })
}

/// `on missing set .x = 1`, `on error drop`, `on not found { … }`, two outcomes at once.
pub(super) fn on(slip: &Slip<'_>) -> Option<Diagnostic> {
    if slip.first() != "on" {
        return None;
    }
    let outcome = slip.lexemes.get(1)?;
    let place = slip.range(0)?;
    if outcome.text(slip.source) == "not" && slip.word(0) == "found" {
        let whole = outcome.start..place.end;
        let finding = slip.finding(Code::Syntax, whole.clone(), "`not found` is called `missing`");
        return Some(finding.fix(slip.span(whole), "missing"));
    }
    let head = slip.text(0..slip.lexeme(-1)?.end);
    match slip.word(0) {
        "or" | "and" | "," => {
            let finding = slip.finding(Code::Syntax, place, "an `on` is about one outcome");
            Some(finding.help("give each outcome a block of its own"))
        }
        "default" => {
            let finding =
                slip.finding(Code::Syntax, place, "a default belongs to the `copy` of its attribute");
            Some(finding.help("write `copy NAME to .field default VALUE`"))
        }
        "set" | "remove" | "drop" | "->" | "-" | "=" | ":" | "reject" | "fail" | "skip" => {
            let finding = slip.finding(
                Code::Syntax,
                place.clone(),
                "what is done in an outcome stands between `{` and `}`",
            );
            let body =
                slip.text(place.start..slip.source.len()).trim_start_matches(['-', '=', '>', ':']).trim();
            let body = if body == "drop" { "drop when true" } else { body };
            let with = format!("{{ {body} }}");
            let finding = finding.help(format!("write `{head} {{ … }}`"));
            Some(slip.with_fix(finding, place.start..slip.source.trim_end().len(), &with))
        }
        _ => None,
    }
}

/// `output "s3://bucket/prefix"`, `output s3 "b" prefix "p"`, `output s3 { … }`
pub(super) fn output(slip: &Slip<'_>) -> Option<Diagnostic> {
    let word = slip.first();
    if !matches!(word, "output" | "rejects") {
        return None;
    }
    let place = slip.range(0)?;
    if slip.here == 1 && slip.kind(0) == Some(LexemeKind::Text) {
        let inside = slip.word(0).trim_matches('"');
        let location = inside.strip_prefix("s3://").unwrap_or(inside).trim_end_matches('/');
        let (bucket, prefix) = location.split_once('/').unwrap_or((location, ""));
        let with = match (word, prefix) {
            ("rejects", _) => format!("s3 \"{location}\""),
            (_, "") => format!("s3 \"{bucket}\""),
            _ => format!("s3 \"{bucket}\" {{ prefix \"{prefix}/\" }}"),
        };
        let finding =
            slip.finding(Code::Syntax, place.clone(), format!("the kind of the {} is missing", what(word)));
        return Some(slip.with_fix(finding.help(format!("write `{word} {with}`")), place, &with));
    }
    if slip.word(0) == "{" && slip.here == 2 {
        let finding = slip.finding(Code::Syntax, place, "the name of the bucket is missing before this");
        return Some(finding.help(format!("write `{word} {} \"BUCKET\" {{ … }}`", slip.word(-1))));
    }
    if matches!(slip.word(0), "prefix" | "one" | "compression") {
        let rest = slip.text(place.start..slip.source.len()).trim();
        let finding = slip.finding(
            Code::Syntax,
            place.clone(),
            "what belongs to the output stands between `{` and `}`",
        );
        let whole = place.start..slip.source.trim_end().len();
        return Some(slip.with_fix(finding, whole, &format!("{{ {rest} }}")));
    }
    None
}

/// `partition by .country`: a value without its name; `partition country = .country`
pub(super) fn partition(slip: &Slip<'_>) -> Option<Diagnostic> {
    if slip.first() != "partition" {
        return None;
    }
    let place = slip.range(0)?;
    let help =
        "write `partition by NAME = VALUE`; the delivery stream reads it as `!{partitionKeyFromLambda:NAME}`";
    if slip.here == 1 {
        let finding = slip.finding(Code::Syntax, place.clone(), "`by` is missing behind `partition`");
        return Some(slip.with_fix(finding.help(help), place.start..place.start, "by "));
    }
    let name = slip.word(0).strip_prefix('.')?.rsplit('.').next()?;
    let finding = slip.finding(Code::Syntax, place.clone(), "the name of this partition key is missing");
    Some(slip.with_fix(finding.help(help), place.start..place.start, &format!("{name} = ")))
}

fn what(word: &str) -> &'static str {
    if word == "rejects" { "rejects" } else { "output" }
}
