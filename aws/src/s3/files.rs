//! Files in buckets, of any size: listed, read and written piece by piece.

use std::fmt;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use enrich_engine::lookup::{ErrorCode, Failure};

use crate::fault::Fault;

/// How often a request is made whose faults may pass. The pauses between them add up to eight seconds.
const TRIES: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// The length of the first parts of an object that is written in parts; S3 takes none below 5 MiB but as the last one.
const PART: usize = 8 << 20;
/// Parts get twice as long after so many: S3 takes 10,000 of them, and objects of 5 TiB.
const PARTS_OF_A_LENGTH: usize = 1_000;

/// Reads and writes objects as files, for programs that have the time to try again.
///
/// It needs the permission `s3:ListBucket` on the buckets; `s3:GetObject` on what is read, `s3:PutObject` and
/// `s3:AbortMultipartUpload` on what is written, `s3:DeleteObject` on what is deleted.
#[derive(Clone)]
pub struct Files {
    client: Client,
}

/// An object of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListedFile {
    /// The key.
    pub key: String,
    /// The length in bytes.
    pub bytes: u64,
    /// The ETag, where the listing has one.
    pub e_tag: Option<String>,
    /// When the object was written last, in milliseconds since 1970, where the listing says it.
    pub modified: Option<i64>,
}

/// What has to be so for an object to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition<'a> {
    /// There is no object of that key.
    Absent,
    /// The object has that ETag.
    Is(&'a str),
}

/// Why an object was not written on a condition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PutError {
    /// The condition does not hold: somebody else has written the object.
    #[error("somebody else has written the object")]
    Condition,
    /// It is not known to be written.
    #[error("{0}")]
    Failed(Failure),
}

impl Files {
    /// Reads and writes through `client`.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// All objects whose keys begin so, in the order of their keys.
    ///
    /// # Errors
    /// Where the bucket can't be listed to its end.
    pub async fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<ListedFile>, Failure> {
        let (mut files, mut token) = (Vec::new(), None);
        loop {
            let page = patiently(|| async {
                let request = self.client.list_objects_v2().bucket(bucket).prefix(prefix);
                let page = request.set_continuation_token(token.clone()).send().await;
                page.map_err(|error| Fault::of(&error))
            });
            let page = page.await.map_err(|fault| about(&fault, bucket))?;
            files.extend(page.contents().iter().filter_map(|object| {
                Some(ListedFile {
                    key: object.key()?.to_owned(),
                    bytes: object.size().and_then(|size| size.try_into().ok()).unwrap_or(0),
                    e_tag: object.e_tag().map(str::to_owned),
                    modified: object.last_modified().and_then(|at| at.to_millis().ok()),
                })
            }));
            let more = page.is_truncated == Some(true);
            token = page.next_continuation_token;
            match (&token, more) {
                (Some(_), _) => {}
                (None, false) => return Ok(files),
                (None, true) => return Err(about(&Fault::cut_off(), bucket)),
            }
        }
    }

    /// Begins to read an object, as it is under that ETag. `None` where there is none.
    ///
    /// # Errors
    /// Where it can't be read.
    pub async fn read(
        &self,
        bucket: &str,
        key: &str,
        e_tag: Option<&str>,
    ) -> Result<Option<Reading>, Failure> {
        let (client, bucket, key) = (self.client.clone(), bucket.to_owned(), key.to_owned());
        let mut reading =
            Reading { client, bucket, key, e_tag: e_tag.map(str::to_owned), body: None, at: 0, length: None };
        match reading.open().await {
            Ok(there) => Ok(there.then_some(reading)),
            Err(fault) => Err(about(&fault, &reading.bucket)),
        }
    }

    /// Writes an object whole, in place of another one.
    ///
    /// # Errors
    /// Where it is not known to be written.
    pub async fn put(
        &self,
        bucket: &str,
        key: &str,
        body: &Bytes,
        content_type: &str,
    ) -> Result<(), Failure> {
        let put = patiently(|| async {
            let request = self.client.put_object().bucket(bucket).key(key).content_type(content_type);
            let put = request.body(ByteStream::from(body.clone())).send().await;
            put.map(|_| ()).map_err(|error| Fault::of(&error))
        });
        put.await.map_err(|fault| about(&fault, bucket))
    }

