//! The bytes of an object, compressed. The same bytes come out for the same content, so that an object that is
//! written again is the same object.
//!
//! It happens on the thread that writes: a batch is one object nearly always, and nothing else waits for it.

use std::io::Write as _;

use enrich_dsl::model::Compression;
use flate2::{Compression as Level, GzBuilder};

/// Both levels take the time of the fastest and most of what the slow ones save: the figures are in
/// `docs/outputs.md`. What zstd has for higher levels is left out of the function (`deploy/build`).
const GZIP: u32 = 2;
const ZSTD: i32 = 1;

/// A way to compress, and how it shows.
pub(super) struct Codec {
    /// What stands behind the key: readers such as Athena go by it, and by nothing else.
    pub(super) suffix: &'static str,
    /// The media type.
    pub(super) content_type: &'static str,
    /// The bytes compressed; `None` where there is no memory for it.
    pub(super) compress: fn(&[u8]) -> Option<Vec<u8>>,
}

/// The codec of a compression; `None` for bytes as they are.
pub(super) fn codec(compression: Compression) -> Option<Codec> {
    match compression {
        Compression::Gzip => Some(Codec { suffix: ".gz", content_type: "application/gzip", compress: gzip }),
        Compression::Zstd => Some(Codec { suffix: ".zst", content_type: "application/zstd", compress: zstd }),
        _ => None,
    }
}

/// No time and no name in the header.
fn gzip(body: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Level::new(GZIP));
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}

/// One frame, with a check sum as gzip has one.
fn zstd(body: &[u8]) -> Option<Vec<u8>> {
    let mut compressor = zstd::bulk::Compressor::new(ZSTD).ok()?;
    compressor.include_checksum(true).ok()?;
    compressor.compress(body).ok()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn lines() -> Vec<u8> {
        let line = |at| {
            format!("{{\"event_id\":\"{at:08}\",\"page\":\"/products/{}\",\"price\":{at}.90}}\n", at % 97)
        };
        (0..2_000).map(line).collect::<String>().into_bytes()
    }

    #[test]
    fn what_is_compressed_reads_back() {
        for body in [Vec::new(), b"{}\n".to_vec(), lines()] {
            let gzip = codec(Compression::Gzip).expect("a codec");
            let packed = (gzip.compress)(&body).expect("memory");
            let mut plain = Vec::new();
            flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut plain).expect("gzip");
            assert!(plain == body);

            let zstd = codec(Compression::Zstd).expect("a codec");
            let packed = (zstd.compress)(&body).expect("memory");
            assert!(zstd::decode_all(&packed[..]).expect("zstd") == body);
        }
        assert!(codec(Compression::None).is_none());
    }

    #[test]
    fn it_is_worth_it_and_always_the_same() {
        let body = lines();
        for codec in [codec(Compression::Gzip), codec(Compression::Zstd)] {
            let codec = codec.expect("a codec");
            let packed = (codec.compress)(&body).expect("memory");
            assert!(packed.len() * 5 < body.len(), "{}: {} of {}", codec.suffix, packed.len(), body.len());
            assert!((codec.compress)(&body) == Some(packed));
        }
    }

    #[test]
    fn a_damaged_frame_is_found_out() {
        let zstd = codec(Compression::Zstd).expect("a codec");
        let mut packed = (zstd.compress)(&lines()).expect("memory");
        // The check sum is the end of the frame.
        let last = packed.last_mut().expect("a frame");
        *last ^= 1;
        assert!(zstd::decode_all(&packed[..]).is_err());
    }
}
