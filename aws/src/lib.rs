//! The engine's seams on AWS.
//!
//! - [`dynamodb`]: the tables that lookups read, behind the engine's [`Source`](enrich_engine::lookup::Source).
//! - [`s3`]: where enriched events go, behind its [`ObjectStore`](enrich_engine::output::ObjectStore),
//!   rule files that are kept in a bucket, and files of any size.
//! - [`firehose`]: delivery streams that enriched events go to, behind its
//!   [`DeliveryStreams`](enrich_engine::output::DeliveryStreams).
//! - [`sqs`]: queues that rejects go to, behind its [`Queues`](enrich_engine::output::Queues).
//! - [`Clients`] and [`SystemClock`]: the program's edge, where environment and wall clock are read.
//! - [`Trust`]: the certificate authorities that connections trust.
//!
//! Every call has a time limit that follows from the batch's deadline, see [`Limits`]; whatever the
//! services answer ends as an answer for one key, object, line or message, with a
//! [`Failure`](enrich_engine::lookup::Failure) that says whether a retry can help.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use enrich_aws::dynamodb::DynamoDbSource;
//! use enrich_aws::s3::S3Store;
//! use enrich_aws::{Clients, SystemClock, Trust, TrustError};
//!
//! # async fn start() -> Result<(), TrustError> {
//! let clients = Clients::from_env(&Trust::of_program(|name| std::env::var(name).ok())?).await;
//! let tables = DynamoDbSource::new(clients.dynamodb, Arc::new(SystemClock));
//! let objects = S3Store::new(clients.s3, Arc::new(SystemClock));
//! # Ok(())
//! # }
//! ```

mod config;
pub mod dynamodb;
mod entries;
mod fault;
pub mod firehose;
mod http;
mod limits;
pub mod s3;
pub mod sqs;
mod trust;

pub use config::{Clients, SystemClock};
pub use limits::Limits;
pub use trust::{Trust, TrustError};
