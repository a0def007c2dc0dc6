//! The generated parser, and its errors as findings.

use std::collections::BTreeSet;

use pest::Parser as _;
use pest::error::{Error, ErrorVariant, InputLocation};
use pest::iterators::Pair;

use super::scan::text_length;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Span};
use crate::suggest;
use crate::syntax::token;

mod generated {
    #[derive(pest_derive::Parser)]
    #[grammar = "testing/grammar.pest"]
    pub(crate) struct TestParser;
}

pub(super) use generated::Rule;

/// The tests of a file, and between them what can't be read.
pub(super) fn file(text: &str) -> impl Iterator<Item = Pair<'_, Rule>> {
    // Everything is a file: what is no test is `broken`.
    generated::TestParser::parse(Rule::file, text).into_iter().flatten()
}

/// Why a text is no test. It stands at `base` in the file.
pub(super) fn problem(text: &str, file: FileId, base: usize) -> Option<Diagnostic> {
    let error = generated::TestParser::parse(Rule::one_test, text).err()?;
    Some(finding(&error, text, file, base))
}

fn finding(error: &Error<Rule>, text: &str, file: FileId, base: usize) -> Diagnostic {
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    let rest = text.get(at..).unwrap_or_default();
    let found = token(rest);
    let place = |from: usize, length: usize| Span::new(file, base + from, base + from + length);
    if found == "\"" {
        return wrong_text(rest, base + at, file);
    }
    let before = text.get(..at).unwrap_or_default().trim_end();
    if matches!(found, "}" | "]") && before.ends_with(',') {
        let comma = place(before.len() - 1, 1);
        let message = format!("a comma stands before the `{found}`");
        return Diagnostic::new(Code::Syntax, comma, message).help("take it out").fix(comma, "");
    }
    let expected: BTreeSet<&str> = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives.iter().filter_map(|it| word(*it)).collect(),
        ErrorVariant::CustomError { .. } => BTreeSet::new(),
    };
    let words = expected.iter().map(|word| word.trim_matches('`')).collect::<Vec<_>>();
    let meant = suggest::nearest(found, words);
    let expected: Vec<&str> = expected.into_iter().collect();
    let expected = match suggest::joined(&expected, "or") {
        nothing if nothing.is_empty() => "something else".to_owned(),
        expected => expected,
    };
    let message = match found {
        "" => format!("the file ends here, and {expected} is expected"),
        found => format!("expected {expected}, found `{found}`"),
    };
    let span = place(at, found.len());
    let finding = Diagnostic::new(Code::Syntax, span, message);
    match (found, meant) {
        ("'", _) => finding.help("texts stand in double quotes"),
        (_, Some(meant)) => finding.help(format!("did you mean `{meant}`?")).fix(span, meant),
        _ => finding,
    }
}

/// Why a text that begins here is none: it does not end on its line, or JSON has not what stands in it.
fn wrong_text(rest: &str, at: usize, file: FileId) -> Diagnostic {
    let length = text_length(rest);
    let span = Span::new(file, at, at + length);
    if length < 2 || !rest.get(..length).unwrap_or_default().ends_with('"') {
        return Diagnostic::new(Code::UnclosedText, span, "the text does not end on its line")
            .help("close it with `\"`; a line end in it is `\\n`");
    }
    Diagnostic::new(
        Code::Escape,
        span,
        "the text holds an escape that JSON does not have, or a control character",
    )
    .help("JSON has `\\\"`, `\\\\`, `\\/`, `\\b`, `\\f`, `\\n`, `\\r`, `\\t` and `\\u` with four digits")
}

/// The word for a rule of the grammar; `None` for those that say nothing to people.
fn word(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::EOI => "the end of the test",
        Rule::test | Rule::k_test => "`test \"NAME\" { … }`",
        Rule::given | Rule::k_given => "`given`",
        Rule::event | Rule::k_event => "`event`",
        Rule::stream | Rule::k_stream => "`stream`",
        Rule::record | Rule::k_record => "`record`",
        Rule::now | Rule::k_now => "`now`",
        Rule::variable | Rule::k_variable => "`variable`",
        Rule::expect | Rule::k_expect => "`expect`",
        Rule::fails | Rule::k_fails => "`fails`",
        Rule::raw | Rule::k_text => "`text`",
        Rule::dropped | Rule::k_dropped => "`dropped`",
        Rule::rejected | Rule::k_rejected => "`rejected`",
        Rule::failed | Rule::k_failed => "`failed`",
        Rule::rows => "an item or a list of items",
        Rule::object => "an object",
        Rule::array => "an array",
        Rule::member => "a member",
        Rule::number | Rule::literal => "a value",
        Rule::text | Rule::plain | Rule::escape => "a text",
        Rule::any | Rule::rest => "`*`",
        Rule::name => "a name",
        Rule::close => "`}`",
        Rule::close_array => "`]`",
        Rule::comma => "`,`",
        Rule::colon => "`:`",
        Rule::file
        | Rule::one_test
        | Rule::broken
        | Rule::value
        | Rule::word_char
        | Rule::WHITESPACE
        | Rule::COMMENT => {
            return None;
        }
    })
}
