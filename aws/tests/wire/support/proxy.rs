//! A pass-through between a client and a server: keeps every call, and does to each what a script says.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::{CONTENT_LENGTH, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::{Task, listen};

/// One request as it came over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    /// `x-amz-target`: which operation it is.
    pub(crate) target: String,
    /// What the request is signed with: the region among others.
    pub(crate) authorization: String,
    pub(crate) body: Vec<u8>,
}

impl Call {
    /// The body, where it is JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// What happens to one call.
pub(crate) enum Action {
    /// It goes through.
    Pass,
    /// It goes through once as many calls as the barrier takes are under way.
    PassTogether(Arc<Barrier>),
    /// The server's answer is changed on its way back.
    Edit(Box<dyn FnOnce(String) -> String + Send>),
    /// The server never sees it.
    Answer { status: u16, body: String },
    /// It goes through, and takes that much longer.
    Slow(Duration),
    /// The connection breaks off: before the server sees the call, or behind its back when it has done as asked.
    Break { seen: bool },
    /// The server's answer breaks off in its middle.
    Cut,
    /// Nobody answers.
    Hang,
}

/// The connection breaks off.
#[derive(Debug)]
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection breaks off, as the script says")
    }
}

impl std::error::Error for Broken {}

type Script = Box<dyn Fn(usize, &Call) -> Action + Send + Sync>;

struct State {
    upstream: String,
    script: Mutex<Script>,
    calls: Mutex<Vec<Call>>,
    flying: AtomicUsize,
    most_flying: AtomicUsize,
}

/// A running pass-through; it ends with its value.
pub(crate) struct Proxy {
    pub(crate) address: String,
    state: Arc<State>,
    _task: Task,
}

impl Proxy {
    /// Lets everything through to `upstream`.
    pub(crate) async fn to(upstream: &str) -> Self {
        let (listener, address) = listen().await;
        let state = Arc::new(State {
            upstream: upstream.to_owned(),
            script: Mutex::new(Box::new(|_, _| Action::Pass)),
            calls: Mutex::default(),
            flying: AtomicUsize::new(0),
            most_flying: AtomicUsize::new(0),
        });
        let task = Task::spawn(serve(listener, Arc::clone(&state)));
        Self { address, state, _task: task }
    }

    /// From now on does what `script` says of the n-th call, counted from 0 since the proxy began.
    pub(crate) fn script(&self, script: impl Fn(usize, &Call) -> Action + Send + Sync + 'static) {
        *self.state.script.lock().expect("the script") = Box::new(script);
    }

    /// The calls so far.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.state.calls.lock().expect("the calls").clone()
    }

    /// How many calls were under way at a time.
    pub(crate) fn most_flying(&self) -> usize {
        self.state.most_flying.load(Ordering::SeqCst)
    }
}

async fn serve(listener: TcpListener, state: Arc<State>) {
    // Connections end with the set, and the set with the task.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        connections.spawn(async move {
            let service = service_fn(|request| handle(Arc::clone(&state), request));
            // A client may hang up when it likes.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn handle(
    state: Arc<State>,
    request: Request<Incoming>,
) -> Result<Response<UnsyncBoxBody<Bytes, Broken>>, Broken> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let header = |name| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let call = Call {
        method: head.method.to_string(),
        path: head.uri.to_string(),
        target: header("x-amz-target").to_owned(),
        authorization: header("authorization").to_owned(),
        body: body.to_vec(),
    };
    let number = {
        let mut calls = state.calls.lock().expect("the calls");
        calls.push(call.clone());
        calls.len() - 1
    };
    let flying = state.flying.fetch_add(1, Ordering::SeqCst) + 1;
    state.most_flying.fetch_max(flying, Ordering::SeqCst);
    let action = (state.script.lock().expect("the script"))(number, &call);
    let request = Request::from_parts(head, Full::new(body));
    let response = done(&state, action, request).await;
    state.flying.fetch_sub(1, Ordering::SeqCst);
    response
}

/// Does to a call what the script says.
async fn done(
    state: &State,
    action: Action,
    request: Request<Full<Bytes>>,
) -> Result<Response<UnsyncBoxBody<Bytes, Broken>>, Broken> {
    let response = match action {
        Action::Pass => forward(&state.upstream, request).await,
        Action::PassTogether(barrier) => {
            barrier.wait().await;
            forward(&state.upstream, request).await
        }
        Action::Edit(edit) => {
            let (mut head, body) = forward(&state.upstream, request).await.into_parts();
            let body = body.collect().await.expect("a body in memory").to_bytes();
            let body = edit(String::from_utf8(body.to_vec()).expect("text"));
            head.headers.remove("content-length");
            head.headers.remove("x-amz-crc32");
            Response::from_parts(head, Full::new(Bytes::from(body)))
        }
        Action::Answer { status, body } => {
            let mut response = Response::new(Full::new(Bytes::from(body)));
            *response.status_mut() = StatusCode::from_u16(status).expect("a status");
            response
        }
        Action::Slow(by) => {
            tokio::time::sleep(by).await;
            forward(&state.upstream, request).await
        }
        Action::Break { seen } => {
            if seen {
                forward(&state.upstream, request).await;
            }
            return Err(Broken);
        }
        Action::Cut => return Ok(cut(forward(&state.upstream, request).await).await),
        Action::Hang => std::future::pending().await,
    };
    Ok(response.map(|body| body.map_err(|never| match never {}).boxed_unsync()))
}

/// The first half of an answer, whose head promises all of it.
async fn cut(response: Response<Full<Bytes>>) -> Response<UnsyncBoxBody<Bytes, Broken>> {
    let (mut head, body) = response.into_parts();
    let body = body.collect().await.expect("a body in memory").to_bytes();
    head.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len().max(1)));
    let half = Frame::data(body.slice(..body.len() / 2));
    Response::from_parts(head, StreamBody::new(stream::iter([Ok(half), Err(Broken)])).boxed_unsync())
}

async fn forward(upstream: &str, request: Request<Full<Bytes>>) -> Response<Full<Bytes>> {
    let stream = TcpStream::connect(upstream).await.expect("the server behind the proxy");
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("a connection");
    let _connection = Task::spawn(async move {
        let _ = connection.await;
    });
    let response = sender.send_request(request).await.expect("an answer");
    let (head, body) = response.into_parts();
    Response::from_parts(head, Full::new(body.collect().await.expect("a whole answer").to_bytes()))
}
