//! Rule files in a bucket.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{Builder, Config};
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::Object;
use enrich_engine::lookup::{ErrorCode, Failure};
use futures_util::stream::{self, StreamExt, TryStreamExt};

use crate::fault::Fault;

/// How many rule files are read at a time.
const IN_FLIGHT: usize = 8;

/// How many folders an error names.
const NAMED: usize = 3;

/// The longest that one request takes before it counts as lost and is tried again.
const ATTEMPT: Duration = Duration::from_secs(5);

/// Loads a rule set out of a bucket: the rule files of a folder, and what they name.
///
/// It needs the permissions `s3:ListBucket` on the bucket and `s3:GetObject` on its objects.
///
/// ```no_run
/// # async fn start(client: aws_sdk_s3::Client) -> Result<(), enrich_aws::s3::RulesError> {
/// let files = enrich_aws::s3::RuleFiles::new(client);
/// let rules = files.load("our-rules", "production", &|name| name.ends_with(".enrich")).await?;
/// let schemas = files.load_named("our-rules", "production", vec!["schemas/click.json".to_owned()]).await?;
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
    /// There is no rule file at all: mostly a misspelt prefix.
    #[error("there are no rule files in s3://{bucket}/{prefix}")]
    Empty {
        /// The bucket.
        bucket: String,
        /// The folder.
        prefix: String,
    },
    /// There is no rule file but in folders inside, and each of these is a rule set of its own.
    #[error(
        "there are no rule files in s3://{bucket}/{prefix} itself: name a folder that holds some: {}",
        some(folders)
    )]
    EmptyButInside {
        /// The bucket.
        bucket: String,
        /// The folder.
        prefix: String,
        /// Folders inside that hold rule files, relative to the folder and in the order of their paths.
        folders: Vec<String>,
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

/// The first of them, and how many more are known.
fn some(folders: &[String]) -> String {
    let named = folders.get(..NAMED).unwrap_or(folders).join(", ");
    match folders.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// Tells by its name whether a file is wanted.
pub type Wanted<'a> = dyn Fn(&str) -> bool + Sync + 'a;

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

    /// The wanted files of the folder `prefix`, in the order of their names: the name, and the bytes.
    /// A folder inside it is a rule set of its own, and not listed. The prefix needs no slash at its
    /// end: `rules` does not take in `rules-old/`. An empty prefix is the top of the bucket.
    ///
    /// # Errors
    /// Where a file can't be listed or read, where there is none, and where a limit is passed. All or
    /// nothing: half a set of rules is another set of rules.
    pub async fn load(
        &self,
        bucket: &str,
        prefix: &str,
        wanted: &Wanted<'_>,
    ) -> Result<Vec<(String, Vec<u8>)>, RulesError> {
        let folder = Folder::new(bucket, prefix, self.limits);
        let loading = async {
            let names = self.list(&folder, wanted).await?;
            if names.is_empty() {
                return Err(folder.empty(self.folders_with(&folder, wanted).await?));
            }
            let files = self.read_all(&folder, names).await?.into_iter();
            let there = |(name, bytes): (String, Option<_>)| match bytes {
                Some(bytes) => Ok((name, bytes)),
                None => Err(folder.gone(&name)),
            };
            files.map(there).collect()
        };
        folder.in_time(loading).await
    }

    /// The files of these paths relative to the folder `prefix`, in their order: the path, and the bytes.
    /// A file that is not there is left out.
    ///
    /// # Errors
    /// As for [`load`](Self::load).
    pub async fn load_named(
        &self,
        bucket: &str,
        prefix: &str,
        paths: Vec<String>,
    ) -> Result<Vec<(String, Vec<u8>)>, RulesError> {
        let folder = Folder::new(bucket, prefix, self.limits);
        let loading = async {
            folder.check_files(paths.len())?;
            let files = self.read_all(&folder, paths).await?;
            Ok(files.into_iter().filter_map(|(path, bytes)| Some((path, bytes?))).collect())
        };
        folder.in_time(loading).await
    }

    /// What tells whether files have changed: the wanted files of the folder and those of the paths `named`
    /// relative to it, each with its ETag. A file that is not there is left out. Nothing is read: it is a request for
    /// the folder, and one for each folder inside that holds one of the named.
    ///
    /// # Errors
    /// Where a folder can't be listed, and where a limit is passed.
    pub async fn stamps(
        &self,
        bucket: &str,
        prefix: &str,
        wanted: &Wanted<'_>,
        named: &[String],
    ) -> Result<BTreeMap<String, String>, RulesError> {
        let folder = Folder::new(bucket, prefix, self.limits);
        let inside = named.iter().map(|path| path.rsplit_once('/').map_or("", |(inside, _)| inside));
        let folders: BTreeSet<&str> = inside.chain([""]).collect();
        let is_wanted = |path: &str| wanted(path) || named.iter().any(|name| name == path);
        let listing = async {
            let mut stamps = BTreeMap::new();
            for inside in folders {
                let prefix = if inside.is_empty() { String::new() } else { format!("{inside}/") };
                let listed = Folder::new(bucket, &folder.key(&prefix), self.limits);
                self.list_objects(&listed, &mut |name, object| {
                    let path = format!("{prefix}{name}");
                    if is_wanted(&path) {
                        stamps.insert(path, object.e_tag().unwrap_or_default().to_owned());
                    }
                })
                .await?;
                folder.check_files(stamps.len())?;
            }
            Ok(stamps)
        };
        folder.in_time(listing).await
    }

    async fn read_all(
        &self,
        folder: &Folder<'_>,
        paths: Vec<String>,
    ) -> Result<Vec<(String, Option<Vec<u8>>)>, RulesError> {
        let mut files: Vec<_> = stream::iter(paths)
            .map(|path| self.read(folder, path))
            .buffer_unordered(IN_FLIGHT)
            .try_collect()
            .await?;
        // A file may have grown since it was listed.
        folder
            .check_bytes(files.iter().flat_map(|(_, bytes)| bytes).map(|bytes| bytes.len() as u64).sum())?;
        files.sort();
        Ok(files)
    }

    /// The names of the wanted files.
    async fn list(&self, folder: &Folder<'_>, wanted: &Wanted<'_>) -> Result<Vec<String>, RulesError> {
        let mut names = Vec::new();
        let mut bytes = 0_u64;
        self.list_objects(folder, &mut |name, object| {
            if wanted(name) {
                names.push(name.to_owned());
                bytes =
                    bytes.saturating_add(object.size().and_then(|size| size.try_into().ok()).unwrap_or(0));
            }
        })
        .await?;
        folder.check_files(names.len())?;
        folder.check_bytes(bytes)?;
        Ok(names)
    }

    /// Calls `visit` with each object directly in the folder, and its name there.
    async fn list_objects(
        &self,
        folder: &Folder<'_>,
        visit: &mut (dyn FnMut(&str, &Object) + Send),
    ) -> Result<(), RulesError> {
        let mut token = None;
        loop {
            let page = self.page(folder, token, Some("/")).await?;
            for object in page.contents() {
                if let Some(name) = folder.name_of(object) {
                    visit(name, object);
                }
            }
            let more = page.is_truncated == Some(true);
            token = page.next_continuation_token;
            match (&token, more) {
                (Some(_), _) => {}
                (None, false) => return Ok(()),
                // Half a set of rules is another set of rules.
                (None, true) => return Err(folder.unlisted(&Fault::cut_off())),
            }
        }
    }

    /// The folders inside that hold wanted files, as far as the first page of a listing tells.
    async fn folders_with(
        &self,
        folder: &Folder<'_>,
        wanted: &Wanted<'_>,
    ) -> Result<Vec<String>, RulesError> {
        let page = self.page(folder, None, None).await?;
        let names = page.contents().iter().filter_map(|object| folder.name_of(object)?.rsplit_once('/'));
        let mut folders: Vec<_> =
            names.filter(|(_, name)| wanted(name)).map(|(inside, _)| format!("{inside}/")).collect();
        folders.sort();
        folders.dedup();
        Ok(folders)
    }

    /// A page of a listing; with a delimiter only what is directly in the folder.
    async fn page(
        &self,
        folder: &Folder<'_>,
        token: Option<String>,
        delimiter: Option<&str>,
    ) -> Result<ListObjectsV2Output, RulesError> {
        self.client
            .list_objects_v2()
            .bucket(folder.bucket)
            .prefix(&folder.prefix)
            .set_delimiter(delimiter.map(str::to_owned))
            .max_keys(self.limits.page.into())
            .set_continuation_token(token)
            .customize()
            .config_override(attempt())
            .send()
            .await
            .map_err(|error| folder.unlisted(&Fault::of(&error)))
    }

    /// The file of that path in the folder, if there is one.
    async fn read(&self, folder: &Folder<'_>, path: String) -> Result<(String, Option<Vec<u8>>), RulesError> {
        let key = folder.key(&path);
        let request = self.client.get_object().bucket(folder.bucket).key(&key);
        match request.customize().config_override(attempt()).send().await {
            Ok(output) => Ok((path, Some(self.body(folder, &key, output.body).await?))),
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => {
                Ok((path, None))
            }
            Err(error) => Err(folder.unread(&key, &Fault::of(&error))),
        }
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

    fn key(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// The path of an object relative to the folder.
    fn name_of<'o>(&self, object: &'o Object) -> Option<&'o str> {
        object.key()?.strip_prefix(&self.prefix)
    }

    async fn in_time<T>(
        &self,
        loading: impl Future<Output = Result<T, RulesError>>,
    ) -> Result<T, RulesError> {
        tokio::time::timeout(self.limits.longest, loading).await.unwrap_or_else(|_| Err(self.too_long()))
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

    /// A file that was listed, and was not there when it was to be read.
    fn gone(&self, path: &str) -> RulesError {
        self.unread(&self.key(path), &Fault::new(ErrorCode::Absent, "NoSuchKey"))
    }

    fn empty(&self, folders: Vec<String>) -> RulesError {
        let (bucket, prefix) = self.names();
        if folders.is_empty() {
            return RulesError::Empty { bucket, prefix };
        }
        RulesError::EmptyButInside { bucket, prefix, folders }
    }

    fn too_long(&self) -> RulesError {
        let ((bucket, prefix), limit) = (self.names(), self.limits.longest);
        RulesError::TooLong { bucket, prefix, limit }
    }
}
