//! The Lambda function: from the environment to a handler that serves.
//!
//! 1. `settings` reads the environment: where the rules are, where rejects go, the rules' variables.
//! 2. `start` loads and checks the rules, puts the handler together and opens a connection to DynamoDB. Nothing but
//!    rules is asked over the network: the role may lack permissions that only some rules need.
//! 3. What is wrong by then ends the process, and Lambda is told why; [`run`] serves until the end.
//! 4. `live` has the rules that are in force, and finds others in their bucket or configuration.
//! 5. `metrics` tells what each invocation did, `traces` when it did it, and `line` writes the line of the log that it leaves.

mod appconfig;
mod line;
mod live;
mod local;
mod metrics;
mod settings;
mod start;
mod traces;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::HandlerError;
use crate::runtime::{self, Call};
pub use appconfig::ProfileError;
use live::Live;
use metrics::{About, Metrics};
pub use settings::{Collector, Profile, RulesAt, Settings, SettingsError, Variables};
use start::Deployment;
pub use start::StartError;
use traces::{Done, Traces};

/// Runs the function until Lambda ends it, or tells Lambda why it can't start.
pub async fn run(variables: Variables) -> ExitCode {
    crate::memory::keep_freed();
    runtime::log::start(variables.get("AWS_LAMBDA_LOG_LEVEL"));
    let runtime_api = variables.get("AWS_LAMBDA_RUNTIME_API").map(str::to_owned);
    match prepared(variables).await {
        Ok(function) => serve(function).await,
        Err(error) => runtime::refuse(runtime_api.as_deref(), &error.to_string()).await,
    }
}

/// What serves invocations.
struct Function {
    live: Live,
    metrics: Metrics,
    traces: Option<Traces>,
    /// Whether it has served one already.
    has_served: AtomicBool,
}

async fn prepared(variables: Variables) -> Result<Function, StartError> {
    variables.check_runtime()?;
    let settings = Settings::read(&variables)?;
    let metrics = Metrics::new(settings.metrics.clone(), variables.function());
    let traces = settings.traces.clone().map(|collector| Traces::new(collector, &variables));
    let live = Live::start(Deployment::new(settings, variables).await?).await?;
    Ok(Function { live, metrics, traces, has_served: AtomicBool::new(false) })
}

impl Function {
    async fn serve(&self, call: Call) -> Result<Vec<u8>, HandlerError> {
        let cold_start = !self.has_served.swap(true, Ordering::Relaxed);
        let begun = self.live.now();
        let (handler, refresh) = self.live.handler(call.deadline).await;
        let invoked = handler.invoke(&call.body, call.deadline).await;
        line::write(&call.request_id, &invoked);
        let fails = invoked.answer.is_err();
        let about = About { request_id: &call.request_id, now: self.live.now(), cold_start, fails, refresh };
        self.metrics.write(&invoked.summary, about);
        if let Some(traces) = &self.traces {
            let (answer, summary) = (&invoked.answer, &invoked.summary);
            let (request_id, trace, deadline) = (&*call.request_id, call.trace.as_deref(), call.deadline);
            let ended = about.now;
            traces
                .send(Done { request_id, trace, begun, ended, deadline, cold_start, answer, summary })
                .await;
        }
        invoked.answer
    }
}

async fn serve(function: Function) -> ExitCode {
    let function = Arc::new(function);
    let handle = move |call: Call| {
        let function = Arc::clone(&function);
        async move { function.serve(call).await }
    };
    match runtime::serve(handle).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("the Runtime API can't be reached any more: {error}");
            ExitCode::FAILURE
        }
    }
}
