//! Places to what can be read and written there.

use super::files::{Source, Target};
use super::folder::Folder;
use super::{BacklogError, Place};

/// Opens places.
#[derive(Default)]
pub(crate) struct Places {
    /// S3, where one of the places is there.
    #[cfg(feature = "aws")]
    pub(crate) s3: Option<super::S3>,
}

impl Places {
    pub(super) fn source(&self, place: &Place) -> Result<Box<dyn Source>, BacklogError> {
        match place {
            Place::Folder(path) => Ok(Box::new(Folder::new(path))),
            Place::S3 { .. } => self.s3(place).map(|s3| Box::new(s3) as Box<dyn Source>),
        }
    }

    pub(super) fn target(&self, place: &Place) -> Result<Box<dyn Target>, BacklogError> {
        match place {
            Place::Folder(path) => Ok(Box::new(Folder::new(path))),
            Place::S3 { .. } => self.s3(place).map(|s3| Box::new(s3) as Box<dyn Target>),
        }
    }

    #[cfg(feature = "aws")]
    fn s3(&self, place: &Place) -> Result<super::s3::Prefix, BacklogError> {
        match (&self.s3, place) {
            (Some(s3), Place::S3 { bucket, prefix }) => Ok(s3.prefix(bucket, prefix)),
            _ => Err(BacklogError::NoS3 { place: place.to_string() }),
        }
    }

    #[cfg(not(feature = "aws"))]
    fn s3(&self, place: &Place) -> Result<Folder, BacklogError> {
        Err(BacklogError::NoS3 { place: place.to_string() })
    }
}
