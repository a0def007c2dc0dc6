//! For people and their editors: a line a finding, as compilers write it.

use crate::diagnostic::Diagnostic;
use crate::source::Sources;

/// `path:line:column: error[code] message`, without a line feed, and none in it.
#[must_use]
pub fn concise(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let span = diagnostic.primary.span;
    let place = sources.get(span.file).map_or_else(String::new, |file| {
        let start = file.position(span.start);
        format!("{}:{}:{}: ", file.name(), start.line, start.column)
    });
    let severity = diagnostic.severity().as_str();
    let line = format!("{place}{severity}[{}] {}", diagnostic.code.as_str(), diagnostic.message);
    line.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use super::super::example::example;
    use super::*;

    #[test]
    fn a_line_a_finding() {
        let (sources, findings) = example();
        let lines: Vec<_> = findings.iter().map(|finding| concise(finding, &sources)).collect();
        assert_eq!(
            lines,
            [
                "rules/100% sure, a:b.enrich:2:18: error[unknown-name] `usr` is not a lookup, 100% sure",
                "rules/100% sure, a:b.enrich:3:3: error[syntax] this goes over two lines",
            ]
        );
    }
}
