//! What each invocation did, as metrics: lines of the log in CloudWatch's embedded metric format.
//!
//! Dimensions are names of the function, its rules and its lookups, and nothing out of an event: a metric for each
//! value of those would cost more than the function. Codes of reasons, the rule set and the request are properties, which the log can
//! be searched by.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::collections::BTreeMap;
use std::io::Write as _;

use enrich_engine::{LookupCounts, StageKind, Timestamp};
use serde_json::{Map, Value, json};

use super::live::Refresh;
use crate::{RuleCounts, Summary};

/// The most lookups of an invocation that have metrics of their own: rules may have any number of them.
const MOST_LOOKUPS: usize = 100;

/// The most rules of an invocation that do.
const MOST_RULES: usize = 100;

/// Where metrics go, and what they are about.
#[derive(Clone, Debug)]
pub(super) struct Metrics {
    namespace: Option<String>,
    function: String,
}

/// What is known of an invocation besides what it did.
#[derive(Clone, Copy, Debug)]
pub(super) struct About<'a> {
    pub(super) request_id: &'a str,
    pub(super) now: Timestamp,
    /// Whether it is the first one of this process.
    pub(super) cold_start: bool,
    /// Whether it fails as a whole.
    pub(super) fails: bool,
    pub(super) refresh: Refresh,
}

impl Metrics {
    /// Metrics of the function of that name, in that namespace; without one there are none.
    pub(super) fn new(namespace: Option<String>, function: &str) -> Self {
        Self { namespace, function: function.to_owned() }
    }

    /// Writes the lines of an invocation to standard output.
    pub(super) fn write(&self, summary: &Summary, about: About<'_>) {
        let lines = self.lines(summary, about);
        // Nobody can be told that the log takes nothing more.
        let _ = std::io::stdout().lock().write_all(lines.as_bytes());
    }

    /// The lines of an invocation: one about it, one for each rule that took records, and one for each lookup that
    /// was made.
    fn lines(&self, summary: &Summary, about: About<'_>) -> String {
        let Some(namespace) = &self.namespace else { return String::new() };
        let mut lines = self.invocation(namespace, summary, about);
        for (rule, counts) in summary.by_rule.iter().take(MOST_RULES) {
            lines.push_str(&self.rule(namespace, (rule, *counts), summary, about));
        }
        for lookup in summary.lookups.iter().filter(|counts| made(counts)).take(MOST_LOOKUPS) {
            lines.push_str(&self.lookup(namespace, lookup, summary, about));
        }
        lines
    }

    fn invocation(&self, namespace: &str, summary: &Summary, about: About<'_>) -> String {
        let requests = summary.requests();
        let mut metrics = vec![
            ("Records", COUNT, summary.records),
            ("Enriched", COUNT, summary.enriched),
            ("Dropped", COUNT, summary.dropped),
            ("Rejected", COUNT, summary.rejected),
            ("Failed", COUNT, summary.failed),
            ("FailedInvocations", COUNT, about.fails.into()),
            ("ColdStarts", COUNT, about.cold_start.into()),
            ("Objects", COUNT, summary.objects),
            ("Lines", COUNT, summary.lines),
            ("Messages", COUNT, summary.messages),
            ("EventBytes", BYTES, summary.bytes),
            ("WrittenBytes", BYTES, summary.written_bytes),
            ("AnswerBytes", BYTES, summary.answer_bytes),
            ("ReadTime", MILLISECONDS, summary.read_ms),
            ("EnrichTime", MILLISECONDS, summary.enrich_ms),
            ("PrepareTime", MILLISECONDS, summary.stage_ms(|kind| kind == StageKind::Prepare)),
            ("FetchTime", MILLISECONDS, summary.stage_ms(|kind| matches!(kind, StageKind::Fetch(_)))),
            ("ApplyTime", MILLISECONDS, summary.stage_ms(|kind| kind == StageKind::Apply)),
            ("WriteTime", MILLISECONDS, summary.write_ms),
            ("TableRequests", COUNT, requests.sent),
            ("TableRetries", COUNT, requests.repeated),
            ("UnprocessedKeys", COUNT, requests.unprocessed),
        ];
        if let Some(kept) = &summary.kept {
            metrics.push(("CacheEntries", COUNT, kept.entries));
            metrics.push(("CacheBytes", BYTES, kept.bytes));
            metrics.push(("CacheEvictions", COUNT, kept.evicted));
        }
        metrics.extend(summary.lag_ms.map(|lag| ("RecordAge", MILLISECONDS, lag)));
        // Of a function whose rules are in its package, or that did not look, nothing is known.
        if about.refresh != Refresh::NotDue {
            metrics.push(("RulesRefreshFailed", COUNT, (about.refresh == Refresh::Failing).into()));
        }
        if let Some(shadow) = &summary.shadow {
            metrics.push(("ShadowCompared", COUNT, shadow.compared));
            metrics.push(("ShadowDifferent", COUNT, shadow.different));
            metrics.push(("ShadowSkipped", COUNT, shadow.skipped.into()));
        }
        let properties = json!({
            "Caller": summary.caller,
            "RejectedCodes": codes(&summary.rejected_codes),
            "FailedCodes": codes(&summary.failed_codes),
        });
        self.line(namespace, &[("FunctionName", &self.function)], &metrics, properties, summary, about)
    }

