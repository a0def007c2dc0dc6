//! Numbers as the library compares them: integers exactly, all others as the nearest float.

use wide::u8x16;

use crate::json::Node;
use crate::json::number::Decimal;

/// Powers of ten that a float holds exactly, as far as they are needed.
const POWERS: [f64; 16] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// The largest integer below which a float holds all of them.
const EXACT: u64 = 1 << 53;

/// The least integer of more than 15 digits.
const LONG: f64 = 1e15;

pub(super) struct NumberCheck {
    /// What counts as an integer, where nothing else will do.
    pub(super) integer: Option<Integer>,
    pub(super) range: Range,
    /// The numbers of an enumeration.
    pub(super) values: Option<Vec<f64>>,
    /// How many digits before its point a number without a sign has that certainly fits: from this many on.
    least: usize,
    /// To this many.
    most: usize,
}

#[derive(Clone, Copy)]
pub(super) enum Integer {
    /// Draft 4: `1.0` is none.
    Written,
    /// `1.0` is one.
    Whole,
}

impl NumberCheck {
    /// The check that every number passes.
    pub(super) fn of_all() -> Self {
        Self { integer: None, range: Range::ALL, values: None, least: 1, most: 0 }
    }

    /// Works out what depends on the rest of the check.
    pub(super) fn settle(&mut self) {
        (self.least, self.most) =
            if self.values.is_some() { None } else { self.range.digits() }.unwrap_or((1, 0));
    }

    /// Whether the number at a place of the tape fits; `None` where the library has to say.
    #[inline(always)]
    pub(super) fn fits(&self, tape: &Node<'_>, at: u32) -> Option<bool> {
        match tape.bytes_to(at) {
            Some((text, length)) if self.certain(text, length) => Some(true),
            _ => self.judge(tape, at),
        }
    }

    /// Whether the number of this length that stands at the end of a text certainly fits, as its digits are so many.
    #[inline(always)]
    fn certain(&self, text: &[u8], length: usize) -> bool {
        let (Some(block), 1..=16) = (text.last_chunk(), length) else { return false };
        let block = u8x16::new(*block);
        // A bit for each character of the number, from the lowest one on.
        let bits = |found: u8x16| found.to_bitmask() >> (16 - length);
        let digits = bits((block - u8x16::splat(b'0')).saturating_sub(u8x16::splat(9)).simd_eq(u8x16::ZERO));
        let points = bits(block.simd_eq(u8x16::splat(b'.')));
        let zeros = bits(block.simd_eq(u8x16::splat(b'0')));
        let end = 1 << length;
        // No sign and no exponent.
        if points | digits != end - 1 || (points != 0 && self.integer.is_some()) {
            return false;
        }
        // With a zero before the point, it is less than one.
        let count = if zeros & 1 == 0 { (points | end).trailing_zeros() as usize } else { 0 };
        self.least <= count && count <= self.most
    }

    #[inline(never)]
    fn judge(&self, tape: &Node<'_>, at: u32) -> Option<bool> {
        let text = tape.at(at).as_number()?;
        let number = Number::parse(text);
        let integer = match (self.integer, &number) {
            (None, _) | (_, Number::Integer(_) | Number::Long(_)) => true,
            (Some(Integer::Written), _) => return None,
            (Some(Integer::Whole), _) => is_integer(text),
        };
        if !integer || !self.range.has(&number)? {
            return Some(false);
        }
        match &self.values {
            Some(values) => Some(values.contains(&number.exact()?)),
            None => Some(true),
        }
    }
}

/// A number out of its text.
#[derive(Debug, PartialEq)]
enum Number {
    /// An integer of up to 15 digits, which the float holds exactly.
    Integer(f64),
    /// Any other integer that is written as one, as [`LONG`] with its sign.
    Long(f64),
    /// A number with a point or an exponent, as the nearest float.
    Real(f64),
    /// One that no float holds.
    Vast,
}

