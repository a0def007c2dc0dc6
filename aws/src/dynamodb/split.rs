//! What becomes of a request that is refused as a whole: asked again in smaller parts, so that a fault
//! stays with what caused it.

use enrich_engine::lookup::ErrorCode;

use super::plan::{Asked, Part};

/// How many requests a table refuses, while it answers none, before its keys are no longer separated:
/// one part of 100 keys and its halves down to sixteenths. Then it is the table's key that is declared
/// wrongly, and to ask for each key alone would cost twice as many requests as there are keys.
const HOPELESS: u32 = 1 + 2 + 4 + 8 + 16;

/// How many requests of a table in a row get no answer before the others are not sent any more.
const LOST: u32 = 16;

/// Remembers how the tables of one stage behaved.
pub(super) struct Split {
    tables: Vec<Behaviour>,
}

#[derive(Clone, Copy, Default)]
struct Behaviour {
    refused: u32,
    answered: bool,
    /// How many requests in a row have got no answer.
    lost: u32,
}

impl Split {
    pub(super) fn new(tables: usize) -> Self {
        Self { tables: vec![Behaviour::default(); tables] }
    }

    /// A key of that table got an answer: the table as such takes such keys.
    pub(super) fn answered(&mut self, asked: Asked<'_>) {
        if let Some(table) = self.tables.get_mut(asked.table) {
            table.answered = true;
            table.lost = 0;
        }
    }

    /// The tables of a part without an answer that are not worth another request: slow or out of reach so often
    /// in a row that the next one would get lost too, or throttled to the end of the time.
    pub(super) fn hopeless(&mut self, part: &Part<'_>, code: ErrorCode, throttled_out: bool) -> Vec<usize> {
        if !matches!(code, ErrorCode::Throttled | ErrorCode::Unavailable | ErrorCode::Timeout) {
            return Vec::new();
        }
        let mut hopeless = Vec::new();
        for asked in part.chunk_by(|left, right| left.table == right.table).filter_map(<[_]>::first) {
            let Some(table) = self.tables.get_mut(asked.table) else { continue };
            table.lost = table.lost.saturating_add(1);
            // One alone may have asked for a key that everybody asks for.
            if table.lost >= LOST || (throttled_out && table.lost > 1) {
                hopeless.push(asked.table);
            }
        }
        hopeless
    }

    /// The parts to ask instead of one that failed; the part itself where it shares its fate.
    pub(super) fn parts<'q>(&mut self, part: Part<'q>, code: ErrorCode) -> Result<Vec<Part<'q>>, Part<'q>> {
        let lasting = matches!(code, ErrorCode::Refused | ErrorCode::Denied | ErrorCode::Absent);
        if !lasting {
            return Err(part);
        }
        let by_table: Vec<_> =
            part.chunk_by(|left, right| left.table == right.table).map(<[_]>::to_vec).collect();
        if by_table.len() > 1 {
            return Ok(by_table);
        }
        if code == ErrorCode::Refused && !self.is_hopeless(&part) && part.len() > 1 {
            let half = part.len() / 2;
            return Ok(part.chunks(part.len() - half).map(<[_]>::to_vec).collect());
        }
        Err(part)
    }

    /// Notes one more refusal of the part's table.
    fn is_hopeless(&mut self, part: &Part<'_>) -> bool {
        let table = part.first().and_then(|asked| self.tables.get_mut(asked.table));
        table.is_none_or(|table| {
            table.refused = table.refused.saturating_add(1);
            table.refused >= HOPELESS && !table.answered
        })
    }
}
