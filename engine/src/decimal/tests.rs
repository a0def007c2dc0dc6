//! Tables of what people expect, and every operation against exact integers.

use proptest::prelude::*;

use super::*;

type Operation = fn(&str, &str) -> Result<String, CallError>;

fn expect(operation: Operation, cases: &[(&str, &str, &str)]) {
    for &(a, b, expected) in cases {
        let found = operation(a, b).unwrap_or_else(|error| error.to_string());
        assert_eq!(found, expected, "{a} and {b}");
    }
}

const NINES: &str = "99999999999999999999999999999999999999";
const RANGE: &str = "arithmetic: a number outside of 1E-130 to 9.99E+125";
const DIGITS: &str = "arithmetic: a number of more than 38 significant digits";
const ZERO: &str = "arithmetic: division by zero";

#[test]
fn sums_and_differences() {
    expect(
        add,
        &[
            ("0.1", "0.2", "0.3"),
            ("12.50", "0.50", "13"),
            ("-0.0", "0", "0"),
            ("1e3", "1", "1001"),
            (NINES, "1", "100000000000000000000000000000000000000"),
            // The 39th digit is a half: to the even neighbour.
            ("10000000000000000000000000000000000000", "0.5", "10000000000000000000000000000000000000"),
            ("10000000000000000000000000000000000001", "0.5", "10000000000000000000000000000000000002"),
            ("10000000000000000000000000000000000000", "0.50001", "10000000000000000000000000000000000001"),
            ("1e125", "1e-130", "1e125"),
            ("9e125", "1e125", RANGE),
            ("1e999999999", "1", RANGE),
            ("1e99999999999999999999", "1", RANGE),
            ("1e-999999999", "1", RANGE),
            ("0e999999999", "1", "1"),
            ("123456789012345678901234567890123456789", "1", DIGITS),
            ("1.00000000000000000000000000000000000000000000", "1", "2"),
        ],
    );
    expect(subtract, &[("0.3", "0.1", "0.2"), ("1", "1.0", "0"), ("1e-130", "2e-130", "-1e-130")]);
}

#[test]
fn products_and_quotients() {
    expect(
        multiply,
        &[
            ("12.50", "100", "1250"),
            ("-3", "0.1", "-0.3"),
            ("-3", "0", "0"),
            (NINES, NINES, "9.9999999999999999999999999999999999998e75"),
            ("1e100", "1e26", RANGE),
            ("1e-100", "1e-31", RANGE),
        ],
    );
    expect(
        divide,
        &[
            ("1", "8", "0.125"),
            ("1", "3", "0.33333333333333333333333333333333333333"),
            ("-2", "3", "-0.66666666666666666666666666666666666667"),
            ("2", "-3", "-0.66666666666666666666666666666666666667"),
            ("10", "0.1", "100"),
            // A little more than a tie, by what is left behind the digits that are worked out.
            ("3", "95771153851382386602770544167580003679", "3.1324672193627300573901883990354117349e-38"),
            ("0", "-7", "0"),
            ("1", "0", ZERO),
            ("0", "0.00", ZERO),
            ("1e-130", "10", RANGE),
            ("1e125", "0.1", RANGE),
        ],
    );
    expect(
        remainder,
        &[
            ("7", "3", "1"),
            ("-7", "3", "-1"),
            ("7", "-3", "1"),
            ("5.5", "0.2", "0.1"),
            ("1e125", "3", "1"),
            ("3", "1e125", "3"),
            ("1", "0", ZERO),
        ],
    );
    expect(|a, _| negate(a), &[("1.50", "", "-1.5"), ("-3", "", "3"), ("0", "", "0"), ("1e200", "", RANGE)]);
}