    fn rule(
        &self,
        namespace: &str,
        (rule, counts): (&str, RuleCounts),
        summary: &Summary,
        about: About<'_>,
    ) -> String {
        let RuleCounts { enriched, dropped, rejected, failed } = counts;
        let metrics = [
            ("Enriched", COUNT, enriched),
            ("Dropped", COUNT, dropped),
            ("Rejected", COUNT, rejected),
            ("Failed", COUNT, failed),
        ];
        let dimensions = [("FunctionName", self.function.as_str()), ("Rule", rule)];
        self.line(namespace, &dimensions, &metrics, json!({}), summary, about)
    }

    fn lookup(&self, namespace: &str, counts: &LookupCounts, summary: &Summary, about: About<'_>) -> String {
        let LookupCounts {
            rule,
            lookup,
            found,
            missing,
            no_key,
            failed,
            circuit_open,
            cached,
            cached_missing,
            stale,
            ..
        } = counts;
        let metrics = [
            ("LookupsFound", COUNT, *found),
            ("LookupsMissing", COUNT, *missing),
            ("LookupsNoKey", COUNT, *no_key),
            ("LookupsFailed", COUNT, *failed),
            ("LookupsCircuitOpen", COUNT, *circuit_open),
            ("LookupsCached", COUNT, *cached),
            ("LookupsCachedMissing", COUNT, *cached_missing),
            ("LookupsStale", COUNT, *stale),
        ];
        let dimensions = [("FunctionName", self.function.as_str()), ("Rule", rule), ("Lookup", lookup)];
        self.line(namespace, &dimensions, &metrics, json!({}), summary, about)
    }

    /// One line: the directive, the dimensions, the metrics, the properties. Time and level are those of the log's
    /// other lines.
    fn line(
        &self,
        namespace: &str,
        dimensions: &[(&str, &str)],
        metrics: &[(&str, &str, u64)],
        properties: Value,
        summary: &Summary,
        about: About<'_>,
    ) -> String {
        let names: Vec<&str> = dimensions.iter().map(|(name, _)| *name).collect();
        let declared: Vec<Value> =
            metrics.iter().map(|(name, unit, _)| json!({ "Name": name, "Unit": unit })).collect();
        let mut line = Map::new();
        line.insert(
            "_aws".to_owned(),
            json!({
                "Timestamp": about.now.as_millis(),
                "CloudWatchMetrics": [{ "Namespace": namespace, "Dimensions": [names], "Metrics": declared }],
            }),
        );
        line.extend(dimensions.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
        line.extend(metrics.iter().map(|(name, _, value)| ((*name).to_owned(), json!(value))));
        line.insert("timestamp".to_owned(), json!(about.now.rfc3339()));
        line.insert("level".to_owned(), json!("INFO"));
        line.insert("RequestId".to_owned(), json!(about.request_id));
        line.insert("Rules".to_owned(), json!(summary.rules));
        if let Value::Object(properties) = properties {
            line.extend(properties);
        }
        format!("{}\n", Value::Object(line))
    }
}

const COUNT: &str = "Count";
const BYTES: &str = "Bytes";
const MILLISECONDS: &str = "Milliseconds";

fn made(counts: &LookupCounts) -> bool {
    counts.found + counts.missing + counts.no_key + counts.failed > 0
}

fn codes(codes: &BTreeMap<std::borrow::Cow<'static, str>, u64>) -> Value {
    codes.iter().map(|(code, count)| (code.to_string(), json!(count))).collect::<Map<_, _>>().into()
}

#[cfg(test)]
mod tests {
    use enrich_engine::KeptCounts;

