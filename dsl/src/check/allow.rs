//! Comments that silence a warning: `# check: allow CODE because REASON`.
//!
//! A comment behind something is about its own line, one on a line of its own about the line below
//! it; other comments between the two don't count. It silences one code on that one line. Errors stay
//! errors. What is wrong with such a comment is a warning itself, because no comment keeps rules from
//! running, and it silences nothing then.

use std::collections::HashMap;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::source::{FileId, SourceFile, Sources, Span};
use crate::suggest;
use crate::syntax::Parsed;
use crate::syntax::tree::Trivia;

const FORM: &str = "write `# check: allow CODE because REASON`";

/// Takes out the warnings that comments silence, and reports the comments that do nothing.
pub(super) fn apply(sources: &Sources, files: &[Arc<Parsed>], findings: &mut Vec<Diagnostic>) {
    let mut silences = Silences::default();
    let mut wrong = Vec::new();
    for parsed in files {
        silences.read(sources, parsed.file, &parsed.tree.trivia, &mut wrong);
    }
    // What an error makes unknown may hide the warning that a comment is about.
    let broken = findings.iter().any(|finding| finding.severity() == Severity::Error);
    findings.retain(|finding| finding.severity() == Severity::Error || !silences.silence(finding));
    findings.append(&mut wrong);
    if !broken {
        findings.extend(silences.allows.iter().filter(|allow| !allow.used).map(Allow::unused));
    }
}

/// One comment that can silence something.
struct Allow {
    code: Code,
    span: Span,
    /// The line that it is about, counted from zero.
    line: usize,
    used: bool,
}

impl Allow {
    fn unused(&self) -> Diagnostic {
        let message = format!("line {} has no `{}` to silence", self.line + 1, self.code.as_str());
        Diagnostic::new(Code::UnusedAllow, self.span, message)
            .help("take the comment out, or put it above the line that it is about")
    }
}

/// All such comments of a rule set.
#[derive(Default)]
struct Silences {
    allows: Vec<Allow>,
    /// Which of them is about that code on that line; of two the first.
    places: HashMap<(FileId, usize, Code), usize>,
    /// Where the lines begin, of the files that have such comments.
    lines: HashMap<FileId, Vec<usize>>,
}

impl Silences {
    fn read(&mut self, sources: &Sources, file: FileId, trivia: &[Trivia], wrong: &mut Vec<Diagnostic>) {
        let mut found = Vec::new();
        for piece in trivia {
            let Trivia::Comment { span, own_line } = piece else { continue };
            match comment(sources.text(*span), *span) {
                Some(Ok(code)) => found.push((code, *span, *own_line)),
                Some(Err(finding)) => wrong.push(finding),
                None => {}
            }
        }
        if found.is_empty() {
            return;
        }
        let text = sources.get(file).map(SourceFile::text).unwrap_or_default();
        let below = lines_below(text);
        let starts: Vec<usize> =
            std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        for (code, span, own_line) in found {
            let own = line_of(&starts, span);
            let line = if own_line { below.get(own).copied().unwrap_or(own) } else { own };
            self.places.entry((file, line, code)).or_insert(self.allows.len());
            self.allows.push(Allow { code, span, line, used: false });
        }
        self.lines.insert(file, starts);
    }

    /// Whether a comment silences that finding.
    fn silence(&mut self, finding: &Diagnostic) -> bool {
        let span = finding.primary.span;
        let Some(starts) = self.lines.get(&span.file) else { return false };
        let place = (span.file, line_of(starts, span), finding.code);
        let allow = self.places.get(&place).and_then(|at| self.allows.get_mut(*at));
        allow.is_some_and(|allow| {
            allow.used = true;
            true
        })
    }
}

/// For each line the next one that is more than a comment.
fn lines_below(text: &str) -> Vec<usize> {
    let is_comment: Vec<bool> = text.split('\n').map(|line| line.trim_start().starts_with('#')).collect();
    let mut below: Vec<usize> = Vec::with_capacity(is_comment.len());
    let mut next = is_comment.len();
    for (line, comment) in is_comment.iter().enumerate().rev() {
        below.push(next);
        if !comment {
            next = line;
        }
    }
    below.reverse();
    below
}

fn line_of(starts: &[usize], span: Span) -> usize {
    starts.partition_point(|start| *start <= span.range().start).saturating_sub(1)
}

/// The code that a comment silences, or what is wrong with it. `None` for all other comments.
fn comment(text: &str, span: Span) -> Option<Result<Code, Diagnostic>> {
    let text = text.trim_end();
    let mut rest = text.strip_prefix('#')?.trim_start().strip_prefix("check:")?;
    let mut word = || {
        rest = rest.trim_start();
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        let start = span.range().start + (text.len() - rest.len());
        rest = behind;
        (word, Span::new(span.file, start, start + end))
    };
    let (verb, at) = word();
    if verb != "allow" {
        // What is no slip of `allow` is a remark like any other.
        suggest::nearest(verb, ["allow"])?;
        let finding = Diagnostic::new(Code::Allow, at, format!("`{verb}` is no word to `check`"));
        return Some(Err(finding.help("did you mean `allow`?").fix(at, "allow")));
    }
    let (name, at) = word();
    let code = match named(name, at) {
        Ok(code) => code,
        Err(finding) => return Some(Err(*finding)),
    };
    let because = word().0 == "because";
    if !because || rest.trim().is_empty() {
        let whole = Span::new(span.file, span.range().start, span.range().start + text.len());
        let message = format!("nothing says why `{name}` is allowed here");
        return Some(Err(Diagnostic::new(Code::Allow, whole, message).help(FORM)));
    }
    Some(Ok(code))
}

