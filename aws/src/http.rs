//! The connections that all clients share.

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, Connector};
use aws_types::sdk_config::SharedHttpClient;

use crate::trust::Trust;

/// Connections over TLS that trust these authorities, through the proxy that the environment names, if any: as
/// the SDK's own are, but for the authorities and the cryptography.
pub(crate) fn client(trust: &Trust) -> SharedHttpClient {
    let context = trust.context();
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .tls_context(context.clone())
            .proxy_config(ProxyConfig::from_env());
        connector.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        connector.build()
    })
}
