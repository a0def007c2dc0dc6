//! Tests of rules, run offline: an event, what the tables hold, and what is expected to come out.
//!
//! 1. [`Suite::read`] holds a file of tests ([`enrich_dsl::testing`]) against the rules: names of tables, codes,
//!    items with their whole key.
//! 2. [`Case::run`] sends the event through an engine of these rules, with the test's tables and clock, and says
//!    where the outcome is not the expected one ([`compare`](Difference)).
//! 3. [`Coverage`] tells which clauses of the rules no test has reached.
//!
//! ```
//! use enrich_engine::Rules;
//! use enrich_engine::dsl::source::Sources;
//! use enrich_engine::testing::{Coverage, Suite};
//!
//! let rules = Rules::from_text(
//!     r#"table users { source dynamodb "users" key id: string }
//!        rule clicks {
//!          stream "clicks"
//!          lookup user from users where id = .user { copy segment default "none" }
//!        }"#,
//! )?;
//! let mut sources = Sources::new();
//! let file = sources.add(
//!     "clicks.test.enrich",
//!     r#"test "a known user" {
//!          given users { "id": "u1", "segment": "premium" }
//!          event  { "user": "u1" }
//!          expect { "user": "u1", "segment": "premium" }
//!        }"#,
//! );
//! let (suite, findings) = Suite::read(&sources, file, &rules, None);
//! assert!(findings.is_empty());
//!
//! let mut coverage = Coverage::of(&rules);
//! for case in suite.cases() {
//!     let result = case.run();
//!     assert!(result.passed(), "{:?}", result.differences);
//!     coverage.add(&result.decisions);
//! }
//! let missed: Vec<String> = coverage.missed().map(|clause| clause.to_string()).collect();
//! assert_eq!(missed, [
//!     "lookup `user`: no item is ever missing",
//!     "lookup `user`: no event is ever without a key",
//!     "`copy`: the default is never taken",
//! ]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod compare;
mod coverage;
mod encode;
mod read;
mod tables;

use enrich_dsl::source::Span;
use enrich_dsl::testing::tree::Json;
use futures_util::FutureExt as _;

use crate::batch::{Record, Verdict};
use crate::context::Context;
use crate::engine::Engine;
use crate::explain::{Decision, Explanation};
use crate::time::Timestamp;
pub use compare::Difference;
pub use coverage::{Clause, Coverage, Way};

/// The clock of a test that says no other time.
pub const DEFAULT_NOW: &str = "2026-01-01T00:00:00Z";

/// The tests of a file, ready to be run.
#[derive(Debug)]
pub struct Suite {
    cases: Vec<Case>,
}

impl Suite {
    /// The tests, in their order.
    #[must_use]
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }
}

/// A test.
#[derive(Debug)]
pub struct Case {
    name: String,
    span: Span,
    engine: Engine,
    record: Record<'static>,
    now: Timestamp,
    expected: Expected,
}

/// What a test expects.
#[derive(Debug)]
enum Expected {
    Event(Json),
    Dropped,
    Rejected(String),
    Failed(String),
}

/// What came out of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CaseResult {
    /// Where the outcome is not the expected one; none where the test passes.
    pub differences: Vec<Difference>,
    /// The event's verdict.
    pub verdict: Verdict,
    /// What was decided on the way: what [`Coverage::add`] takes.
    pub decisions: Vec<Decision>,
}

impl CaseResult {
    /// Whether all is as expected.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.differences.is_empty()
    }
}

impl Case {
    /// What the test shows, in its author's words.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// Runs the test. Its source may bring a failed record again, as Kinesis does.
    #[must_use]
    pub fn run(&self) -> CaseResult {
        let context = Context::at(self.now).retrying();
        // The tables of a test are in memory and answer at once.
        let explained = self.engine.explain(&self.record, context).now_or_never();
        let Explanation { verdict, decisions } = explained
            .unwrap_or_else(|| Explanation { verdict: crate::run::internal(), decisions: Vec::new() });
        let differences = compare::differences(&self.expected, &verdict);
        CaseResult { differences, verdict, decisions }
    }
}
