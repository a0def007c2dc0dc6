//! Folders of this machine.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::Packing;
use super::files::{Listed, Source, StateFile, Target, Unfinished};
use super::journal::STATE;
use crate::durable;
use crate::replay::find;
use crate::store::is_file_name;

/// What stands before the name of a file that is being written. Nobody else writes there, so that it is always the
/// same, and what a run has left that was killed is written over.
const UNFINISHED: &str = ".unfinished-";

/// A folder, or a single file of events.
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// The file of that name; it never lies outside the folder.
    fn file(&self, name: &str) -> io::Result<PathBuf> {
        let mut path = self.path.clone();
        for part in name.split('/') {
            if !is_file_name(part) {
                let message = format!("the name has the part `{part}`, which no file can have");
                return Err(io::Error::new(io::ErrorKind::InvalidFilename, message));
            }
            path.push(part);
        }
        Ok(path)
    }

    fn listed(&self, path: &Path, root: &Path) -> io::Result<Listed> {
        let parts = path.strip_prefix(root).unwrap_or(path).components();
        let name: Option<Vec<_>> = parts.map(|part| part.as_os_str().to_str()).collect();
        let (Some(name), Some(at)) = (name, path.to_str()) else {
            let message = format!("the name of {} is not UTF-8", path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidFilename, message));
        };
        let about = fs::metadata(path)?;
        if !about.is_file() {
            // To open a pipe would mean to wait for its other end.
            return Err(io::Error::other(format!("{} is no plain file", path.display())));
        }
        let (name, at, shown) = (name.join("/"), at.to_owned(), path.display().to_string());
        Ok(Listed { name, at, shown, bytes: about.len(), stamp: stamp(&about)? })
    }
}

/// When a file was modified, in nanoseconds since 1970.
fn stamp(about: &fs::Metadata) -> io::Result<String> {
    let since = about.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(since.as_nanos().to_string())
}

impl Source for Folder {
    fn list(&self) -> io::Result<Vec<Listed>> {
        let files = find(std::slice::from_ref(&self.path)).map_err(io::Error::other)?;
        let alone = !fs::metadata(&self.path)?.is_dir();
        let root = if alone { self.path.parent().unwrap_or(Path::new("")) } else { &self.path };
        files.iter().map(|path| self.listed(path, root)).collect()
    }

    fn open(&self, file: &Listed) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(File::open(&file.at)?))
    }

    fn is_unchanged(&self, file: &Listed) -> io::Result<bool> {
        let about = fs::metadata(&file.at)?;
        Ok(about.len() == file.bytes && stamp(&about)? == file.stamp)
    }
}

impl Target for Folder {
    fn names(&self) -> io::Result<HashSet<String>> {
        if !fs::exists(&self.path)? {
            return Ok(HashSet::new());
        }
        Ok(self.list()?.into_iter().map(|file| file.name).collect())
    }

    fn create(&self, name: &str, _: Packing) -> io::Result<Box<dyn Unfinished>> {
        let path = self.file(name)?;
        let folder = path.parent().unwrap_or(&self.path).to_owned();
        durable::make_folder(&folder)?;
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let unfinished = folder.join(format!("{UNFINISHED}{file}"));
        let out = BufWriter::with_capacity(1 << 17, File::create(&unfinished)?);
        Ok(Box::new(Written { out: Some(out), unfinished, path, folder }))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.file(name)?) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn state(&self) -> io::Result<Box<dyn StateFile>> {
        durable::make_folder(&self.path)?;
        let path = self.path.join(STATE);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
        // The system takes the lock away with the process, however that ends.
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::other("another run is writing there: wait for its end"));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        durable::sync_folder(&self.path)?;
        Ok(Box::new(State { path, file }))
    }
}

/// A file under the name of an unfinished one.
struct Written {
    /// Nothing once it is finished.
    out: Option<BufWriter<File>>,
    unfinished: PathBuf,
    path: PathBuf,
    folder: PathBuf,
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.as_mut().map_or(Ok(0), |out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.as_mut().map_or(Ok(()), BufWriter::flush)
    }
}

