//! What goes wrong, and when: so many faults for a case, and none any more after that.

use std::collections::BTreeMap;
use std::fmt::Debug;

use enrich_engine::lookup::ErrorCode;

use crate::dice::Dice;

/// What a table can do to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SourceFault {
    /// Answers some keys with this failure.
    Fails(ErrorCode),
    /// Leaves some keys open.
    Partial,
    /// Says nothing until the deadline.
    Hang,
    /// Says nothing, and does not mind the deadline.
    Rude,
    Panic,
}

/// What a bucket can do to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoreFault {
    /// Does not write it, and says so.
    Fails(ErrorCode),
    /// Writes it, and says that it did not.
    LostAnswer,
    /// Says nothing until the deadline.
    Hang,
    /// Like `Hang`, and writes it long after that.
    Late,
    /// Says nothing, and does not mind the deadline.
    Rude,
    Panic,
}

/// What can happen between the caller and the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallerFault {
    /// The function is ended in the middle.
    Killed,
    /// The function answers, and the caller does not hear it.
    LostAnswer,
    /// The caller invokes the function twice at about the same time, and hears one of the answers.
    Twice,
}

// What DynamoDB does most often is there twice.
const SOURCE: [SourceFault; 9] = [
    SourceFault::Fails(ErrorCode::Throttled),
    SourceFault::Fails(ErrorCode::Unavailable),
    SourceFault::Fails(ErrorCode::Denied),
    SourceFault::Fails(ErrorCode::Absent),
    SourceFault::Partial,
    SourceFault::Partial,
    SourceFault::Hang,
    SourceFault::Rude,
    SourceFault::Panic,
];

const STORE: [StoreFault; 8] = [
    StoreFault::Fails(ErrorCode::Throttled),
    StoreFault::Fails(ErrorCode::Unavailable),
    StoreFault::Fails(ErrorCode::Denied),
    StoreFault::LostAnswer,
    StoreFault::Hang,
    StoreFault::Late,
    StoreFault::Rude,
    StoreFault::Panic,
];

const CALLER: [CallerFault; 3] = [CallerFault::Killed, CallerFault::LostAnswer, CallerFault::Twice];

/// How often each fault struck, by the edge and its name.
pub(crate) type Struck = BTreeMap<(&'static str, String), usize>;

/// How many kinds of faults there are.
pub(crate) const FAULTS: usize = SOURCE.len() - 1 + STORE.len() + CALLER.len();

const EDGES: [&str; 3] = ["table", "bucket", "caller"];

#[derive(Debug)]
pub(crate) struct Weather {
    pub(crate) dice: Dice,
    left: usize,
    /// What there was: at which edge, what, and how often.
    pub(crate) struck: Struck,
    /// How likely a fault is where there can be one, in percent: of a table, of a bucket, of a caller.
    percent: [usize; 3],
}

impl Weather {
    /// At most so many faults.
    pub(crate) fn new(mut dice: Dice, faults: usize) -> Self {
        let percent = [0, 15, 40, 80];
        let percent = [dice.pick(&percent), dice.pick(&percent) / 2, dice.pick(&percent)];
        Self { dice, left: faults, struck: Struck::new(), percent }
    }

    /// Whether nothing has gone wrong yet.
    pub(crate) fn is_fair(&self) -> bool {
        self.struck.is_empty()
    }

    fn strikes<T: Copy + Debug>(&mut self, edge: usize, faults: &[T]) -> Option<T> {
        if self.left == 0 || !self.dice.chance(self.percent[edge]) {
            return None;
        }
        self.left -= 1;
        let fault = self.dice.pick(faults);
        *self.struck.entry((EDGES[edge], format!("{fault:?}"))).or_default() += 1;
        Some(fault)
    }

    pub(crate) fn source(&mut self) -> Option<SourceFault> {
        self.strikes(0, &SOURCE)
    }

    pub(crate) fn store(&mut self) -> Option<StoreFault> {
        self.strikes(1, &STORE)
    }

    pub(crate) fn caller(&mut self) -> Option<CallerFault> {
        self.strikes(2, &CALLER)
    }

    /// How long a request takes, in milliseconds.
    pub(crate) fn latency(&mut self) -> i64 {
        self.dice.millis(2, 90)
    }
}
