//! Whose word proves that an endpoint is AWS's.

use std::path::PathBuf;
use std::sync::Arc;

use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// A file with the certificates to trust, and no others: what AWS's own tools call it.
const BUNDLE: &str = "AWS_CA_BUNDLE";

/// The roots of Amazon Trust Services: all that AWS asks for.
const AMAZON: &[u8] = include_bytes!("amazon-roots.pem");

/// The parts of the world whose endpoints have certificates from Amazon's public roots. China, the European
/// Sovereign Cloud and isolated regions have authorities of their own.
const PUBLIC: [&str; 9] = ["af", "ap", "ca", "eu", "il", "me", "mx", "sa", "us"];

/// What leads connections to something else than AWS's public endpoints, or says itself whom to trust.
const ELSEWHERE: [&str; 7] = [
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
    // A profile file can name endpoints.
    "AWS_CONFIG_FILE",
];

/// Endpoints that the environment names.
const ENDPOINTS: [&str; 6] = [
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_FIREHOSE",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_SQS",
    "AWS_ENDPOINT_URL_STS",
];

/// The certificate authorities that connections trust.
#[derive(Clone, Debug)]
pub struct Trust(Authorities);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Authorities {
    /// Those of the system, or those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name.
    System,
    /// Amazon's own.
    Amazon,
    /// Those of a file, in PEM.
    Bundle(Arc<[u8]>),
}

/// Why a file can't say whom to trust.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable `AWS_CA_BUNDLE` names {}, {why}", file.display())]
pub struct TrustError {
    file: PathBuf,
    why: &'static str,
    source: Option<std::io::Error>,
}

impl Trust {
    /// What a program on a person's machine trusts: the certificates in the file that `AWS_CA_BUNDLE` names,
    /// else the system's. `variables` gives the value of an environment variable.
    ///
    /// # Errors
    /// Where that file can't be read, or holds no certificate or a broken one.
    pub fn of_program(variables: impl Fn(&str) -> Option<String>) -> Result<Self, TrustError> {
        match variables(BUNDLE).filter(|file| !file.is_empty()) {
            Some(file) => bundle(file.into()).map(Self),
            None => Ok(Self(Authorities::System)),
        }
    }

    /// What a function on Lambda trusts. Where nothing in its environment leads it elsewhere, it calls AWS's
    /// public endpoints and nothing else, so Amazon's five roots are enough; to read the hundred and more of
    /// the system takes half of the start.
    ///
    /// # Errors
    /// As [`Trust::of_program`] has them.
    pub fn of_function(variables: impl Fn(&str) -> Option<String>) -> Result<Self, TrustError> {
        let trust = Self::of_program(&variables)?;
        let is_amazon = trust.0 == Authorities::System && is_public(variables);
        Ok(if is_amazon { Self(Authorities::Amazon) } else { trust })
    }

    /// The same, as connections take it.
    pub(crate) fn context(&self) -> TlsContext {
        let store = match &self.0 {
            Authorities::System => TrustStore::default(),
            Authorities::Amazon => TrustStore::empty().with_pem_certificate(AMAZON),
            Authorities::Bundle(pem) => TrustStore::empty().with_pem_certificate(pem.as_ref()),
        };
        // The names of servers, of which there are none, are all that can be wrong with a context.
        TlsContext::builder().with_trust_store(store).build().unwrap_or_default()
    }
}

/// Whether all calls go to AWS's public endpoints.
fn is_public(variables: impl Fn(&str) -> Option<String>) -> bool {
    let set = |name: &&str| variables(name).is_some_and(|value| !value.is_empty());
    // An endpoint without encryption needs no certificate.
    let encrypted =
        |name: &&str| variables(name).is_some_and(|url| !url.is_empty() && !url.starts_with("http://"));
    let region = variables("AWS_REGION").unwrap_or_default();
    let mut parts = region.split('-');
    let is_public = parts.next().is_some_and(|part| PUBLIC.contains(&part));
    let is_isolated = parts.next().is_none_or(|part| part.starts_with("iso"));
    is_public && !is_isolated && !ELSEWHERE.iter().any(set) && !ENDPOINTS.iter().any(encrypted)
}

