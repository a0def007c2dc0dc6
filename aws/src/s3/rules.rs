//! Rule files in a bucket.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{Builder, Config};
use aws_sdk_s3::primitives::ByteStream;
use enrich_engine::lookup::Failure;
use futures_util::stream::{self, StreamExt, TryStreamExt};

use crate::fault::Fault;

/// How many rule files are read at a time.
const IN_FLIGHT: usize = 8;

/// The longest that one request takes before it counts as lost and is tried again.
const ATTEMPT: Duration = Duration::from_secs(5);

/// Loads a folder of rule files (rules, schemas, tests) out of a bucket.
///
/// It needs the permissions `s3:ListBucket` on the bucket and `s3:GetObject` on its objects.
///
/// ```no_run
/// # async fn start(client: aws_sdk_s3::Client) -> Result<(), enrich_aws::s3::RulesError> {
/// let files = enrich_aws::s3::RuleFiles::new(client).load("our-rules", "production").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RuleFiles {
    client: Client,
    limits: RuleLimits,
}

/// How much a folder of rule files may hold, and how long loading it may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleLimits {
    /// Most files.
    pub files: usize,
    /// Most bytes, of all files together.
    pub bytes: u64,
    /// How many files one page of a listing holds; S3 allows 1,000.
    pub page: u16,
    /// The longest that loading all of them takes.
    pub longest: Duration,
}

impl Default for RuleLimits {
    fn default() -> Self {
        Self { files: 10_000, bytes: 64 * 1024 * 1024, page: 1_000, longest: Duration::from_secs(60) }
    }
}

/// Why rule files could not be loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// The bucket could not be listed.
    #[error("can't list the rule files in s3://{bucket}/{prefix}: {failure}")]
    List {
        /// The bucket.
        bucket: String,
        /// The folder.
        prefix: String,
        /// Why.
        failure: Failure,
    },
    /// A file could not be read.
    #[error("can't read the rule file s3://{bucket}/{key}: {failure}")]
    Read {
        /// The bucket.
        bucket: String,
        /// The file.
        key: String,
        /// Why.
        failure: Failure,
    },
    /// There is no file at all: mostly a misspelt prefix.
    #[error("there are no rule files in s3://{bucket}/{prefix}")]
    Empty {
        /// The bucket.
        bucket: String,
        /// The folder.
        prefix: String,
    },
    /// There are more files than [`RuleLimits::files`].
    #[error("there are more than {limit} files in s3://{bucket}/{prefix}")]
    TooManyFiles {
        /// The bucket.
        bucket: String,
        /// The folder.
        prefix: String,
        /// The limit.
        limit: usize,
    },
    /// The files hold more bytes than [`RuleLimits::bytes`].
    #[error("the files in s3://{bucket}/{prefix} hold more than {limit} bytes")]
    TooManyBytes {
        /// The bucket.
        bucket: String,
        /// The folder.
        prefix: String,
        /// The limit.
        limit: u64,
    },
    /// Loading took longer than [`RuleLimits::longest`].
    #[error("loading the rule files in s3://{bucket}/{prefix} took more than {} s", limit.as_secs_f32())]
    TooLong {
        /// The bucket.
        bucket: String,
        /// The folder.
        prefix: String,
        /// The limit.
        limit: Duration,
    },
}

