//! The function itself, as Lambda starts it, against a Runtime API on loopback.

#![cfg(test)]

#[path = "support/local.rs"]
mod local;
mod support;

use std::io::Read as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use local::{CONFIGURATION, Local};
use support::{Invoke, RuntimeApi, Said};

const RULE: &str = r#"
table users { source dynamodb "${USERS}" key id: string }

rule clicks {
  stream "clicks"
  schema "schemas/click.json"
  lookup user from users where id = .user { copy segment }
}
"#;

struct Function {
    child: Child,
    api: RuntimeApi,
}

impl Function {
    /// Starts the function in a package of these files, with nothing in its environment but what Lambda
    /// sets, credentials, an AWS that can't be reached, and `variables`.
    fn start(package: &Path, variables: &[(&str, &str)], bodies: &[&str]) -> Self {
        let deadline_ms = 4_004_244_000_000;
        let invoke = |body: &&str| Invoke { body: body.as_bytes().to_vec(), deadline_ms };
        let api = RuntimeApi::start(bodies.iter().map(invoke).collect());
        let child = Command::new(env!("CARGO_BIN_EXE_bootstrap"))
            .current_dir("/")
            .env_clear()
            .env("LAMBDA_TASK_ROOT", package)
            .env("AWS_LAMBDA_RUNTIME_API", &api.address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "enrich")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "a-secret-of-the-function")
            .env("AWS_ENDPOINT_URL", closed_port())
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the function");
        Self { child, api }
    }

    /// What a function that does not start told Lambda; it has ended with 1.
    fn refused(mut self) -> (String, String) {
        let Said::InitError { error_type, body } = self.api.said() else { panic!("it has started") };
        assert_eq!(error_type, "Enrich.InitError");
        assert_eq!(self.child.wait().expect("its end").code(), Some(1));
        let told: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        (told["errorMessage"].as_str().expect("a message").to_owned(), self.log())
    }

    fn log(mut self) -> String {
        // It may have ended.
        let _ = self.child.kill();
        self.child.wait().expect("the function's end");
        let mut text = String::new();
        self.child.stdout.take().expect("its output").read_to_string(&mut text).expect("UTF-8");
        self.child.stderr.take().expect("its errors").read_to_string(&mut text).expect("UTF-8");
        assert!(!text.contains("a-secret-of-the-function"), "{text}");
        text
    }
}

fn closed_port() -> String {
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    format!("http://127.0.0.1:{port}")
}

#[expect(clippy::disallowed_methods, reason = "the package is a folder")]
fn package(files: &[(&str, &str)]) -> tempfile::TempDir {
    let package = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = package.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        std::fs::write(path, text).expect("a file");
    }
    package
}

