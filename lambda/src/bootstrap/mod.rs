//! The Lambda function: from the environment to a handler that serves.
//!
//! 1. `settings` reads the environment: where the rules are, where rejects go, the rules' variables.
//! 2. `start` loads and checks the rules and puts the handler together. Nothing but rules in S3 is asked
//!    over the network: the role may lack permissions that only some rules need.
//! 3. What is wrong by then ends the process, and Lambda is told why; [`run`] serves until the end.
//! 4. `line` writes the line of the log that each invocation leaves.

mod line;
mod settings;
mod start;

use std::process::ExitCode;
use std::sync::Arc;

use crate::Handler;
use crate::runtime::{self, Call};
pub use settings::{Settings, SettingsError, Variables};
pub use start::{StartError, handler};

/// Runs the function until Lambda ends it, or tells Lambda why it can't start.
pub async fn run(variables: Variables) -> ExitCode {
    crate::memory::keep_freed();
    runtime::log::start(variables.get("AWS_LAMBDA_LOG_LEVEL"));
    let runtime_api = variables.get("AWS_LAMBDA_RUNTIME_API").map(str::to_owned);
    match prepared(variables).await {
        Ok(handler) => serve(handler).await,
        Err(error) => runtime::refuse(runtime_api.as_deref(), &error.to_string()).await,
    }
}

async fn prepared(variables: Variables) -> Result<Handler, StartError> {
    variables.check_runtime()?;
    let settings = Settings::read(&variables)?;
    handler(&settings, variables).await
}

async fn serve(handler: Handler) -> ExitCode {
    let handler = Arc::new(handler);
    let handle = move |call: Call| {
        let handler = Arc::clone(&handler);
        async move {
            let invoked = handler.invoke(&call.body, call.deadline).await;
            line::write(&call.request_id, &invoked);
            invoked.answer
        }
    };
    match runtime::serve(handle).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("the Runtime API can't be reached any more: {error}");
            ExitCode::FAILURE
        }
    }
}
