//! Numbers by their value, from their digits alone.

use std::cmp::Ordering;

/// A number that is not zero: `0.digits * 10^exponent`, no zero at either end of the digits. Zero has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    pub(crate) negative: bool,
    pub(crate) digits: String,
    pub(crate) exponent: i64,
}

impl Number {
    /// Of the text of a JSON number.
    pub(crate) fn of(text: &str) -> Self {
        let lower = text.to_ascii_lowercase();
        let (mantissa, power) = lower.split_once('e').unwrap_or((&lower, "0"));
        let (negative, mantissa) = (mantissa.starts_with('-'), mantissa.trim_start_matches('-'));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let digits = all.trim_start_matches('0');
        if digits.is_empty() {
            return Self { negative: false, digits: String::new(), exponent: 0 };
        }
        // An exponent beyond this is beyond all comparison: the generators write none.
        let power: i64 = power.parse().unwrap_or(if power.starts_with('-') { -(1 << 60) } else { 1 << 60 });
        let whole = i64::try_from(whole.len()).expect("a length");
        let leading = i64::try_from(all.len() - digits.len()).expect("a length");
        let digits = digits.trim_end_matches('0').to_owned();
        Self { negative, digits, exponent: whole - leading + power }
    }

    /// Whether DynamoDB can hold it: 38 digits, from 1E-130 to 9.99…E+125.
    pub(crate) fn fits_dynamodb(&self) -> bool {
        self.digits.is_empty() || (self.digits.len() <= 38 && (-129..=126).contains(&self.exponent))
    }

    /// Whether it has no fraction.
    pub(crate) fn is_whole(&self) -> bool {
        self.digits.is_empty() || i64::try_from(self.digits.len()).expect("a length") <= self.exponent
    }

    pub(crate) fn order(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank()).then_with(|| {
            let size = self.exponent.cmp(&other.exponent).then_with(|| self.digits.cmp(&other.digits));
            if self.negative { size.reverse() } else { size }
        })
    }

    /// Below zero, zero, above zero.
    fn rank(&self) -> i8 {
        match (self.digits.is_empty(), self.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }
}
