//! Kinesis sequence numbers: whole numbers of up to 129 digits.

use std::cmp::Ordering;
use std::fmt;

/// Most digits that a sequence number has.
const MAX_DIGITS: usize = 129;

/// A sequence number: decimal digits, kept as they came.
///
/// Kinesis writes no leading zeros, but emulators do, and a caller must get back what it sent.
/// The order is that of the numbers; of two ways to write one number the shorter comes first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SequenceNumber(String);

impl SequenceNumber {
    /// The number in that text, or `None` where it is no whole number of a length that Kinesis writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = (1..=MAX_DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| Self(text.to_owned()))
    }

    /// The number as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Ord for SequenceNumber {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(&self.0, &other.0)
    }
}

impl PartialOrd for SequenceNumber {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for SequenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Compares whole numbers of any size. Without leading zeros the longer one is the larger one, and
/// at equal length the order of the digits is that of the bytes.
fn compare(left: &str, right: &str) -> Ordering {
    let (left_digits, right_digits) = (left.trim_start_matches('0'), right.trim_start_matches('0'));
    left_digits
        .len()
        .cmp(&right_digits.len())
        .then_with(|| left_digits.as_bytes().cmp(right_digits.as_bytes()))
        .then_with(|| left.len().cmp(&right.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordered_as_numbers() {
        let longest = "9".repeat(MAX_DIGITS);
        let ordered = [
            "0",
            "00",
            "9",
            "009",
            "10",
            "099",
            "100",
            // Apart by one in the last place, far beyond what a float or 128 bits tell apart.
            "49590338271490256608559692538361571095921575989136588898",
            "49590338271490256608559692538361571095921575989136588899",
            "49590338271490256608559692540925702759324208523137515618",
            longest.as_str(),
        ];
        for (at, left) in ordered.iter().enumerate() {
            for (place, right) in ordered.iter().enumerate() {
                assert_eq!(compare(left, right), at.cmp(&place), "{left} {right}");
                let numbers = (SequenceNumber::parse(left), SequenceNumber::parse(right));
                assert_eq!(numbers.0.cmp(&numbers.1), at.cmp(&place), "{left} {right}");
            }
        }
    }

    #[test]
    fn only_digits_and_all_of_them() {
        for text in ["0", "00", "01", "10"] {
            assert_eq!(SequenceNumber::parse(text).expect("a number").as_str(), text);
        }
        for text in ["", "-1", "+1", "1.0", " 1", "1 ", "1e3", "abc", "１", &"1".repeat(MAX_DIGITS + 1)] {
            assert_eq!(SequenceNumber::parse(text), None, "{text}");
        }
    }
}
