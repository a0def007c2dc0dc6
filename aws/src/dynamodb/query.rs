//! One key of an index: asks for two items, since that there is a second one is all that can be wrong
//! with the first.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::query::{QueryError, QueryOutput};
use aws_sdk_dynamodb::types::{AttributeValue, Select};
use enrich_engine::lookup::{Answer, ErrorCode, Failure, Requests};

use super::answer::{found, key_of};
use super::ask::{Asking, Outcome, in_time};
use super::plan::Asked;
use super::request;
use super::retries::Patience;
use crate::fault::Fault;

/// The most pages that one key is asked for. DynamoDB may end a page early, but not for ever.
const MAX_PAGES: usize = 8;

/// One key of an index, to be asked.
pub(super) struct Query<'q> {
    pub(super) asked: Asked<'q>,
    pub(super) index: &'q str,
    /// Whether the queries of this index ask for all that it holds, since it does not hold all that is
    /// wanted. They share what one of them learns.
    pub(super) whole: Arc<AtomicBool>,
}

impl Query<'_> {
    fn is_whole(&self) -> bool {
        self.whole.load(Ordering::Relaxed)
    }

    /// What an error means for this index.
    fn fault(&self, error: &SdkError<QueryError>) -> Fault {
        let mut fault = Fault::of(error);
        if fault.code == ErrorCode::Refused {
            match Refusal::of(error.message().unwrap_or_default()) {
                Refusal::Absent => fault.code = ErrorCode::Absent,
                Refusal::NotProjected => self.whole.store(true, Ordering::Relaxed),
                Refusal::Other => {}
            }
        }
        fault
    }
}

impl Asking<'_> {
    /// Asks until it is known whether there is one item, a request fails for good, or time or retries are
    /// used up.
    pub(super) async fn query<'q>(&self, query: Query<'q>) -> Outcome<'q> {
        let asked = query.asked;
        let mut patience = Patience::default();
        let (mut item, mut start, mut pages) = (None, None, 0);
        let (mut requests, mut again) = (Requests::default(), false);
        while pages < MAX_PAGES {
            let whole = query.is_whole();
            let sent = requests.sent;
            let page = self.page(&query, whole, start.clone(), &mut requests.sent).await;
            requests.repeated += if again { requests.sent - sent } else { 0 };
            match page {
                Ok(page) => {
                    again = false;
                    self.retries.answered(&asked.subject());
                    match read(asked, &mut item, page) {
                        ControlFlow::Break(answer) => return Outcome::answered(asked, answer, requests),
                        ControlFlow::Continue(next) => {
                            patience.rest();
                            start = Some(next);
                            pages += 1;
                        }
                    }
                }
                Err(fault) if fault.code == ErrorCode::Refused && !whole && query.is_whole() => {}
                Err(fault) => {
                    let spent = fault.may_pass() && !self.retries.take(&asked.subject());
                    let waited =
                        if spent { Err(fault) } else { patience.wait_after(fault, self.budget).await };
                    if let Err(fault) = waited {
                        let throttled_out = !spent && fault.code == ErrorCode::Throttled;
                        let open = vec![(vec![asked], fault)];
                        return Outcome { answered: Vec::new(), open, throttled_out, requests };
                    }
                    again = true;
                }
            }
        }
        Outcome::answered(asked, not_understood(asked), requests)
    }

    async fn page(
        &self,
        query: &Query<'_>,
        whole: bool,
        start: Option<HashMap<String, AttributeValue>>,
        sent: &mut u64,
    ) -> Result<QueryOutput, Fault> {
        let terms = request::terms(&query.asked, whole);
        // Without a list of attributes an index gives those that it holds: others it can't be asked for.
        let select = match terms.projection {
            Some(_) => Select::SpecificAttributes,
            None => Select::AllProjectedAttributes,
        };
        let (left, config) = self.attempt()?;
        *sent += 1;
        let sending = self
            .client
            .query()
            .table_name(&query.asked.question.table.name)
            .index_name(query.index)
            .key_condition_expression(terms.condition)
            .set_expression_attribute_values(Some(terms.values))
            .set_expression_attribute_names(Some(terms.names))
            .set_projection_expression(terms.projection)
            .select(select)
            .limit(2)
            .set_exclusive_start_key(start)
            .customize()
            .config_override(config)
            .send();
        in_time(left, sending, |error| query.fault(error)).await
    }
}

/// Reads one page: the answer to the key, or where the next page starts. `item` is what earlier pages
/// had.
fn read(
    asked: Asked<'_>,
    item: &mut Option<HashMap<String, AttributeValue>>,
    page: QueryOutput,
) -> ControlFlow<Answer, HashMap<String, AttributeValue>> {
    let count = usize::try_from(page.count).ok();
    let Some(items) = page.items.filter(|items| Some(items.len()) == count) else {
        return ControlFlow::Break(not_understood(asked));
    };
    for other in items {
        if key_of(&asked.question.table, &other).as_ref() != Some(asked.key) {
            return ControlFlow::Break(not_understood(asked));
        }
        if item.replace(other).is_some() {
            let message = format!("{} has more than one item under this key", asked.subject());
            return ControlFlow::Break(Answer::Failed(Failure::new(ErrorCode::Ambiguous, message)));
        }
    }
    match page.last_evaluated_key {
        Some(next) if next.is_empty() => ControlFlow::Break(not_understood(asked)),
        Some(next) => ControlFlow::Continue(next),
        None => ControlFlow::Break(item.take().map_or(Answer::Missing, |item| found(asked, &item))),
    }
}

fn not_understood(asked: Asked<'_>) -> Answer {
    let message = format!("{} left a key without an answer", asked.subject());
    Answer::Failed(Failure::new(ErrorCode::NoAnswer, message))
}

/// Why DynamoDB refuses a query. Only its sentence says it: the code is the same for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    /// There is no such index, or not yet: it is being filled.
    Absent,
    /// A global index is asked for attributes that it does not hold.
    NotProjected,
    Other,
}

impl Refusal {
    fn of(message: &str) -> Self {
        let is = |words| message.contains(words);
        if is("does not have the specified index") || is("Cannot read from backfilling") {
            Refusal::Absent
        } else if is("Global secondary index") && is("does not project") {
            Refusal::NotProjected
        } else {
            Refusal::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_dynamodb_says_of_an_index() {
        for (message, expected) in [
            ("The table does not have the specified index: by-email", Refusal::Absent),
            ("Cannot read from backfilling global secondary index: by-email", Refusal::Absent),
            (
                "One or more parameter values were invalid: Global secondary index by-email does not project \
                 [status]",
                Refusal::NotProjected,
            ),
            ("Query condition missed key schema element: email", Refusal::Other),
            ("", Refusal::Other),
        ] {
            assert_eq!(Refusal::of(message), expected, "{message}");
        }
    }
}
