//! Opens the connection that the first request needs.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_smithy_runtime_api::client::auth::AuthSchemeId;

/// Finding the address, TCP and TLS take a small function longer than its first request. What is sent is not signed,
/// so that DynamoDB refuses it without looking at any table: it needs no permission, is not billed, and is in no
/// account's metrics. What becomes of it does not matter: the first request says what is wrong.
pub(super) async fn warm(client: &Client, longest: Duration) {
    let unsigned = client
        .config()
        .to_builder()
        .allow_no_auth()
        .auth_scheme_preference([AuthSchemeId::from("noAuth")])
        .retry_config(RetryConfig::disabled())
        .build();
    let asking = Client::from_conf(unsigned).batch_get_item().send();
    let _ = tokio::time::timeout(longest, asking).await;
}