#[test]
fn rounding() {
    for (a, places, half, floor, ceiling) in [
        ("2.5", 0, "3", "2", "3"),
        ("-2.5", 0, "-3", "-3", "-2"),
        ("2.4", 0, "2", "2", "3"),
        ("0.001", 0, "0", "0", "1"),
        ("-0.001", 0, "0", "-1", "0"),
        ("0.5", 0, "1", "0", "1"),
        ("0", 0, "0", "0", "0"),
        ("9.995", 2, "10", "9.99", "10"),
        ("1.005", 2, "1.01", "1", "1.01"),
        ("49.990", 2, "49.99", "49.99", "49.99"),
        ("1250", -2, "1300", "1200", "1300"),
        ("50", -2, "100", "0", "100"),
        ("49", -2, "0", "0", "100"),
        ("1", -5, "0", "0", "100000"),
        ("1.5", i64::MAX, "1.5", "1.5", "1.5"),
        ("1.5", -1000, "0", "0", RANGE),
        ("1.5", i64::MIN, "0", "0", RANGE),
    ] {
        let found = |rounding| round(a, places, rounding).unwrap_or_else(|error| error.to_string());
        assert_eq!(found(Rounding::HalfAway), half, "{a} {places}");
        assert_eq!(found(Rounding::Floor), floor, "{a} {places}");
        assert_eq!(found(Rounding::Ceiling), ceiling, "{a} {places}");
    }
    assert_eq!(round("2.5", 0, Rounding::HalfEven).as_deref(), Ok("2"));
    assert_eq!(round("3.5", 0, Rounding::HalfEven).as_deref(), Ok("4"));
}

#[test]
fn sums_do_not_depend_on_their_order() {
    assert_eq!(sum(["1e37", "0.5", "0.5"]).as_deref(), Ok("10000000000000000000000000000000000001"));
    assert_eq!(sum(["0.5", "0.5", "1e37"]).as_deref(), Ok("10000000000000000000000000000000000001"));
    assert_eq!(sum([]).as_deref(), Ok("0"));
    assert_eq!(sum(["1", "1e300"]).expect_err("range").code, "arithmetic");
}

#[test]
fn whole_numbers() {
    for (text, expected) in [
        ("3", Some(3)),
        ("-3.0", Some(-3)),
        ("30e-1", Some(3)),
        ("1e2", Some(100)),
        ("0.0", Some(0)),
        ("9223372036854775807", Some(i64::MAX)),
        ("-9223372036854775808", Some(i64::MIN)),
        ("9223372036854775808", None),
        ("1e999999999", None),
        ("0.5", None),
    ] {
        assert_eq!(whole(text), expected, "{text}");
    }
}

/// A number as `coefficient * 10^exponent`, and its text.
fn number(digits: u32) -> impl Strategy<Value = (i128, i64)> {
    let limit = 10_i128.pow(digits);
    ((1 - limit)..limit, -45_i64..=20)
}

fn text((coefficient, exponent): (i128, i64)) -> String {
    format!("{coefficient}e{exponent}")
}

fn ten(power: i64) -> BigInt {
    BigInt::from(10).pow(u32::try_from(power).expect("a power that is not below zero"))
}

/// The coefficients of two numbers by one power of ten.
fn common(numbers: [(BigInt, i64); 2]) -> ([BigInt; 2], i64) {
    let lowest = numbers[0].1.min(numbers[1].1);
    (numbers.map(|(coefficient, exponent)| coefficient * ten(exponent - lowest)), lowest)
}

fn parsed(text: &str) -> (BigInt, i64) {
    let number = Decimal::parse(text).expect("a number");
    let coefficient: BigInt = format!("0{}", number.digits()).parse().expect("digits");
    let count = i64::try_from(number.digits().len()).expect("few");
    (if number.is_negative() { -coefficient } else { coefficient }, number.exponent() - count)
}