impl RuleFiles {
    /// Loads through `client`.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client, limits: RuleLimits::default() }
    }

    /// The same with other limits.
    #[must_use]
    pub fn with_limits(self, limits: RuleLimits) -> Self {
        Self { limits, ..self }
    }

    /// All files below `prefix`, in the order of their paths: the path relative to the prefix, and the
    /// bytes. The prefix is a folder, with or without the slash at its end: `rules` does not take in
    /// `rules-old/`. An empty prefix is the whole bucket.
    ///
    /// # Errors
    /// Where a file can't be listed or read, where there is none, and where a limit is passed. All or
    /// nothing: half a set of rules is another set of rules.
    pub async fn load(&self, bucket: &str, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, RulesError> {
        let folder = Folder::new(bucket, prefix, self.limits);
        match tokio::time::timeout(self.limits.longest, self.load_folder(&folder)).await {
            Ok(files) => files,
            Err(_) => Err(folder.too_long()),
        }
    }

    async fn load_folder(&self, folder: &Folder<'_>) -> Result<Vec<(String, Vec<u8>)>, RulesError> {
        let keys = self.list(folder).await?;
        if keys.is_empty() {
            return Err(folder.empty());
        }
        let mut files: Vec<_> = stream::iter(keys)
            .map(|key| self.read(folder, key))
            .buffer_unordered(IN_FLIGHT)
            .try_collect()
            .await?;
        // A file may have grown since it was listed.
        folder.check_bytes(files.iter().map(|(_, bytes)| bytes.len() as u64).sum())?;
        files.sort();
        Ok(files)
    }

    async fn list(&self, folder: &Folder<'_>) -> Result<Vec<String>, RulesError> {
        let mut keys = Vec::new();
        let mut bytes = 0_u64;
        let mut token = None;
        loop {
            let page = self
                .client
                .list_objects_v2()
                .bucket(folder.bucket)
                .prefix(&folder.prefix)
                .max_keys(self.limits.page.into())
                .set_continuation_token(token)
                .customize()
                .config_override(attempt())
                .send()
                .await
                .map_err(|error| folder.unlisted(&Fault::of(&error)))?;
            for object in page.contents() {
                let Some(key) = object.key() else { continue };
                // What consoles write to show an empty folder.
                if key.ends_with('/') {
                    continue;
                }
                keys.push(key.to_owned());
                bytes =
                    bytes.saturating_add(object.size().and_then(|size| size.try_into().ok()).unwrap_or(0));
            }
            folder.check_files(keys.len())?;
            folder.check_bytes(bytes)?;
            let more = page.is_truncated == Some(true);
            token = page.next_continuation_token;
            match (&token, more) {
                (Some(_), _) => {}
                (None, false) => return Ok(keys),
                // Half a set of rules is another set of rules.
                (None, true) => return Err(folder.unlisted(&Fault::cut_off())),
            }
        }
    }

    async fn read(&self, folder: &Folder<'_>, key: String) -> Result<(String, Vec<u8>), RulesError> {
        let request = self.client.get_object().bucket(folder.bucket).key(&key);
        let sending = request.customize().config_override(attempt()).send();
        let output = sending.await.map_err(|error| folder.unread(&key, &Fault::of(&error)))?;
        let bytes = self.body(folder, &key, output.body).await?;
        let path = key.strip_prefix(&folder.prefix).unwrap_or(&key).to_owned();
        Ok((path, bytes))
    }

    async fn body(
        &self,
        folder: &Folder<'_>,
        key: &str,
        mut body: ByteStream,
    ) -> Result<Vec<u8>, RulesError> {
        let mut bytes = Vec::new();
        while let Some(chunk) = body.next().await {
            bytes.extend_from_slice(&chunk.map_err(|_| folder.unread(key, &Fault::cut_off()))?);
            folder.check_bytes(bytes.len() as u64)?;
        }
        Ok(bytes)
    }
}

fn attempt() -> Builder {
    Config::builder().timeout_config(TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).build())
}

/// The folder that is loaded, as its errors name it.
struct Folder<'a> {
    bucket: &'a str,
    prefix: String,
    limits: RuleLimits,
}

impl<'a> Folder<'a> {
    fn new(bucket: &'a str, prefix: &str, limits: RuleLimits) -> Self {
        let mut prefix = prefix.to_owned();
        if !prefix.is_empty() && !prefix.ends_with('/') {
            prefix.push('/');
        }
        Self { bucket, prefix, limits }
    }

    fn names(&self) -> (String, String) {
        (self.bucket.to_owned(), self.prefix.clone())
    }

    fn check_files(&self, files: usize) -> Result<(), RulesError> {
        let ((bucket, prefix), limit) = (self.names(), self.limits.files);
        if files > limit { Err(RulesError::TooManyFiles { bucket, prefix, limit }) } else { Ok(()) }
    }

    fn check_bytes(&self, bytes: u64) -> Result<(), RulesError> {
        let ((bucket, prefix), limit) = (self.names(), self.limits.bytes);
        if bytes > limit { Err(RulesError::TooManyBytes { bucket, prefix, limit }) } else { Ok(()) }
    }

    fn unlisted(&self, fault: &Fault) -> RulesError {
        let (bucket, prefix) = self.names();
        let failure = fault.about(format_args!("bucket `{bucket}`"));
        RulesError::List { bucket, prefix, failure }
    }

    fn unread(&self, key: &str, fault: &Fault) -> RulesError {
        let (bucket, key) = (self.bucket.to_owned(), key.to_owned());
        let failure = fault.about(format_args!("object `{key}`"));
        RulesError::Read { bucket, key, failure }
    }

    fn empty(&self) -> RulesError {
        let (bucket, prefix) = self.names();
        RulesError::Empty { bucket, prefix }
    }

    fn too_long(&self) -> RulesError {
        let ((bucket, prefix), limit) = (self.names(), self.limits.longest);
        RulesError::TooLong { bucket, prefix, limit }
    }
}
