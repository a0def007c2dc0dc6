//! Whom connections trust: an endpoint with a certificate of an authority that only a file knows.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::Region;
use aws_credential_types::Credentials;
use enrich_aws::dynamodb::DynamoDbSource;
use enrich_aws::{Clients, SystemClock, Trust};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;

use super::support::{KEY_PAIR, Task, listen};

/// An authority, and a server for `localhost` that it vouches for.
fn authority() -> (Certificate, ServerConfig) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let authority = params.self_signed(&key).expect("an authority");
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().expect("a key");
    let names = CertificateParams::new(["localhost".to_owned()]).expect("a name");
    let certificate = names.signed_by(&key, &issuer).expect("a certificate");
    let server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .expect("a server");
    (authority, server)
}

/// A DynamoDB without tables, behind TLS.
async fn endpoint(server: ServerConfig) -> (String, Task) {
    let (endpoint, _, task) = watched(server).await;
    (endpoint, task)
}

/// What came to an endpoint: each request, with the number of its connection and whether it is signed.
type Seen = Arc<Mutex<Vec<(usize, bool)>>>;

async fn watched(server: ServerConfig) -> (String, Seen, Task) {
    let (listener, address) = listen().await;
    let seen = Seen::default();
    let noted = Arc::clone(&seen);
    let port = address.rsplit(':').next().expect("a port").to_owned();
    let acceptor = TlsAcceptor::from(Arc::new(server));
    let task = Task::spawn(async move {
        let mut connections = 0;
        while let Ok((stream, _)) = listener.accept().await {
            // Who does not trust it ends the handshake.
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            connections += 1;
            let answer = |request: Request<Incoming>| {
                let signed = request.headers().contains_key("authorization");
                noted.lock().expect("what was seen").push((connections, signed));
                async { Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(r#"{"TableNames":[]}"#)))) }
            };
            let connection = hyper::server::conn::http1::Builder::new();
            let _ = connection.serve_connection(TokioIo::new(stream), service_fn(answer)).await;
        }
    });
    (format!("https://localhost:{port}"), seen, task)
}

async fn clients(endpoint: &str, trust: &Trust) -> Clients {
    let config = Clients::defaults(trust)
        .region(Region::from_static("eu-west-1"))
        .endpoint_url(endpoint)
        .credentials_provider(Credentials::new(KEY_PAIR.0, KEY_PAIR.1, None, None, "test"))
        .load()
        .await;
    Clients::from_config(&config)
}

/// Asks the endpoint for its tables.
async fn asked(endpoint: &str, trust: &Trust) -> Result<(), String> {
    let answer = clients(endpoint, trust).await.dynamodb.list_tables().send().await;
    answer.map(|_| ()).map_err(|error| format!("{error:?}"))
}

/// The variables of a program that trusts this authority, kept in that folder.
fn trusting(folder: &TempDir, authority: &Certificate) -> impl Fn(&str) -> Option<String> {
    let file = folder.path().join("authority.pem");
    #[expect(clippy::disallowed_methods, reason = "the authority is a file")]
    std::fs::write(&file, authority.pem()).expect("a file");
    move |name| (name == "AWS_CA_BUNDLE").then(|| file.to_str().expect("a path").to_owned())
}

#[tokio::test]
async fn a_file_says_whom_to_trust() {
    let (authority, server) = authority();
    let (endpoint, _task) = endpoint(server).await;
    let folder = tempfile::tempdir().expect("a folder");
    let named = Trust::of_function(trusting(&folder, &authority)).expect("the file");
    assert_eq!(asked(&endpoint, &named).await, Ok(()));

    let amazon = |name: &str| (name == "AWS_REGION").then(|| "eu-west-1".to_owned());
    for trust in [Trust::of_function(amazon), Trust::of_program(|_| None)] {
        let error =
            asked(&endpoint, &trust.expect("no file is named")).await.expect_err("an unknown authority");
        assert!(error.contains("UnknownIssuer"), "{error}");
    }
}

#[tokio::test]
async fn the_first_request_finds_a_warm_connection() {
    let (authority, server) = authority();
    let (endpoint, seen, _task) = watched(server).await;
    let folder = tempfile::tempdir().expect("a folder");
    let trust = Trust::of_function(trusting(&folder, &authority)).expect("the file");
    let clients = clients(&endpoint, &trust).await;
    let tables = DynamoDbSource::new(clients.dynamodb.clone(), Arc::new(SystemClock));
    tables.warm(Duration::from_secs(10)).await;
    clients.dynamodb.list_tables().send().await.expect("an answer");
    assert_eq!(*seen.lock().expect("what was seen"), [(1, false), (1, true)]);

    // Nobody waits for an endpoint that does not answer.
    let (silent, address) = listen().await;
    let clients = self::clients(&address, &trust).await;
    let tables = DynamoDbSource::new(clients.dynamodb, Arc::new(SystemClock));
    tables.warm(Duration::from_millis(10)).await;
    drop(silent);
}
