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

    /// Reads text by a `strptime` format. What says no offset is in UTC, and a date without a time is its
    /// midnight; `None` where the text is not so, or the format names no whole date.
    pub(crate) fn parse_by(text: &str, format: &str) -> Option<Self> {
        let parsed = strtime::parse(format, text).ok()?;
        let instant = if parsed.timestamp().is_some() || parsed.offset().is_some() {
            parsed.to_timestamp().ok()?
        } else if parsed.iana_time_zone().is_some() {
            // There is no time zone database here.
            return None;
        } else {
            jiff::tz::Offset::UTC.to_timestamp(parsed.to_datetime().ok()?).ok()?
        };
        Some(Self(instant.as_millisecond()))
    }

    /// The start of the period that the instant lies in, in UTC; `None` where it is too early for one.
    pub(crate) fn start_of(self, period: Period) -> Option<Self> {
        const DAY: i64 = 86_400_000;
        // The first Monday behind 1970-01-01, which was a Thursday.
        const MONDAY: i64 = 4 * DAY;
        let every = |length: i64, from: i64| Self::from_millis(self.0 - (self.0 - from).rem_euclid(length));
        let date = self.instant().to_zoned(jiff::tz::TimeZone::UTC).date();
        let midnight = |date: jiff::civil::Date| {
            let instant = jiff::tz::Offset::UTC.to_timestamp(date.to_datetime(jiff::civil::Time::midnight()));
            instant.ok().map(|instant| Self(instant.as_millisecond()))
        };
        match period {
            Period::Second => every(1000, 0),
            Period::Minute => every(60_000, 0),
            Period::Hour => every(3_600_000, 0),
            Period::Day => every(DAY, 0),
            Period::Week => every(7 * DAY, MONDAY),
            Period::Month => midnight(date.first_of_month()),
            Period::Year => midnight(date.first_of_year()),
        }
    }

    fn instant(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or_default()
    }
}

/// A period of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Period {
    Second,
    Minute,
    Hour,
    Day,
    /// From Monday on.
    Week,
    Month,
    Year,
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
