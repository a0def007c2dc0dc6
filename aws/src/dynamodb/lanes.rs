//! Whose turn it is. Requests wait in lanes, one for all that `BatchGetItem` asks and one for each
//! index, and the lane with the fewest requests under way is next: an index that is slow or throttled
//! takes no more than its share of the requests that may be under way, while others wait.

use std::collections::VecDeque;

use enrich_engine::lookup::ErrorCode;

use super::plan::Part;
use super::query::Query;

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

    /// A request of that lane is over.
    pub(super) fn landed(&mut self, lane: usize) {
        if let Some(lane) = self.0.get_mut(lane) {
            lane.flying = lane.flying.saturating_sub(1);
        }
    }

    /// Parts of a batch that are asked again, before those that were not asked yet: the keys beside a
    /// poisoned one answer, and so show that their table takes such keys, before many parts are refused.
    pub(super) fn again(&mut self, parts: Vec<Part<'q>>) {
        if let Some(batches) = self.0.first_mut() {
            parts.into_iter().rev().for_each(|part| batches.waiting.push_front(Request::Batch(part)));
        }
    }

    /// The keys that share the fate of a request that failed, and are not sent: those of an index that is
    /// denied or absent, which stays so, and those of `hopeless` tables. A refusal is for one key.
    pub(super) fn give_up(&mut self, lane: usize, code: ErrorCode, hopeless: &[usize]) -> Part<'q> {
        let Some(lane) = self.0.get_mut(lane) else { return Part::new() };
        let lasting = matches!(code, ErrorCode::Denied | ErrorCode::Absent);
        let mut given_up = Part::new();
        for request in std::mem::take(&mut lane.waiting) {
            match request {
                Request::Query(query) if lasting || hopeless.contains(&query.asked.table) => {
                    given_up.push(query.asked);
                }
                Request::Batch(part) if !hopeless.is_empty() => {
                    let (lost, left): (Part<'q>, Part<'q>) =
                        part.into_iter().partition(|asked| hopeless.contains(&asked.table));
                    given_up.extend(lost);
                    lane.waiting.extend((!left.is_empty()).then_some(Request::Batch(left)));
                }
                request => lane.waiting.push_back(request),
            }
        }
        given_up
    }
}
