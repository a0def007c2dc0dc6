//! Numbers that are text.

use std::cmp::Ordering;

use enrich_engine::json::Document;

/// Whether the text is a JSON number, with nothing around it.
pub(super) fn is_number(text: &str) -> bool {
    Document::parse(text.as_bytes())
        .is_ok_and(|document| document.root().as_number().is_some_and(|number| number.len() == text.len()))
}

/// Two JSON numbers by their values.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (Parts::of(a), Parts::of(b));
    match (a.sign, b.sign) {
        (-1, -1) => b.magnitude(&a),
        (1, 1) => a.magnitude(&b),
        _ => a.sign.cmp(&b.sign),
    }
}

/// A number as `sign * 0.digits * 10^exponent`; zero has the sign 0.
struct Parts {
    sign: i8,
    digits: String,
    exponent: i64,
}

impl Parts {
    fn of(text: &str) -> Self {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (mantissa, power) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let digits = all.trim_start_matches('0');
        let zeros = all.len() - digits.len();
        let length = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        Self {
            sign: match (digits.is_empty(), unsigned.len() < text.len()) {
                (true, _) => 0,
                (false, true) => -1,
                (false, false) => 1,
            },
            exponent: length(whole.len())
                .saturating_sub(length(zeros))
                .saturating_add(power.parse().unwrap_or(0)),
            digits: digits.trim_end_matches('0').to_owned(),
        }
    }

    fn magnitude(&self, other: &Self) -> Ordering {
        // Without zeros at their ends, digits behind the point compare as text.
        self.exponent.cmp(&other.exponent).then_with(|| self.digits.cmp(&other.digits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordered_by_value() {
        let ordered = ["-1e3", "-2", "-1.5", "0", "1e-130", "0.5", "0.50001", "1", "9.99", "10", "1e+125"];
        for (at, a) in ordered.iter().enumerate() {
            for (other, b) in ordered.iter().enumerate() {
                assert_eq!(compare(a, b), at.cmp(&other), "{a} {b}");
            }
        }
        for (a, b) in [("1", "1.0"), ("10", "1e1"), ("0", "-0.00"), ("0.010", "1E-2")] {
            assert_eq!(compare(a, b), Ordering::Equal, "{a} {b}");
        }
    }
}
