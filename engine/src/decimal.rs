//! Decimal arithmetic over the texts of JSON numbers.
//!
//! 1. Operands have at most 38 significant digits and lie between 1E-130 and 9.99E+125, the numbers of
//!    DynamoDB. Others are refused before anything is worked out, so that `1e999999999` costs nothing.
//! 2. A result is exact where 38 digits hold it; else it is rounded once, half to even.
//! 3. A result is written in its one canonical form: `12.50 + 0.50` is `13`.
//!
//! What can't be worked out is an error `arithmetic`: division by zero, and whatever leaves the range.

use num_bigint::{BigInt, Sign};

use crate::functions::CallError;
use crate::json::number::{Decimal, MAX_DIGITS};
use crate::reasons::ReasonCode;

/// `coefficient * 10^exponent`: what is worked with between reading and rounding.
struct Exact {
    coefficient: BigInt,
    exponent: i64,
}

/// `a + b`
pub(crate) fn add(a: &str, b: &str) -> Result<String, CallError> {
    written(&plus(Exact::read(a)?, Exact::read(b)?)?)
}

/// `a - b`
pub(crate) fn subtract(a: &str, b: &str) -> Result<String, CallError> {
    let b = Exact::read(b)?;
    written(&plus(Exact::read(a)?, Exact { coefficient: -b.coefficient, ..b })?)
}

/// `a * b`
pub(crate) fn multiply(a: &str, b: &str) -> Result<String, CallError> {
    let (a, b) = (Exact::read(a)?, Exact::read(b)?);
    written(&Exact { coefficient: a.coefficient * b.coefficient, exponent: a.exponent + b.exponent })
}

/// `a / b`
pub(crate) fn divide(a: &str, b: &str) -> Result<String, CallError> {
    let (a, b) = (Exact::read(a)?, Exact::read(b)?.divisor()?);
    // Enough zeros that the whole quotient has more digits than a result may have.
    let shift = 2 * i64::try_from(MAX_DIGITS).unwrap_or(i64::MAX) + 2;
    let numerator = a.coefficient * power_of_ten(shift)?;
    let quotient = &numerator / &b.coefficient;
    let rest = numerator - &quotient * &b.coefficient;
    // A digit for the rest: it tells a tie from what is a little more than one.
    let sign = if (rest.sign() == Sign::Minus) == (b.coefficient.sign() == Sign::Minus) { 1 } else { -1 };
    let coefficient = quotient * 10 + if rest == BigInt::ZERO { 0 } else { sign };
    written(&Exact { coefficient, exponent: a.exponent - b.exponent - shift - 1 })
}

/// `a % b`: what is left of `a` behind whole `b`s, with the sign of `a`. Always exact.
pub(crate) fn remainder(a: &str, b: &str) -> Result<String, CallError> {
    let (a, b) = aligned(Exact::read(a)?, Exact::read(b)?.divisor()?)?;
    written(&Exact { coefficient: a.coefficient % b.coefficient, exponent: a.exponent })
}

/// `-a`
pub(crate) fn negate(a: &str) -> Result<String, CallError> {
    let a = Exact::read(a)?;
    written(&Exact { coefficient: -a.coefficient, ..a })
}

/// The sum of all, rounded once at the end: the same in any order. Zero of none.
pub(crate) fn sum<'a>(numbers: impl IntoIterator<Item = &'a str>) -> Result<String, CallError> {
    let zero = Exact { coefficient: BigInt::ZERO, exponent: 0 };
    let sum = numbers.into_iter().try_fold(zero, |sum, number| plus(sum, Exact::read(number)?))?;
    written(&sum)
}

/// Which way digits go that are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rounding {
    /// To the nearest, and a half away from zero, as people round.
    HalfAway,
    /// To the nearest, and a half to the even neighbour, so that sums do not drift.
    HalfEven,
    /// Down.
    Floor,
    /// Up.
    Ceiling,
}

/// `a` with that many digits behind its point; fewer than none count from before it.
pub(crate) fn round(a: &str, places: i64, rounding: Rounding) -> Result<String, CallError> {
    in_range(&rounded(&operand(a)?, places, rounding))
}

/// A number without a fraction, if `i64` holds it: `3`, `3.0` and `30e-1` are.
pub(crate) fn whole(a: &str) -> Option<i64> {
    let number = Decimal::parse(a).filter(|number| number.is_integer() && number.exponent() <= 19)?;
    if number.digits().is_empty() {
        return Some(0);
    }
    let zeros = usize::try_from(number.exponent()).ok()?.saturating_sub(number.digits().len());
    let sign = if number.is_negative() { "-" } else { "" };
    format!("{sign}{}{}", number.digits(), "0".repeat(zeros)).parse().ok()
}

