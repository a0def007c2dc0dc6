//! From a DynamoDB item to JSON.
//!
//! | DynamoDB | JSON |
//! |---|---|
//! | `S` | string |
//! | `N` | number, with the digits that the table has |
//! | `BOOL`, `NULL` | boolean, null |
//! | `B` | base64 string |
//! | `M` | object, members sorted by name |
//! | `L` | array |
//! | `SS`, `NS`, `BS` | array, sorted: as text, by value, by base64 text |
//!
//! Maps and sets have no order in DynamoDB; sorted, the same item always gives the same text.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use enrich_engine::json::{MAX_DEPTH, compare_numbers, write_string};
use enrich_engine::lookup::Item;

/// Why an item is no JSON. The messages name attributes, never values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ItemError {
    #[error("attribute `{0}` holds a number that JSON can't express")]
    Number(String),
    #[error("attribute `{0}` is of a type that is not known")]
    Type(String),
    #[error("attribute `{0}` is nested deeper than {MAX_DEPTH} levels")]
    Depth(String),
    #[error("the item can't be read")]
    Text,
}

/// Why a value is no JSON.
#[derive(Clone, Copy)]
enum Problem {
    Number,
    Type,
    Depth,
}

/// The item as a JSON object.
pub(super) fn to_item(item: &HashMap<String, AttributeValue>) -> Result<Item, ItemError> {
    let mut out = String::with_capacity(256);
    list(&mut out, ['{', '}'], sorted(item), |out, (name, value)| {
        member(out, name, value, 1).map_err(|problem| match problem {
            Problem::Number => ItemError::Number(name.clone()),
            Problem::Type => ItemError::Type(name.clone()),
            Problem::Depth => ItemError::Depth(name.clone()),
        })
    })?;
    Item::from_text(out.into()).map_err(|_| ItemError::Text)
}

/// Writes a value that stands inside `depth` brackets.
fn write(out: &mut String, value: &AttributeValue, depth: usize) -> Result<(), Problem> {
    match value {
        AttributeValue::S(text) => write_string(out, text),
        AttributeValue::N(digits) => out.push_str(&json_number(digits).ok_or(Problem::Number)?),
        AttributeValue::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        AttributeValue::Null(_) => out.push_str("null"),
        AttributeValue::B(bytes) => base64(out, bytes.as_ref()),
        _ if depth >= MAX_DEPTH => return Err(Problem::Depth),
        AttributeValue::M(members) => {
            return list(out, ['{', '}'], sorted(members), |out, (name, value)| {
                member(out, name, value, depth + 1)
            });
        }
        AttributeValue::L(elements) => {
            return list(out, ['[', ']'], elements, |out, element| write(out, element, depth + 1));
        }
        AttributeValue::Ss(texts) => {
            let mut texts: Vec<_> = texts.iter().collect();
            texts.sort();
            return list(out, ['[', ']'], texts, |out, text| {
                write_string(out, text);
                Ok(())
            });
        }
        AttributeValue::Ns(numbers) => {
            return list(out, ['[', ']'], by_value(numbers).ok_or(Problem::Number)?, |out, digits| {
                out.push_str(&digits);
                Ok(())
            });
        }
        AttributeValue::Bs(blobs) => {
            let mut texts: Vec<_> = blobs.iter().map(|blob| STANDARD.encode(blob.as_ref())).collect();
            texts.sort();
            return list(out, ['[', ']'], texts, |out, text| {
                write_string(out, &text);
                Ok(())
            });
        }
        _ => return Err(Problem::Type),
    }
    Ok(())
}

fn member(out: &mut String, name: &str, value: &AttributeValue, depth: usize) -> Result<(), Problem> {
    write_string(out, name);
    out.push(':');
    write(out, value, depth)
}

/// Writes what `each` writes, between brackets and with commas.
fn list<T, E>(
    out: &mut String,
    [open, close]: [char; 2],
    values: impl IntoIterator<Item = T>,
    each: impl Fn(&mut String, T) -> Result<(), E>,
) -> Result<(), E> {
    out.push(open);
    for (at, value) in values.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        each(out, value)?;
    }
    out.push(close);
    Ok(())
}

fn sorted(members: &HashMap<String, AttributeValue>) -> Vec<(&String, &AttributeValue)> {
    let mut members: Vec<_> = members.iter().collect();
    members.sort_by_key(|(name, _)| *name);
    members
}

fn base64(out: &mut String, bytes: &[u8]) {
    out.push('"');
    STANDARD.encode_string(bytes, out);
    out.push('"');
}

fn by_value(numbers: &[String]) -> Option<Vec<Cow<'_, str>>> {
    let mut numbers = numbers.iter().map(|digits| json_number(digits)).collect::<Option<Vec<_>>>()?;
    // Without a number that can't be compared, the order below is total.
    numbers.iter().try_for_each(|digits| compare_numbers(digits, "0").map(drop))?;
    numbers.sort_by(|left, right| {
        compare_numbers(left, right).unwrap_or(Ordering::Equal).then_with(|| left.cmp(right))
    });
    Some(numbers)
}

/// The text of a DynamoDB number as a JSON number: as it is where it is one, else with the least
/// change (`+5` is `5`, `.5` is `0.5`, `007` is `7`). `None` where it is no number.
pub(super) fn json_number(text: &str) -> Option<Cow<'_, str>> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => unsigned.split_at_checked(at)?,
        None => (unsigned, ""),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let power = exponent.strip_prefix(['e', 'E']).unwrap_or(exponent);
    let power = power.strip_prefix(['-', '+']).unwrap_or(power);
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !(all_digits(whole) && all_digits(fraction) && all_digits(power))
        || (whole.is_empty() && fraction.is_empty())
        || (power.is_empty() && !exponent.is_empty())
    {
        return None;
    }
    let significant = match whole.trim_start_matches('0') {
        "" => "0",
        significant => significant,
    };
    if significant == whole && !text.starts_with('+') && !mantissa.ends_with('.') {
        return Some(Cow::Borrowed(text));
    }
    let sign = if text.starts_with('-') { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    Some(Cow::Owned(format!("{sign}{significant}{point}{fraction}{exponent}")))
}

#[cfg(test)]
mod tests;
