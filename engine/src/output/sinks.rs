//! All that events and rejects are written to.

use std::fmt;
use std::sync::Arc;

use super::{DeliveryStreams, ObjectStore, Queues};
use crate::program::Destination;

/// What events and rejects are written to. What a rule set does not write to may be left out.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Sinks {
    /// Keeps objects.
    pub objects: Option<Arc<dyn ObjectStore>>,
    /// Takes the lines of delivery streams.
    pub streams: Option<Arc<dyn DeliveryStreams>>,
    /// Keeps messages.
    pub queues: Option<Arc<dyn Queues>>,
}

impl Sinks {
    /// None of them.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With a store for objects.
    #[must_use]
    pub fn objects(mut self, objects: Arc<dyn ObjectStore>) -> Self {
        self.objects = Some(objects);
        self
    }

    /// With delivery streams.
    #[must_use]
    pub fn streams(mut self, streams: Arc<dyn DeliveryStreams>) -> Self {
        self.streams = Some(streams);
        self
    }

    /// With queues.
    #[must_use]
    pub fn queues(mut self, queues: Arc<dyn Queues>) -> Self {
        self.queues = Some(queues);
        self
    }

    /// Whether all of these are there.
    ///
    /// # Errors
    /// Where one is not.
    pub fn hold(&self, kinds: SinkKinds) -> Result<(), NoSink> {
        let all = [
            (kinds.objects && self.objects.is_none(), "objects"),
            (kinds.streams && self.streams.is_none(), "delivery streams"),
            (kinds.queues && self.queues.is_none(), "queues"),
        ];
        all.into_iter().find(|(lacks, _)| *lacks).map_or(Ok(()), |(_, what)| Err(NoSink { what }))
    }
}

impl fmt::Debug for Sinks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sinks")
            .field("objects", &self.objects.is_some())
            .field("streams", &self.streams.is_some())
            .field("queues", &self.queues.is_some())
            .finish()
    }
}

/// Kinds of sinks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SinkKinds {
    /// Objects.
    pub objects: bool,
    /// Delivery streams.
    pub streams: bool,
    /// Queues.
    pub queues: bool,
}

impl SinkKinds {
    /// And what that destination needs.
    #[must_use]
    pub fn with(self, destination: &Destination) -> Self {
        match destination {
            Destination::Objects(_) => Self { objects: true, ..self },
            Destination::Queue(_) => Self { queues: true, ..self },
        }
    }
}

/// The rules write to what is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NoSink {
    /// What it is: `objects`, `delivery streams` or `queues`.
    pub what: &'static str,
}

impl fmt::Display for NoSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the rules write to {}, and there are none here", self.what)
    }
}

impl std::error::Error for NoSink {}
