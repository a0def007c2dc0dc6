//! A record's bytes to an event: what `decode` says, then JSON, then an object.

use std::borrow::Cow;
use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use enrich_dsl::model::Decode;
use flate2::read::MultiGzDecoder;

use crate::json::{Document, Kind, Problem};
use crate::reasons::{Reason, ReasonCode};

/// The most bytes that an event may have once it is inflated: a small record can claim to be anything.
const MAX_INFLATED: u64 = 16 * 1024 * 1024;

/// Undoes the steps in their order and reads the event.
pub(super) fn decode<'r>(bytes: &'r [u8], steps: &[Decode]) -> Result<Document<'r>, Reason> {
    let mut plain = Cow::Borrowed(bytes);
    for step in steps {
        plain = Cow::Owned(match step {
            Decode::Base64 => from_base64(&plain)?,
            Decode::Gzip => inflated(&plain)?,
            _ => return Err(Reason::new(ReasonCode::Decode, "a step of another version")),
        });
    }
    let document = match plain {
        Cow::Borrowed(bytes) => Document::parse(bytes),
        Cow::Owned(bytes) => Document::parse_owned(bytes).map_err(|(error, _)| error),
    };
    let document = document.map_err(|error| {
        let code = if error.problem == Problem::Depth { ReasonCode::TooDeep } else { ReasonCode::NotJson };
        Reason::new(code, error.to_string())
    })?;
    match document.root().kind() {
        Kind::Object => Ok(document),
        kind => {
            let message = format!("an event is a JSON object, this is {}", kind.with_article());
            Err(Reason::new(ReasonCode::NotObject, message))
        }
    }
}

/// Command lines wrap their base64, so white space in it means nothing.
fn from_base64(text: &[u8]) -> Result<Vec<u8>, Reason> {
    let text: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    STANDARD
        .decode(text)
        .map_err(|_| Reason::new(ReasonCode::Decode, "the bytes are not base64, as the rule says"))
}

fn inflated(bytes: &[u8]) -> Result<Vec<u8>, Reason> {
    let mut plain = Vec::new();
    let mut decoder = MultiGzDecoder::new(bytes).take(MAX_INFLATED + 1);
    if decoder.read_to_end(&mut plain).is_err() {
        return Err(Reason::new(ReasonCode::Decode, "the bytes are not gzip, as the rule says"));
    }
    if u64::try_from(plain.len()).is_ok_and(|length| length > MAX_INFLATED) {
        return Err(Reason::new(
            ReasonCode::TooLarge,
            format!("the event has more than {MAX_INFLATED} bytes inflated"),
        ));
    }
    Ok(plain)
}
