//! For a workflow on GitHub: commands that make it show the findings at their lines.

use super::message_and_help;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Sources;

/// One workflow command, without a line feed.
#[must_use]
pub fn github(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let command = match diagnostic.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let span = diagnostic.primary.span;
    let place = sources.get(span.file).map_or_else(String::new, |file| {
        let (start, end) = (file.position(span.start), file.position(span.end));
        let name = property(file.name());
        // Columns are taken only where a finding begins and ends on one line.
        if start.line == end.line {
            let (line, from, to) = (start.line, start.column, end.column);
            format!("file={name},line={line},col={from},endLine={line},endColumn={to},")
        } else {
            format!("file={name},line={},endLine={},", start.line, end.line)
        }
    });
    let title = property(diagnostic.code.as_str());
    format!("::{command} {place}title={title}::{}", data(&message_and_help(diagnostic)))
}

/// What stands behind the command.
fn data(text: &str) -> String {
    // The sign of an escape goes first, else the escapes are escaped.
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::example::example;
    use super::*;

    #[test]
    fn a_command_a_finding() {
        let (sources, findings) = example();
        let commands: Vec<_> = findings.iter().map(|finding| github(finding, &sources)).collect();
        let file = "file=rules/100%25 sure%2C a%3Ab.enrich";
        assert_eq!(
            commands,
            [
                format!(
                    "::error {file},line=2,col=18,endLine=2,endColumn=21,title=unknown-name::\
                     `usr` is not a lookup, 100%25%0Asure%0Ahelp: did you mean `user`?"
                ),
                format!("::error {file},line=3,endLine=5,title=syntax::this goes over two lines"),
            ]
        );
    }
}
