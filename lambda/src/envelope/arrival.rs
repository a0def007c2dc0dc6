//! Time stamps in seconds or milliseconds, by their digits.

use enrich_engine::Timestamp;

/// The instant that a JSON number of seconds means; digits behind the millisecond are cut.
///
/// No float is on the way: `1545084650.98` is 980 ms, in whichever form it is written. Nothing before
/// 1970 or beyond the year 9999 is a time of arrival.
pub(super) fn from_seconds(number: &str) -> Option<Timestamp> {
    plain_seconds(number).or_else(|| from_digits(number, 3))
}

/// Seconds as they mostly come: ten digits, with at most three behind a point.
fn plain_seconds(number: &str) -> Option<Timestamp> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 10 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let scale = match fraction.len() {
        1 => 100,
        2 => 10,
        3 => 1,
        _ => return None,
    };
    Timestamp::from_millis(whole.parse::<i64>().ok()? * 1000 + fraction.parse::<i64>().ok()? * scale)
}

/// The same of milliseconds.
pub(crate) fn from_millis(number: &str) -> Option<Timestamp> {
    from_digits(number, 0)
}

/// The number with so many of the digits behind its point as whole milliseconds.
fn from_digits(number: &str, places: isize) -> Option<Timestamp> {
    if !number.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent: i8 = exponent.parse().ok()?;
    // How many of the digits are whole milliseconds.
    let count = isize::try_from(whole.len()).ok()?.checked_add(isize::from(exponent) + places)?;
    let count = usize::try_from(count).unwrap_or(0);
    if count > 20 {
        return None;
    }
    let digits = whole.chars().chain(fraction.chars()).chain(std::iter::repeat('0')).take(count);
    let millis = digits.into_iter().try_fold(0_i64, |millis, digit| {
        millis.checked_mul(10)?.checked_add(i64::from(digit.to_digit(10)?))
    })?;
    Timestamp::from_millis(millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_to_the_millisecond() {
        for (number, millis) in [
            ("1545084650.987", 1_545_084_650_987),
            ("1545084650.98", 1_545_084_650_980),
            ("1545084650.9", 1_545_084_650_900),
            ("1545084650.5", 1_545_084_650_500),
            ("1545084650.05", 1_545_084_650_050),
            ("1545084650.005", 1_545_084_650_005),
            ("1545084650", 1_545_084_650_000),
            ("1607497475.000", 1_607_497_475_000),
            ("1545084650.987654", 1_545_084_650_987),
            ("1545084650.9879999", 1_545_084_650_987),
            ("1.545084650987E9", 1_545_084_650_987),
            ("1.54508465098e+9", 1_545_084_650_980),
            ("15450846509870e-4", 1_545_084_650_987),
            ("0", 0),
            ("0.0004", 0),
            ("1e-9", 0),
        ] {
            assert_eq!(from_seconds(number).map(Timestamp::as_millis), Some(millis), "{number}");
        }
    }

    #[test]
    fn milliseconds_are_milliseconds() {
        for (number, millis) in [
            ("1545082649183", 1_545_082_649_183),
            ("1507217624302.5", 1_507_217_624_302),
            ("1.545082649183e12", 1_545_082_649_183),
            ("0", 0),
        ] {
            assert_eq!(from_millis(number).map(Timestamp::as_millis), Some(millis), "{number}");
        }
        for number in ["-1", "", "2012-04-23T18:25:43.511Z", "253402300800000"] {
            assert_eq!(from_millis(number), None, "{number}");
        }
    }

    #[test]
    fn nothing_else() {
        for number in
            ["-1", "-0.5", "-1e-9", "1e300", "1e99999", "99999999999999999999", "1e12", "253402300800", ""]
        {
            assert_eq!(from_seconds(number), None, "{number}");
        }
    }
}