impl Number {
    /// Reads the text of a JSON number.
    #[expect(clippy::cast_precision_loss, reason = "15 digits are below 2^53")]
    fn parse(text: &str) -> Self {
        let (mut digits, mut count, mut point) = (0_u64, 0, None);
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(unsigned) => (true, unsigned),
            None => (false, text),
        };
        for byte in unsigned.bytes() {
            match byte {
                b'0'..=b'9' => {
                    digits = digits.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
                    count += 1;
                }
                b'.' => point = Some(count),
                _ => return Self::real(text),
            }
        }
        let places = point.map(|before| count - before);
        let power = POWERS.get(places.unwrap_or(0)).filter(|_| count <= 15);
        match (places, power) {
            (None, None) => Self::Long(if negative { -LONG } else { LONG }),
            (Some(_), None) => Self::real(text),
            // Both are exact, so that their quotient is the float nearest to the number.
            (_, Some(power)) => {
                let magnitude = digits as f64 / power;
                let number = if negative { -magnitude } else { magnitude };
                if places.is_none() { Self::Integer(number) } else { Self::Real(number) }
            }
        }
    }

    fn real(text: &str) -> Self {
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Self::Real(number),
            _ => Self::Vast,
        }
    }

    /// The float that it is compared as, if comparisons with that are the library's.
    fn exact(&self) -> Option<f64> {
        match self {
            Self::Integer(number) | Self::Real(number) => Some(*number),
            Self::Long(_) | Self::Vast => None,
        }
    }
}

/// Whether a number is an integer, however it is written.
fn is_integer(text: &str) -> bool {
    Decimal::parse(text).is_some_and(|number| number.is_integer())
}

/// A number of a schema as a float, if that is exact.
pub(super) fn limit(number: &serde_json::Number) -> Option<f64> {
    let whole = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
    number.as_f64().filter(|float| float.is_finite() && whole.is_none_or(|whole| whole <= EXACT))
}

/// Bounds on a number.
pub(super) struct Range {
    pub(super) min: f64,
    pub(super) max: f64,
    pub(super) above: f64,
    pub(super) below: f64,
}

impl Range {
    /// All numbers.
    pub(super) const ALL: Self =
        Self { min: f64::NEG_INFINITY, max: f64::INFINITY, above: f64::NEG_INFINITY, below: f64::INFINITY };

    /// Whether a number lies within them; `None` where the library has to say.
    fn has(&self, number: &Number) -> Option<bool> {
        let number = match *number {
            Number::Integer(number) | Number::Real(number) => number,
            // On the same side of all bounds that are nearer to zero.
            Number::Long(number) if self.bounds().all(|bound| bound.abs() < LONG) => number,
            Number::Long(_) | Number::Vast => return self.bounds().next().is_none().then_some(true),
        };
        Some(number >= self.min && number <= self.max && number > self.above && number < self.below)
    }

    /// How many digits before its point a number from zero on has that certainly lies within them: the least and the
    /// most such count. It is 0 for what is less than one.
    ///
    /// With so many digits, a number is at least the power of ten of one less, and less than their own. The float nearest to
    /// it may be that power, but no more.
    fn digits(&self) -> Option<(usize, usize)> {
        let from = |bound: f64| bound >= self.min && bound > self.above;
        let to = |bound: f64| bound <= self.max && bound < self.below;
        let least = if from(0.0) { 0 } else { POWERS.iter().position(|power| from(*power))? + 1 };
        let most = POWERS.iter().rposition(|power| to(*power))?;
        Some((least, most))
    }

