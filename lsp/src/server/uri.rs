//! Paths and the addresses that the protocol has for them.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use lsp_types::Uri;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// What a path can't have in an address.
const ESCAPED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The file that an address means; `None` for what is no file.
pub(super) fn path(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.as_str().strip_prefix("file://")?;
    let path = rest.get(rest.find('/')?..)?;
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    let bytes = decoded.as_bytes();
    // `/c:/folder` is `c:/folder`.
    let drive = bytes.get(1).is_some_and(u8::is_ascii_alphabetic) && bytes.get(2) == Some(&b':');
    Some(PathBuf::from(if drive { decoded.get(1..)? } else { &decoded }))
}

/// The address of a file.
pub(super) fn uri(path: &Path) -> Option<Uri> {
    let text = path.to_str()?.replace('\\', "/");
    let slash = if text.starts_with('/') { "" } else { "/" };
    Uri::from_str(&format!("file://{slash}{}", utf8_percent_encode(&text, ESCAPED))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for (address, expected, again) in [
            ("file:///rules/a.enrich", Some("/rules/a.enrich"), "file:///rules/a.enrich"),
            (
                "file:///my%20rules/%C3%A9%23.enrich",
                Some("/my rules/é#.enrich"),
                "file:///my%20rules/%C3%A9%23.enrich",
            ),
            ("file:///c%3A/rules/a.enrich", Some("c:/rules/a.enrich"), "file:///c:/rules/a.enrich"),
            ("untitled:Untitled-1", None, ""),
        ] {
            let found = path(&Uri::from_str(address).expect("an address"));
            assert_eq!(found.as_deref(), expected.map(Path::new), "{address}");
            if let Some(found) = found {
                assert_eq!(uri(&found).expect("an address").as_str(), again);
            }
        }
    }
}
