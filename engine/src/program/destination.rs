//! Where rejects go.

use std::fmt;

use enrich_dsl::model::Queue;

/// Where rejects go.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Destination {
    /// Into a bucket, an object each.
    Objects(Location),
    /// Into a queue, a message each.
    Queue(Queue),
}

impl Destination {
    /// Reads `s3://BUCKET/PREFIX`, or the URL or the ARN of a queue. `None` where the text is none of them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.starts_with("s3://") {
            Location::parse(text).map(Self::Objects)
        } else {
            Queue::parse(text).map(Self::Queue)
        }
    }
}

impl From<Location> for Destination {
    fn from(location: Location) -> Self {
        Self::Objects(location)
    }
}

impl fmt::Display for Destination {
    /// As [`Destination::parse`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Destination::Objects(Location { bucket, prefix }) => write!(f, "s3://{bucket}/{prefix}"),
            Destination::Queue(queue) => f.write_str(&queue.url),
        }
    }
}

/// A place in an object store: `BUCKET/PREFIX`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    /// The bucket.
    pub bucket: String,
    /// What stands before the objects' own names; ends with `/` or is empty.
    pub prefix: String,
}

impl Location {
    /// Reads `BUCKET/PREFIX`, with `s3://` before it or not. The prefix gets a `/` at its end if it
    /// has none. `None` where there is no bucket.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix("s3://").unwrap_or(text);
        let (bucket, prefix) = text.split_once('/').unwrap_or((text, ""));
        if bucket.is_empty() {
            return None;
        }
        let slash = if prefix.is_empty() || prefix.ends_with('/') { "" } else { "/" };
        Some(Self { bucket: bucket.to_owned(), prefix: format!("{prefix}{slash}") })
    }
}
