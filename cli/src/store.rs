//! Objects as files of a folder.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use enrich_engine::Timestamp;
use enrich_engine::lookup::{BoxFuture, ErrorCode, Failure};
use enrich_engine::output::{Object, ObjectStore};

/// Keeps objects as files: `FOLDER/BUCKET/KEY`.
///
/// A file is there whole or not at all: it gets its name only after its last byte is on the disk.
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

    fn write(&self, object: &Object) -> Result<(), Failure> {
        let path = self.path(&object.bucket, &object.key)?;
        let folder = path.parent().unwrap_or(&self.folder);
        let fail = |error: io::Error| failure(&error, folder);
        fs::create_dir_all(folder).map_err(fail)?;
        let number = self.writes.fetch_add(1, Ordering::Relaxed);
        let unfinished = folder.join(format!(".unfinished-{}-{number}", std::process::id()));
        let written = write_new(&unfinished, &object.body).and_then(|()| fs::rename(&unfinished, &path));
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

/// Whether the text names one thing inside a folder, on any system.
fn is_file_name(text: &str) -> bool {
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
    Failure::new(code, format!("can't write an object in {}: {error}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn put(store: &FolderStore, key: &str, body: &str) -> Result<(), Failure> {
        let object = Object::new("bucket", key, body.as_bytes().to_vec(), "application/json");
        store.put(&object, None).now_or_never().expect("files need no waiting")
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
