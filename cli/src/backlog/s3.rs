//! Prefixes in S3.

use std::collections::HashSet;
use std::io::{self, Read, Write};

use bytes::{Buf as _, Bytes};
use enrich_aws::s3::{Condition, Files, ListedFile, PutError, Reading, Upload};
use enrich_engine::lookup::Failure;
use tokio::runtime::Handle;

use super::files::{Listed, Source, StateFile, Target, Unfinished};
use super::journal::STATE;
use super::{Packing, Place};

/// S3, for threads that wait for its answers.
#[derive(Clone)]
pub(crate) struct S3 {
    files: Files,
    runtime: Handle,
}

impl S3 {
    /// These files, over connections that this runtime drives.
    pub(crate) fn new(files: Files, runtime: Handle) -> Self {
        Self { files, runtime }
    }

    /// What lies below a prefix.
    pub(super) fn prefix(&self, bucket: &str, prefix: &str) -> Prefix {
        Prefix { s3: self.clone(), bucket: bucket.to_owned(), prefix: prefix.to_owned() }
    }

    fn wait<T>(&self, answer: impl Future<Output = Result<T, Failure>>) -> io::Result<T> {
        self.runtime.block_on(answer).map_err(io::Error::other)
    }
}

/// What lies below a prefix: the objects behind its slash; of events also the one object of that key.
pub(super) struct Prefix {
    s3: S3,
    bucket: String,
    prefix: String,
}

impl Prefix {
    fn key(&self, name: &str) -> String {
        format!("{}{name}", Place::folder_prefix(&self.prefix))
    }

    fn listed(&self, name: &str, ListedFile { key, bytes, e_tag, modified, .. }: &ListedFile) -> Listed {
        let modified = || modified.map(|at| at.to_string());
        Listed {
            name: name.to_owned(),
            at: key.clone(),
            shown: format!("s3://{}/{key}", self.bucket),
            bytes: *bytes,
            stamp: e_tag.clone().or_else(modified).unwrap_or_default(),
        }
    }
}

/// Whether the name is that of a file: none that is hidden, and none that consoles make for a folder.
fn is_file(name: &str) -> bool {
    !name.is_empty() && !name.ends_with('/') && !name.split('/').any(|part| part.starts_with('.'))
}

impl Source for Prefix {
    fn list(&self) -> io::Result<Vec<Listed>> {
        let folder = Place::folder_prefix(&self.prefix);
        let below = self.s3.wait(self.s3.files.list(&self.bucket, &folder))?;
        let named = below.iter().filter_map(|file| Some((file.key.strip_prefix(&folder)?, file)));
        let files: Vec<_> = named.filter(|(name, _)| is_file(name)).collect();
        if !files.is_empty() || folder == self.prefix {
            return Ok(files.into_iter().map(|(name, file)| self.listed(name, file)).collect());
        }
        let alike = self.s3.wait(self.s3.files.list(&self.bucket, &self.prefix))?;
        let name = self.prefix.rsplit('/').next().unwrap_or_default();
        let alone = alike.iter().filter(|file| file.key == self.prefix);
        Ok(alone.map(|file| self.listed(name, file)).collect())
    }

    fn open(&self, file: &Listed) -> io::Result<Box<dyn Read + Send>> {
        // An ETag has quotes; where the listing had none, the stamp is a time.
        let e_tag = Some(file.stamp.as_str()).filter(|stamp| stamp.ends_with('"'));
        let reading = self.s3.wait(self.s3.files.read(&self.bucket, &file.at, e_tag))?;
        let reading = reading.ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(Body { s3: self.s3.clone(), reading, bytes: Bytes::new() }))
    }

    fn is_unchanged(&self, file: &Listed) -> io::Result<bool> {
        if file.stamp.ends_with('"') {
            // All of it was read under this ETag.
            return Ok(true);
        }
        let now = self.s3.wait(self.s3.files.list(&self.bucket, &file.at))?;
        let now = now.iter().find(|now| now.key == file.at).map(|now| self.listed(&file.name, now));
        Ok(now.as_ref() == Some(file))
    }
}

/// The bytes of an object.
struct Body {
    s3: S3,
    reading: Reading,
    /// Those that were received, but not read.
    bytes: Bytes,
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.bytes.is_empty() {
            match self.s3.wait(self.reading.next())? {
                Some(bytes) => self.bytes = bytes,
                None => return Ok(0),
            }
        }
        let length = buffer.len().min(self.bytes.len());
        self.bytes
            .try_copy_to_slice(buffer.get_mut(..length).unwrap_or_default())
            .map_err(io::Error::other)?;
        Ok(length)
    }
}

