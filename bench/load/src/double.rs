//! DynamoDB and S3 on loopback: `BatchGetItem`, `GetItem` and `PutObject`, each of which takes its time.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use enrich_bench_ours::data::Data;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// What a call takes besides its own work. The clock of the server's runtime rounds up to whole milliseconds.
const DELAY: Duration = Duration::from_millis(5);

/// The service takes no more keys in one `BatchGetItem`.
const MOST_KEYS: usize = 100;

/// A running server, in a thread of its own; it ends with its value.
pub struct Double {
    pub address: String,
    calls: Arc<Calls>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// How often each operation was called.
#[derive(Default)]
struct Calls {
    reads: AtomicUsize,
    writes: AtomicUsize,
}

/// So many calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Called {
    /// `BatchGetItem` and `GetItem`.
    pub reads: usize,
    /// `PutObject`.
    pub writes: usize,
}

/// The users as items, written out.
type Items = HashMap<String, String>;

impl Double {
    /// Starts a server that knows the users of `data`.
    pub fn start(data: &Data) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a listener");
        let address = listener.local_addr().expect("an address").to_string();
        let calls = Arc::new(Calls::default());
        let (end, ended) = oneshot::channel();
        let (items, counted) = (Arc::new(items(data)), calls.clone());
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                tokio::spawn(serve(listener, items, counted));
                let _ = ended.await;
            });
        });
        Self { address, calls, end: Some(end), thread: Some(thread) }
    }

    /// The calls since this was last asked.
    pub fn called(&self) -> Called {
        let take = |count: &AtomicUsize| count.swap(0, Ordering::SeqCst);
        Called { reads: take(&self.calls.reads), writes: take(&self.calls.writes) }
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        self.end.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn items(data: &Data) -> Items {
    let item = |(id, user): (&String, &enrich_bench_ours::data::Profile)| {
        let item = json!({"user_id": {"S": id}, "name": {"S": user.name}, "email": {"S": user.email},
            "segment": {"S": user.segment}, "location": {"S": user.location}});
        (id.clone(), item.to_string())
    };
    data.users.iter().map(item).collect()
}

async fn serve(listener: std::net::TcpListener, items: Arc<Items>, calls: Arc<Calls>) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let (items, calls) = (items.clone(), calls.clone());
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, &items, &calls));
            let stream = TokioIo::new(stream);
            // A client may hang up when it likes.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(stream, service).await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    items: &Items,
    calls: &Calls,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    tokio::time::sleep(DELAY).await;
    if head.method == Method::PUT {
        calls.writes.fetch_add(1, Ordering::SeqCst);
        return Ok(Response::new(Full::default()));
    }
    calls.reads.fetch_add(1, Ordering::SeqCst);
    let asked: Value = serde_json::from_slice(&body).expect("a request in JSON");
    let target = head.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let answer = match target {
        "DynamoDB_20120810.BatchGetItem" => batch(&asked, items),
        "DynamoDB_20120810.GetItem" => match items.get(id(&asked["Key"])) {
            Some(item) => format!(r#"{{"Item":{item}}}"#),
            None => "{}".to_owned(),
        },
        other => panic!("the double does not know `{other}`"),
    };
    let response = Response::builder().header("content-type", "application/x-amz-json-1.0");
    Ok(response.body(Full::new(answer.into())).expect("a response"))
}

fn batch(asked: &Value, items: &Items) -> String {
    let tables = asked["RequestItems"].as_object().expect("tables");
    let keys: Vec<_> = tables.values().flat_map(|table| table["Keys"].as_array()).flatten().collect();
    assert!(tables.len() == 1 && keys.len() <= MOST_KEYS, "{} keys of {} tables", keys.len(), tables.len());
    let found: Vec<_> = keys.into_iter().filter_map(|key| items.get(id(key))).map(String::as_str).collect();
    format!(r#"{{"Responses":{{"profiles":[{}]}},"UnprocessedKeys":{{}}}}"#, found.join(","))
}

/// The user whom a key asks for.
fn id(key: &Value) -> &str {
    key["user_id"]["S"].as_str().expect("a key of the table")
}