impl Exact {
    fn read(text: &str) -> Result<Self, CallError> {
        let number = operand(text)?;
        let coefficient = BigInt::parse_bytes(number.digits().as_bytes(), 10).unwrap_or_default();
        let coefficient = if number.is_negative() { -coefficient } else { coefficient };
        let count = i64::try_from(number.digits().len()).unwrap_or(i64::MAX);
        Ok(Self { coefficient, exponent: number.exponent() - count })
    }

    fn divisor(self) -> Result<Self, CallError> {
        if self.coefficient == BigInt::ZERO { fails("division by zero") } else { Ok(self) }
    }
}

fn operand(text: &str) -> Result<Decimal, CallError> {
    match Decimal::parse(text) {
        Some(number) if number.fits_dynamodb() => Ok(number),
        Some(number) if number.digits().len() > MAX_DIGITS => {
            fails("a number of more than 38 significant digits")
        }
        _ => fails(OUT_OF_RANGE),
    }
}

/// Both by the same power of ten. Operands are in range, so it stays below a thousand.
fn aligned(a: Exact, b: Exact) -> Result<(Exact, Exact), CallError> {
    let exponent = a.exponent.min(b.exponent);
    let shifted = |number: Exact| {
        let coefficient = match number.exponent - exponent {
            0 => number.coefficient,
            shift => number.coefficient * power_of_ten(shift)?,
        };
        Ok(Exact { coefficient, exponent })
    };
    Ok((shifted(a)?, shifted(b)?))
}

fn plus(a: Exact, b: Exact) -> Result<Exact, CallError> {
    let (a, b) = aligned(a, b)?;
    Ok(Exact { coefficient: a.coefficient + b.coefficient, exponent: a.exponent })
}

fn power_of_ten(power: i64) -> Result<BigInt, CallError> {
    match u32::try_from(power) {
        Ok(power) if power < 1000 => Ok(BigInt::from(10).pow(power)),
        _ => fails(OUT_OF_RANGE),
    }
}

/// The canonical text, rounded to 38 digits.
fn written(exact: &Exact) -> Result<String, CallError> {
    let digits = exact.coefficient.magnitude().to_string();
    let count = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    let negative = exact.coefficient.sign() == Sign::Minus;
    let number = Decimal::new(negative, &digits, exact.exponent + count);
    let places = i64::try_from(MAX_DIGITS).unwrap_or(i64::MAX) - number.exponent();
    in_range(&rounded(&number, places, Rounding::HalfEven))
}

fn in_range(number: &Decimal) -> Result<String, CallError> {
    if number.fits_dynamodb() { Ok(number.text()) } else { fails(OUT_OF_RANGE) }
}

fn rounded(number: &Decimal, places: i64, rounding: Rounding) -> Decimal {
    let digits = number.digits();
    // How many digits stay. Below none, not even the first one's neighbour does.
    let stay = number.exponent() + places.clamp(-1000, 1000);
    let (kept, rest) = match usize::try_from(stay) {
        Ok(stay) => digits.split_at_checked(stay).unwrap_or((digits, "")),
        Err(_) => ("", if digits.is_empty() { "" } else { "0" }),
    };
    if rest.is_empty() {
        return number.clone();
    }
    let up = match rounding {
        Rounding::HalfAway => rest >= "5",
        // There is no zero at the end of the digits, so more than `5` is more than a half.
        Rounding::HalfEven => {
            let odd = kept.bytes().last().is_some_and(|digit| digit % 2 == 1);
            rest > "5" || (rest == "5" && odd)
        }
        Rounding::Floor => number.is_negative(),
        Rounding::Ceiling => !number.is_negative(),
    };
    if !up {
        return Decimal::new(number.is_negative(), kept, number.exponent());
    }
    // One more in the last digit that stays; nines before it become zeros, which are not written.
    let kept = kept.trim_end_matches('9');
    match kept.as_bytes().split_last() {
        Some((last, before)) => {
            let mut kept: String = before.iter().copied().map(char::from).collect();
            kept.push(char::from(last + 1));
            Decimal::new(number.is_negative(), &kept, number.exponent())
        }
        None => Decimal::new(number.is_negative(), "1", number.exponent() + 1 - stay.min(0)),
    }
}

const OUT_OF_RANGE: &str = "a number outside of 1E-130 to 9.99E+125";

fn fails<T>(what: &str) -> Result<T, CallError> {
    Err(CallError::new(ReasonCode::Arithmetic, what))
}

#[cfg(test)]
mod tests;
