//! The log: one JSON object a line, with the members by which Lambda filters.
//!
//! Lambda takes a line for `INFO` unless it has both a `level` and an RFC 3339 `timestamp` at the top.
//! No line holds anything out of an event or an item.

use std::panic::PanicHookInfo;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Starts the log on standard output, and has it say where the process panics.
///
/// `level` is what `AWS_LAMBDA_LOG_LEVEL` says, if anything: `TRACE` to `FATAL`.
pub fn start(level: Option<&str>) {
    let level = match level.map(str::to_ascii_uppercase).as_deref() {
        Some("TRACE") => LevelFilter::TRACE,
        Some("DEBUG") => LevelFilter::DEBUG,
        Some("WARN") => LevelFilter::WARN,
        Some("ERROR" | "FATAL") => LevelFilter::ERROR,
        _ => LevelFilter::INFO,
    };
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false);
    // What other crates say below a warning can hold requests, and so keys. `serve` logs a failed
    // invocation itself.
    let targets = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target("enrich", level)
        .with_target("bootstrap", level)
        .with_target("lambda_runtime::layers::panic", LevelFilter::OFF);
    // An error means that a log has been started before.
    let _ = tracing_subscriber::registry().with(lines).with(targets).try_init();
    std::panic::set_hook(Box::new(panicked));
}

/// The place only: a panic's message can quote what the code was working on.
fn panicked(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, "the function panicked");
}
