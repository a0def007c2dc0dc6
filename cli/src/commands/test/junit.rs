//! JUnit's XML, which services of continuous integration read.

use std::time::Duration;

use enrich_dsl::source::Sources;
use enrich_engine::testing::{Case, CaseResult};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::tell::position;

/// The tests of a file that were run.
pub(super) struct File<'r> {
    pub(super) name: &'r str,
    pub(super) sources: &'r Sources,
    pub(super) cases: Vec<(&'r Case, &'r CaseResult, Duration)>,
}

/// The report: a suite for each file of tests.
pub(super) fn report<'r>(files: impl Iterator<Item = File<'r>>) -> Vec<u8> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    let files: Vec<File<'_>> = files.filter(|file| !file.cases.is_empty()).collect();
    // Memory takes all that is written to it.
    let _ = writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
    let _ = writer
        .create_element("testsuites")
        .write_inner_content(|writer| files.iter().try_for_each(|file| suite(file, writer)));
    let mut text = writer.into_inner();
    text.push(b'\n');
    text
}

fn suite(file: &File<'_>, writer: &mut Writer<Vec<u8>>) -> std::io::Result<()> {
    let failed = file.cases.iter().filter(|(_, result, _)| !result.passed()).count();
    let time: Duration = file.cases.iter().map(|(_, _, time)| *time).sum();
    let suite = writer.create_element("testsuite").with_attributes([
        ("name", file.name),
        ("tests", &file.cases.len().to_string()),
        ("failures", &failed.to_string()),
        ("errors", "0"),
        ("time", &seconds(time)),
    ]);
    suite.write_inner_content(|writer| {
        file.cases.iter().try_for_each(|(case, result, time)| {
            let line = position(case.span(), file.sources).line.to_string();
            let element = writer.create_element("testcase").with_attributes([
                ("name", case.name()),
                ("classname", file.name),
                ("file", file.name),
                ("line", &line),
                ("time", &seconds(*time)),
            ]);
            if result.passed() {
                return element.write_empty().map(drop);
            }
            let told: Vec<String> = result.differences.iter().map(ToString::to_string).collect();
            let first = told.first().cloned().unwrap_or_default();
            element
                .write_inner_content(|writer| {
                    let failure =
                        writer.create_element("failure").with_attribute(("message", first.as_str()));
                    failure.write_text_content(BytesText::new(&told.join("\n"))).map(drop)
                })
                .map(drop)
        })
    })?;
    Ok(())
}

fn seconds(time: Duration) -> String {
    format!("{:.6}", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use enrich_engine::Rules;
    use enrich_engine::testing::Suite;

    #[test]
    fn a_report_escapes_what_it_quotes() {
        let rules = Rules::from_text("rule r { stream \"s\" set .a = 1 }").expect("rules");
        let mut sources = Sources::new();
        let file = sources.add(
            "r.test.enrich",
            "test \"a < b & \\\"c\\\"\" { event { } expect { \"a\": \"<1>\" } }\n\
             test \"passes\" { event { } expect { * } }",
        );
        let (suite, findings) = Suite::read(&sources, file, &rules, None);
        assert_eq!(findings, []);
        let results: Vec<CaseResult> = suite.cases().iter().map(Case::run).collect();
        let times = [1_500, 250].map(Duration::from_micros);
        let cases = suite.cases().iter().zip(&results).zip(times);
        let cases = cases.map(|((case, result), time)| (case, result, time)).collect();
        let text = report([File { name: "r.test.enrich", sources: &sources, cases }].into_iter());
        let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="r.test.enrich" tests="2" failures="1" errors="0" time="0.001750">
    <testcase name="a &lt; b &amp; &quot;c&quot;" classname="r.test.enrich" file="r.test.enrich" line="1" time="0.001500">
      <failure message=".a: expected &quot;&lt;1&gt;&quot;, got 1">.a: expected &quot;&lt;1&gt;&quot;, got 1</failure>
    </testcase>
    <testcase name="passes" classname="r.test.enrich" file="r.test.enrich" line="2" time="0.000250"/>
  </testsuite>
</testsuites>
"#;
        assert_eq!(String::from_utf8(text).expect("text"), expected);
    }
}
