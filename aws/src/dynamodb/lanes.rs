//! Whose turn it is. Requests wait in lanes, one for all that `BatchGetItem` asks and one for each
//! index, and the lane with the fewest requests under way is next: an index that is slow or throttled
//! takes no more than its share of the requests that may be under way, while others wait.

use std::collections::VecDeque;

use enrich_engine::lookup::ErrorCode;

use super::plan::{Asked, Part};
use super::query::Query;

/// How many queries of an index in a row get no answer before the others are not sent any more.
const HOPELESS: u32 = 16;

/// What is sent at a time.
pub(super) enum Request<'q> {
    /// Keys of tables, with `BatchGetItem`.
    Batch(Part<'q>),
    /// One key of an index, with `Query`.
    Query(Query<'q>),
}

/// All requests that wait; the first lane is that of the batches.
pub(super) struct Lanes<'q>(Vec<Lane<'q>>);

#[derive(Default)]
struct Lane<'q> {
    waiting: VecDeque<Request<'q>>,
    flying: usize,
    lost: u32,
}

impl<'q> Lanes<'q> {
    pub(super) fn new(parts: Vec<Part<'q>>, indexes: Vec<Vec<Query<'q>>>) -> Self {
        let lane = |waiting| Lane { waiting, ..Lane::default() };
        let batches = lane(parts.into_iter().map(Request::Batch).collect());
        let queries = |queries: Vec<_>| lane(queries.into_iter().map(Request::Query).collect());
        Self([batches].into_iter().chain(indexes.into_iter().map(queries)).collect())
    }

    /// The next request, and which lane it is of.
    pub(super) fn next(&mut self) -> Option<(usize, Request<'q>)> {
        let lanes = self.0.iter_mut().enumerate().filter(|(_, lane)| !lane.waiting.is_empty());
        let (at, lane) = lanes.min_by_key(|(_, lane)| lane.flying)?;
        let request = lane.waiting.pop_front()?;
        lane.flying += 1;
        Some((at, request))
    }

    /// A request of that lane is over, whether it brought an answer or not.
    pub(super) fn landed(&mut self, lane: usize, answered: bool) {
        if let Some(lane) = self.0.get_mut(lane) {
            lane.flying = lane.flying.saturating_sub(1);
            if answered {
                lane.lost = 0;
            }
        }
    }

    /// Parts of a batch that are asked again, before those that were not asked yet: the keys beside a
    /// poisoned one answer, and so show that their table takes such keys, before many parts are refused.
    pub(super) fn again(&mut self, parts: Vec<Part<'q>>) {
        if let Some(batches) = self.0.first_mut() {
            parts.into_iter().rev().for_each(|part| batches.waiting.push_front(Request::Batch(part)));
        }
    }

    /// The keys of an index that share the fate of a query that failed, and are not sent: what is denied
    /// or absent stays so, a throttled query was asked as long as there was time, and of many queries in
    /// a row that get lost the next one would be too. A refusal is for one key.
    pub(super) fn give_up(&mut self, lane: usize, code: ErrorCode) -> Part<'q> {
        let Some(lane) = self.0.get_mut(lane) else { return Part::new() };
        let all = match code {
            ErrorCode::Denied | ErrorCode::Absent | ErrorCode::Throttled => true,
            ErrorCode::Unavailable | ErrorCode::Timeout => {
                lane.lost = lane.lost.saturating_add(1);
                lane.lost >= HOPELESS
            }
            _ => false,
        };
        let is_index = matches!(lane.waiting.front(), Some(Request::Query(_)));
        if !(all && is_index) {
            return Part::new();
        }
        lane.waiting.drain(..).flat_map(Request::into_keys).collect()
    }
}

impl<'q> Request<'q> {
    fn into_keys(self) -> Vec<Asked<'q>> {
        match self {
            Request::Batch(part) => part,
            Request::Query(query) => vec![query.asked],
        }
    }
}
