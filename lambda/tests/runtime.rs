//! The function around a handler, run as a process of its own against a Runtime API on loopback.
//!
//! The process is this very test binary: where the Runtime API's address is set, [`function`] is the
//! Lambda function, and anywhere else it is a test that passes at once.

#![cfg(test)]

mod support;

use std::io::Read as _;
use std::process::{Child, Command, ExitCode, Stdio};

use enrich_engine::Timestamp;
use enrich_lambda::HandlerError;
use enrich_lambda::runtime::{self, Call};
use support::{Invoke, RuntimeApi, Said};

/// 2026-11-21T10:00:00Z, and the same in 2096.
const NOW: i64 = 1_795_255_200_000;
const LATER: u64 = 4_004_244_000_000;

#[test]
fn function() {
    #[expect(clippy::disallowed_methods, reason = "the other end of `Function::start`")]
    let variable = |name: &str| std::env::var(name).ok();
    let Some(address) = variable("AWS_LAMBDA_RUNTIME_API") else { return };
    runtime::log::start(variable("AWS_LAMBDA_LOG_LEVEL").as_deref());
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    if let Some(error) = variable("REFUSE") {
        let code = tokio.block_on(runtime::refuse(Some(&address), &error));
        assert_eq!(code, ExitCode::FAILURE);
        std::process::exit(1);
    }
    tokio.block_on(runtime::serve(handle)).expect("to serve");
}

async fn handle(call: Call) -> Result<Vec<u8>, HandlerError> {
    tracing::info!(target: "enrich", bytes = call.body.len(), "called");
    tracing::debug!(target: "enrich", "told to those who ask");
    match &call.body[..] {
        b"panic" => panic!("with the event user123 in it"),
        b"panic later" => {
            tokio::task::yield_now().await;
            let body = String::from_utf8_lossy(&call.body).into_owned();
            Ok(body.into_bytes()[..1000].to_vec())
        }
        b"fail" => Err(HandlerError::Internal("as asked")),
        b"not json" => Ok(b"{]".to_vec()),
        b"not utf-8" => Ok(vec![b'"', 0xff, b'"']),
        b"deadline" => Ok(call.deadline.map_or(-1, Timestamp::as_millis).to_string().into_bytes()),
        body => Ok(body.to_vec()),
    }
}

struct Function {
    child: Child,
    api: RuntimeApi,
}

impl Function {
    fn start(invocations: &[(&[u8], u64)], variables: &[(&str, &str)]) -> Self {
        let invocations = invocations
            .iter()
            .map(|(body, deadline_ms)| Invoke { body: body.to_vec(), deadline_ms: *deadline_ms });
        let api = RuntimeApi::start(invocations.collect());
        let child = Command::new(std::env::current_exe().expect("this binary"))
            .args(["--exact", "function", "--nocapture"])
            .env("AWS_LAMBDA_RUNTIME_API", &api.address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "enrich")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the function");
        Self { child, api }
    }

    /// Ends the process and gives the lines of its log: whatever it wrote, less what the test harness says.
    fn log(mut self) -> Vec<String> {
        self.child.kill().expect("to end the function");
        self.child.wait().expect("the function's end");
        let mut text = String::new();
        self.child.stdout.take().expect("its output").read_to_string(&mut text).expect("UTF-8");
        self.child.stderr.take().expect("its errors").read_to_string(&mut text).expect("UTF-8");
        let harness =
            |line: &&str| line.is_empty() || line.starts_with("running ") || line.starts_with("test ");
        text.lines().filter(|line| !harness(line)).map(str::to_owned).collect()
    }
}

fn response(at: usize, body: &str) -> Said {
    Said::Response { id: format!("id-{at}"), body: body.to_owned() }
}