fn sound() -> tempfile::TempDir {
    package(&[("rules/clicks.enrich", RULE), ("rules/schemas/click.json", r#"{"type":"object"}"#)])
}

#[test]
fn broken_rules_are_drawn() {
    let rules = RULE.replace("lookup user from users", "lookup user from user");
    let package =
        package(&[("rules/clicks.enrich", &rules), ("rules/b.enrich", "rule b { stream \"b\" set x = 1 }")]);
    let (message, log) = Function::start(package.path(), &[("USERS", "users")], &[]).refused();
    for expected in ["the rules have errors", "--> clicks.enrich:7:", "--> b.enrich:1:", "schemas/click.json"]
    {
        assert!(message.contains(expected), "{expected}: {message}");
    }
    let line: serde_json::Value = serde_json::from_str(log.trim_end()).expect("one line of JSON");
    assert_eq!(line["level"], "ERROR");
    assert_eq!(line["message"], format!("the function does not start: {message}"));
}

#[test]
fn what_is_not_there_is_named() {
    let sound = sound();
    let no_rules = package(&[("rules/clicks.test.enrich", ""), ("other/a.enrich", "# nothing yet\n")]);
    let users = ("USERS", "users");
    for (package, variables, expected) in [
        (&sound, &[][..], "these variables have no value: USERS: set them in the function's environment"),
        (&no_rules, &[users], "no rule file in"),
        (&no_rules, &[users, ("RULES", "other")], "the rule set has no rule"),
        (&no_rules, &[users, ("RULES", "/no/such/folder")], "can't read /no/such/folder: No such file"),
        (
            &sound,
            &[users, ("REJECTS", "bucket")],
            "`REJECTS` is `bucket`, and should be `s3://BUCKET/PREFIX`",
        ),
        (&sound, &[users, ("RULES", "s3://our-rules/x")], "can't list the rule files in s3://our-rules/x/"),
        (&sound, &[users, ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "-")], "`AWS_LAMBDA_FUNCTION_MEMORY_SIZE`"),
    ] {
        let (message, log) = Function::start(package.path(), variables, &[]).refused();
        assert!(message.contains(expected), "{expected}: {message}");
        assert!(log.contains("the function does not start: "), "{log}");
    }
}

#[test]
fn rules_may_be_a_configuration_of_appconfig() {
    let empty = package(&[]);
    let extension = Local::start(CONFIGURATION, "rule clicks { stream \"clicks\" set .a = 1 }");
    let port = extension.port.to_string();
    let there = [("RULES", local::RULES), ("AWS_APPCONFIG_EXTENSION_HTTP_PORT", &*port)];
    let body = r#"[{"eventID":"shard-1:1","eventSource":"aws:kinesis","data":{"b":2},"sequenceNumber":"1",
        "eventSourceARN":"arn:aws:kinesis:us-east-1:123456789012:stream/clicks"}]"#;
    let function = Function::start(empty.path(), &there, &[body]);
    let answer = Said::Response { id: "id-0".to_owned(), body: r#"[{"b":2,"a":1}]"#.to_owned() };
    assert_eq!(function.api.said(), answer);
    told(&function.log());

    let closed = closed_port();
    let closed = closed.rsplit(':').next().expect("a port");
    let absent = [("RULES", local::RULES), ("AWS_APPCONFIG_EXTENSION_HTTP_PORT", closed)];
    let (message, _) = Function::start(empty.path(), &absent, &[]).refused();
    let expected =
        format!("AppConfig's extension does not answer on port {closed}: is its layer among the function's?");
    assert!(message.contains(&expected), "{message}");
}

/// A trace in OpenTelemetry's JSON: `NAME kind K parent P`, span by span, where `P` is the name of the parent.
fn spans(document: &str) -> (Vec<serde_json::Value>, Vec<String>) {
    let document: serde_json::Value = serde_json::from_str(document).expect("JSON");
    let scope = &document["resourceSpans"][0]["scopeSpans"][0];
    let spans = scope["spans"].as_array().expect("spans").clone();
    let name = |id: &serde_json::Value| {
        let known = spans.iter().find(|span| span["spanId"] == *id);
        known.map_or("?", |span| span["name"].as_str().expect("a name")).to_owned()
    };
    let time = |span: &serde_json::Value, name: &str| -> u128 {
        span[name].as_str().expect("a text").parse().expect("nanoseconds")
    };
    let told = spans.iter().map(|span| {
        assert_eq!(span["spanId"].as_str().map(str::len), Some(16), "{span}");
        assert!(time(span, "startTimeUnixNano") <= time(span, "endTimeUnixNano"), "{span}");
        let parent = span.get("parentSpanId").map_or("none".to_owned(), name);
        format!("{} kind {} parent {parent}", name(&span["spanId"]), span["kind"])
    });
    (spans.clone(), told.collect())
}

#[test]
fn traces_are_sent_before_the_answer_and_cost_nothing_but_time() {
    let body = r#"[{"eventID":"shard-1:1","eventSource":"aws:kinesis","data":{"user":"user123"},
        "eventSourceARN":"arn:aws:kinesis:us-east-1:123456789012:stream/clicks"}]"#;
    let run = |endpoint: &str, bodies: &[&str]| {
        let sound = sound();
        let variables = [("USERS", "users"), ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)];
        let function = Function::start(sound.path(), &variables, bodies);
        for at in 0..bodies.len() {
            let Said::Error { id, .. } = function.api.said() else { panic!("it is answered") };
            assert_eq!(id, format!("id-{at}"));
        }
        function.log()
    };
    let collector = Local::start("/v1/traces", "{}");
    let log = run(&format!("http://127.0.0.1:{}", collector.port), &[body]);
    assert!(!log.contains("the collector"), "{log}");
    let posted = collector.posted();
    let [document] = posted.as_slice() else { panic!("{posted:?}") };
    let (spans, told) = spans(document);
    assert_eq!(
        told,
        [
            "enrich kind 2 parent none",
            "read kind 1 parent enrich",
            "prepare kind 1 parent enrich",
            "fetch kind 3 parent enrich",
            "apply kind 1 parent enrich",
            "write kind 3 parent enrich",
        ]
    );
    // The trace that Lambda named.
    assert!(spans.iter().all(|span| span["traceId"] == "5bef4de7ad49b0e87f6ef6c87fc2e700"), "{document}");
    assert_eq!(spans[0]["status"], serde_json::json!({"code": 2, "message": "Enrich.RecordsFailed"}));
    let attribute = |span: usize, name: &str| {
        let attributes = spans[span]["attributes"].as_array().expect("attributes");
        attributes.iter().find(|one| one["key"] == name).map(|one| one["value"].to_string())
    };
    assert_eq!(attribute(0, "enrich.failed").as_deref(), Some(r#"{"intValue":"1"}"#));
    assert_eq!(attribute(0, "faas.invocation_id").as_deref(), Some(r#"{"stringValue":"id-0"}"#));
    // The table can't be reached, and was asked again.
    assert_eq!(attribute(3, "enrich.requests").as_deref(), Some(r#"{"intValue":"3"}"#));
    assert_eq!(attribute(3, "enrich.retries").as_deref(), Some(r#"{"intValue":"2"}"#));
    assert!(document.contains(r#"{"key":"service.name","value":{"stringValue":"enrich"}}"#), "{document}");
    assert!(!document.contains("user123"), "{document}");

    // One that is not there, and one that takes nothing, are said once and left alone.
    collector.set(503, "busy");
    for endpoint in [closed_port(), format!("http://127.0.0.1:{}", collector.port)] {
        let log = run(&endpoint, &[body, body]);
        let said = told_of(&log, "the collector of traces is left alone for a minute: ");
        assert_eq!(said.len(), 1, "{log}");
        assert_eq!(said[0]["level"], "WARN");
    }
    // One that takes the connection and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = format!("http://{}", silent.local_addr().expect("an address"));
    let begun = started();
    let log = run(&endpoint, &[body]);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(told_of(&log, "it did not answer in time").len(), 1, "{log}");
}

/// The lines whose message has that in it.
fn told_of(log: &str, part: &str) -> Vec<serde_json::Value> {
    let says = |line: &serde_json::Value| line["message"].as_str().is_some_and(|it| it.contains(part));
    told(log).into_iter().filter(says).collect()
}

#[test]
fn a_connection_is_opened_ahead_and_not_waited_for() {
    let tables = TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = format!("https://{}", tables.local_addr().expect("an address"));
    let plain = r#"[{"eventID":"shard-1:1","eventSource":"aws:kinesis","data":{"price":  49.990},
        "eventSourceARN":"arn:aws:kinesis:us-east-1:123456789012:stream/clicks"}]"#;
    let package = sound();
    let variables = [("USERS", "users"), ("AWS_ENDPOINT_URL", endpoint.as_str())];
    let function = Function::start(package.path(), &variables, &[plain]);
    // Nobody answers there, and yet an event that asks no table is served.
    let (mut connection, _) = tables.accept().expect("a connection");
    let mut first = [0];
    connection.read_exact(&mut first).expect("a byte");
    assert_eq!(first, [0x16], "a TLS handshake");
    let body = r#"[{"price":  49.990}]"#.to_owned();
    assert_eq!(function.api.said(), Said::Response { id: "id-0".to_owned(), body });
}

#[test]
fn no_runtime_at_all_is_told_on_the_log() {
    let output = Command::new(env!("CARGO_BIN_EXE_bootstrap")).env_clear().output().expect("the function");
    assert_eq!(output.status.code(), Some(1));
    let log = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(log.contains("`AWS_LAMBDA_RUNTIME_API` is not set"), "{log}");
}

#[test]
fn a_table_that_cannot_be_reached_fails_the_invocation_quickly() {
    let record = |data: &str| {
        format!(
            r#"[{{"eventID":"shard-1:1","eventSource":"aws:kinesis","data":{data},
                  "eventSourceARN":"arn:aws:kinesis:us-east-1:123456789012:stream/clicks"}}]"#
        )
    };
    let (known, plain) = (record(r#"{"user":"user123"}"#), record(r#"{"price":  49.990}"#));
    let mapping = r#"{"Records":[{"eventID":"shard-1:007","eventSource":"aws:kinesis",
        "kinesis":{"data":"eyJ1c2VyIjoidXNlcjEyMyJ9","sequenceNumber":"007"},
        "eventSourceARN":"arn:aws:kinesis:us-east-1:123456789012:stream/clicks"}]}"#;
    let package = sound();
    let function = Function::start(package.path(), &[("USERS", "users")], &[&known, mapping, &plain]);
    let started = started();
    let failed = r#"{"errorType":"Enrich.RecordsFailed","errorMessage":"1 of 1 records failed (unavailable 1), and with them the batch"}"#;
    assert_eq!(function.api.said(), Said::Error { id: "id-0".to_owned(), body: failed.to_owned() });
    let response = |at: usize, body: &str| Said::Response { id: format!("id-{at}"), body: body.to_owned() };
    // The number as it came, zeros and all.
    assert_eq!(function.api.said(), response(1, r#"{"batchItemFailures":[{"itemIdentifier":"007"}]}"#));
    assert_eq!(function.api.said(), response(2, r#"[{"price":  49.990}]"#));
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());

    let log = function.log();
    let lines = log.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
    let (metrics, lines): (Vec<_>, Vec<_>) = lines.partition(|line| line.get("_aws").is_some());
    assert_eq!(lines.len(), 5, "{log}");
    assert_eq!((&lines[0]["level"], &lines[0]["streams"]), (&"INFO".into(), &"clicks".into()));
    let line = &lines[1];
    assert_eq!((&line["level"], &line["caller"]), (&"WARN".into(), &"pipes".into()));
    assert_eq!((&line["request_id"], &line["records"]), (&"id-0".into(), &1.into()));
    assert_eq!((&line["failed"], &line["failed_codes"]), (&1.into(), &"unavailable 1".into()));
    assert!(line["first_failure"].as_str().is_some_and(|text| text.contains("table `users`")), "{line}");
    assert_eq!(
        line["lookups"],
        "clicks.user: found 0, missing 0, no_key 0, failed 1, circuit_open 0, cached 0, cached_missing 0, stale 0"
    );
    assert_eq!(lines[3]["caller"], "kinesis");
    assert_eq!((&lines[4]["level"], &lines[4]["enriched"]), (&"INFO".into(), &1.into()));
    assert!(!log.contains("user123"), "{log}");

    // One for each invocation, one for each rule that took records, and one for each lookup that was made.
    let (rules, metrics): (Vec<_>, Vec<_>) =
        metrics.into_iter().partition(|line| line.get("Rule").is_some() && line.get("Lookup").is_none());
    let failed: Vec<_> = rules.iter().map(|line| (line["Rule"].as_str(), line["Failed"].as_u64())).collect();
    assert_eq!(failed, [1, 1, 0].map(|failed| (Some("clicks"), Some(failed))));
    let told = |name: &str| metrics.iter().map(|line| line[name].as_u64()).collect::<Vec<_>>();
    assert_eq!(told("Records"), [Some(1), None, Some(1), None, Some(1), None]);
    assert_eq!(told("ColdStarts"), [Some(1), None, Some(0), None, Some(0), None]);
    assert_eq!(told("FailedInvocations"), [Some(1), None, Some(0), None, Some(0), None]);
    assert_eq!(told("Failed"), [Some(1), None, Some(1), None, Some(0), None]);
    assert_eq!(told("LookupsFailed"), [None, Some(1), None, Some(1), None, Some(0)]);
    assert_eq!((&metrics[1]["Rule"], &metrics[1]["Lookup"]), (&"clicks".into(), &"user".into()));
    assert_eq!((&metrics[0]["FunctionName"], &metrics[0]["RequestId"]), (&"enrich".into(), &"id-0".into()));
}

#[test]
fn a_candidate_is_compared_and_a_broken_one_is_none() {
    let plain = "rule clicks { stream \"clicks\" set .a = 1 }";
    let body = r#"[{"eventID":"shard-1:1","eventSource":"aws:kinesis","data":{"b":2},"sequenceNumber":"1",
        "eventSourceARN":"arn:aws:kinesis:us-east-1:123456789012:stream/clicks"}]"#;
    let run = |candidate: &str| {
        let package = package(&[("rules/clicks.enrich", plain), ("next/clicks.enrich", candidate)]);
        let function = Function::start(package.path(), &[("SHADOW_RULES", "next")], &[body]);
        let answer = Said::Response { id: "id-0".to_owned(), body: r#"[{"b":2,"a":1}]"#.to_owned() };
        assert_eq!(function.api.said(), answer);
        let lines = function.log();
        lines
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect::<Vec<serde_json::Value>>()
    };
    let said = |lines: &[serde_json::Value], message: &str| {
        lines.iter().find(|line| line["message"].as_str().is_some_and(|it| it.contains(message))).cloned()
    };
    let metric = |lines: &[serde_json::Value], name: &str| lines.iter().find_map(|line| line[name].as_u64());

    let lines = run("rule clicks { stream \"clicks\" set .a = 2 set .c = 3 }");
    let line = said(&lines, "the candidate differs").expect("a line");
    assert_eq!((&line["compared"], &line["different"]), (&1.into(), &1.into()));
    assert_eq!(line["kinds"], "1 clicks: .a, .c");
    assert_eq!((metric(&lines, "ShadowCompared"), metric(&lines, "ShadowDifferent")), (Some(1), Some(1)));

    let lines = run(plain);
    assert_eq!((said(&lines, "the candidate differs"), metric(&lines, "ShadowDifferent")), (None, Some(0)));

    let lines = run("rule clicks { stream \"clicks\" set a = 2 }");
    let line = said(&lines, "the candidate is not compared: the rules have errors").expect("a line");
    assert_eq!((&line["level"], metric(&lines, "ShadowCompared")), (&"ERROR".into(), None));
}

/// The lines of a log as JSON. Each has what Lambda filters by; one that is not of metrics has a message too.
fn told(log: &str) -> Vec<serde_json::Value> {
    let lines = log.lines().map(|line| {
        let told: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
        assert!(enrich_engine::Timestamp::parse(&text("timestamp")).is_some(), "{line}");
        assert!(["INFO", "WARN", "ERROR"].contains(&&*text("level")), "{line}");
        assert_ne!(told.get("_aws").is_some(), told.get("message").is_some(), "{line}");
        told
    });
    lines.collect()
}

#[test]
fn every_line_has_a_time_and_a_level_whatever_happens() {
    let sound = sound();
    let users = ("USERS", "users");
    let levels = |log: &str| {
        let mut levels: Vec<_> = told(log).iter().map(|line| line["level"].to_string()).collect();
        levels.dedup();
        levels.join(" ")
    };
    // Invocations that go well, that fail, and that can't be read.
    let plain = r#"[{"eventID":"shard-1:1","eventSource":"aws:kinesis","data":{"a":1},
        "eventSourceARN":"arn:aws:kinesis:us-east-1:123456789012:stream/clicks"}]"#;
    let failing = plain.replace(r#"{"a":1}"#, r#"{"user":"user123"}"#);
    let bodies = [plain, "not\njson", "[1", "{}", &failing];
    let function = Function::start(sound.path(), &[users], &bodies);
    bodies.iter().for_each(|_| drop(function.api.said()));
    let log = function.log();
    assert_eq!(told(&log).iter().filter(|line| line["Records"].is_number()).count(), bodies.len(), "{log}");
    assert!(levels(&log).contains(r#""ERROR""#), "{log}");

    // A start that fails, with findings of many lines, and with a warning before.
    let warned = RULE.replace("rule clicks {", "allow unused-lookup\nrule clicks {");
    let broken = RULE.replace("users where", "user where");
    for rules in [warned, broken] {
        let package = package(&[("rules/clicks.enrich", &rules)]);
        let (_, log) = Function::start(package.path(), &[users], &[]).refused();
        assert!(levels(&log).ends_with(r#""ERROR""#), "{log}");
    }

    // A panic of the process itself: the runtime's own client ends it where the address is none.
    let mut child = Command::new(env!("CARGO_BIN_EXE_bootstrap"));
    let child = child.env_clear().env("LAMBDA_TASK_ROOT", sound.path()).env("USERS", "users");
    let child = child.env("AWS_LAMBDA_FUNCTION_NAME", "enrich").env("AWS_LAMBDA_FUNCTION_VERSION", "1");
    let child = child.env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256").env("AWS_REGION", "us-east-1");
    let child = child.env("AWS_ENDPOINT_URL", closed_port());
    let output = child.env("AWS_LAMBDA_RUNTIME_API", "no address").output().expect("the function");
    assert_eq!(output.status.code(), Some(101));
    let log = [output.stdout, output.stderr].concat();
    let log = String::from_utf8(log).expect("UTF-8");
    let panicked = told(&log).into_iter().find(|line| line["message"] == "the function panicked");
    let panicked = panicked.unwrap_or_else(|| panic!("no line of the panic: {log}"));
    assert!(panicked["place"].as_str().is_some_and(|place| place.contains(".rs:")), "{panicked}");
}

#[expect(clippy::disallowed_methods, reason = "how long a process takes")]
fn started() -> Instant {
    Instant::now()
}
