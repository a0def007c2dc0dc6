//! Each invocation as a trace, to a collector of OpenTelemetry's that the environment names.
//!
//! A span is made for each stage once the invocation is done, out of what its summary tells: nothing watches the code, and
//! without a collector nothing is done. Lambda lets a function sleep once it has answered, so that spans are sent
//! before. A collector that does not answer never fails an invocation: it costs [`LONGEST`], and then is left alone for [`PAUSE`].

mod otlp;
mod parent;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use enrich_engine::{StageKind, Timestamp};

use super::local::{self, NoAnswer, Request};
use super::settings::{Collector, Variables};
use crate::{HandlerError, Summary};
use otlp::{Attribute, Kind, Resource, Span};
use parent::Parent;

/// The longest that an invocation waits for the collector.
const LONGEST: Duration = Duration::from_millis(500);

/// The share of the time left that may go by with it.
const SHARE: i64 = 4;

/// How long a collector is left alone that did not answer, in milliseconds.
const PAUSE: i64 = 60_000;

/// The most bytes of a collector's answer.
const ANSWER: usize = 64 << 10;

/// Where traces go, and what they are about.
pub(super) struct Traces {
    collector: Collector,
    resource: Resource,
    /// Until when the collector is left alone.
    pause: Mutex<Option<Timestamp>>,
}

/// An invocation that is done.
#[derive(Clone, Copy)]
pub(super) struct Done<'a> {
    pub(super) request_id: &'a str,
    /// What Lambda says of the trace that the invocation belongs to.
    pub(super) trace: Option<&'a str>,
    pub(super) begun: Timestamp,
    pub(super) ended: Timestamp,
    pub(super) deadline: Option<Timestamp>,
    pub(super) cold_start: bool,
    pub(super) answer: &'a Result<Vec<u8>, HandlerError>,
    pub(super) summary: &'a Summary,
}

impl Traces {
    pub(super) fn new(collector: Collector, variables: &Variables) -> Self {
        Self { collector, resource: Resource::of(variables), pause: Mutex::default() }
    }

    /// Sends the invocation's spans, if its trace is wanted and the collector answers.
    pub(super) async fn send(&self, done: Done<'_>) {
        let parent = Parent::read(done.trace);
        if !(self.collector.always || parent.sampled) || self.is_paused(done.ended) {
            return;
        }
        let document = otlp::document(&self.resource, &spans(&self.resource.function, &parent, done));
        let Collector { origin, path, .. } = &self.collector;
        let request = Request { origin, path, post: Some(document.into_bytes()), longest: ANSWER };
        let problem = match tokio::time::timeout(time_to_send(done), local::send(request)).await {
            Ok(Ok((200..=299, _))) => return,
            Ok(Ok((status, _))) => format!("it answers {status}"),
            Ok(Err(NoAnswer::TooLong)) => format!("it answers more than {ANSWER} bytes"),
            Ok(Err(NoAnswer::Unreachable(cause))) => cause,
            Err(_) => "it did not answer in time".to_owned(),
        };
        let until = Timestamp::from_millis(done.ended.as_millis().saturating_add(PAUSE));
        *self.pause.lock().unwrap_or_else(PoisonError::into_inner) = until;
        tracing::warn!("the collector of traces is left alone for a minute: {problem}");
    }

    fn is_paused(&self, now: Timestamp) -> bool {
        let pause = *self.pause.lock().unwrap_or_else(PoisonError::into_inner);
        pause.is_some_and(|until| now < until)
    }
}

/// How long the answer may wait. A deadline that has passed is not known: clocks differ.
fn time_to_send(done: Done<'_>) -> Duration {
    let left = done.deadline.map(|deadline| deadline.as_millis().saturating_sub(done.ended.as_millis()));
    let share = left.filter(|left| *left > 0).and_then(|left| u64::try_from(left / SHARE).ok());
    share.map_or(LONGEST, |share| LONGEST.min(Duration::from_millis(share)))
}

/// The span of the invocation, and one for each of its stages.
fn spans(function: &str, parent: &Parent, done: Done<'_>) -> Vec<Span> {
    let Done { summary, begun, ended, .. } = done;
    // A pipe and a delivery stream wait for the answer's events; the others only hand records over.
    let kind = if ["firehose", "pipes"].contains(&summary.caller) { Kind::Server } else { Kind::Consumer };
    let mut root = Span::new(parent.trace_id, parent.span_id, function, kind, (begun, ended));
    root.attributes = vec![
        Attribute::text("faas.invocation_id", done.request_id),
        Attribute::flag("faas.coldstart", done.cold_start),
        Attribute::text("enrich.caller", summary.caller),
        Attribute::text("enrich.rules", &summary.rules),
        Attribute::count("enrich.records", summary.records),
        Attribute::count("enrich.enriched", summary.enriched),
        Attribute::count("enrich.dropped", summary.dropped),
        Attribute::count("enrich.rejected", summary.rejected),
        Attribute::count("enrich.failed", summary.failed),
    ];
    root.error = done.answer.as_ref().err().map(HandlerError::name);
    let child = |name: &str, kind, times| Span::new(parent.trace_id, Some(root.span_id), name, kind, times);

    let mut spans = Vec::with_capacity(summary.stages.len() + 3);
    if let (Some(first), Some(last)) = (summary.stages.first(), summary.stages.last()) {
        spans.push(child("read", Kind::Internal, (before(first.begun, summary.read_ms), first.begun)));
        for stage in &summary.stages {
            let times = (stage.begun, stage.ended);
            spans.push(match stage.kind {
                StageKind::Fetch(requests) => {
                    let mut fetch = child("fetch", Kind::Client, times);
                    fetch.attributes = vec![
                        Attribute::count("enrich.requests", requests.sent),
                        Attribute::count("enrich.retries", requests.repeated),
                        Attribute::count("enrich.unprocessed_keys", requests.unprocessed),
                    ];
                    fetch
                }
                StageKind::Apply => child("apply", Kind::Internal, times),
                _ => child("prepare", Kind::Internal, times),
            });
        }
        let mut write = child("write", Kind::Client, (last.ended, after(last.ended, summary.write_ms)));
        write.attributes = vec![
            Attribute::count("enrich.objects", summary.objects),
            Attribute::count("enrich.lines", summary.lines),
            Attribute::count("enrich.messages", summary.messages),
            Attribute::count("enrich.written_bytes", summary.written_bytes),
        ];
        spans.push(write);
    }
    spans.insert(0, root);
    spans
}

fn before(at: Timestamp, millis: u64) -> Timestamp {
    moved(at, i64::try_from(millis).unwrap_or(0).saturating_neg())
}

fn after(at: Timestamp, millis: u64) -> Timestamp {
    moved(at, i64::try_from(millis).unwrap_or(0))
}

fn moved(at: Timestamp, millis: i64) -> Timestamp {
    Timestamp::from_millis(at.as_millis().saturating_add(millis)).unwrap_or(at)
}