    fn bounds(&self) -> impl Iterator<Item = f64> {
        [self.min, self.max, self.above, self.below].into_iter().filter(|bound| bound.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Document;

    /// Numbers around powers of ten, and of all forms.
    fn numbers() -> Vec<String> {
        let mut numbers: Vec<String> =
            ["-0", "0", "0.0", "0.5", "1E2", "1e-9", "1e400", "-1.5", "10E-1", "2.50"]
                .into_iter()
                .map(str::to_owned)
                .collect();
        for digits in 1..20 {
            for whole in ["1".to_owned() + &"0".repeat(digits - 1), "9".repeat(digits)] {
                for behind in ["", ".0", ".5", ".99", ".999999999999999999", "e0"] {
                    numbers.push(format!("{whole}{behind}"));
                    numbers.push(format!("-{whole}{behind}"));
                }
            }
        }
        numbers
    }

    #[test]
    fn a_number_that_certainly_fits_does() {
        let bounds =
            [f64::NEG_INFINITY, -1.0, 0.0, 0.5, 1.0, 9.0, 10.0, 99.5, 100.0, 1e15, 1e300, f64::INFINITY];
        let pairs = || bounds.iter().flat_map(|least| bounds.iter().map(move |most| (*least, *most)));
        let ranges = pairs().flat_map(|(least, most)| {
            let (min, max, above, below) =
                (Range::ALL.min, Range::ALL.max, Range::ALL.above, Range::ALL.below);
            [Range { min: least, max: most, above, below }, Range { min, max, above: least, below: most }]
        });
        let mut certain = 0;
        for range in ranges {
            for integer in [None, Some(Integer::Written), Some(Integer::Whole)] {
                let mut check = NumberCheck { integer, range: Range { ..range }, ..NumberCheck::of_all() };
                check.settle();
                for number in numbers() {
                    // With something before it, and with next to nothing.
                    for before in [r#"{"a name before":"#, "["] {
                        let text = format!("{before}{number}");
                        let end = if before == "[" { "]" } else { "}" };
                        let event = format!("{text}{end}");
                        let document = Document::parse(event.as_bytes()).expect("JSON");
                        let tape = document.root();
                        let at = if before == "[" { 1 } else { 2 };
                        if check.certain(text.as_bytes(), number.len()) {
                            certain += 1;
                            assert_eq!(check.judge(&tape, at), Some(true), "{number}");
                        }
                    }
                }
            }
        }
        assert!(certain > 5_000, "{certain} are certain");
    }

    #[test]
    fn what_is_certain() {
        let check = |range, integer| {
            let mut check = NumberCheck { integer, range, ..NumberCheck::of_all() };
            check.settle();
            check
        };
        let natural = check(Range { min: 0.0, ..Range::ALL }, None);
        let percent = check(Range { min: 1.0, max: 100.0, ..Range::ALL }, None);
        let positive = check(Range { above: 0.0, ..Range::ALL }, None);
        let integer = check(Range::ALL, Some(Integer::Whole));
        for (check, certain, open) in [
            (
                natural,
                "0 0.5 12.75 1732300000000 999999999999999",
                "-0 -1 1e3 1000000000000000 1.00000000000000000",
            ),
            (percent, "1 1.5 10 99.99", "0 0.99 100 101 -1"),
            (positive, "1 1.0", "0 0.5"),
            (integer, "0 5 100", "5.0 -5 5e0"),
        ] {
            let told =
                |text: &str| check.certain(format!("{{\"a name before it\": {text}").as_bytes(), text.len());
            assert_eq!(certain.split(' ').find(|text| !told(text)), None);
            assert_eq!(open.split(' ').find(|text| told(text)), None);
        }
    }

    #[test]
    fn numbers_are_the_nearest_floats() {
        for (text, expected) in [
            ("0", Number::Integer(0.0)),
            ("-0", Number::Integer(-0.0)),
            ("999999999999999", Number::Integer(999_999_999_999_999.0)),
            ("-999999999999999", Number::Integer(-999_999_999_999_999.0)),
            ("1000000000000000", Number::Long(1e15)),
            ("-9007199254740993", Number::Long(-1e15)),
            ("0.1", Number::Real(0.1)),
            ("-12.50", Number::Real(-12.5)),
            ("1.00000000000001", Number::Real(1.000_000_000_000_01)),
            ("0.123456789012345", Number::Real(0.123_456_789_012_345)),
            ("0.00000000000000000000001", Number::Real(1e-23)),
            ("123456789012345.6789", Number::Real(123_456_789_012_345.67)),
            ("1e2", Number::Real(100.0)),
            ("1.5E-3", Number::Real(0.0015)),
            ("-1e400", Number::Vast),
            ("1e-400", Number::Real(0.0)),
        ] {
            assert_eq!(Number::parse(text), expected, "{text}");
            if let Some(number) = expected.exact() {
                assert_eq!(text.parse(), Ok(number), "{text}");
            }
        }
    }
}
