//! The mends that `check` knows.

use enrich_dsl::diagnostic::{Diagnostic, Fix};
use enrich_dsl::source::{FileId, Span};

/// The findings that meet a stretch of a file and have a mend.
pub fn mendable(findings: &[Diagnostic], at: Span) -> impl Iterator<Item = (&Diagnostic, &Fix)> {
    let meets = move |span: Span| span.file == at.file && span.start <= at.end && at.start <= span.end;
    let of_file = move |fix: &&Fix| fix.span.file == at.file;
    findings
        .iter()
        .filter(move |finding| meets(finding.primary.span))
        .filter_map(move |finding| Some((finding, finding.fix.as_ref().filter(of_file)?)))
}

/// What a mend does, as the title of a menu.
#[must_use]
pub fn title(finding: &Diagnostic, fix: &Fix) -> String {
    match (fix.replacement.trim(), fix.span.start == fix.span.end) {
        ("", _) => format!("take it out: {}", finding.message),
        (new, true) => format!("write `{new}` here"),
        (new, false) => format!("change it to `{new}`"),
    }
}

/// The mends of a file that can be made at once, from its beginning to its end. Of two that meet only the
/// first is made: the other may mean nothing any more.
#[must_use]
pub fn all(findings: &[Diagnostic], file: FileId) -> Vec<&Fix> {
    let mut fixes: Vec<&Fix> = findings
        .iter()
        .filter_map(|finding| finding.fix.as_ref())
        .filter(|fix| fix.span.file == file)
        .collect();
    fixes.sort_by_key(|fix| fix.span);
    let mut end = None;
    fixes.retain(|fix| {
        let free = end.is_none_or(|end| fix.span.start >= end && fix.span.end > end);
        if free {
            end = Some(fix.span.end);
        }
        free
    });
    fixes
}
