//! Slips inside texts: what stands in a hole.

use super::Slip;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::lex::LexemeKind;

/// The parser stopped inside a text, so in a hole of it.
pub(super) fn in_a_text(slip: &Slip<'_>) -> Option<Diagnostic> {
    let text = slip.range(0).filter(|text| slip.kind(0) == Some(LexemeKind::Text) && text.start < slip.at)?;
    let behind = slip.text(slip.at..text.end);
    let hole = slip.text(text.start..slip.at).rfind('{').map(|at| text.start + at)?;
    let close = behind.find('}').map_or(slip.at, |at| slip.at + at);
    let inside = slip.text(hole + 1..close);
    if slip.at == hole + 1 && behind.starts_with('{') {
        let end = close + slip.text(close..text.end).chars().take_while(|&brace| brace == '}').count();
        let value = slip.text(hole + 2..close).trim();
        let message = "a hole has one brace on each side";
        let finding = slip.finding(Code::Syntax, hole..hole + 2, message);
        return Some(slip.with_fix(finding, hole..end, &format!("{{{value}}}")));
    }
    if inside.trim().is_empty() {
        let finding = slip.finding(Code::Syntax, hole..close + 1, "this hole is empty");
        let help = "write the value that fills it in, `{.name}`, or `\\{\\}` for the characters themselves";
        return Some(finding.help(help));
    }
    if behind.starts_with([':', '!', '|', ',']) && slip.is_right_with(slip.at..close, "") {
        let found = slip.text(slip.at..close).trim_end();
        let finding = slip.finding(
            Code::Syntax,
            slip.at..slip.at + found.len(),
            "a hole holds a value alone, no format",
        );
        return Some(
            finding.help("a function gives it another form: `{round(.price, 2)}`, `{upper(.name)}`"),
        );
    }
    if inside.trim_start().starts_with(['"', '\\', '[']) || inside.contains("\\\"") {
        let finding =
            slip.finding(Code::Syntax, hole..hole + 1, "a `{` in a text begins a hole, and this is no value");
        return Some(finding.help("write `\\{` and `\\}` for the characters themselves"));
    }
    None
}
