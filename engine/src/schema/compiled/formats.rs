//! Shapes of the common formats that are certainly valid. All others are for the library to judge.

use std::net::Ipv4Addr;

use wide::u8x16;

/// A format with shapes that are known here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Format {
    Date,
    DateTime,
    Email,
    Ipv4,
    Time,
    Uri,
    Uuid,
}

impl Format {
    /// The format of that name.
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "date" => Self::Date,
            "date-time" => Self::DateTime,
            "email" => Self::Email,
            "ipv4" => Self::Ipv4,
            "time" => Self::Time,
            "uri" => Self::Uri,
            "uuid" => Self::Uuid,
            _ => return None,
        })
    }

    /// Whether a text is certainly of this format.
    pub(super) fn has(self, text: &[u8]) -> bool {
        match self {
            Self::Date => date(text),
            Self::DateTime => text.split_at_checked(10).is_some_and(|(day, rest)| {
                date(day) && rest.split_first().is_some_and(|(sign, rest)| *sign == b'T' && time(rest))
            }),
            Self::Email => email(text),
            Self::Ipv4 => str::from_utf8(text).is_ok_and(|text| text.parse::<Ipv4Addr>().is_ok()),
            Self::Time => time(text),
            Self::Uri => uri(text),
            Self::Uuid => text.try_into().is_ok_and(uuid),
        }
    }
}

/// Two digits as a number.
fn two(high: u8, low: u8) -> Option<u8> {
    let (high, low) = (high.wrapping_sub(b'0'), low.wrapping_sub(b'0'));
    (high < 10 && low < 10).then(|| high * 10 + low)
}

/// `2024-02-28`, without the last day of February in leap years.
fn date(text: &[u8]) -> bool {
    let &[c1, c2, y1, y2, b'-', m1, m2, b'-', d1, d2] = text else { return false };
    let (Some(_), Some(_), Some(month), Some(day)) = (two(c1, c2), two(y1, y2), two(m1, m2), two(d1, d2))
    else {
        return false;
    };
    let days = match month {
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// `23:59:59.123Z`, `23:59:59+02:00`, without leap seconds.
fn time(text: &[u8]) -> bool {
    let &[h1, h2, b':', m1, m2, b':', s1, s2, ref rest @ ..] = text else { return false };
    let clock = two(h1, h2).is_some_and(|hour| hour < 24)
        && two(m1, m2).is_some_and(|minute| minute < 60)
        && two(s1, s2).is_some_and(|second| second < 60);
    let zone = match rest {
        [b'.', fraction @ ..] => match fraction.iter().position(|byte| !byte.is_ascii_digit()) {
            Some(0) | None => return false,
            Some(end) => fraction.get(end..).unwrap_or_default(),
        },
        zone => zone,
    };
    clock
        && match *zone {
            [b'Z'] => true,
            [b'+' | b'-', h1, h2, b':', m1, m2] => {
                two(h1, h2).is_some_and(|hour| hour < 24) && two(m1, m2).is_some_and(|minute| minute < 60)
            }
            _ => false,
        }
}

/// `name.with-parts@host.example`: a name of letters, digits, `_`, `-`, `+` and single dots; labels of a host
/// without `--`, the last one of letters.
fn email(text: &[u8]) -> bool {
    let Some(at) = text.iter().position(|byte| *byte == b'@') else { return false };
    let (name, host) = (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default());
    let atom = |part: &[u8]| {
        !part.is_empty()
            && part.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+'))
    };
    let label = |part: &[u8]| {
        let ends = [part.first(), part.last()];
        part.len() <= 63
            && ends.iter().all(|end| end.is_some_and(u8::is_ascii_alphanumeric))
            && part.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
            && !part.windows(2).any(|pair| pair == b"--")
    };
    let last = host.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    name.len() <= 64
        && host.len() <= 253
        && host.len() > last.len()
        && last.len() >= 2
        && last.iter().all(u8::is_ascii_alphabetic)
        && name.split(|byte| *byte == b'.').all(atom)
        && host.split(|byte| *byte == b'.').all(label)
}

/// `https://host.example:443/path?query`, without `%`, `#` and names of users.
fn uri(text: &[u8]) -> bool {
    let rest = text.strip_prefix(b"https://").or_else(|| text.strip_prefix(b"http://")).unwrap_or_default();
    let end = rest.iter().position(|byte| !has(&HOST, *byte)).unwrap_or(rest.len());
    let behind = match rest.get(end..) {
        Some([b':', port @ ..]) => {
            let end = port.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(port.len());
            port.get(end..).unwrap_or_default()
        }
        behind => behind.unwrap_or_default(),
    };
    end > 0
        && matches!(behind.first(), None | Some(b'/' | b'?'))
        && behind.iter().all(|byte| has(&PATH_AND_QUERY, *byte))
}

/// A set of bytes.
type Bytes = [bool; 256];

/// What may stand in the name of a host.
const HOST: Bytes = bytes(b"-.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

/// What may stand in a path and in a query.
const PATH_AND_QUERY: Bytes =
    bytes(b"-._~!$&'()*+,;=:@/?0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

const fn bytes(mut left: &[u8]) -> Bytes {
    let mut table = [false; 256];
    while let [byte, rest @ ..] = left {
        #[expect(clippy::indexing_slicing, reason = "a byte is below 256; it is worked out by the compiler")]
        {
            table[*byte as usize] = true;
        }
        left = rest;
    }
    table
}

#[inline]
fn has(set: &Bytes, byte: u8) -> bool {
    set.get(usize::from(byte)) == Some(&true)
}

/// `123e4567-e89b-12d3-a456-426614174000`, with any version. Sixteen characters at a time.
fn uuid(text: &[u8; 36]) -> bool {
    let (Some(first), Some((_, second)), Some(last)) = (
        text.first_chunk(),
        text.first_chunk::<32>().and_then(|text| text.split_last_chunk()),
        text.last_chunk(),
    ) else {
        return false;
    };
    // A bit for each place of a dash.
    hex_with_dashes(first, 1 << 8 | 1 << 13)
        & hex_with_dashes(second, 1 << 2 | 1 << 7)
        & hex_with_dashes(last, 1 << 3)
}

/// Whether these are hexadecimal digits, with dashes in these places.
#[inline]
fn hex_with_dashes(text: &[u8; 16], dashes: u32) -> bool {
    let text = u8x16::new(*text);
    let up_to = |bytes: u8x16, most: u8| bytes.min(u8x16::splat(most)).simd_eq(bytes);
    let letter = up_to((text | u8x16::splat(0x20)) - u8x16::splat(b'a'), 5);
    let digit = up_to(text - u8x16::splat(b'0'), 9);
    let dash = text.simd_eq(u8x16::splat(b'-'));
    (letter | digit).to_bitmask() == !dashes & 0xffff && dash.to_bitmask() == dashes
}
