//! Slips in values: operators, paths and literals of other languages.

use std::ops::Range;

use super::Slip;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::lex::{self, LexemeKind};

/// Operators of other languages that are functions here.
const FUNCTIONS: &[(&str, &str)] = &[
    ("contains", "contains"),
    ("includes", "contains"),
    ("has", "contains"),
    ("starts_with", "starts_with"),
    ("startswith", "starts_with"),
    ("startsWith", "starts_with"),
    ("begins_with", "starts_with"),
    ("ends_with", "ends_with"),
    ("endswith", "ends_with"),
    ("endsWith", "ends_with"),
];

/// What there is in place of patterns.
const PLAIN: &str = "there are no patterns: write `contains(.a, \"x\")`, `starts_with(.a, \"x\")` or \
                     `ends_with(.a, \"x\")`";

/// Others, with what is written for them.
const OTHERS: &[(&str, &str)] = &[
    (
        "in",
        "write `.a == \"x\" or .a == \"y\"`; whether an array has an element, `contains(.array, .a)` says",
    ),
    ("like", "write `contains(.a, \"x\")`, `starts_with(.a, \"x\")` or `ends_with(.a, \"x\")`"),
    ("ilike", "write `contains(lower(.a), \"x\")`"),
    ("matches", PLAIN),
    ("=~", PLAIN),
    ("~", PLAIN),
    ("between", "write `.a >= 1 and .a <= 2`"),
    ("exists", "whether there is a value is asked with `(.a ?? null) != null`"),
    ("**", "there is no power: write `.a * .a`"),
    ("^", "there is no power: write `.a * .a`"),
    ("++", "write `set .a = .a + 1`; texts are joined with holes: `\"{.a}{.b}\"`"),
    ("then", "write `if CONDITION then VALUE else VALUE`"),
    ("WHEN", "write `if CONDITION then VALUE else VALUE`"),
    ("when", "write `if CONDITION then VALUE else VALUE`"),
];

