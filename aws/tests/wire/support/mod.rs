//! What every test of the wire needs: servers that end with the test, and clients for them.
//!
//! The clients are those of a program, so a proxy in the environment is theirs too: where `HTTP_PROXY`
//! is set, `NO_PROXY` has to name `127.0.0.1` and `localhost`.

pub(crate) mod ask;
pub(crate) mod bucket;
pub(crate) mod proxy;
pub(crate) mod tables;

use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use enrich_aws::{Clients, Trust};
use tokio::net::TcpListener;

/// The key pair that every server here takes.
pub(crate) const KEY_PAIR: (&str, &str) = ("test", "secret");

/// A free port on loopback, with its address.
pub(crate) async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    (listener, address)
}

/// Clients as a program makes them, led to `address`.
pub(crate) async fn clients(address: &str) -> Clients {
    Clients::from_config(&config(address).await)
}

/// The configuration of those clients.
pub(crate) async fn config(address: &str) -> SdkConfig {
    let trust = Trust::of_program(|_| None).expect("no file is named");
    Clients::defaults(&trust)
        .region(Region::from_static("eu-west-1"))
        .endpoint_url(format!("http://{address}"))
        .credentials_provider(Credentials::new(KEY_PAIR.0, KEY_PAIR.1, None, None, "test"))
        .load()
        .await
}

/// A task that ends with its owner.
pub(crate) struct Task(tokio::task::JoinHandle<()>);

impl Task {
    pub(crate) fn spawn(work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(work))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
