//! The program's edge: the clients as the environment says, and the system's clock.

use std::time::{Duration, SystemTime};

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_types::service_config::ServiceConfigKey;
use enrich_engine::{Clock, Timestamp};

use crate::http;
use crate::limits::Limits;
use crate::trust::Trust;

/// The clients of the services that the engine uses. They are made once for a process: a new client
/// means new connections.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Clients {
    /// Where the tables are.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// Where objects and rule files are.
    pub s3: aws_sdk_s3::Client,
    /// Where delivery streams are.
    pub firehose: aws_sdk_firehose::Client,
    /// Where queues are.
    pub sqs: aws_sdk_sqs::Client,
}

impl Clients {
    /// Clients with region, credentials and endpoints from AWS's default chain: the environment, the
    /// shared profile files, the container's or instance's role. Nothing is sent yet.
    ///
    /// `AWS_ENDPOINT_URL`, and for one service `AWS_ENDPOINT_URL_DYNAMODB`, `_S3`, `_FIREHOSE` or `_SQS`, lead
    /// to emulators.
    pub async fn from_env(trust: &Trust) -> Self {
        Self::from_config(&Self::defaults(trust).load().await)
    }

    /// What [`Clients::from_env`] loads, for a program that wants to set something itself.
    pub fn defaults(trust: &Trust) -> ConfigLoader {
        aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(http::client(trust))
            .retry_config(retries())
            .timeout_config(timeouts())
    }

    /// Clients from a configuration that the program has loaded itself. It needs connections, as those of
    /// [`Clients::defaults`] are.
    #[must_use]
    pub fn from_config(config: &SdkConfig) -> Self {
        let s3 = aws_sdk_s3::config::Builder::from(config)
            // Emulators serve `http://host/bucket/key`: they have no name for each bucket.
            .force_path_style(has_endpoint(config, "S3"))
            .build();
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(config),
            s3: aws_sdk_s3::Client::from_conf(s3),
            firehose: aws_sdk_firehose::Client::new(config),
            sqs: aws_sdk_sqs::Client::new(config),
        }
    }
}

/// Three attempts close together. The default waits up to a second before the second one, which is
/// longer than most batches take; throttled tables are asked on by this crate, for as long as the
/// batch has time.
fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(25))
}

/// By default the SDK waits for an answer without end. Its "read" begins with the request, so that an
/// upload has to fit in too; what should be shorter says so itself, for each attempt.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .read_timeout(Limits::OBJECTS.attempt)
        .build()
}

/// Whether an endpoint is configured for that service, or for all of them.
fn has_endpoint(config: &SdkConfig, service: &str) -> bool {
    let key = ServiceConfigKey::builder()
        .service_id(service)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build();
    let own = key.ok().zip(config.service_config()).and_then(|(key, configs)| configs.load_config(key));
    own.is_some() || config.endpoint_url().is_some()
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is passed")]
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since_epoch.as_millis())
            .ok()
            .and_then(Timestamp::from_millis)
            .unwrap_or(Timestamp::EPOCH)
    }
}

#[cfg(test)]
mod tests {
    use aws_types::service_config::LoadServiceConfig;

    use super::*;

    /// A profile with an endpoint for one service.
    #[derive(Debug)]
    struct Endpoint(&'static str);

    impl LoadServiceConfig for Endpoint {
        fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
            let asked = key.service_id() == self.0 && key.env() == "AWS_ENDPOINT_URL";
            asked.then(|| "http://127.0.0.1:9".to_owned())
        }
    }

    #[test]
    fn an_endpoint_is_found_for_one_service_or_all() {
        let plain = SdkConfig::builder();
        assert!(!has_endpoint(&plain.build(), "S3"));
        let all = SdkConfig::builder().endpoint_url("http://127.0.0.1:9");
        assert!(has_endpoint(&all.build(), "S3"));
        let own = SdkConfig::builder().service_config(Endpoint("S3"));
        assert!(has_endpoint(&own.build(), "S3"));
        let other = SdkConfig::builder().service_config(Endpoint("DynamoDB"));
        assert!(!has_endpoint(&other.build(), "S3"));
    }

    #[test]
    fn no_client_gives_up_before_an_attempt_does() {
        let longest = Limits::OBJECTS.attempt.max(Limits::LOOKUPS.attempt);
        assert!(timeouts().read_timeout() >= Some(longest));
    }

    #[test]
    fn the_clock_runs() {
        let then = Timestamp::parse("2026-01-01T00:00:00Z").expect("an instant");
        assert!(SystemClock.now() > then);
    }
}