/// Asserts that `result` is `numerator / denominator * 10^exponent`, rounded half to even at 38 digits:
/// nothing with 38 digits is nearer, and a tie went to the even side.
fn assert_rounded(result: &str, numerator: &BigInt, denominator: &BigInt, exponent: i64) {
    let (coefficient, power) = parsed(result);
    // As many digits as there may be, so that the last one has a fixed place.
    let count = i64::try_from(coefficient.magnitude().to_string().len()).expect("few");
    let (coefficient, power) = (coefficient * ten(38 - count), power - (38 - count));
    let lowest = power.min(exponent);
    let exact = numerator * ten(exponent - lowest);
    let unit = ten(power - lowest) * denominator;
    let distance = (exact - &coefficient * &unit).magnitude() * 2_u32;
    assert!(distance <= *unit.magnitude(), "{result} is not the nearest");
    if distance == *unit.magnitude() {
        assert_eq!(&coefficient % 2, BigInt::ZERO, "{result} is a tie, and odd");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sums_are_the_nearest(a in number(38), b in number(38)) {
        let ([left, right], exponent) = common([a, b].map(|(c, e)| (BigInt::from(c), e)));
        let one = BigInt::from(1);
        assert_rounded(&add(&text(a), &text(b))?, &(&left + &right), &one, exponent);
        assert_rounded(&subtract(&text(a), &text(b))?, &(left - right), &one, exponent);
    }

    #[test]
    fn products_and_quotients_are_the_nearest(a in number(38), b in number(38)) {
        let [left, right] = [a, b].map(|(coefficient, _)| BigInt::from(coefficient));
        assert_rounded(&multiply(&text(a), &text(b))?, &(&left * &right), &1.into(), a.1 + b.1);
        if b.0 != 0 {
            assert_rounded(&divide(&text(a), &text(b))?, &left, &right, a.1 - b.1);
        }
    }

    #[test]
    fn small_ones_are_exact(a in -1_000_000_000_i128..1_000_000_000, b in -1_000_000_000_i128..1_000_000_000) {
        let cents = |value: i128| format!("{value}e-2");
        let same = |found: &str, coefficient: i128, exponent: i64| {
            assert_eq!(Decimal::parse(found), Decimal::parse(&format!("{coefficient}e{exponent}")));
        };
        same(&add(&cents(a), &cents(b))?, a + b, -2);
        same(&subtract(&cents(a), &cents(b))?, a - b, -2);
        same(&multiply(&cents(a), &cents(b))?, a * b, -4);
        if b != 0 {
            same(&remainder(&cents(a), &cents(b))?, a % b, -2);
            // What was multiplied divides again.
            same(&divide(&multiply(&cents(a), &cents(b))?, &cents(b))?, a, -2);
        }
    }

    #[test]
    fn remainders_complete_the_whole_part(a in number(38), b in number(38)) {
        if b.0 != 0 {
            let rest = parsed(&remainder(&text(a), &text(b))?);
            let exponent = a.1.min(b.1).min(rest.1);
            let at = |(coefficient, power): (BigInt, i64)| coefficient * ten(power - exponent);
            let (a, b, rest) = (at((a.0.into(), a.1)), at((b.0.into(), b.1)), at(rest));
            prop_assert_eq!((&a - &rest) % &b, BigInt::ZERO);
            prop_assert!(rest.magnitude() < b.magnitude());
            prop_assert!(rest == BigInt::ZERO || (rest.sign() == a.sign()));
        }
    }

    #[test]
    fn no_text_breaks_anything(
        a in "-?[0-9]{1,50}(\\.[0-9]{1,50})?(e[+-]?[0-9]{1,20})?",
        b in "-?[0-9]{1,3}(e-?[0-9]{1,3})?",
        places in any::<i64>(),
    ) {
        for operation in [add, subtract, multiply, divide, remainder] {
            for result in [operation(&a, &b), operation(&b, &a)] {
                match result {
                    Ok(text) => prop_assert!(Decimal::parse(&text).is_some_and(|number| number.fits_dynamodb())),
                    Err(error) => prop_assert_eq!(error.code, "arithmetic"),
                }
            }
        }
        for rounding in [Rounding::HalfAway, Rounding::HalfEven, Rounding::Floor, Rounding::Ceiling] {
            if let Ok(text) = round(&a, places, rounding) {
                prop_assert!(Decimal::parse(&text).is_some_and(|number| number.fits_dynamodb()));
            }
        }
        whole(&a);
    }
}