fn error(at: usize, name: &str, message: &str) -> Said {
    let body = format!(r#"{{"errorType":"{name}","errorMessage":"{message}"}}"#);
    Said::Error { id: format!("id-{at}"), body }
}

#[test]
fn bytes_in_bytes_out() {
    let large = format!(r#"["{}"]"#, "a".repeat(3_000_000));
    let bodies = [r#"{"price":  49.990, "n": 1e3, "\u0061": 12345678901234567890}"#, "[]", "null", &large];
    let invocations: Vec<_> = bodies.iter().map(|body| (body.as_bytes(), LATER)).collect();
    let function = Function::start(&invocations, &[]);
    for (at, body) in bodies.iter().enumerate() {
        assert_eq!(function.api.said(), response(at, body));
    }
    function.log();
}

#[test]
fn a_failed_invocation_never_ends_the_function() {
    let panicked = "the function panicked; its log says where";
    let cases: [(&[u8], Said); 7] = [
        (b"panic", error(0, "Enrich.Panicked", panicked)),
        (b"panic later", error(1, "Enrich.Panicked", panicked)),
        (b"fail", error(2, "Enrich.Internal", "as asked")),
        (b"not json", error(3, "Enrich.Internal", "the answer is not JSON")),
        (b"not utf-8", error(4, "Enrich.Internal", "the answer is not JSON")),
        // A body that is neither JSON nor UTF-8 comes to the handler like any other.
        (b"\xff{", error(5, "Enrich.Internal", "the answer is not JSON")),
        (b"7", response(6, "7")),
    ];
    let invocations: Vec<_> = cases.iter().map(|(body, _)| (*body, LATER)).collect();
    let function = Function::start(&invocations, &[]);
    for (_, expected) in cases {
        assert_eq!(function.api.said(), expected);
    }
    let log = function.log();
    let places: Vec<_> =
        log.iter().filter(|line| line.contains("\"place\":\"lambda/tests/runtime.rs:")).collect();
    assert_eq!(places.len(), 2, "{log:#?}");
    assert_eq!(log.iter().filter(|line| line.contains("the invocation failed: ")).count(), 6, "{log:#?}");
    assert!(!log.iter().any(|line| line.contains("user123")), "{log:#?}");
}

#[test]
fn a_deadline_is_handed_on_as_it_comes() {
    let now = u64::try_from(NOW).expect("now");
    let deadlines = [LATER, now + 1, now, 600_000, 0, u64::MAX];
    let expected = ["4004244000000", "1795255200001", "1795255200000", "600000", "0", "-1"];
    let invocations: Vec<_> = deadlines.iter().map(|deadline| (&b"deadline"[..], *deadline)).collect();
    let function = Function::start(&invocations, &[]);
    for (at, expected) in expected.iter().enumerate() {
        assert_eq!(function.api.said(), response(at, expected));
    }
    function.log();
}

#[test]
fn every_line_of_the_log_is_one_that_lambda_filters() {
    let function = Function::start(&[(b"7", LATER), (b"fail", LATER), (b"panic", LATER)], &[]);
    (0..3).for_each(|_| drop(function.api.said()));
    let log = function.log();
    assert_eq!(log.len(), 6, "{log:#?}");
    for line in &log {
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        assert!(["INFO", "ERROR"].contains(&text("level").as_str()), "{line}");
        assert!(Timestamp::parse(&text("timestamp")).is_some(), "{line}");
        assert!(!text("message").is_empty(), "{line}");
    }
    assert!(log.iter().any(|line| line.contains(r#""request_id":"id-1""#)), "{log:#?}");
    assert!(log.iter().any(|line| line.contains(r#""error_type":"Enrich.Internal""#)), "{log:#?}");
}

#[test]
fn the_level_of_the_log_is_lambdas() {
    for (level, expected) in [("DEBUG", 2), ("trace", 2), ("INFO", 1), ("", 1), ("WARN", 0), ("FATAL", 0)] {
        let function = Function::start(&[(b"7", LATER)], &[("AWS_LAMBDA_LOG_LEVEL", level)]);
        function.api.said();
        let log = function.log();
        assert_eq!(log.len(), expected, "{level}: {log:#?}");
    }
}

#[test]
fn a_function_that_cannot_start_says_so() {
    let mut function = Function::start(&[(b"7", LATER)], &[("REFUSE", "the variable `BUCKET` is not set")]);
    let expected = r#"{"errorType":"Enrich.InitError","errorMessage":"the variable `BUCKET` is not set"}"#;
    let said = Said::InitError { error_type: "Enrich.InitError".to_owned(), body: expected.to_owned() };
    assert_eq!(function.api.said(), said);
    assert_eq!(function.child.wait().expect("its end").code(), Some(1));
    let log = function.log();
    assert_eq!(log.len(), 1, "{log:#?}");
    assert!(log[0].contains("the function does not start: the variable `BUCKET` is not set"), "{log:#?}");
}
