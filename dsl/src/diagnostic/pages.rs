//! The pages of the codes: found by name, and what they say first.

use super::Code;
use crate::suggest;

impl Code {
    /// The code of that name.
    ///
    /// # Errors
    /// Where there is none: the code that was probably meant, if there is one.
    pub fn named(name: &str) -> Result<Code, Option<Code>> {
        let find = |name: &str| Code::ALL.iter().find(|code| code.as_str() == name).copied();
        find(name)
            .ok_or_else(|| suggest::nearest(name, Code::ALL.iter().map(|code| code.as_str())).and_then(find))
    }

    /// The first paragraph of its page, on one line: what it means and why it matters.
    #[must_use]
    pub fn meaning(self) -> String {
        let paragraphs = self.page().split("\n\n").map(str::trim);
        let first = paragraphs.into_iter().find(|text| !text.is_empty() && !text.starts_with('#'));
        first.unwrap_or_else(|| self.summary()).replace('\n', " ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_by_name() {
        assert!(Code::ALL.iter().all(|code| Code::named(code.as_str()) == Ok(*code)));
        assert_eq!(Code::named("unknwon-table"), Err(Some(Code::UnknownTable)));
        assert_eq!(Code::named("Syntax"), Err(Some(Code::Syntax)));
        assert_eq!(Code::named("banana"), Err(None));
        assert_eq!(Code::named(""), Err(None));
    }

    #[test]
    fn a_page_begins_with_its_code_and_a_paragraph() {
        for code in Code::ALL {
            assert!(code.page().starts_with(&format!("# {}\n\n", code.as_str())), "{}", code.as_str());
            let meaning = code.meaning();
            assert!(meaning.ends_with('.') && !meaning.contains("```"), "{}: {meaning}", code.as_str());
        }
    }
}
