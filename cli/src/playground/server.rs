//! HTTP on loopback.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::work::{NoAnswer, Work};
use super::{assets, examples, guard};

/// The longest body of a request, in bytes.
pub const MAX_BODY: usize = 1 << 20;
/// How many connections there may be at a time; a browser takes six.
const CONNECTIONS: usize = 64;
/// The longest that a request's body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// What every response says. A page of somebody else's can neither show this one nor read of it, and it loads
/// and asks nothing but its own server.
const HEADERS: [(&str, &str); 7] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];

type Reply = Response<Full<Bytes>>;

/// Serves the playground on that socket until `end`.
///
/// # Errors
/// Where `end` has one.
pub async fn serve(listener: TcpListener, end: impl Future<Output = io::Result<()>>) -> io::Result<()> {
    let accepting = tokio::spawn(accept(listener));
    let ended = pin!(end).await;
    accepting.abort();
    ended
}

async fn accept(listener: TcpListener) {
    let (work, places) = (Work::new(), Arc::new(Semaphore::new(CONNECTIONS)));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            // No more files may be open: a moment later some may be closed.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let work = work.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let work = work.clone();
                async move { Ok::<_, Infallible>(reply(request, &work).await) }
            });
            let mut server = http1::Builder::new();
            server.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
            // A browser that hangs up has what it wants.
            let _ = server.serve_connection(TokioIo::new(stream), service).await;
            drop(place);
        });
    }
}

/// The response to a request, whatever it is.
async fn reply(request: Request<Incoming>, work: &Work) -> Reply {
    let mut response = match guard::admit(request.method(), request.headers()) {
        Ok(()) => route(request, work).await,
        Err(refusal) => error(refusal.status, refusal.why),
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn route(request: Request<Incoming>, work: &Work) -> Reply {
    let path = request.uri().path();
    let is_answer = path == "/api/answer";
    if is_answer && request.method() == Method::POST {
        return answer(request, work).await;
    }
    let found = if path == "/api/examples" {
        Some(text("application/json", examples::json()))
    } else {
        assets::asset(path).map(|asset| text(asset.media, asset.body))
    };
    match (found, request.method()) {
        (None, _) if is_answer => not_allowed("POST"),
        (None, _) => error(StatusCode::NOT_FOUND, "there is nothing here"),
        (Some(found), &Method::GET | &Method::HEAD) => found,
        (Some(_), _) => not_allowed("GET, HEAD"),
    }
}

async fn answer(request: Request<Incoming>, work: &Work) -> Reply {
    // Known before anything is read, so that a browser sees the refusal and no broken connection.
    if request.body().size_hint().lower() > MAX_BODY as u64 {
        return too_long();
    }
    let body = Limited::new(request.into_body(), MAX_BODY).collect();
    let body = match tokio::time::timeout(PATIENCE, body).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(failure)) if failure.is::<LengthLimitError>() => return too_long(),
        Ok(Err(_)) => return error(StatusCode::BAD_REQUEST, "the request ends too early"),
        Err(_) => return error(StatusCode::REQUEST_TIMEOUT, "the request takes too long to arrive"),
    };
    match work.answer(body).await {
        Ok(answer) => text("application/json", answer),
        Err(failure) => {
            let status = match failure {
                NoAnswer::Unreadable(_) => StatusCode::BAD_REQUEST,
                NoAnswer::TooLong | NoAnswer::Busy => StatusCode::SERVICE_UNAVAILABLE,
                NoAnswer::Bug => StatusCode::INTERNAL_SERVER_ERROR,
            };
            error(status, &failure.to_string())
        }
    }
}

fn too_long() -> Reply {
    error(StatusCode::PAYLOAD_TOO_LARGE, "rules, tables and event are more than 1 MiB together")
}

fn not_allowed(methods: &'static str) -> Reply {
    let mut response = error(StatusCode::METHOD_NOT_ALLOWED, "this is asked in another way");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
    response
}

fn error(status: StatusCode, why: &str) -> Reply {
    let mut response = text("application/json", json!({ "error": why }).to_string());
    *response.status_mut() = status;
    response
}

fn text(media: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut response = Response::new(Full::new(body.into()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
    response
}
