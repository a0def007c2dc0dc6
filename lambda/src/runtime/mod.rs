//! The Lambda function around a handler: bytes from the Runtime API, and bytes back.
//!
//! 1. `body` keeps an invocation's body away from the runtime's own deserialiser.
//! 2. [`serve`] hands it to the handler and its answer back, byte for byte; an error or a panic becomes
//!    a failed invocation with a stable name, and the process lives on.
//! 3. [`log`] writes lines that Lambda can filter; [`refuse`] is the end of a function that can't start.

mod body;
pub mod log;
mod refuse;

use std::fmt;
use std::panic::AssertUnwindSafe;

use bytes::Bytes;
use enrich_engine::Timestamp;
use futures_util::FutureExt as _;
use lambda_runtime::{Context, Diagnostic, LambdaEvent, Runtime};
use serde_json::value::RawValue;

use crate::HandlerError;
pub use refuse::refuse;

/// One invocation, as the Runtime API gives it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Call {
    /// The body, byte for byte.
    pub body: Bytes,
    /// When Lambda will end the invocation, as it says; `None` where that is no instant.
    pub deadline: Option<Timestamp>,
    /// Lambda's id of the invocation.
    pub request_id: String,
    /// The trace that the invocation belongs to, as Lambda says it in X-Ray's header.
    pub trace: Option<String>,
}

/// Serves invocations until the process ends.
///
/// # Errors
/// Where the Runtime API can't be reached any more.
pub async fn serve<H, F>(handle: H) -> Result<(), lambda_runtime::Error>
where
    H: Fn(Call) -> F + Clone + Send + 'static,
    F: Future<Output = Result<Vec<u8>, HandlerError>> + Send + 'static,
{
    let service = lambda_runtime::service_fn(move |event: LambdaEvent<()>| {
        // Here, not in the future: the layer lends the body for as long as this call takes.
        let call = body::take().map(|body| call(body, event.context));
        let handle = handle.clone();
        async move {
            let call = call.ok_or(HandlerError::Internal("the invocation's body got lost"))?;
            let request_id = call.request_id.clone();
            // Lazily, so that a panic of the call itself is caught too.
            let answer = async move {
                let answer = handle(call);
                answer.await
            };
            let answer = AssertUnwindSafe(answer).catch_unwind().await;
            let answer = answer.unwrap_or(Err(HandlerError::Panicked)).and_then(raw);
            answer.inspect_err(|error| failed(&request_id, error)).map_err(Reported)
        }
    });
    Runtime::new(service).layer(body::Layer).run_concurrent().await
}

fn call(body: Bytes, context: Context) -> Call {
    let deadline = i64::try_from(context.deadline).ok().and_then(Timestamp::from_millis);
    Call { body, deadline, request_id: context.request_id, trace: context.xray_trace_id }
}

/// The answer as JSON text that is sent as it is. What is no JSON never reaches a caller, who would
/// take it for an answer.
fn raw(answer: Vec<u8>) -> Result<Box<RawValue>, HandlerError> {
    String::from_utf8(answer)
        .ok()
        .and_then(|text| RawValue::from_string(text).ok())
        .ok_or(HandlerError::Internal("the answer is not JSON"))
}

fn failed(request_id: &str, error: &HandlerError) {
    tracing::error!(request_id, error_type = error.name(), "the invocation failed: {error}");
}

/// An error that the log has already.
struct Reported(HandlerError);

impl From<HandlerError> for Reported {
    fn from(error: HandlerError) -> Self {
        Reported(error)
    }
}

impl From<Reported> for Diagnostic {
    fn from(Reported(error): Reported) -> Self {
        Diagnostic { error_type: error.name().to_owned(), error_message: error.to_string() }
    }
}

impl fmt::Debug for Reported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
