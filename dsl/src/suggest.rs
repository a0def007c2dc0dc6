//! "Did you mean": the nearest of the words that would have been right.

/// The candidate that `word` was probably meant to be. Case does not count.
///
/// ```
/// use enrich_dsl::suggest::nearest;
///
/// assert_eq!(nearest("proflies", ["users", "profiles"]), Some("profiles"));
/// assert_eq!(nearest("orders", ["users", "profiles"]), None);
/// ```
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    // One slip in three letters, and never a word of which nothing is left.
    let limit = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| *candidate != word || candidate.len() > 1)
        .map(|candidate| (strsim::damerau_levenshtein(&word, &candidate.to_lowercase()), candidate))
        .filter(|&(distance, candidate)| distance <= limit && distance < candidate.chars().count())
        .min()
        .map(|(_, candidate)| candidate)
}

/// `a`, `b` or `c`, each in backticks.
pub(crate) fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    list(words, "or")
}

/// `a`, `b` and `c`, each in backticks.
pub(crate) fn all_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    list(words, "and")
}

fn list<'a>(words: impl IntoIterator<Item = &'a str>, join: &str) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    joined(&words, join)
}

/// `a, b or c`; empty where there is nothing.
pub(crate) fn joined(words: &[impl AsRef<str>], join: &str) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    match words.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} {join} {last}", rest.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word() {
        let words = ["set", "stream", "schema", "lookup"];
        for (word, expected) in [
            ("sett", Some("set")),
            ("Set", Some("set")),
            ("lokup", Some("lookup")),
            ("shcema", Some("schema")),
            ("banana", None),
            ("x", None),
        ] {
            assert_eq!(nearest(word, words), expected, "{word}");
        }
    }
}