    /// Writes an object whole where the condition holds, and gives its ETag.
    ///
    /// # Errors
    /// Where the condition does not hold, or it is not known whether the object is written.
    pub async fn put_if(
        &self,
        bucket: &str,
        key: &str,
        body: &Bytes,
        condition: Condition<'_>,
    ) -> Result<String, PutError> {
        let put = patiently(|| async {
            let request = self.client.put_object().bucket(bucket).key(key);
            let request = match condition {
                Condition::Absent => request.if_none_match("*"),
                Condition::Is(e_tag) => request.if_match(e_tag),
            };
            match request.body(ByteStream::from(body.clone())).send().await {
                Ok(output) => Ok(Some(output.e_tag.unwrap_or_default())),
                Err(error) if error.code() == Some("PreconditionFailed") => Ok(None),
                // Two have written at the same time: which one was first shows the next try.
                Err(error) if error.code() == Some("ConditionalRequestConflict") => Err(Fault::passing(
                    enrich_engine::lookup::ErrorCode::Unavailable,
                    "ConditionalRequestConflict",
                )),
                Err(error) => Err(Fault::of(&error)),
            }
        });
        match put.await.map_err(|fault| PutError::Failed(about(&fault, bucket)))? {
            Some(e_tag) => Ok(e_tag),
            None => self.written_before(bucket, key, body).await,
        }
    }

    /// The ETag of the object if it is what was to be written: the answer to an earlier try was lost.
    async fn written_before(&self, bucket: &str, key: &str, body: &Bytes) -> Result<String, PutError> {
        let failed = |failure| PutError::Failed(failure);
        let mut reading = self.read(bucket, key, None).await.map_err(failed)?.ok_or(PutError::Condition)?;
        let mut there = Vec::new();
        while let Some(bytes) = reading.next().await.map_err(failed)? {
            there.extend_from_slice(&bytes);
        }
        match reading.e_tag {
            Some(e_tag) if there == *body => Ok(e_tag),
            _ => Err(PutError::Condition),
        }
    }

    /// Deletes an object that may be there.
    ///
    /// # Errors
    /// Where it may still be there.
    pub async fn delete(&self, bucket: &str, key: &str) -> Result<(), Failure> {
        let delete = patiently(|| async {
            let delete = self.client.delete_object().bucket(bucket).key(key).send().await;
            delete.map(|_| ()).map_err(|error| Fault::of(&error))
        });
        delete.await.map_err(|fault| about(&fault, bucket))
    }

    /// Begins an object that is written in parts. It is there once it is complete.
    ///
    /// # Errors
    /// Where it can't be begun.
    pub async fn upload(&self, bucket: &str, key: &str, content_type: &str) -> Result<Upload, Failure> {
        let begin = patiently(|| async {
            let request = self.client.create_multipart_upload().bucket(bucket).key(key);
            let begun = request.content_type(content_type).send().await;
            begun.map_err(|error| Fault::of(&error))
        });
        let begun = begin.await.map_err(|fault| about(&fault, bucket))?;
        let id = begun.upload_id.ok_or_else(|| about(&Fault::no_result(), bucket))?;
        let (client, bucket, key) = (self.client.clone(), bucket.to_owned(), key.to_owned());
        Ok(Upload { client, bucket, key, id, parts: Vec::new() })
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files").finish_non_exhaustive()
    }
}

/// An object that is being read. Where the connection breaks off it goes on behind what was read, of the same object.
#[derive(Debug)]
pub struct Reading {
    client: Client,
    bucket: String,
    key: String,
    e_tag: Option<String>,
    body: Option<ByteStream>,
    /// How many bytes were read.
    at: u64,
    /// How many there are.
    length: Option<u64>,
}

impl Reading {
    /// The ETag of what is read.
    #[must_use]
    pub fn e_tag(&self) -> Option<&str> {
        self.e_tag.as_deref()
    }

