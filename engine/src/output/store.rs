//! The seam to where objects are kept.

use bytes::Bytes;

use crate::lookup::{BoxFuture, Failure};
use crate::time::Timestamp;

/// Keeps objects: S3, a folder, memory.
pub trait ObjectStore: Send + Sync {
    /// Writes one object, whole; an object of the same key is replaced. Once this returns `Ok` the
    /// object is durable, and only then its records are acknowledged.
    ///
    /// # Errors
    /// Where the object is not known to be written. The records in it are then failed.
    fn put<'a>(
        &'a self,
        object: &'a Object,
        deadline: Option<Timestamp>,
    ) -> BoxFuture<'a, Result<(), Failure>>;
}

/// One object to write.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Object {
    /// The bucket.
    pub bucket: String,
    /// The key, prefix included.
    pub key: String,
    /// The bytes.
    pub body: Bytes,
    /// The media type: `application/json`, `application/x-ndjson`, `application/gzip` or `application/zstd`.
    pub content_type: &'static str,
    /// The hash of the rule set that made it: metadata named `rules`, where the store has metadata.
    pub rules: Option<String>,
}

impl Object {
    /// The object of that bucket and key.
    #[must_use]
    pub fn new(
        bucket: impl Into<String>,
        key: impl Into<String>,
        body: impl Into<Bytes>,
        content_type: &'static str,
    ) -> Self {
        Self { bucket: bucket.into(), key: key.into(), body: body.into(), content_type, rules: None }
    }

    /// The same object, made by the rule set with that hash.
    #[must_use]
    pub fn made_by(self, rules: impl Into<String>) -> Self {
        Self { rules: Some(rules.into()), ..self }
    }
}