    use super::*;

    fn summary() -> Summary {
        let lookup = |lookup: &str, found| {
            let mut counts = LookupCounts::new(&"clicks".into(), lookup);
            (counts.found, counts.missing) = (found, 1);
            counts
        };
        let codes = [("schema".into(), 2)];
        Summary {
            caller: "kinesis",
            rules: "0123abcd".to_owned(),
            records: 10,
            enriched: 8,
            rejected: 2,
            bytes: 3_000,
            lag_ms: Some(1_500),
            enrich_ms: 12,
            write_ms: 30,
            rejected_codes: codes.into_iter().collect(),
            by_rule: (0..150).map(|at| (format!("r{at:03}").into(), RuleCounts::default())).collect(),
            kept: Some(KeptCounts::default()),
            lookups: (0..150).map(|at| lookup(&format!("l{at}"), at)).collect(),
            ..Summary::default()
        }
    }

    fn about(refresh: Refresh) -> About<'static> {
        let now = Timestamp::from_millis(1_780_000_000_000).expect("an instant");
        About { request_id: "r-1", now, cold_start: true, fails: false, refresh }
    }

    fn lines(namespace: Option<&str>, refresh: Refresh) -> Vec<Value> {
        let metrics = Metrics::new(namespace.map(str::to_owned), "enrich-clicks");
        let text = metrics.lines(&summary(), about(refresh));
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    /// What the format's schema asks for: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
    const SCHEMA: &str = include_str!("metrics/schema.json");

    #[test]
    fn lines_fit_the_format() {
        let schema: Value = serde_json::from_str(SCHEMA).expect("a schema");
        let schema = jsonschema::validator_for(&schema).expect("a schema");
        let lines = lines(Some("Enrich"), Refresh::Failing);
        assert_eq!(lines.len(), 1 + MOST_RULES + MOST_LOOKUPS);
        for line in &lines {
            let complaints: Vec<String> = schema.iter_errors(line).map(|error| error.to_string()).collect();
            assert_eq!(complaints, Vec::<String>::new(), "{line}");
            // Every name that is declared is there.
            for directive in line["_aws"]["CloudWatchMetrics"].as_array().expect("directives") {
                let metrics = directive["Metrics"].as_array().expect("metrics");
                assert!(
                    metrics.iter().all(|metric| line[metric["Name"].as_str().expect("a name")].is_number())
                );
                let dimensions = directive["Dimensions"][0].as_array().expect("dimensions");
                assert!(
                    dimensions.iter().all(|name| line[name.as_str().expect("a name")].is_string()),
                    "{line}"
                );
            }
        }
        let first = &lines[0];
        for (name, value) in [
            ("Records", json!(10)),
            ("RecordAge", json!(1_500)),
            ("RulesRefreshFailed", json!(1)),
            ("ColdStarts", json!(1)),
            ("RejectedCodes", json!({"schema": 2})),
            ("Rules", json!("0123abcd")),
            ("CacheEntries", json!(0)),
            ("timestamp", json!("2026-05-28T20:26:40.000Z")),
            ("level", json!("INFO")),
        ] {
            assert_eq!(first[name], value, "{name}");
        }
        let (rule, lookup) = (&lines[2], &lines[1 + MOST_RULES + 1]);
        assert_eq!((&rule["Rule"], &rule["Enriched"]), (&json!("r001"), &json!(0)));
        assert_eq!((&lookup["Lookup"], &lookup["LookupsFound"]), (&json!("l1"), &json!(1)));
    }

    #[test]
    fn nothing_is_said_of_what_is_not_known() {
        let lines = lines(Some("Enrich"), Refresh::NotDue);
        assert_eq!(lines[0].get("RulesRefreshFailed"), None);
        assert_eq!(self::lines(None, Refresh::Well), Vec::<Value>::new());
    }
}
