//! Memory that is kept from one batch to the next: to get it anew from the system costs more than what is done
//! with it.

use std::sync::{Mutex, PoisonError};

use bytes::BytesMut;

use super::Keys;
use super::answers::Answers;
use super::append::Rendered;
use super::routes::Routes;
use super::usual::Knowns;
use crate::json::Tapes;
use crate::lookup::KeyBytes;

/// The buffers of an engine, for as many batches as it works on at a time.
#[derive(Debug, Default)]
pub(crate) struct Pool(Mutex<Vec<Buffers>>);

/// The buffers of one batch.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    pub(super) reading: Reading,
    pub(super) answers: Answers,
    pub(super) out: Out,
}

/// What events are read into.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) tapes: Tapes,
    pub(super) knowns: Knowns,
    pub(super) routes: Routes,
    /// For each name of an event's rule, where its value is on the event's tape; 0 where there is none.
    pub(super) fields: Vec<u32>,
    pub(super) keys: Keys,
    /// One key, while it is put together.
    pub(super) key: KeyBytes,
}

/// What enriched events are written to.
#[derive(Debug, Default)]
pub(super) struct Out {
    pub(super) rendered: Rendered,
    /// What is left of the last batch's buffer: all of it, once nobody has an event of that batch any more.
    pub(super) text: BytesMut,
}

impl Pool {
    pub(crate) fn take(&self) -> Buffers {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Takes buffers back. Nothing that came out of events or tables is held by them any more.
    pub(crate) fn give_back(&self, mut buffers: Buffers) {
        let Buffers { reading: Reading { tapes, fields, keys, .. }, answers, out } = &mut buffers;
        tapes.clear();
        fields.clear();
        keys.clear();
        answers.clear();
        out.rendered.clear();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(buffers);
    }
}
