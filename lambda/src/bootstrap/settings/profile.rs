//! Which configuration of AppConfig.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What is escaped in a part of a path.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A configuration profile of AppConfig, each part by its name or id.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// The application.
    pub application: String,
    /// The environment.
    pub environment: String,
    /// The configuration profile.
    pub profile: String,
}

impl Profile {
    /// Reads `APPLICATION/ENVIRONMENT/PROFILE`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/').map(|part| (1..=128).contains(&part.len()).then_some(part));
        let mut next = || Some(parts.next()??.to_owned());
        let (application, environment, profile) = (next()?, next()?, next()?);
        parts.next().is_none().then_some(Self { application, environment, profile })
    }

    /// Where AppConfig's extension has it.
    pub(in crate::bootstrap) fn path(&self) -> String {
        let Self { application, environment, profile } = self;
        let [application, environment, profile] =
            [application, environment, profile].map(|part| utf8_percent_encode(part, RESERVED));
        format!("/applications/{application}/environments/{environment}/configurations/{profile}")
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.application, self.environment, self.profile)
    }
}