/// The operand that ends before a lexeme: `.a`, `user.name`, `"x"`, `f(.x)`.
fn operand_before(slip: &Slip<'_>, behind: isize) -> Option<Range<usize>> {
    let last = slip.lexeme(behind - 1)?;
    let first = match last.kind {
        LexemeKind::CloseGroup => {
            let (mut depth, mut at) = (0_usize, behind - 1);
            loop {
                match slip.kind(at)? {
                    LexemeKind::CloseGroup => depth += 1,
                    LexemeKind::OpenGroup => depth = depth.saturating_sub(1),
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
                at -= 1;
            }
            let called = slip.kind(at - 1) == Some(LexemeKind::Word) && slip.adjacent(at);
            slip.lexeme(if called { at - 1 } else { at })?
        }
        LexemeKind::Operand
            if slip.adjacent(behind - 1) && slip.kind(behind - 2) == Some(LexemeKind::Word) =>
        {
            slip.lexeme(behind - 2)?
        }
        LexemeKind::Operand | LexemeKind::Word | LexemeKind::Text => last,
        _ => return None,
    };
    Some(first.start..last.end)
}

/// The operand that begins at a lexeme.
fn operand_from(slip: &Slip<'_>, behind: isize) -> Option<Range<usize>> {
    let first = slip.range(behind)?;
    match slip.kind(behind)? {
        LexemeKind::Word
            if slip.kind(behind + 1) == Some(LexemeKind::Operand) && slip.adjacent(behind + 1) =>
        {
            Some(first.start..slip.range(behind + 1)?.end)
        }
        LexemeKind::Operand | LexemeKind::Text | LexemeKind::Word => Some(first),
        _ => None,
    }
}

/// Whether the parser stopped behind a value, where an operator could stand.
fn behind_a_value(slip: &Slip<'_>) -> bool {
    operand_before(slip, 0).is_some() && slip.here > 1
}

/// `.a is null`, `.a is not null`, `exists .a`
pub(super) fn is_null(slip: &Slip<'_>) -> Option<Diagnostic> {
    let absent = "absent and null are asked for together, with `??`";
    if slip.word(-1) == "exists" || slip.word(-1) == "EXISTS" {
        let value = operand_from(slip, 0)?;
        let word = slip.range(-1)?;
        let finding =
            slip.finding(Code::Operator, word.clone(), "whether there is a value is no operator of its own");
        let with = format!("({} ?? null) != null", slip.text(value.clone()));
        return Some(slip.with_fix(finding.help(absent), word.start..value.end, &with));
    }
    let word = slip.word(0).to_lowercase();
    if !matches!(word.as_str(), "is" | "exists" | "isnull" | "notnull") || !behind_a_value(slip) {
        return None;
    }
    let value = operand_before(slip, 0)?;
    let (second, third) = (slip.word(1).to_lowercase(), slip.word(2).to_lowercase());
    let empty = |word: &str| {
        matches!(word, "null" | "none" | "nil" | "missing" | "absent" | "empty" | "defined" | "present")
    };
    let (sign, last) = match (word.as_str(), second.as_str(), third.as_str()) {
        ("exists" | "notnull", ..) => ("!=", 0),
        ("isnull", ..) => ("==", 0),
        (_, "not", third) if empty(third) => ("!=", 2),
        (_, "defined" | "present", _) => ("!=", 1),
        (_, second, _) if empty(second) => ("==", 1),
        _ => return None,
    };
    let end = slip.range(last)?.end;
    let written = slip.text(slip.range(0)?.start..end);
    let message = format!("`{written}` is not an operator of the language");
    let finding = slip.finding(Code::Operator, slip.range(0)?.start..end, message).help(absent);
    let with = format!("({} ?? null) {sign} null", slip.text(value.clone()));
    Some(slip.with_fix(finding, value.start..end, &with))
}

/// `.a contains "x"`: a function here; `.a in […]`: something else.
pub(super) fn called_like_an_operator(slip: &Slip<'_>) -> Option<Diagnostic> {
    let signs = slip.signs();
    let before = signs.as_ref().map_or(0, |signs| slip.places_back(signs.start));
    operand_before(slip, before).filter(|_| slip.here > 1)?;
    let range = signs.or_else(|| slip.range(0))?;
    let written = slip.text(range.clone());
    if let Some((_, function)) = FUNCTIONS.iter().find(|(word, _)| *word == written) {
        let message = format!("`{written}` is a function, and no operator");
        let finding = slip.finding(Code::Operator, range, message);
        let help = format!("call it: `{function}(.a, \"x\")`");
        let (left, right) = (operand_before(slip, 0)?, operand_from(slip, 1));
        let Some(right) = right else { return Some(finding.help(help)) };
        let with = format!("{function}({}, {})", slip.text(left.clone()), slip.text(right.clone()));
        return Some(slip.with_fix(finding.help(help), left.start..right.end, &with));
    }
    let written_small = if written == "WHEN" { written.to_owned() } else { written.to_lowercase() };
    let negated = written_small == "not" && slip.word(1).eq_ignore_ascii_case("in");
    let word = if negated { "in" } else { &written_small };
    let in_a_value = word != "in" || !matches!(slip.first(), "lookup" | "for");
    let (_, help) = OTHERS.iter().find(|(other, _)| *other == word && in_a_value)?;
    let range = match negated {
        true => range.start..slip.range(1)?.end,
        false => range,
    };
    let written = slip.text(range.clone());
    let message = match word {
        "then" | "when" | "WHEN" => "a value is chosen with `if … then … else …`".to_owned(),
        _ => format!("`{written}` is not an operator of the language"),
    };
    Some(slip.finding(Code::Operator, range, message).help(*help))
}

/// `a ? b : c`, `if a { b } else { c }`, `b if a else c`
pub(super) fn conditional(slip: &Slip<'_>) -> Option<Diagnostic> {
    let help = "a value is chosen with `if CONDITION then VALUE else VALUE`";
    let place = slip.range(0)?;
    let chosen_before = slip.lexemes.iter().take(slip.here).any(|lexeme| lexeme.text(slip.source) == "if");
    // `??`, `?:` and `?.` are others.
    let other = matches!(slip.word(1), "?" | ":") || (slip.adjacent(1) && slip.word(1).starts_with('.'));
    match slip.word(0) {
        "?" if !other => {
            let finding =
                slip.finding(Code::Operator, place.clone(), "`?` is not an operator of the language");
            let finding = finding.help(help);
            let start = value_start(slip)?;
            let colon = slip.lexemes.iter().skip(slip.here).find(|lexeme| lexeme.text(slip.source) == ":");
            let Some(colon) = colon else { return Some(finding) };
            let part = |range: Range<usize>| slip.text(range).trim();
            let condition = part(start..place.start);
            let (then, otherwise) = (part(place.end..colon.start), part(colon.end..slip.source.len()));
            let with = format!("if {condition} then {then} else {otherwise}");
            Some(slip.with_fix(finding, start..slip.source.len(), &with))
        }
        "{" if slip.first() == "when" => {
            let message = "`when` has no block: it is about the whole rule";
            let finding = slip.finding(Code::Syntax, place, message);
            Some(
                finding.help(
                    "one value is chosen with `set .x = if … then … else …`; for more write another rule",
                ),
            )
        }
        "{" | ":" if chosen_before => {
            let finding =
                slip.finding(Code::Syntax, place, "an `if` has `then` and `else`, and no braces or colons");
            Some(finding.help(help))
        }
        "if" if behind_a_value(slip) => {
            let finding = slip
                .finding(Code::Syntax, place.clone(), "the condition stands before the values")
                .help(help);
            let value = operand_before(slip, 0)?;
            let otherwise =
                slip.lexemes.iter().skip(slip.here).find(|lexeme| lexeme.text(slip.source) == "else");
            let Some(otherwise) = otherwise else { return Some(finding) };
            let condition = slip.text(place.end..otherwise.start).trim();
            let rest = slip.text(otherwise.start..slip.source.len());
            let with = format!("if {condition} then {} {rest}", slip.text(value.clone()));
            Some(slip.with_fix(finding, value.start..slip.source.len(), &with))
        }
        _ => None,
    }
}

/// Where the value of this statement begins: behind `=`, `when` or `default`.
fn value_start(slip: &Slip<'_>) -> Option<usize> {
    let before = slip.lexemes.iter().take(slip.here).enumerate();
    let equals = match slip.first() {
        "when" => "when",
        "drop" => "when",
        _ => "=",
    };
    before.filter(|(_, lexeme)| lexeme.text(slip.source) == equals).map(|(_, lexeme)| lexeme.end).next().map(
        |end| {
            let space = slip.text(end..slip.source.len());
            end + space.len() - space.trim_start().len()
        },
    )
}

/// `.items[0]`, `.x["name"]`, `.items[*]`
pub(super) fn index(slip: &Slip<'_>) -> Option<Diagnostic> {
    let open = slip.range(0).filter(|_| slip.word(0) == "[" && slip.adjacent(0))?;
    let array = operand_before(slip, 0)?;
    let close = slip.lexemes.iter().skip(slip.here).find(|lexeme| lexeme.text(slip.source) == "]")?;
    let mut whole = array.start..close.end;
    let (path, inside) = (slip.text(array), slip.text(open.end..close.start).trim());
    let goes_on = slip.text(close.end..slip.source.len()).starts_with('.');
    if goes_on {
        // What stands behind it belongs to the element, and goes with it.
        whole.end =
            slip.lexemes.iter().find(|lexeme| lexeme.start == close.end).map_or(whole.end, |path| path.end);
    }
    let in_a_value = slip.gets_past(whole.clone(), "first(.x)");
    whole.end = close.end;
    let member = inside.trim_matches(['"', '\'']);
    if member != inside {
        let plain = lex_name(member);
        let with = if plain { format!("{path}.{member}") } else { format!("{path}.\"{member}\"") };
        let finding = slip.finding(
            Code::Syntax,
            open.start..close.end,
            "a field is named behind a dot, not in brackets",
        );
        return Some(finding.help(format!("write `{with}`")).fix(slip.span(whole), with));
    }
    let message = "an element is not named in brackets";
    let finding = slip.finding(Code::Syntax, open.start..close.end, message);
    let number = inside.strip_prefix('-').unwrap_or(inside);
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || !in_a_value {
        return Some(finding.help("each element is read and written in `for each NAME in .path { … }`"));
    }
    // An item is an object, so a bare name is a field whose dot was forgotten.
    let dot = if path.contains(['.', '(']) { "" } else { "." };
    let path = format!("{dot}{path}");
    let with = match inside {
        "0" => format!("first({path})"),
        "-1" => format!("last({path})"),
        _ => format!("at({path}, {inside})"),
    };
    Some(match goes_on {
        true => finding
            .help(format!("put the element into a field and go on from there: `set .element = {with}`")),
        false => finding.help(format!("write `{with}`")).fix(slip.span(whole), with),
    })
}

fn lex_name(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(lex::is_word)
        && !text.starts_with(|first: char| first.is_ascii_digit())
}

/// `.a.upper()`: a method, where functions are called.
pub(super) fn method(slip: &Slip<'_>) -> Option<Diagnostic> {
    let called = slip.word(0) == "(" && slip.adjacent(0) && slip.kind(-1) == Some(LexemeKind::Operand);
    let whole = operand_before(slip, 0).filter(|_| called)?;
    let (value, name) = slip.text(whole.clone()).rsplit_once('.').filter(|(value, _)| !value.is_empty())?;
    let close = slip.lexemes.iter().skip(slip.here).find(|lexeme| lexeme.kind == LexemeKind::CloseGroup)?;
    let arguments = slip.text(slip.range(0)?.end..close.start).trim();
    let comma = if arguments.is_empty() { "" } else { ", " };
    let with = format!("{name}({value}{comma}{arguments})");
    let range = whole.end - name.len()..whole.end;
    let finding = slip.finding(
        Code::Syntax,
        range,
        format!("`{name}` is called on a value here, and values have no methods"),
    );
    let finding = finding.help(format!("write `{with}`"));
    Some(slip.with_fix(finding, whole.start..close.end, &with))
}

/// `first(.a).b`, `(.a).b`
pub(super) fn path_of_a_result(slip: &Slip<'_>) -> Option<Diagnostic> {
    let behind =
        slip.kind(-1) == Some(LexemeKind::CloseGroup) && slip.adjacent(0) && slip.word(0).starts_with('.');
    let value = operand_before(slip, 0).filter(|_| behind)?;
    let (value, path) = (slip.text(value), slip.word(0));
    let finding = slip.finding(
        Code::Syntax,
        slip.range(0)?,
        "a result has no path: only fields, items and elements have one",
    );
    Some(finding.help(format!(
        "put it into a field and go on from there: `set .result = {value}`, then `.result{path}`"
    )))
}

/// `.a::int`
pub(super) fn cast(slip: &Slip<'_>) -> Option<Diagnostic> {
    let signs = slip.signs().filter(|signs| slip.text(signs.clone()) == "::")?;
    let value = operand_before(slip, 0)?;
    let ty = slip.word(2);
    let function = match ty.to_lowercase().as_str() {
        "int" | "integer" | "bigint" | "float" | "double" | "number" | "numeric" | "decimal" => "number",
        "text" | "string" | "varchar" | "char" => "string",
        "bool" | "boolean" => "boolean",
        _ => return None,
    };
    let with = format!("{function}({})", slip.text(value.clone()));
    let finding = slip.finding(Code::Operator, signs, "`::` is not an operator of the language");
    Some(slip.with_fix(finding.help(format!("write `{with}`")), value.start..slip.range(2)?.end, &with))
}

/// `.a | upper`
pub(super) fn pipe(slip: &Slip<'_>) -> Option<Diagnostic> {
    let signs = slip.signs().filter(|signs| matches!(slip.text(signs.clone()), "|" | "|>"))?;
    let value = operand_before(slip, 0)?;
    let last = signs.len() as isize;
    let name = slip.range(last).filter(|_| slip.kind(last) == Some(LexemeKind::Word))?;
    let with = format!("{}({})", slip.text(name.clone()), slip.text(value.clone()));
    let message = format!("`{}` is not an operator of the language", slip.text(signs.clone()));
    let finding =
        slip.finding(Code::Operator, signs, message).help(format!("functions are called: `{with}`"));
    Some(slip.with_fix(finding, value.start..name.end, &with))
}

/// `[1, 2]` and `{ "a": 1 }` where a value stands.
pub(super) fn no_literal(slip: &Slip<'_>) -> Option<Diagnostic> {
    let open = slip.range(0)?;
    if !slip.gets_past(open.start..slip.source.len(), "null ")
        && !slip.is_right_with(open.start..slip.source.len(), "null")
    {
        return None;
    }
    let (what, help) = match slip.word(0) {
        "[" => ("array", "arrays come from the event, an item, or `parse_json(\"[…]\")`"),
        "{" => ("object", "set its fields: `set .x.a = VALUE`"),
        _ => return None,
    };
    Some(slip.finding(Code::Syntax, open, format!("an {what} can't be written out")).help(help))
}

/// `$.a`, `$a`, `@a`
pub(super) fn foreign_path(slip: &Slip<'_>) -> Option<Diagnostic> {
    let sign = slip.range(0).filter(|_| matches!(slip.word(0), "$" | "@" | "&" | "%") && slip.adjacent(1))?;
    let rest = slip.range(1)?;
    let with = match slip.kind(1)? {
        LexemeKind::Operand => "",
        LexemeKind::Word => ".",
        _ => return None,
    };
    let whole = sign.start..rest.end;
    let finding = slip.finding(Code::Syntax, whole.clone(), "a field of the event begins with a dot");
    let with = format!("{with}{}", slip.text(rest));
    slip.gets_past(whole.clone(), &with).then(|| finding.fix(slip.span(whole), with))
}

/// `1_000`, `0x1F`, `.items.0`
pub(super) fn number(slip: &Slip<'_>) -> Option<Diagnostic> {
    let range = slip.range(0).filter(|_| slip.kind(0) == Some(LexemeKind::Operand))?;
    let written = slip.text(range.clone());
    if let Some(path) = written.strip_prefix('.') {
        let (array, place) = path.rsplit_once('.')?;
        if place.is_empty() || !place.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let with = format!("at(.{array}, {place})");
        let message = format!("`{place}` is not the name of a field");
        let finding = slip.finding(Code::Syntax, range.end - place.len()..range.end, message);
        let finding = finding.help(format!(
            "an element of an array is `{with}`, an odd name is quoted: `.{array}.\"{place}\"`"
        ));
        return Some(slip.with_fix(finding, range, &with));
    }
    let plain = written.replace('_', "");
    let plain = match plain.strip_prefix("0x").or_else(|| plain.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok()?.to_string(),
        None => plain,
    };
    if plain == written || !slip.gets_past(range.clone(), &plain) {
        return None;
    }
    let finding =
        slip.finding(Code::Syntax, range.clone(), format!("`{written}` is not a number of the language"));
    Some(finding.help("a number is written as JSON has it").fix(slip.span(range), plain))
}

/// `cache 5 minutes`
pub(super) fn quantity(slip: &Slip<'_>) -> Option<Diagnostic> {
    let number =
        slip.range(-1).filter(|range| slip.text(range.clone()).bytes().all(|byte| byte.is_ascii_digit()))?;
    let unit = match slip.word(0).to_lowercase().as_str() {
        "ms" | "millis" | "milliseconds" => "ms",
        "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "m" | "min" | "mins" | "minute" | "minutes" => "m",
        "h" | "hour" | "hours" => "h",
        "d" | "day" | "days" => "d",
        _ => return None,
    };
    let whole = number.start..slip.range(0)?.end;
    let with = format!("{}{unit}", slip.text(number));
    let finding = slip.finding(
        Code::Quantity,
        whole.clone(),
        format!("`{}` is written `{with}`", slip.text(whole.clone())),
    );
    slip.gets_past(whole.clone(), &with).then(|| finding.fix(slip.span(whole), with))
}
