//! Instants. The clock itself is the caller's.

use jiff::fmt::strtime;

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Timestamp = Timestamp(0);

    /// The instant that many milliseconds after 1970-01-01T00:00:00Z, or `None` outside the years
    /// -9999 to 9999.
    #[must_use]
    pub fn from_millis(millis: i64) -> Option<Self> {
        jiff::Timestamp::from_millisecond(millis).ok().map(|_| Self(millis))
    }

    /// Reads RFC 3339 text; digits behind the millisecond are cut.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>().ok().map(|instant| Self(instant.as_millisecond()))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn as_millis(self) -> i64 {
        self.0
    }

    /// `2026-11-21T10:00:00.123Z`: RFC 3339, UTC, always with milliseconds.
    #[must_use]
    pub fn rfc3339(self) -> String {
        format!("{:.3}", self.instant())
    }

    /// The instant in UTC by a `strftime` format, or `None` where the format is wrong.
    #[must_use]
    pub fn format(self, format: &str) -> Option<String> {
        strtime::format(format, &self.instant().to_zoned(jiff::tz::TimeZone::UTC)).ok()
    }

    fn instant(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or_default()
    }
}

/// Says what time it is. Tests pass a fixed one, a Lambda function the system's.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

impl Clock for Timestamp {
    /// An instant is a clock that stands still.
    fn now(&self) -> Timestamp {
        *self
    }
}