fn named(name: &str, at: Span) -> Result<Code, Box<Diagnostic>> {
    let finding = |message: String| Diagnostic::new(Code::Allow, at, message);
    match Code::named(name) {
        Ok(code) if code.severity() == Severity::Error => {
            let message = format!("`{name}` is an error, and errors can't be silenced");
            Err(Box::new(finding(message).help("mend what it is about, and take the comment out")))
        }
        Ok(code) => Ok(code),
        Err(_) if name.is_empty() => {
            Err(Box::new(finding("the comment does not say what is allowed".to_owned()).help(FORM)))
        }
        Err(meant) => {
            let finding = finding(format!("there is no code `{name}`"));
            Err(Box::new(match meant.map(Code::as_str) {
                Some(near) => finding.help(format!("did you mean `{near}`?")).fix(at, near),
                None => finding.help("a finding shows its code in brackets"),
            }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of warnings at those places, and what is said about the comments. No check warns
    /// of anything but comments yet, so that code stands in for others.
    fn left(text: &str, warnings: &[&str], error: bool) -> Vec<String> {
        let mut sources = Sources::new();
        let file = sources.add("a.enrich", text);
        let at = |place: &str| {
            let start = text.find(place).expect("the place");
            Span::new(file, start, start + place.len())
        };
        let warning =
            |place: &&str| Diagnostic::new(Code::UnusedAllow, at(place), format!("warning {place}"));
        let mut findings: Vec<_> = warnings.iter().map(warning).collect();
        if error {
            findings.push(Diagnostic::new(Code::Equals, at(".a"), "error"));
        }
        let files = [Arc::new(Parsed::new(&sources, file))];
        apply(&sources, &files, &mut findings);
        crate::diagnostic::sort(&mut findings);
        let name = |finding: Diagnostic| format!("{}: {}", finding.code.as_str(), finding.message);
        findings.into_iter().map(name).collect()
    }

    fn rule(lines: &str) -> String {
        format!("rule r {{\n  stream \"s\"\n{lines}\n}}\n")
    }

    const ALLOW: &str = "# check: allow unused-allow because it is a test";

    #[test]
    fn a_line_is_silenced_by_itself_or_from_above() {
        for text in [
            rule(&format!("  set .a = 1 {ALLOW}\n  set .b = 2")),
            rule(&format!("  {ALLOW}\n  set .a = 1\n  set .b = 2")),
            rule(&format!("  {ALLOW}\r\n  # and another remark\r\n  set .a = 1\r\n  set .b = 2")),
            rule("  #check:allow unused-allow because é\n  set .a = 1\n  set .b = 2"),
        ] {
            assert_eq!(left(&text, &[".a", ".b"], false), ["unused-allow: warning .b"], "{text}");
        }
    }

    #[test]
    fn another_line_is_not_silenced() {
        for text in [
            rule(&format!("  set .b = 2 {ALLOW}\n  set .a = 1")),
            rule(&format!("  set .a = 1\n  {ALLOW}\n  set .b = 2")),
            rule(&format!("  {ALLOW}\n\n  set .a = 1")),
            format!("{}{ALLOW}", rule("  set .a = 1")),
        ] {
            let left = left(&text, &[".a"], false);
            assert_eq!(left.len(), 2, "{left:?}");
            assert!(left.contains(&"unused-allow: warning .a".to_owned()), "{left:?}");
            assert!(left.iter().any(|said| said.ends_with("has no `unused-allow` to silence")), "{left:?}");
        }
    }

    #[test]
    fn the_second_of_two_does_nothing() {
        let text = rule(&format!("  {ALLOW}\n  set .a = 1 {ALLOW}"));
        assert_eq!(
            left(&text, &[".a", "set"], false),
            ["unused-allow: line 4 has no `unused-allow` to silence"]
        );
    }

    #[test]
    fn errors_stay_and_keep_comments_from_being_blamed() {
        let text = rule(&format!("  set .a = 1 {ALLOW}"));
        assert_eq!(left(&text, &[], true), ["equals: error"]);
    }

    #[test]
    fn what_is_wrong_with_a_comment() {
        for (comment, said) in [
            ("# check: allow unused-allow", "nothing says why `unused-allow` is allowed here"),
            ("# check: allow unused-allow because ", "nothing says why `unused-allow` is allowed here"),
            ("# check: allow unused-allow it is old", "nothing says why `unused-allow` is allowed here"),
            ("# check: allow", "the comment does not say what is allowed"),
            ("# check: alow unused-allow because x", "`alow` is no word to `check`"),
            ("# check: allow unusd-allow because x", "there is no code `unusd-allow`"),
            ("# check: allow equals because x", "`equals` is an error, and errors can't be silenced"),
        ] {
            let text = rule(&format!("  set .a = 1 {comment}"));
            let expected = ["unused-allow: warning .a".to_owned(), format!("allow: {said}")];
            assert_eq!(left(&text, &[".a"], false), expected, "{comment}");
        }
        for remark in ["# check: is that right?", "# check this", "# allow all", "# check:"] {
            assert_eq!(left(&rule(remark), &[], false), [""; 0], "{remark}");
        }
    }
}
