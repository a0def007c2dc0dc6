//! Numbers by their digits: one canonical form for each value, and an order, with no float on the way.

use std::cmp::Ordering;

/// Most significant digits that a DynamoDB number holds.
pub(crate) const MAX_DIGITS: usize = 38;

/// A decimal number in its one canonical form: `0.digits * 10^exponent`, no zero at either end of the
/// digits. Zero has no digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// Reads the text of a JSON number (`-0.10e3`). Anything else is `None`, and so is an exponent
    /// of more than fifteen digits, which no value of use has.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (mantissa, ""),
        };
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let leading_zero = whole.len() > 1 && whole.starts_with('0');
        if whole.is_empty() || leading_zero || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let power = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if power.is_empty() || !all_digits(power) {
            return None;
        }
        let digits = format!("{whole}{fraction}");
        let significant = digits.trim_start_matches('0');
        if significant.is_empty() {
            return Some(Self { negative: false, digits: String::new(), exponent: 0 });
        }
        let power = power.trim_start_matches('0');
        let power: i64 = if power.len() > 15 { return None } else { power.parse().unwrap_or(0) };
        let power = if exponent.starts_with('-') { -power } else { power };
        let leading = i64::try_from(digits.len() - significant.len()).ok()?;
        let point = i64::try_from(whole.len()).ok()?;
        Some(Self {
            negative,
            digits: significant.trim_end_matches('0').to_owned(),
            exponent: point - leading + power,
        })
    }

    /// `0.digits * 10^exponent`, for any digits: zeros at their ends go.
    pub(crate) fn new(negative: bool, digits: &str, exponent: i64) -> Self {
        let significant = digits.trim_start_matches('0');
        if significant.is_empty() {
            return Self { negative: false, digits: String::new(), exponent: 0 };
        }
        let leading = i64::try_from(digits.len() - significant.len()).unwrap_or(i64::MAX);
        let digits = significant.trim_end_matches('0').to_owned();
        Self { negative, digits, exponent: exponent.saturating_sub(leading) }
    }

    /// Whether it is below zero.
    pub(crate) fn is_negative(&self) -> bool {
        self.negative
    }

    /// Its significant digits; none for zero.
    pub(crate) fn digits(&self) -> &str {
        &self.digits
    }

    /// Where its point stands, counted from before its first digit.
    pub(crate) fn exponent(&self) -> i64 {
        self.exponent
    }

    /// Whether it has no fraction.
    pub(crate) fn is_integer(&self) -> bool {
        i64::try_from(self.digits.len()).is_ok_and(|count| count <= self.exponent) || self.digits.is_empty()
    }

    /// Whether DynamoDB can hold it: 38 digits, from 1E-130 to 9.99…E+125.
    pub(crate) fn fits_dynamodb(&self) -> bool {
        self.digits.len() <= MAX_DIGITS && (self.digits.is_empty() || (-129..=126).contains(&self.exponent))
    }

    /// The canonical text: plain digits where they are few, scientific notation else.
    pub(crate) fn text(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let digits = &self.digits;
        let count = i64::try_from(digits.len()).unwrap_or(i64::MAX);
        if digits.is_empty() {
            return "0".to_owned();
        }
        if (count..=40).contains(&self.exponent) {
            let zeros = usize::try_from(self.exponent - count).unwrap_or(0);
            return format!("{sign}{digits}{}", "0".repeat(zeros));
        }
        if (1..count).contains(&self.exponent) {
            let (whole, fraction) = digits.split_at(usize::try_from(self.exponent).unwrap_or(0));
            return format!("{sign}{whole}.{fraction}");
        }
        if (-5..=0).contains(&self.exponent) {
            let zeros = usize::try_from(-self.exponent).unwrap_or(0);
            return format!("{sign}0.{}{digits}", "0".repeat(zeros));
        }
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        format!("{sign}{first}{point}{rest}e{}", self.exponent - 1)
    }

    fn magnitude(&self, other: &Self) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            // Without zeros at the ends, digits compare as text.
            (false, false) => self.exponent.cmp(&other.exponent).then_with(|| self.digits.cmp(&other.digits)),
        }
    }
}

/// The order of two JSON numbers by their values, whatever their digits; `None` where either text is
/// no JSON number.
#[must_use]
pub fn compare(left: &str, right: &str) -> Option<Ordering> {
    Some(Decimal::parse(left)?.cmp(&Decimal::parse(right)?))
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.magnitude(other),
            (true, true) => other.magnitude(self),
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_for_each_value() {
        for (text, canonical) in [
            ("1", "1"),
            ("1.0", "1"),
            ("1e0", "1"),
            ("100", "100"),
            ("1E2", "100"),
            ("-0.0", "0"),
            ("0e99", "0"),
            ("-12.50", "-12.5"),
            ("0.00120", "0.0012"),
            ("1e-7", "1e-7"),
            ("123e-9", "1.23e-7"),
            ("1e41", "1e41"),
            ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
        ] {
            assert_eq!(Decimal::parse(text).expect(text).text(), canonical, "{text}");
        }
        for text in ["", "-", "01", "1.", ".5", "+1", "1e", "1e+", "0x1", " 1", "NaN", "1e1234567890123456"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn ordered_by_value() {
        let ordered = ["-1e3", "-2", "-1.5", "0", "1e-130", "0.5", "0.50001", "1", "9.99", "10", "1e125"];
        for pair in ordered.windows(2) {
            assert!(Decimal::parse(pair[0]) < Decimal::parse(pair[1]), "{pair:?}");
        }
        assert_eq!(Decimal::parse("2.50"), Decimal::parse("25e-1"));
    }

    #[test]
    fn range_of_dynamodb() {
        for (text, fits) in [
            ("0", true),
            ("1e-130", true),
            ("1e-131", false),
            ("9.9999999999999999999999999999999999999e125", true),
            ("1e126", false),
            ("123456789012345678901234567890123456789", false),
            ("123456789012345678901234567890123456780", true),
        ] {
            assert_eq!(Decimal::parse(text).expect(text).fits_dynamodb(), fits, "{text}");
        }
    }
}
