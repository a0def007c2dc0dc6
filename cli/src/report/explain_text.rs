//! Why an event became what it became, for people: the rule's statements with what each did beside it.

use std::io::{self, Write};

use enrich_engine::dsl::source::{FileId, SourceFile, Sources, Span};
use enrich_engine::json::{Document, Kind, Node, write_string};
use enrich_engine::{
    Decision, DecisionKind, Explanation, Freshness, LookupDecision, LookupEnd, Record, Verdict, Written,
};
use similar::{ChangeTag, TextDiff};

/// The widest that the column of statements gets, in characters.
const STATEMENT: usize = 56;

const RED: u8 = 31;
const GREEN: u8 = 32;

/// Writes what happened to an event.
///
/// # Errors
/// Where nobody takes the output any more.
pub fn write(
    record: &Record<'_>,
    explanation: &Explanation,
    sources: &Sources,
    color: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "an event of the stream `{}`", record.origin.stream)?;
    let statement = |decision: &Decision| statement(decision.span, sources).chars().count();
    let width = explanation.decisions.iter().map(statement).max().unwrap_or(0);
    let mut file = None;
    for decision in &explanation.decisions {
        self::decision(decision, sources, width, &mut file, out)?;
    }
    writeln!(out)?;
    verdict(record, &explanation.verdict, color, out)
}

/// A line for a decision: where, the statement, what it did. A file is named where it begins.
fn decision(
    decision: &Decision,
    sources: &Sources,
    width: usize,
    last: &mut Option<FileId>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Span { file: id, start, .. } = decision.span;
    let file = sources.get(id);
    if last.replace(id) != Some(id) {
        writeln!(out, "\n{}", file.map(SourceFile::name).unwrap_or_default())?;
    }
    let line = file.map_or(0, |file| file.position(start).line);
    let statement = statement(decision.span, sources);
    let space = width - statement.chars().count().min(width);
    writeln!(out, "{line:>5}  {statement}{:space$}  {}", "", did(decision))
}

/// The first line of a statement, without the brace that opens its block.
fn statement(span: Span, sources: &Sources) -> String {
    let text = sources.text(span).lines().next().unwrap_or_default();
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    let text = text.strip_suffix('{').unwrap_or(&text).trim_end();
    match text.char_indices().nth(STATEMENT - 1) {
        Some((cut, _)) => format!("{}…", text.get(..cut).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// What a decision did, in words.
fn did(decision: &Decision) -> String {
    let element = decision.element.as_ref().map(ToString::to_string).unwrap_or_default();
    match &decision.kind {
        DecisionKind::When { holds: true, .. } => "holds".to_owned(),
        DecisionKind::When { rule, .. } => format!("does not hold: `{rule}` does not take the event"),
        DecisionKind::Took { rule } => format!("`{rule}` takes the event"),
        DecisionKind::Schema { complaint: None } => "the event fits".to_owned(),
        DecisionKind::Schema { complaint: Some(complaint) } => complaint.clone(),
        DecisionKind::Lookup(lookup) => self::lookup(lookup, &element),
        DecisionKind::Wrote { path, value, written } => {
            let default = if *written == Written::Default { "  (default)" } else { "" };
            format!("{element}{path} = {value}{default}")
        }
        DecisionKind::Removed { path } => format!("{element}{path} is taken out"),
        DecisionKind::Skipped => "left out: it reads a lookup that failed".to_owned(),
        DecisionKind::Drop { holds: true } => "holds: the event is dropped".to_owned(),
        DecisionKind::Drop { holds: false } => "does not hold".to_owned(),
        DecisionKind::If { holds } => format!("takes {}", if *holds { "`then`" } else { "`else`" }),
        _ => "?".to_owned(),
    }
}

fn lookup(lookup: &LookupDecision, element: &str) -> String {
    let key = lookup.key.iter().flatten().map(|(part, value)| format!("{part} = {value}"));
    let key = key.collect::<Vec<_>>().join(", ");
    let of = if element.is_empty() { String::new() } else { format!("{element}: ") };
    let end = match (&lookup.end, lookup.awaited) {
        (LookupEnd::Found, _) => format!("found {key}"),
        (LookupEnd::Missing, false) => format!("missing {key}"),
        (LookupEnd::Missing, true) => format!("missing {key}, which may still come"),
        (LookupEnd::NoKey, _) => "no key".to_owned(),
        (LookupEnd::Failed(code), _) => {
            let message = lookup.failure.as_deref().unwrap_or_default();
            format!("error {code}: {message}")
        }
        _ => lookup.end.as_str().to_owned(),
    };
    let kept = match lookup.freshness {
        Some(Freshness::Kept) => "  (kept of an earlier batch)",
        Some(Freshness::Stale) => "  (expired, and its table fails)",
        _ => "",
    };
    format!("{of}{end}{kept}")
}

/// The verdict; of an enriched event what is otherwise than it was.
fn verdict(record: &Record<'_>, verdict: &Verdict, color: bool, out: &mut dyn Write) -> io::Result<()> {
    match verdict {
        Verdict::Enriched { event, .. } => {
            writeln!(out, "enriched")?;
            diff(&pretty(record.bytes()), &pretty(event), color, out)
        }
        Verdict::Dropped { .. } => writeln!(out, "dropped"),
        Verdict::Rejected { reason, .. } => writeln!(out, "rejected, as a retry can't help: {reason}"),
        Verdict::Failed { reason, .. } => writeln!(out, "failed, and is to be brought again: {reason}"),
        _ => Ok(()),
    }
}

fn diff(before: &str, after: &str, color: bool, out: &mut dyn Write) -> io::Result<()> {
    for change in TextDiff::from_lines(before, after).iter_all_changes() {
        let (sign, code) = match change.tag() {
            ChangeTag::Delete => ('-', Some(RED)),
            ChangeTag::Insert => ('+', Some(GREEN)),
            ChangeTag::Equal => (' ', None),
        };
        let line = format!("{sign} {}", change.value().trim_end_matches('\n'));
        match code.filter(|_| color) {
            Some(code) => writeln!(out, "\x1b[{code}m{line}\x1b[0m")?,
            None => writeln!(out, "{}", line.trim_end())?,
        }
    }
    Ok(())
}

/// An event with a line for each member, commas left out: so that a line changes only where its value does.
fn pretty(event: &[u8]) -> String {
    let Ok(document) = Document::parse(event) else { return String::from_utf8_lossy(event).into_owned() };
    let mut text = String::new();
    lines(document.root(), 0, &mut text);
    text.push('\n');
    text
}

fn lines(node: Node<'_>, depth: usize, out: &mut String) {
    let inside = "  ".repeat(depth + 1);
    let (open, close) = match node.kind() {
        Kind::Object if node.members().next().is_some() => ('{', '}'),
        Kind::Array if node.elements().next().is_some() => ('[', ']'),
        _ => return out.push_str(node.raw()),
    };
    out.push(open);
    for (name, value) in node.members() {
        out.push('\n');
        out.push_str(&inside);
        write_string(out, &name.text());
        out.push_str(": ");
        lines(value, depth + 1, out);
    }
    for element in node.elements() {
        out.push('\n');
        out.push_str(&inside);
        lines(element, depth + 1, out);
    }
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
    out.push(close);
}
