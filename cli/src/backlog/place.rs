//! Where a backlog lies, and where what becomes of it goes.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

const S3: &str = "s3://";

/// A folder, or a prefix in S3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A folder of this machine; of events also one file.
    Folder(PathBuf),
    /// A prefix in a bucket.
    S3 {
        /// The bucket.
        bucket: String,
        /// The prefix, as it was said.
        prefix: String,
    },
}

impl Place {
    /// The prefix as that of a folder: empty, or with a slash at its end.
    #[must_use]
    pub fn folder_prefix(prefix: &str) -> String {
        let slash = if prefix.is_empty() || prefix.ends_with('/') { "" } else { "/" };
        format!("{prefix}{slash}")
    }

    /// Whether the place is that other one, or lies in it.
    #[must_use]
    pub fn lies_in(&self, other: &Place) -> bool {
        match (self, other) {
            (Place::Folder(inner), Place::Folder(outer)) => {
                fs::canonicalize(outer).is_ok_and(|outer| whole(inner).starts_with(outer))
            }
            (Place::S3 { bucket, prefix }, Place::S3 { bucket: other, prefix: outer }) => {
                bucket == other && Self::folder_prefix(prefix).starts_with(&Self::folder_prefix(outer))
            }
            _ => false,
        }
    }

    /// The whole name of a file there, as no other file has it.
    #[must_use]
    pub fn whole_name(&self, name: &str) -> String {
        match self {
            Place::Folder(path) => whole(&path.join(name)).display().to_string(),
            Place::S3 { bucket, prefix } => format!("{S3}{bucket}/{}{name}", Self::folder_prefix(prefix)),
        }
    }

    /// Whether it is in S3.
    #[must_use]
    pub fn is_s3(&self) -> bool {
        matches!(self, Place::S3 { .. })
    }
}

/// The path without links, as far as it is there.
pub(super) fn whole(path: &Path) -> PathBuf {
    let parts = path.ancestors().find_map(|there| {
        let there_or_here = if there.as_os_str().is_empty() { Path::new(".") } else { there };
        Some((fs::canonicalize(there_or_here).ok()?, path.strip_prefix(there).ok()?))
    });
    parts.map_or_else(|| path.to_owned(), |(there, rest)| there.join(rest))
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some(rest) = text.strip_prefix(S3) else {
            let empty = text.is_empty().then(|| "name a folder, or `s3://BUCKET/PREFIX`".to_owned());
            return empty.map_or_else(|| Ok(Place::Folder(text.into())), Err);
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() || prefix.starts_with('/') {
            return Err("write it as `s3://BUCKET/PREFIX`".to_owned());
        }
        Ok(Place::S3 { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Folder(path) => write!(f, "{}", path.display()),
            Place::S3 { bucket, prefix } => write!(f, "{S3}{bucket}/{prefix}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Place {
        text.parse().expect(text)
    }

    #[test]
    fn a_place_is_a_folder_or_a_prefix() {
        assert_eq!(place("out/a"), Place::Folder("out/a".into()));
        assert_eq!(place("s3://b/a/c"), Place::S3 { bucket: "b".to_owned(), prefix: "a/c".to_owned() });
        assert_eq!(place("s3://b"), Place::S3 { bucket: "b".to_owned(), prefix: String::new() });
        for wrong in ["", "s3://", "s3:///x", "s3://b//x"] {
            assert!(wrong.parse::<Place>().is_err(), "{wrong}");
        }
        for text in ["out/a", "s3://b/a/c", "s3://b/"] {
            assert_eq!(place(text).to_string(), text);
        }
    }

    #[test]
    fn one_place_lies_in_another() {
        for (inner, outer, expected) in [
            ("s3://b/a", "s3://b/a/", true),
            ("s3://b/a/c", "s3://b/a", true),
            ("s3://b/ab", "s3://b/a", false),
            ("s3://b/a", "s3://c/a", false),
            ("s3://b/a", "s3://b", true),
        ] {
            assert_eq!(place(inner).lies_in(&place(outer)), expected, "{inner} in {outer}");
        }
        let folder = tempfile::tempdir().expect("a folder");
        let at = |path: &str| Place::Folder(folder.path().join(path));
        fs::create_dir(folder.path().join("in")).expect("a folder");
        assert!(at("in").lies_in(&at("in")));
        assert!(at("in/not/there/yet").lies_in(&at("in")));
        assert!(at("not/../in").lies_in(&at(".")));
        assert!(!at("into").lies_in(&at("in")));
        assert!(!at("in").lies_in(&at("in/inner")));
    }
}
