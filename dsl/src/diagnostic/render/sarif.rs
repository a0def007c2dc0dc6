//! For services that collect findings of many tools: SARIF 2.1.0.

use serde_json::{Map, Value, json};

use super::message_and_help;
use crate::diagnostic::{Code, Diagnostic, Label};
use crate::source::{Sources, Span};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The findings as one log with one run, pretty-printed, a line feed behind it.
#[must_use]
pub fn sarif(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut codes: Vec<Code> = diagnostics.iter().map(|finding| finding.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules: Vec<Value> = codes.iter().map(|code| rule(*code)).collect();
    let results: Vec<Value> = diagnostics.iter().map(|finding| result(finding, sources)).collect();
    let driver = json!({"name": "check", "version": env!("CARGO_PKG_VERSION"), "rules": rules});
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    });
    // A tree of plain values can always be written.
    let mut text = serde_json::to_string_pretty(&log).unwrap_or_default();
    text.push('\n');
    text
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.as_str(),
        "shortDescription": {"text": code.summary()},
        "fullDescription": {"text": code.meaning()},
        "help": {"text": code.meaning(), "markdown": code.page()},
        "defaultConfiguration": {"level": code.severity().as_str()},
    })
}

fn result(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let mut result = Map::new();
    result.insert("ruleId".into(), diagnostic.code.as_str().into());
    result.insert("level".into(), diagnostic.severity().as_str().into());
    result.insert("message".into(), json!({"text": message_and_help(diagnostic)}));
    result.insert("locations".into(), json!([location(&diagnostic.primary, sources)]));
    if !diagnostic.secondary.is_empty() {
        let related: Vec<_> = diagnostic.secondary.iter().map(|label| location(label, sources)).collect();
        result.insert("relatedLocations".into(), related.into());
    }
    if let Some(fix) = &diagnostic.fix {
        let replacement = json!({
            "deletedRegion": region(fix.span, sources),
            "insertedContent": {"text": fix.replacement},
        });
        let change = json!({"artifactLocation": artifact(fix.span, sources), "replacements": [replacement]});
        result.insert("fixes".into(), json!([{"artifactChanges": [change]}]));
    }
    Value::Object(result)
}

fn location(label: &Label, sources: &Sources) -> Value {
    let mut location = Map::new();
    let place = json!({
        "artifactLocation": artifact(label.span, sources),
        "region": region(label.span, sources),
    });
    location.insert("physicalLocation".into(), place);
    if !label.text.is_empty() {
        location.insert("message".into(), json!({"text": label.text}));
    }
    Value::Object(location)
}

fn artifact(span: Span, sources: &Sources) -> Value {
    json!({"uri": uri(sources.get(span.file).map(crate::source::SourceFile::name).unwrap_or_default())})
}

/// Columns count characters, as the run says; the end is the column behind the last one.
fn region(span: Span, sources: &Sources) -> Value {
    let Some(file) = sources.get(span.file) else { return json!({"startLine": 1}) };
    let (start, end) = (file.position(span.start), file.position(span.end));
    json!({
        "startLine": start.line, "startColumn": start.column,
        "endLine": end.line, "endColumn": end.column,
    })
}

/// The path of a file as a reference: absolute ones with a scheme, and nothing in it that means
/// something else there.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~') {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::super::example::example;
    use super::*;

    fn log() -> Value {
        let (sources, findings) = example();
        serde_json::from_str(&sarif(&findings, &sources)).expect("JSON")
    }

    #[test]
    fn a_result_a_finding() {
        let place = |region: Value| {
            json!({
                "artifactLocation": {"uri": "rules/100%25%20sure%2C%20a%3Ab.enrich"},
                "region": region,
            })
        };
        let word = json!({"startLine": 2, "startColumn": 18, "endLine": 2, "endColumn": 21});
        let name = json!({"startLine": 1, "startColumn": 6, "endLine": 1, "endColumn": 11});
        let lines = json!({"startLine": 3, "startColumn": 3, "endLine": 5, "endColumn": 1});
        assert_eq!(
            log()["runs"][0]["results"],
            json!([
                {
                    "ruleId": "unknown-name",
                    "level": "error",
                    "message": {"text": "`usr` is not a lookup, 100%\nsure\nhelp: did you mean `user`?"},
                    "locations": [{"physicalLocation": place(word.clone()), "message": {"text": "here"}}],
                    "relatedLocations": [
                        {"physicalLocation": place(name), "message": {"text": "in this rule"}}
                    ],
                    "fixes": [{"artifactChanges": [{
                        "artifactLocation": place(Value::Null)["artifactLocation"],
                        "replacements": [{"deletedRegion": word, "insertedContent": {"text": "user"}}],
                    }]}],
                },
                {
                    "ruleId": "syntax",
                    "level": "error",
                    "message": {"text": "this goes over two lines"},
                    "locations": [{"physicalLocation": place(lines)}],
                },
            ])
        );
    }

    #[test]
    fn each_code_is_described_once() {
        let log = log();
        let driver = &log["runs"][0]["tool"]["driver"];
        assert_eq!(
            (&driver["name"], &driver["version"]),
            (&json!("check"), &json!(env!("CARGO_PKG_VERSION")))
        );
        let ids: Vec<_> = driver["rules"].as_array().expect("rules").iter().map(|rule| &rule["id"]).collect();
        assert_eq!(ids, ["syntax", "unknown-name"]);
        assert_eq!(driver["rules"][1]["shortDescription"]["text"], Code::UnknownName.summary());
        assert_eq!(driver["rules"][1]["help"]["markdown"], Code::UnknownName.page());
    }

    #[test]
    fn no_finding_is_an_empty_run() {
        let log: Value = serde_json::from_str(&sarif(&[], &Sources::new())).expect("JSON");
        assert_eq!(log["runs"][0]["results"], json!([]));
    }

    #[test]
    fn paths_are_references() {
        assert_eq!(uri("rules/a b.enrich"), "rules/a%20b.enrich");
        assert_eq!(uri("/home/ü.enrich"), "file:///home/%C3%BC.enrich");
        assert_eq!(uri("<stdin>"), "%3Cstdin%3E");
    }
}
