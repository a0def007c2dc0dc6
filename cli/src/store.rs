//! What would be written to AWS, as files of a folder.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use enrich_engine::lookup::{BoxFuture, ErrorCode, Failure};
use enrich_engine::output::{DeliveryStreams, Message, Object, ObjectStore, Queues, Sinks};
use enrich_engine::{Queue, Timestamp};

use crate::durable;

/// Keeps objects as files, `FOLDER/BUCKET/KEY`; what would be put into a delivery stream and sent to a queue
/// at the end of a file for each of them, `FOLDER/_firehose/NAME.ndjson` and `FOLDER/_sqs/NAME.ndjson`. No bucket
/// has such a name.
///
/// An object is there whole or not at all: it gets its name only after its last byte is on the disk, and what is told to
/// be written still has its name after the power was lost.
#[derive(Debug)]
pub struct FolderStore {
    folder: PathBuf,
    /// Tells the unfinished files of this process apart.
    writes: AtomicU64,
}

impl FolderStore {
    /// Objects under that folder, which is made with the first of them.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), writes: AtomicU64::new(0) }
    }

    /// The file of that object, or why there can be none.
    ///
    /// # Errors
    /// [`ErrorCode::Refused`] where the bucket or the key would lead out of the folder, or two keys of
    /// S3 would be one file (`a//b`).
    pub fn path(&self, bucket: &str, key: &str) -> Result<PathBuf, Failure> {
        let mut path = self.folder.clone();
        if !is_file_name(bucket) {
            return Err(refused(format!("the bucket `{bucket}` can't be a folder's name")));
        }
        path.push(bucket);
        for segment in key.split('/') {
            if !is_file_name(segment) {
                return Err(refused(format!(
                    "the key of an object has the part `{segment}`, which no file can"
                )));
            }
            path.push(segment);
        }
        Ok(path)
    }

    /// This folder in place of all that AWS keeps.
    #[must_use]
    pub fn sinks(self) -> Sinks {
        let store = Arc::new(self);
        Sinks::new().objects(store.clone()).streams(store.clone()).queues(store)
    }

    /// Appends lines to the file of a delivery stream or a queue.
    fn append<'l>(
        &self,
        kind: &str,
        name: &str,
        lines: impl Iterator<Item = &'l [u8]>,
    ) -> Result<(), Failure> {
        let folder = self.folder.join(kind);
        let fail = |error: io::Error| failure(&error, &folder);
        if !is_file_name(name) {
            return Err(refused(format!("`{name}` can't be a file's name")));
        }
        let mut text = Vec::new();
        for line in lines {
            text.extend_from_slice(line.trim_ascii_end());
            text.push(b'\n');
        }
        durable::make_folder(&folder).map_err(fail)?;
        let path = folder.join(format!("{name}.ndjson"));
        let mut file = OpenOptions::new().append(true).create(true).open(path).map_err(fail)?;
        let written = file.write_all(&text).and_then(|()| file.sync_all());
        written.and_then(|()| durable::sync_folder(&folder)).map_err(fail)
    }

    fn write(&self, object: &Object) -> Result<(), Failure> {
        let path = self.path(&object.bucket, &object.key)?;
        let folder = path.parent().unwrap_or(&self.folder);
        let fail = |error: io::Error| failure(&error, folder);
        durable::make_folder(folder).map_err(fail)?;
        let number = self.writes.fetch_add(1, Ordering::Relaxed);
        let unfinished = folder.join(format!(".unfinished-{}-{number}", std::process::id()));
        let written = write_new(&unfinished, &object.body).and_then(|()| fs::rename(&unfinished, &path));
        let written = written.and_then(|()| durable::sync_folder(folder));
        written.map_err(|error| {
            // What is left of the attempt is of no use; the error that counts is the first one.
            let _ = fs::remove_file(&unfinished);
            fail(error)
        })
    }
}

impl ObjectStore for FolderStore {
    fn put<'a>(
        &'a self,
        object: &'a Object,
        _deadline: Option<Timestamp>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move { self.write(object) })
    }
}

impl DeliveryStreams for FolderStore {
    fn put<'a>(
        &'a self,
        stream: &'a str,
        lines: &'a [Vec<u8>],
        _deadline: Option<Timestamp>,
    ) -> BoxFuture<'a, Vec<Result<(), Failure>>> {
        Box::pin(async move {
            let result = self.append("_firehose", stream, lines.iter().map(Vec::as_slice));
            vec![result; lines.len()]
        })
    }
}

impl Queues for FolderStore {
    fn send<'a>(
        &'a self,
        queue: &'a Queue,
        messages: &'a [Message],
        _deadline: Option<Timestamp>,
    ) -> BoxFuture<'a, Vec<Result<(), Failure>>> {
        Box::pin(async move {
            let bodies = messages.iter().map(|message| message.body.as_bytes());
            vec![self.append("_sqs", &queue.name, bodies); messages.len()]
        })
    }
}

