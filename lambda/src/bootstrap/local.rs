//! Requests to what runs beside the function on its machine, such as Lambda's extensions: HTTP as it is, without TLS.

use std::fmt::Display;

use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use lambda_runtime_api_client::body::Body;
use lambda_runtime_api_client::{PooledClient, build_request};

/// What is asked for.
pub(super) struct Request<'a> {
    /// `http://HOST:PORT`.
    pub(super) origin: &'a str,
    /// The path, from its slash on.
    pub(super) path: &'a str,
    /// A JSON document to post; without one it is a GET.
    pub(super) post: Option<Vec<u8>>,
    /// The most bytes of the answer.
    pub(super) longest: usize,
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// What went wrong.
    Unreachable(String),
    /// The answer is longer than it may be.
    TooLong,
}

/// The status of the answer, and its body.
///
/// # Errors
/// Where there is none.
pub(super) async fn send(request: Request<'_>) -> Result<(u16, Vec<u8>), NoAnswer> {
    let unreachable = |cause: &dyn Display| NoAnswer::Unreachable(cause.to_string());
    let Request { origin, path, post, longest } = request;
    let endpoint = origin.parse().map_err(|error| NoAnswer::Unreachable(format!("{origin}: {error}")))?;
    // A connection each time: one that has slept with the function may be dead.
    let client = PooledClient::builder().with_endpoint(endpoint).build();
    let request = match post {
        None => build_request().method("GET").uri(path).body(Body::empty()),
        Some(document) => build_request()
            .method("POST")
            .uri(path)
            .header("content-type", "application/json")
            .body(Body::from(document)),
    };
    let request = request.map_err(|error| unreachable(&error))?;
    let answer =
        client.call(request).await.map_err(|error| unreachable(&super::start::with_causes(&*error)))?;
    let status = answer.status().as_u16();
    match Limited::new(answer.into_body(), longest).collect().await {
        Ok(body) => Ok((status, body.to_bytes().to_vec())),
        Err(error) if error.is::<LengthLimitError>() => Err(NoAnswer::TooLong),
        Err(error) => Err(unreachable(&error)),
    }
}
