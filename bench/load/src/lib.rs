//! What a batch costs behind a network: calls, records a second, CPU of the client.
//!
//! - `double`: DynamoDB and S3 on loopback, as far as they are asked here. Each call takes 5 ms.
//! - `ours`: the function's handler over the real SDK.
//! - `sequence`: one read and one write a record by the same SDK, as functions are usually written.
//! - `boto3`: the same by Python's SDK, as most of them are.

pub mod boto3;
pub mod double;
pub mod ours;
pub mod sequence;

use aws_config::Region;
use aws_credential_types::Credentials;
use enrich_aws::{Clients, Trust};

/// Clients as the function makes them, led to `address`.
pub async fn clients(address: &str) -> Clients {
    // The endpoint is plain HTTP: nobody has to be trusted.
    let trust = Trust::of_function(|_| None).expect("the roots of the function");
    let config = Clients::defaults(&trust)
        .region(Region::from_static("eu-west-1"))
        .endpoint_url(format!("http://{address}"))
        .credentials_provider(Credentials::new("test", "secret", None, None, "test"));
    Clients::from_config(&config.load().await)
}
