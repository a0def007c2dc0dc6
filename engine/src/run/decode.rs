//! A record's bytes to an event: what `decode` says, then JSON, then an object.

use std::borrow::Cow;
use std::io::Read;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use enrich_dsl::model::Decode;
use flate2::bufread::ZlibDecoder;
use flate2::read::MultiGzDecoder;

use crate::json::{Kind, Problem, ScanError, Tape, Tapes, Unread};
use crate::reasons::{Reason, ReasonCode};

/// The most bytes that an event may have once it is inflated: a small record can claim to be anything.
const MAX_INFLATED: u64 = 16 * 1024 * 1024;

/// Undoes the steps in their order and reads the event, all but what is inside of its `unread` members.
#[inline]
pub(super) fn decode<'r>(
    bytes: &'r [u8],
    steps: &[Decode],
    tapes: &mut Tapes,
    unread: Unread,
) -> Result<(Cow<'r, str>, Tape), Reason> {
    let plain = if steps.is_empty() { Cow::Borrowed(bytes) } else { plain(bytes, steps)? };
    let (text, tape) = tapes.read(plain, unread).map_err(|error| not_json(&error))?;
    match tapes.root(&text, tape).kind() {
        Kind::Object => Ok((text, tape)),
        kind => {
            tapes.forget(tape);
            Err(not_object(kind))
        }
    }
}

/// Undoes the steps in their order.
fn plain<'r>(bytes: &'r [u8], steps: &[Decode]) -> Result<Cow<'r, [u8]>, Reason> {
    let mut plain = Cow::Borrowed(bytes);
    for step in steps {
        plain = Cow::Owned(match step {
            Decode::Base64 => from_base64(&plain)?,
            Decode::Gzip => from_gzip(&plain)?,
            Decode::Zlib => from_zlib(&plain, "the bytes are not zlib, as the rule says")?,
            Decode::Glue => from_glue(&plain)?,
            _ => return Err(Reason::new(ReasonCode::Decode, "a step of another version")),
        });
    }
    Ok(plain)
}

#[cold]
fn not_json(error: &ScanError) -> Reason {
    let code = if error.problem == Problem::Depth { ReasonCode::TooDeep } else { ReasonCode::NotJson };
    Reason::new(code, error.to_string())
}

#[cold]
fn not_object(kind: Kind) -> Reason {
    let message = format!("an event is a JSON object, this is {}", kind.with_article());
    Reason::new(ReasonCode::NotObject, message)
}

/// Command lines wrap their base64, so white space in it means nothing.
fn from_base64(text: &[u8]) -> Result<Vec<u8>, Reason> {
    let text: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    STANDARD
        .decode(text)
        .map_err(|_| Reason::new(ReasonCode::Decode, "the bytes are not base64, as the rule says"))
}

/// Several members one behind the other are one text, as gzip has it.
fn from_gzip(bytes: &[u8]) -> Result<Vec<u8>, Reason> {
    inflated(MultiGzDecoder::new(bytes), "the bytes are not gzip, as the rule says")
}

fn from_zlib(bytes: &[u8], wrong: &'static str) -> Result<Vec<u8>, Reason> {
    // The decoder says nothing where its stream is cut off. Then it takes the byte behind the stream too.
    let mut decoder = ZlibDecoder::new(bytes.chain(&[0][..]));
    let plain = inflated(&mut decoder, wrong)?;
    match decoder.into_inner().into_inner() {
        ([], [_]) => Ok(plain),
        _ => Err(Reason::new(ReasonCode::Decode, wrong)),
    }
}

fn inflated(decoder: impl Read, wrong: &'static str) -> Result<Vec<u8>, Reason> {
    let mut plain = Vec::new();
    if decoder.take(MAX_INFLATED + 1).read_to_end(&mut plain).is_err() {
        return Err(Reason::new(ReasonCode::Decode, wrong));
    }
    if u64::try_from(plain.len()).is_ok_and(|length| length > MAX_INFLATED) {
        return Err(Reason::new(
            ReasonCode::TooLarge,
            format!("the event has more than {MAX_INFLATED} bytes inflated"),
        ));
    }
    Ok(plain)
}

/// The frame of the Glue Schema Registry: a version, how the payload is compressed, and the id of the
/// schema's version. The rule says itself what its events look like, so nobody is asked about the id.
fn from_glue(bytes: &[u8]) -> Result<Vec<u8>, Reason> {
    const VERSION: u8 = 3;
    const SCHEMA_ID_BYTES: usize = 16;
    let wrong = |message: &'static str| Err(Reason::new(ReasonCode::Decode, message));
    let [version, compression, rest @ ..] = bytes else {
        return wrong("the bytes are shorter than a frame of the Glue Schema Registry");
    };
    if *version != VERSION {
        return wrong("the bytes are in no frame of the Glue Schema Registry, as the rule says");
    }
    let Some((_, payload)) = rest.split_at_checked(SCHEMA_ID_BYTES) else {
        return wrong("the bytes are shorter than a frame of the Glue Schema Registry");
    };
    match compression {
        0 => Ok(payload.to_vec()),
        5 => from_zlib(
            payload,
            "the payload in the frame of the Glue Schema Registry is not zlib, as the frame says",
        ),
        _ => wrong("the frame of the Glue Schema Registry names a compression that is neither none nor zlib"),
    }
}