/// Whether the text names one thing inside a folder, on any system.
pub(crate) fn is_file_name(text: &str) -> bool {
    let mut components = Path::new(text).components();
    let alone = matches!(components.next(), Some(Component::Normal(name)) if name == text);
    alone && components.next().is_none() && !text.contains(['\0', '\\'])
}

fn write_new(path: &Path, body: &[u8]) -> io::Result<()> {
    let mut file: File = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(body)?;
    file.sync_all()
}

fn refused(message: String) -> Failure {
    Failure::new(ErrorCode::Refused, message)
}

fn failure(error: &io::Error, folder: &Path) -> Failure {
    use io::ErrorKind;
    let code = match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => ErrorCode::Denied,
        // `a` and `a/b` are two objects, but no file is a folder too.
        ErrorKind::NotADirectory
        | ErrorKind::IsADirectory
        | ErrorKind::AlreadyExists
        | ErrorKind::InvalidFilename
        | ErrorKind::InvalidInput => ErrorCode::Refused,
        ErrorKind::NotFound => ErrorCode::Absent,
        _ => ErrorCode::Unavailable,
    };
    Failure::new(code, format!("can't write in {}: {error}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn put(store: &FolderStore, key: &str, body: &str) -> Result<(), Failure> {
        let object = Object::new("bucket", key, body.as_bytes().to_vec(), "application/json");
        ObjectStore::put(store, &object, None).now_or_never().expect("files need no waiting")
    }

    #[test]
    fn an_object_is_a_file_and_a_second_one_replaces_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = FolderStore::new(folder.path().join("made/with/the/first"));
        assert_eq!(put(&store, "a/b/1.json", "old"), Ok(()));
        assert_eq!(put(&store, "a/b/1.json", "new"), Ok(()));
        let made = folder.path().join("made/with/the/first/bucket/a/b");
        assert_eq!(fs::read_to_string(made.join("1.json")).expect("the object"), "new");
        assert_eq!(fs::read_dir(made).expect("the folder").count(), 1, "nothing unfinished is left");
    }

    #[test]
    fn a_key_stays_inside_the_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = FolderStore::new(folder.path().join("out"));
        for key in ["../x", "a/../../x", "/x", "a//x", "a/./x", "a/", "", "a\\..\\x", "a\0x", ".."] {
            assert_eq!(
                put(&store, key, "").map_err(|failure| failure.code),
                Err(ErrorCode::Refused),
                "{key:?}"
            );
        }
        for bucket in ["", ".", "..", "a/b", "/"] {
            assert!(store.path(bucket, "x").is_err(), "{bucket:?}");
        }
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0);
        assert!(store.path("bucket", "enriched-data/2026/01/02/03/..x/y:1:2.json").is_ok());
    }

    #[test]
    fn lines_and_messages_are_appended() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = FolderStore::new(folder.path());
        let queue = Queue::parse("arn:aws:sqs:eu-west-1:111122223333:bad.fifo").expect("a queue");
        for text in ["1", "2"] {
            let lines = [b"{\"a\":1}\n".to_vec(), text.into()];
            let put = DeliveryStreams::put(&store, "orders", &lines, None).now_or_never();
            assert_eq!(put, Some(vec![Ok(()); 2]));
            let sent = store.send(&queue, &[Message::new(text, None)], None).now_or_never();
            assert_eq!(sent, Some(vec![Ok(())]));
        }
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect(name);
        assert_eq!(read("_firehose/orders.ndjson"), "{\"a\":1}\n1\n{\"a\":1}\n2\n");
        assert_eq!(read("_sqs/bad.fifo.ndjson"), "1\n2\n");
        let put = DeliveryStreams::put(&store, "../orders", &[Vec::new()], None).now_or_never();
        assert!(
            matches!(put.as_deref(), Some([Err(failure)]) if failure.code == ErrorCode::Refused),
            "{put:?}"
        );
    }

    #[test]
    fn a_key_under_another_object_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = FolderStore::new(folder.path());
        assert_eq!(put(&store, "a", "1"), Ok(()));
        assert_eq!(put(&store, "a/b", "2").map_err(|failure| failure.code), Err(ErrorCode::Refused));
        assert_eq!(put(&store, "c/d", "3"), Ok(()));
        assert_eq!(put(&store, "c", "4").map_err(|failure| failure.code), Err(ErrorCode::Refused));
        let left = fs::read_dir(folder.path().join("bucket")).expect("the folder").count();
        assert_eq!(left, 2, "`a` and `c`, and nothing unfinished");
    }
}
