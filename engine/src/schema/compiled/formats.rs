//! Shapes of the common formats that are certainly valid. All others are for the library to judge.

use std::net::Ipv4Addr;

use wide::u8x16;

/// Whether a text is certainly of one format.
pub(super) type Certain = fn(&[u8]) -> bool;

/// What tells texts of the format of that name.
pub(super) fn certain(name: &str) -> Option<Certain> {
    Some(match name {
        "date" => date,
        "date-time" => date_time,
        "email" => email,
        "ipv4" => ipv4,
        "time" => time,
        "uri" => uri,
        "uuid" => uuid,
        _ => return None,
    })
}

/// What each of sixteen characters may be: a range for each place.
struct Places {
    least: u8x16,
    span: u8x16,
}

impl Places {
    #[inline(always)]
    fn new(least: &[u8; 16], most: &[u8; 16]) -> Self {
        let least = u8x16::new(*least);
        Self { least, span: u8x16::new(*most) - least }
    }

    /// The same range for all places.
    #[inline(always)]
    fn all(least: u8, most: u8) -> Self {
        Self::new(&[least; 16], &[most; 16])
    }

    /// How far behind its range each character is: 0 where it is within.
    #[inline(always)]
    fn excess(&self, text: u8x16) -> u8x16 {
        (text - self.least).saturating_sub(self.span)
    }
}

/// In lower case, if it is a letter.
#[inline(always)]
fn lower(text: u8x16) -> u8x16 {
    text | u8x16::splat(0x20)
}

/// Whether nothing is out of its range.
#[inline(always)]
fn is_none(excess: u8x16) -> bool {
    excess.simd_eq(u8x16::ZERO).to_bitmask() == 0xffff
}

/// `2024-02-28`, without the last day of February in leap years.
fn date(text: &[u8]) -> bool {
    let mut moment = *b"....-..-..T00:00:00";
    match (moment.first_chunk_mut(), <&[u8; 10]>::try_from(text)) {
        (Some(day), Ok(text)) => *day = *text,
        _ => return false,
    }
    is_moment(&moment)
}

/// `23:59:59.123Z`, `23:59:59+02:00`, without leap seconds.
fn time(text: &[u8]) -> bool {
    let mut moment = *b"2000-01-01T..:..:..";
    let zone = match (moment.last_chunk_mut(), text.split_first_chunk::<8>()) {
        (Some(clock), Some((text, zone))) => {
            *clock = *text;
            zone
        }
        _ => return false,
    };
    is_moment(&moment) && is_fraction_and_zone(zone)
}

/// `2024-02-28T23:59:59.123Z`: the two of them.
fn date_time(text: &[u8]) -> bool {
    text.split_first_chunk().is_some_and(|(moment, behind)| is_moment(moment) && is_fraction_and_zone(behind))
}

/// `2024-02-28T23:59:59`
#[inline(always)]
fn is_moment(text: &[u8; 19]) -> bool {
    let (Some(to_minute), Some(from_year)) = (text.first_chunk(), text.last_chunk()) else { return false };
    let out = Places::new(b"0000-00-00T00:00", b"9999-19-39T29:59").excess(u8x16::new(*to_minute))
        | Places::new(b"0-00-00T00:00:00", b"9-19-39T29:59:59").excess(u8x16::new(*from_year));
    let &[_, _, _, _, _, m1, m2, _, d1, d2, _, h1, h2, ..] = text;
    let days = DAYS.get(usize::from(two(m1, m2))).copied().unwrap_or(0);
    is_none(out) && two(d1, d2).wrapping_sub(1) < days && two(h1, h2) < 24
}

/// The days of each month, from the one that is none.
const DAYS: [u8; 13] = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// Two digits as a number.
#[inline(always)]
fn two(high: u8, low: u8) -> u8 {
    high.wrapping_sub(b'0').wrapping_mul(10).wrapping_add(low.wrapping_sub(b'0'))
}

/// `Z`, `.123Z`, `+02:00`
#[inline(always)]
fn is_fraction_and_zone(text: &[u8]) -> bool {
    let fraction = match text {
        [fraction @ .., b'Z'] => fraction,
        [fraction @ .., b'+' | b'-', h1, h2, b':', m1, m2] => {
            let digits = [h1, h2, m1, m2].iter().all(|byte| byte.is_ascii_digit());
            if !digits || two(*h1, *h2) > 23 || two(*m1, *m2) > 59 {
                return false;
            }
            fraction
        }
        _ => return false,
    };
    match fraction {
        [] => true,
        [b'.', digits @ ..] => !digits.is_empty() && are_digits(digits),
        _ => false,
    }
}

