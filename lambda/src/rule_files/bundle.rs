//! A rule set as one document, for a store that keeps documents and no folders, as AppConfig does.
//!
//! ```json
//! {"files": {"clicks.enrich": "rule clicks { … }", "schemas/click.json": "{\"type\": \"object\"}"}}
//! ```
//!
//! Paths are relative to the rule set's folder. A document that does not begin with a brace is one rule file.

use std::collections::BTreeSet;

use enrich_engine::json::{self, Document, Kind, Node};

/// The longest document, in bytes: as much as AppConfig hosts.
pub const MAX_BUNDLE: usize = 2 << 20;

/// The name of the one rule file that a document may be.
const ONLY: &str = "rules.enrich";

/// Why a document is no rule set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// It is longer than [`MAX_BUNDLE`].
    #[error("the document has more than {MAX_BUNDLE} bytes, the most that AppConfig hosts")]
    TooLong,
    /// It begins as JSON, and is none.
    #[error("the document is not JSON, from byte {at} on")]
    NotJson {
        /// The first byte that is wrong, counted from 0.
        at: usize,
    },
    /// The rules name a schema that is not in their folder.
    #[error("the schema `{path}` is not in the folder of the rules: a document holds that folder alone")]
    Outside {
        /// The schema, as the rules name it.
        path: String,
    },
    /// A schema can't be read.
    #[error("the schema `{path}`: {cause}")]
    Schema {
        /// The schema, as the rules name it.
        path: String,
        /// Why.
        cause: String,
    },
    /// It is JSON, and something else.
    #[error("the document is no rule set: {0}: `check --bundle` writes one")]
    NoRuleSet(String),
}

/// The files in a document: their paths, and their bytes.
///
/// # Errors
/// Where the document is too long, or no rule set.
pub fn read_bundle(document: &[u8]) -> Result<Vec<(String, Vec<u8>)>, BundleError> {
    if document.len() > MAX_BUNDLE {
        return Err(BundleError::TooLong);
    }
    if document.trim_ascii_start().first() != Some(&b'{') {
        return Ok(vec![(ONLY.to_owned(), document.to_vec())]);
    }
    let document = Document::parse(document).map_err(|error| BundleError::NotJson { at: error.at })?;
    let mut files = None;
    for (name, value) in document.root().members() {
        let problem = match (&*name.text(), &files) {
            ("files", None) => {
                files = Some(read_files(value).map_err(BundleError::NoRuleSet)?);
                continue;
            }
            ("files", Some(_)) => "`files` is there twice".to_owned(),
            (other, _) => format!("nothing is known of `{other}`"),
        };
        return Err(BundleError::NoRuleSet(problem));
    }
    files.ok_or_else(|| BundleError::NoRuleSet("it has no `files`".to_owned()))
}

fn read_files(files: Node<'_>) -> Result<Vec<(String, Vec<u8>)>, String> {
    if files.kind() != Kind::Object {
        return Err(format!("`files` is {}, and should be an object", files.kind().with_article()));
    }
    let mut known = BTreeSet::new();
    let read = |(path, text): (json::Name<'_>, Node<'_>)| {
        let path = path.text().into_owned();
        let Some(text) = text.as_str() else {
            return Err(format!("`{path}` is {}, and should be a text", text.kind().with_article()));
        };
        if !known.insert(path.clone()) {
            return Err(format!("the file `{path}` is there twice"));
        }
        Ok((path, text.into_owned().into_bytes()))
    };
    files.members().map(read).collect()
}

/// The document of these files: their paths, and their texts. A file is a line.
///
/// # Errors
/// Where the document is too long.
pub fn write_bundle<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> Result<String, BundleError> {
    let mut document = String::from("{\"files\": {");
    for (at, (path, text)) in files.into_iter().enumerate() {
        document.push_str(if at == 0 { "\n" } else { ",\n" });
        json::write_string(&mut document, path);
        document.push_str(": ");
        json::write_string(&mut document, text);
    }
    document.push_str("\n}}\n");
    if document.len() > MAX_BUNDLE {
        return Err(BundleError::TooLong);
    }
    Ok(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(document: &str) -> Result<Vec<(String, String)>, String> {
        let files = read_bundle(document.as_bytes()).map_err(|error| error.to_string())?;
        Ok(files.into_iter().map(|(path, bytes)| (path, String::from_utf8(bytes).expect("UTF-8"))).collect())
    }

    #[test]
    fn what_is_written_is_read_back() {
        let files = [("a.enrich", "rule a {\n  \"\\u\" é\t\u{1}\n}\n"), ("schemas/a.json", "{}"), ("b", "")];
        let document = write_bundle(files).expect("a document");
        assert_eq!(document.lines().count(), 2 + files.len(), "{document}");
        let back = read(&document).expect("files");
        let back: Vec<_> = back.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        assert_eq!(back, files);
        assert_eq!(write_bundle([]).expect("a document"), "{\"files\": {\n}}\n");
    }

    #[test]
    fn a_text_is_one_rule_file() {
        for text in ["rule a { stream \"a\" }", "# nothing yet\n", "\u{feff}table t {}", ""] {
            assert_eq!(read(text), Ok(vec![("rules.enrich".to_owned(), text.to_owned())]));
        }
    }

    #[test]
    fn what_is_no_rule_set_is_refused() {
        let sentence =
            |problem: &str| format!("the document is no rule set: {problem}: `check --bundle` writes one");
        for (document, problem) in [
            ("{}", "it has no `files`"),
            (r#"{"files": []}"#, "`files` is an array, and should be an object"),
            (r#"{"files": {"a.enrich": 1}}"#, "`a.enrich` is a number, and should be a text"),
            (r#"{"files": {"a": "", "\u0061": ""}}"#, "the file `a` is there twice"),
            (r#"{"files": {}, "files": {}}"#, "`files` is there twice"),
            (r#" {"flag": {"enabled": true}}"#, "nothing is known of `flag`"),
        ] {
            assert_eq!(read(document), Err(sentence(problem)), "{document}");
        }
        assert_eq!(read(r#"{"files": "#).expect_err("no JSON"), "the document is not JSON, from byte 10 on");
    }

    #[test]
    fn a_document_is_as_long_as_appconfig_takes_at_most() {
        let text = "x".repeat(MAX_BUNDLE);
        assert_eq!(read(&text).expect("one file").len(), 1);
        assert_eq!(read(&format!("{text}x")), Err(BundleError::TooLong.to_string()));
        assert_eq!(write_bundle([("a", &*text)]), Err(BundleError::TooLong));
    }
}