    /// The next bytes; `None` at the end, once as many were read as the object has.
    ///
    /// # Errors
    /// Where they can't be read.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        let mut tries = 0;
        loop {
            let Some(body) = &mut self.body else { return Ok(None) };
            match body.next().await {
                Some(Ok(bytes)) => {
                    self.at += bytes.len() as u64;
                    return Ok(Some(bytes));
                }
                None if self.length.is_none_or(|length| length == self.at) => {
                    self.body = None;
                    return Ok(None);
                }
                None | Some(Err(_)) if tries < TRIES => tries += 1,
                None | Some(Err(_)) => return Err(about(&Fault::cut_off(), &self.bucket)),
            }
            match self.open().await {
                Ok(true) => {}
                Ok(false) => return Err(about(&another(), &self.bucket)),
                Err(fault) => return Err(about(&fault, &self.bucket)),
            }
        }
    }

    /// Begins to read behind what was read; false where there is no object.
    async fn open(&mut self) -> Result<bool, Fault> {
        let output = patiently(|| async {
            let request = self.client.get_object().bucket(&self.bucket).key(&self.key);
            let range = (self.at > 0).then(|| format!("bytes={}-", self.at));
            match request.set_if_match(self.e_tag.clone()).set_range(range).send().await {
                Ok(output) => Ok(Some(output)),
                Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => {
                    Ok(None)
                }
                Err(error) if error.code() == Some("PreconditionFailed") => Err(another()),
                Err(error) => Err(Fault::of(&error)),
            }
        })
        .await?;
        let Some(output) = output else { return Ok(false) };
        let rest = output.content_length.and_then(|length| u64::try_from(length).ok());
        self.length = rest.map(|rest| self.at + rest);
        self.e_tag = output.e_tag.or(self.e_tag.take());
        self.body = Some(output.body);
        Ok(true)
    }
}

/// The object has been replaced while it was read, or has gone.
fn another() -> Fault {
    Fault::new(ErrorCode::Refused, "the object is another one by now")
}

/// An object that is being written in parts.
#[derive(Debug)]
pub struct Upload {
    client: Client,
    bucket: String,
    key: String,
    id: String,
    parts: Vec<CompletedPart>,
}

impl Upload {
    /// How long the next part has to be, in bytes; the last one may be shorter.
    #[must_use]
    pub fn part_length(&self) -> usize {
        part_length(self.parts.len())
    }

    /// How long the first part is.
    #[must_use]
    pub fn first_length() -> usize {
        part_length(0)
    }

    /// Writes the next part.
    ///
    /// # Errors
    /// Where it is not known to be written.
    pub async fn part(&mut self, body: &Bytes) -> Result<(), Failure> {
        let number = i32::try_from(self.parts.len() + 1).unwrap_or(i32::MAX);
        let put = patiently(|| async {
            let request = self.client.upload_part().bucket(&self.bucket).key(&self.key).upload_id(&self.id);
            let put = request.part_number(number).body(ByteStream::from(body.clone())).send().await;
            put.map_err(|error| Fault::of(&error))
        });
        let put = put.await.map_err(|fault| about(&fault, &self.bucket))?;
        let part = CompletedPart::builder().part_number(number).set_e_tag(put.e_tag);
        self.parts.push(part.set_checksum_crc32(put.checksum_crc32).build());
        Ok(())
    }

    /// Puts the object in place of another one.
    ///
    /// # Errors
    /// Where it is not known to be there.
    pub async fn complete(&self) -> Result<(), Failure> {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(self.parts.clone())).build();
        let complete = patiently(|| async {
            let request = self.client.complete_multipart_upload().bucket(&self.bucket).key(&self.key);
            let complete = request.upload_id(&self.id).multipart_upload(parts.clone()).send().await;
            complete.map(|_| ()).map_err(|error| Fault::of(&error))
        });
        complete.await.map_err(|fault| about(&fault, &self.bucket))
    }

    /// Gives the object up, so that its parts cost nothing. What fails of that a lifecycle rule of the bucket does.
    pub async fn abort(&self) {
        let request = self.client.abort_multipart_upload().bucket(&self.bucket).key(&self.key);
        let _ = request.upload_id(&self.id).send().await;
    }
}

fn part_length(parts: usize) -> usize {
    PART << (parts / PARTS_OF_A_LENGTH)
}

/// Makes a request again, with longer and longer pauses, while its faults may pass.
async fn patiently<T, F: Future<Output = Result<T, Fault>>>(
    mut request: impl FnMut() -> F,
) -> Result<T, Fault> {
    let mut pause = FIRST_PAUSE;
    for _ in 1..TRIES {
        match request().await {
            // Unlike a batch that somebody waits for, a file has time for what only may pass.
            Err(fault) if fault.may_pass() || fault.code == ErrorCode::Unavailable => {}
            ended => return ended,
        }
        tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
        pause *= 2;
    }
    request().await
}

fn about(fault: &Fault, bucket: &str) -> Failure {
    fault.about(format_args!("bucket `{bucket}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_object_fits_into_the_parts_that_there_are() {
        let all: u128 = (0..10_000).map(|part| part_length(part) as u128).sum();
        assert!(all > 5 << 40, "{all}");
        assert!(part_length(9_999) <= 5 << 30);
    }
}
