//! Rules from AppConfig, through the extension that Lambda runs beside the function: it fetches configurations, keeps
//! them, and answers on a port of this machine. It needs no permission of ours, and no client of AWS.
//!
//! Source: <https://docs.aws.amazon.com/appconfig/latest/userguide/appconfig-integration-lambda-extensions-how-it-works.html>

use std::time::Duration;

use super::local::{self, NoAnswer, Request};
use super::settings::Profile;
use crate::rule_files::{BundleError, MAX_BUNDLE};

/// The extension's port, where the environment names no other.
pub(super) const PORT: u16 = 2772;

/// Why a configuration can't be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// Nothing answers on the port.
    #[error(
        "AppConfig's extension does not answer on port {port}: is its layer among the function's? ({cause})"
    )]
    NoExtension {
        /// The port.
        port: u16,
        /// What went wrong.
        cause: String,
    },
    /// The extension has no configuration for us.
    #[error("AppConfig's extension has no configuration `{profile}`: it answers {status}: {says}")]
    Refused {
        /// What was asked for.
        profile: String,
        /// The status of its answer.
        status: u16,
        /// The beginning of what it says.
        says: String,
    },
    /// It took too long.
    #[error("AppConfig's extension did not answer within {} s", .longest.as_secs())]
    Timeout {
        /// The longest that was waited.
        longest: Duration,
    },
    /// The document is no rule set.
    #[error("the configuration `{profile}`: {cause}")]
    Document {
        /// What was asked for.
        profile: String,
        /// What is wrong with it.
        cause: BundleError,
    },
}

/// The extension.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extension {
    pub(super) port: u16,
    /// The longest that it is waited for.
    pub(super) longest: Duration,
}

impl Extension {
    /// The document of that profile, as it is now.
    ///
    /// # Errors
    /// Where there is none, or it can't be had in time.
    pub(super) async fn document(self, profile: &Profile) -> Result<Vec<u8>, ProfileError> {
        let asked = tokio::time::timeout(self.longest, self.ask(profile)).await;
        asked.unwrap_or(Err(ProfileError::Timeout { longest: self.longest }))
    }

    async fn ask(self, profile: &Profile) -> Result<Vec<u8>, ProfileError> {
        let (origin, path) = (format!("http://127.0.0.1:{}", self.port), profile.path());
        let request = Request { origin: &origin, path: &path, post: None, longest: MAX_BUNDLE };
        match local::send(request).await {
            Ok((200, document)) => Ok(document),
            Ok((status, body)) => {
                let says: String = String::from_utf8_lossy(&body).chars().take(SAYS).collect();
                let says = says.trim().to_owned();
                Err(ProfileError::Refused { profile: profile.to_string(), status, says })
            }
            Err(NoAnswer::TooLong) => {
                let cause = BundleError::TooLong;
                Err(ProfileError::Document { profile: profile.to_string(), cause })
            }
            Err(NoAnswer::Unreachable(cause)) => Err(ProfileError::NoExtension { port: self.port, cause }),
        }
    }
}

/// How much is told of what the extension says, in characters.
const SAYS: usize = 200;