impl Target for Prefix {
    fn names(&self) -> io::Result<HashSet<String>> {
        let folder = Place::folder_prefix(&self.prefix);
        let files = self.s3.wait(self.s3.files.list(&self.bucket, &folder))?;
        Ok(files.iter().filter_map(|file| file.key.strip_prefix(&folder)).map(str::to_owned).collect())
    }

    fn create(&self, name: &str, packing: Packing) -> io::Result<Box<dyn Unfinished>> {
        let (s3, bucket, key) = (self.s3.clone(), self.bucket.clone(), self.key(name));
        let content_type = packing.content_type();
        Ok(Box::new(Written { s3, bucket, key, content_type, body: Vec::new(), upload: None }))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.s3.wait(self.s3.files.delete(&self.bucket, &self.key(name)))
    }

    fn state(&self) -> io::Result<Box<dyn StateFile>> {
        let (s3, bucket, key) = (self.s3.clone(), self.bucket.clone(), self.key(STATE));
        Ok(Box::new(State { s3, bucket, key, e_tag: None, text: Vec::new(), is_written: true }))
    }
}

/// An object that is put at once, or in parts where it is too long for that.
struct Written {
    s3: S3,
    bucket: String,
    key: String,
    content_type: &'static str,
    /// What is not sent yet.
    body: Vec<u8>,
    upload: Option<Upload>,
}

impl Written {
    /// Sends the next part, and begins with the first one.
    fn send(&mut self) -> io::Result<()> {
        if self.upload.is_none() {
            let begin = self.s3.files.upload(&self.bucket, &self.key, self.content_type);
            self.upload = Some(self.s3.wait(begin)?);
        }
        let body = Bytes::from(std::mem::take(&mut self.body));
        self.upload.as_mut().map_or(Ok(()), |upload| self.s3.wait(upload.part(&body)))
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.body.extend_from_slice(bytes);
        let length = self.upload.as_ref().map_or_else(Upload::first_length, Upload::part_length);
        if self.body.len() >= length {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Unfinished for Written {
    fn finish(mut self: Box<Self>) -> io::Result<()> {
        if self.upload.is_some() && !self.body.is_empty() {
            self.send()?;
        }
        match &self.upload {
            Some(upload) => self.s3.wait(upload.complete())?,
            None => {
                let body = Bytes::from(std::mem::take(&mut self.body));
                self.s3.wait(self.s3.files.put(&self.bucket, &self.key, &body, self.content_type))?;
            }
        }
        self.upload = None;
        Ok(())
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        if let Some(upload) = &self.upload {
            self.s3.runtime.block_on(upload.abort());
        }
    }
}

/// The state as an object. Objects have no locks: who writes has to know what was written last, so that of two runs the
/// one that began later goes on, and the other one ends.
struct State {
    s3: S3,
    bucket: String,
    key: String,
    /// Of what was read or written last.
    e_tag: Option<String>,
    text: Vec<u8>,
    is_written: bool,
}

impl StateFile for State {
    fn place(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }

    fn read(&mut self) -> io::Result<Vec<u8>> {
        self.text.clear();
        let Some(mut reading) = self.s3.wait(self.s3.files.read(&self.bucket, &self.key, None))? else {
            self.e_tag = None;
            return Ok(Vec::new());
        };
        while let Some(bytes) = self.s3.wait(reading.next())? {
            self.text.extend_from_slice(&bytes);
        }
        self.e_tag = reading.e_tag().map(str::to_owned);
        Ok(self.text.clone())
    }

    fn replace(&mut self, text: &[u8]) -> io::Result<()> {
        self.text = text.to_vec();
        self.is_written = false;
        self.flush()
    }

    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        self.text.extend_from_slice(line);
        self.is_written = false;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.is_written {
            return Ok(());
        }
        let body = Bytes::copy_from_slice(&self.text);
        let condition = self.e_tag.as_deref().map_or(Condition::Absent, Condition::Is);
        let put = self.s3.files.put_if(&self.bucket, &self.key, &body, condition);
        let e_tag = self.s3.runtime.block_on(put).map_err(|error| match error {
            PutError::Condition => io::Error::other("another run has begun to write there: this one ends"),
            error => io::Error::other(error),
        })?;
        self.e_tag = Some(e_tag);
        self.is_written = true;
        Ok(())
    }
}
