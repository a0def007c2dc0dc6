//! The function's handler over the real SDK.

use std::sync::Arc;

use enrich_aws::dynamodb::DynamoDbSource;
use enrich_aws::s3::S3Store;
use enrich_aws::{Clients, SystemClock};
use enrich_bench_ours::deployment::Deployment;
use enrich_engine::Destination;
use enrich_engine::Timestamp;
use enrich_engine::lookup::{BoxFuture, CircuitBreaker, Failure};
use enrich_engine::output::{Object, ObjectStore, Sinks};
use enrich_lambda::Handler;

/// The handler as the function puts it together; where answers are kept if `cache` says so.
pub fn handler(clients: &Clients, cache: bool) -> Handler {
    let objects = S3Store::new(clients.s3.clone(), Arc::new(SystemClock));
    put_together(clients, cache, Arc::new(objects))
}

/// The same, but what is written is forgotten without a call.
pub fn only_reading(clients: &Clients, cache: bool) -> Handler {
    put_together(clients, cache, Arc::new(Nowhere))
}

fn put_together(clients: &Clients, cache: bool, objects: Arc<dyn ObjectStore>) -> Handler {
    let clock = Arc::new(SystemClock);
    let tables = DynamoDbSource::new(clients.dynamodb.clone(), clock.clone());
    let tables = CircuitBreaker::new(tables, clock.clone());
    let engine = enrich_bench_ours::engine(Deployment { cache, ..Deployment::SHOP }, tables, true);
    let sinks = Sinks::new().objects(objects);
    Handler::new(engine, sinks, Destination::parse("s3://rejects"), clock).expect("a handler")
}

/// Takes everything, and keeps nothing.
struct Nowhere;

impl ObjectStore for Nowhere {
    fn put<'a>(&'a self, _: &'a Object, _: Option<Timestamp>) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async { Ok(()) })
    }
}
