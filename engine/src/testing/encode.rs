//! What a rule's `decode` undoes: an event as a producer would have put it on the stream.

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use enrich_dsl::model::Decode;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

/// Does the steps backwards.
pub(super) fn encode(event: String, steps: &[Decode]) -> Vec<u8> {
    steps.iter().rev().fold(event.into_bytes(), |bytes, step| match step {
        Decode::Base64 => STANDARD.encode(bytes).into_bytes(),
        Decode::Gzip => {
            compressed(GzEncoder::new(Vec::new(), Compression::fast()), &bytes, GzEncoder::finish)
        }
        Decode::Zlib => {
            compressed(ZlibEncoder::new(Vec::new(), Compression::fast()), &bytes, ZlibEncoder::finish)
        }
        // A frame of version 3, not compressed, with a schema's id of zeros.
        Decode::Glue => [&[3, 0][..], &[0; 16], &bytes].concat(),
        _ => bytes,
    })
}

fn compressed<W: Write>(
    mut encoder: W,
    bytes: &[u8],
    finish: impl FnOnce(W) -> std::io::Result<Vec<u8>>,
) -> Vec<u8> {
    // Memory takes all that is written to it.
    encoder.write_all(bytes).and_then(|()| finish(encoder)).unwrap_or_default()
}
