//! The end of a function that can't start.

use std::process::ExitCode;

use lambda_runtime::Diagnostic;
use lambda_runtime_api_client::body::Body;
use lambda_runtime_api_client::{PooledClient, build_request};

/// Logs why the function does not start, tells Lambda, and gives the process's exit code.
///
/// `runtime_api` is what `AWS_LAMBDA_RUNTIME_API` says, if anything.
pub async fn refuse(runtime_api: Option<&str>, error: &str) -> ExitCode {
    tracing::error!(error_type = ERROR_TYPE, "the function does not start: {error}");
    if let Some(address) = runtime_api
        && let Err(error) = report(address, error).await
    {
        tracing::error!("Lambda could not be told that the function does not start: {error}");
    }
    ExitCode::FAILURE
}

const ERROR_TYPE: &str = "Enrich.InitError";

async fn report(address: &str, error: &str) -> Result<(), lambda_runtime::Error> {
    let diagnostic = Diagnostic { error_type: ERROR_TYPE.to_owned(), error_message: error.to_owned() };
    let request = build_request()
        .method("POST")
        .uri("/2018-06-01/runtime/init/error")
        .header("content-type", "application/json")
        .header("lambda-runtime-function-error-type", ERROR_TYPE)
        .body(Body::from(serde_json::to_vec(&diagnostic)?))?;
    let client = PooledClient::builder().with_endpoint(address.parse()?).build();
    let answer = client.call(request).await?;
    if answer.status().is_success() { Ok(()) } else { Err(answer.status().to_string().into()) }
}