#[expect(clippy::disallowed_methods, reason = "once, at the start, what the environment names")]
fn bundle(file: PathBuf) -> Result<Authorities, TrustError> {
    let pem = match std::fs::read(&file) {
        Ok(pem) => pem,
        Err(error) => return Err(TrustError { file, why: "which can't be read", source: Some(error) }),
    };
    let wrong = |why| Err(TrustError { file: file.clone(), why, source: None });
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let Ok(certificate) = certificate else { return wrong("which is no PEM file") };
        if roots.add(certificate).is_err() {
            return wrong("which holds a certificate that is broken or no authority's");
        }
    }
    if roots.is_empty() {
        return wrong("which holds no certificate in PEM");
    }
    Ok(Authorities::Bundle(pem.into()))
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;

    fn of_function(variables: &[(&str, &str)]) -> Authorities {
        let get = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        Trust::of_function(get).expect("no file is named").0
    }

    #[test]
    fn amazons_roots_are_those_that_aws_names() {
        let certificates: Vec<_> =
            CertificateDer::pem_slice_iter(AMAZON).collect::<Result<_, _>>().expect("PEM");
        // The first half of each SHA-256.
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let print = |der: &CertificateDer<'_>| hex(&Sha256::digest(der)[..16]);
        assert_eq!(
            certificates.iter().map(print).collect::<Vec<_>>(),
            [
                "8ecde6884f3d87b1125ba31ac3fcb13d",
                "1ba5b2aa8c65401a82960118f80bec4f",
                "18ce6cfe7bf14e60b2e347b8dfe868cb",
                "e35d28419ed02025cfa69038cd623962",
                "568d6905a2c88708a4b3025190edcfed",
            ]
        );
        let mut roots = RootCertStore::empty();
        for certificate in certificates {
            roots.add(certificate).expect("an authority's");
        }
    }

    #[test]
    fn a_function_that_calls_nothing_but_aws_trusts_amazon() {
        for region in ["us-east-1", "eu-central-2", "ap-southeast-7", "us-gov-west-1", "mx-central-1"] {
            assert_eq!(of_function(&[("AWS_REGION", region)]), Authorities::Amazon, "{region}");
        }
        for region in
            ["cn-north-1", "us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1", "eusc-de-east-1", "", "us"]
        {
            assert_eq!(of_function(&[("AWS_REGION", region)]), Authorities::System, "{region}");
        }
        assert_eq!(of_function(&[]), Authorities::System);
    }

    #[test]
    fn what_leads_elsewhere_needs_the_systems_roots() {
        let region = ("AWS_REGION", "us-east-1");
        for name in ELSEWHERE.into_iter().chain(ENDPOINTS) {
            assert_eq!(of_function(&[region, (name, "https://other")]), Authorities::System, "{name}");
            assert_eq!(of_function(&[region, (name, "")]), Authorities::Amazon, "{name}");
        }
        let emulator = ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566");
        assert_eq!(of_function(&[region, emulator]), Authorities::Amazon);
    }

    #[test]
    fn a_bundle_is_read_at_the_start() {
        let folder = tempfile::tempdir().expect("a folder");
        let read = |bytes: &[u8]| {
            let file = folder.path().join("roots.pem");
            #[expect(clippy::disallowed_methods, reason = "the bundle is a file")]
            std::fs::write(&file, bytes).expect("a file");
            let variables = |name: &str| (name == BUNDLE).then(|| file.to_str().expect("a path").to_owned());
            Trust::of_function(variables).map(|trust| trust.0).map_err(|error| error.why)
        };
        assert_eq!(read(AMAZON), Ok(Authorities::Bundle(AMAZON.into())));
        assert_eq!(read(b"nothing"), Err("which holds no certificate in PEM"));
        assert_eq!(
            read(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            Err("which holds a certificate that is broken or no authority's")
        );
        assert_eq!(
            read(b"-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n"),
            Err("which is no PEM file")
        );
        let absent = |name: &str| (name == BUNDLE).then(|| "/no/such/file".to_owned());
        let error = Trust::of_program(absent).expect_err("it is not there");
        assert_eq!(
            error.to_string(),
            "the environment variable `AWS_CA_BUNDLE` names /no/such/file, which can't be read"
        );
    }
}