/// Whether these are digits, of which there are mostly three, or three more.
#[inline(always)]
fn are_digits(text: &[u8]) -> bool {
    let mut rest = text;
    while let Some(([first, second, third], behind)) = rest.split_first_chunk() {
        if !(first.is_ascii_digit() & second.is_ascii_digit() & third.is_ascii_digit()) {
            return false;
        }
        rest = behind;
    }
    rest.iter().all(u8::is_ascii_digit)
}

fn ipv4(text: &[u8]) -> bool {
    str::from_utf8(text).is_ok_and(|text| text.parse::<Ipv4Addr>().is_ok())
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
    let Some(rest) = text.strip_prefix(b"https://").or_else(|| text.strip_prefix(b"http://")) else {
        return false;
    };
    let host = host_length(rest);
    let behind = match rest.get(host..) {
        Some([b':', port @ ..]) => {
            let end = port.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(port.len());
            port.get(end..).unwrap_or_default()
        }
        behind => behind.unwrap_or_default(),
    };
    host > 0 && matches!(behind.first(), None | Some(b'/' | b'?')) && ends_as_path(text, behind.len())
}

/// How many characters of a host's name come first.
#[inline(always)]
fn host_length(text: &[u8]) -> usize {
    let (mut length, mut rest) = (0, text);
    while let Some((block, behind)) = rest.split_first_chunk() {
        let block = u8x16::new(*block);
        let out = Places::all(b'a', b'z')
            .excess(lower(block))
            .min(Places::all(b'0', b'9').excess(block))
            .min(Places::all(b'-', b'.').excess(block));
        let host = out.simd_eq(u8x16::ZERO).to_bitmask();
        if host != 0xffff {
            return length + host.trailing_ones() as usize;
        }
        (length, rest) = (length + 16, behind);
    }
    length + rest.iter().position(|byte| !has(&HOST, *byte)).unwrap_or(rest.len())
}

/// Whether a text that may be a path and a query up to there is one for so many bytes at its end.
#[inline(always)]
fn ends_as_path(text: &[u8], mut length: usize) -> bool {
    let mut rest = text;
    while let Some((before, block)) = rest.split_last_chunk() {
        let block = u8x16::new(*block);
        // Those of the characters that there are mostly.
        let out = Places::all(b'a', b'z')
            .excess(block)
            .min(Places::all(b'?', b'Z').excess(block))
            .min(Places::all(b'&', b';').excess(block))
            .min(block ^ u8x16::splat(b'='))
            .min(block ^ u8x16::splat(b'_'));
        if !is_none(out) {
            break;
        }
        if length <= 16 {
            return true;
        }
        (length, rest) = (length - 16, before);
    }
    rest.iter().rev().take(length).all(|byte| has(&PATH_AND_QUERY, *byte))
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
fn uuid(text: &[u8]) -> bool {
    let Ok(text) = <&[u8; 36]>::try_from(text) else { return false };
    let (Some(first), Some((_, second)), Some(last)) = (
        text.first_chunk(),
        text.first_chunk::<32>().and_then(|text| text.split_last_chunk()),
        text.last_chunk(),
    ) else {
        return false;
    };
    is_none(
        hex_and_dashes(first, b"hhhhhhhh-hhhh-hh")
            | hex_and_dashes(second, b"hh-hhhh-hhhhhhhh")
            | hex_and_dashes(last, b"hhh-hhhhhhhhhhhh"),
    )
}

/// How far each character is from a hexadecimal digit, or from a dash where one has to be.
#[inline(always)]
fn hex_and_dashes(text: &[u8; 16], form: &[u8; 16]) -> u8x16 {
    let places = |digit: u8, dash: u8| form.map(|place| if place == b'-' { dash } else { digit });
    let text = u8x16::new(*text);
    let digit = Places::new(&places(b'0', b'-'), &places(b'9', b'-'));
    // No letter is zero in lower case, so that a dash is none.
    let letter = Places::new(&places(b'a', 0), &places(b'f', 0));
    digit.excess(text).min(letter.excess(lower(text)))
}