impl Unfinished for Written {
    fn finish(mut self: Box<Self>) -> io::Result<()> {
        let Some(out) = &mut self.out else { return Ok(()) };
        out.flush()?;
        out.get_ref().sync_all()?;
        fs::rename(&self.unfinished, &self.path)?;
        self.out = None;
        durable::sync_folder(&self.folder)
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        if let Some(out) = self.out.take() {
            // What is in memory is of no use any more.
            drop(out.into_parts());
            let _ = fs::remove_file(&self.unfinished);
        }
    }
}

/// The state, locked.
struct State {
    path: PathBuf,
    file: File,
}

impl StateFile for State {
    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        self.file.seek(SeekFrom::Start(0))?;
        self.file.read_to_end(&mut text)?;
        Ok(text)
    }

    fn replace(&mut self, text: &[u8]) -> io::Result<()> {
        // A beginning of what is there is kept as it is: the power may be lost at any moment.
        let there = self.read()?;
        let same = there.iter().zip(text).take_while(|(a, b)| a == b).count();
        let (same, rest) = text.split_at(same);
        self.file.set_len(same.len() as u64)?;
        self.file.seek(SeekFrom::End(0))?;
        self.file.write_all(rest)?;
        self.file.sync_all()
    }

    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        self.file.write_all(line)?;
        self.file.sync_data()
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Folder, name: &str, text: &str) -> io::Result<Box<dyn Unfinished>> {
        let mut file = folder.create(name, Packing::Plain)?;
        file.write_all(text.as_bytes())?;
        Ok(file)
    }

    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = Folder::new(&temporary.path().join("made/with/the/first"));
        assert_eq!(folder.names().expect("no folder yet"), HashSet::new());
        let unfinished = write(&folder, "a/b.ndjson", "old").expect("written");
        assert_eq!(folder.names().expect("a folder"), HashSet::new());
        unfinished.finish().expect("finished");
        drop(write(&folder, "a/b.ndjson", "new"));
        let path = folder.path.join("a/b.ndjson");
        assert_eq!(fs::read_to_string(&path).expect("the file"), "old");
        let inside = fs::read_dir(folder.path.join("a")).expect("a folder").count();
        assert_eq!(inside, 1, "nothing unfinished is left");
        write(&folder, "a/b.ndjson", "new").expect("written").finish().expect("finished");
        assert_eq!(fs::read_to_string(&path).expect("the file"), "new");
        folder.remove("a/b.ndjson").expect("removed");
        folder.remove("a/b.ndjson").expect("was removed");
        assert_eq!(folder.names().expect("a folder"), HashSet::new());
    }

    #[test]
    fn a_name_stays_inside_the_folder() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = Folder::new(&temporary.path().join("out"));
        for name in ["../x", "a/../../x", "/x", "a//x", "a/./x", "", ".."] {
            assert!(folder.create(name, Packing::Plain).is_err(), "{name:?}");
            assert!(folder.remove(name).is_err(), "{name:?}");
        }
        assert_eq!(fs::read_dir(temporary.path()).expect("the folder").count(), 0);
    }

    #[test]
    fn files_are_listed_with_their_names_below_the_folder() {
        let temporary = tempfile::tempdir().expect("a folder");
        for name in ["b.ndjson", "a/c.gz", ".hidden", ".hid/d"] {
            let path = temporary.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, name).expect("a file");
        }
        let names = |path: &Path| {
            let files = Folder::new(path).list().expect("a folder");
            files.into_iter().map(|file| (file.name, file.bytes)).collect::<Vec<_>>()
        };
        assert_eq!(names(temporary.path()), [("a/c.gz".to_owned(), 6), ("b.ndjson".to_owned(), 8)]);
        assert_eq!(names(&temporary.path().join("a/c.gz")), [("c.gz".to_owned(), 6)]);
        assert!(Folder::new(&temporary.path().join("none")).list().is_err());
    }

    #[test]
    fn one_run_at_a_time_writes_into_a_folder() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = Folder::new(temporary.path());
        let mut first = folder.state().expect("the first");
        let error = folder.state().map(|_| ()).expect_err("the second");
        assert_eq!(error.to_string(), "another run is writing there: wait for its end");
        first.replace(b"1\n2\n").expect("written");
        first.append(b"3\n").expect("written");
        drop(first);
        let mut next = folder.state().expect("the next");
        assert_eq!(next.read().expect("the state"), b"1\n2\n3\n");
        next.replace(b"1\nx\n").expect("written");
        assert_eq!(next.read().expect("the state"), b"1\nx\n");
    }
}
