//! Findings as data.
//!
//! A [`Diagnostic`] says what is wrong, where, and how to mend it. How it looks is the business of
//! the renderers in [`render`]; which kinds there are is declared once, in [`Code`].
//!
//! How a message is worded: lower case, no full stop, what the user wrote in backticks, one sentence
//! that states the fact; what to do about it goes into the help. No name of a grammar rule and no
//! name of a Rust type.

mod codes;
mod pages;
pub mod render;

pub use codes::Code;

use crate::source::{Sources, Span};

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// What kind of finding it is.
    pub code: Code,
    /// What is wrong, in one sentence.
    pub message: String,
    /// Where, with a word on the place if it needs one.
    pub primary: Label,
    /// Other places that explain it.
    pub secondary: Vec<Label>,
    /// What to do.
    pub help: Option<String>,
    /// A change of the text that mends it.
    pub fix: Option<Fix>,
}

/// A place with a remark.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Label {
    /// The place.
    pub span: Span,
    /// The remark; may be empty.
    pub text: String,
}

/// A replacement of the text under a span.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fix {
    /// What is replaced; an empty span inserts.
    pub span: Span,
    /// What stands there then.
    pub replacement: String,
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// The rule set can't run.
    Error,
    /// It runs, but probably not as meant.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

impl Diagnostic {
    /// A finding of that kind at that place.
    #[must_use]
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        let primary = Label { span, text: String::new() };
        Self { code, message: message.into(), primary, secondary: Vec::new(), help: None, fix: None }
    }

    /// With a remark at the place itself.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// With another place that explains it.
    #[must_use]
    pub fn see(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label { span, text: text.into() });
        self
    }

    /// With what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With a change that mends it.
    #[must_use]
    pub fn fix(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.fix = Some(Fix { span, replacement: replacement.into() });
        self
    }

    /// Widens its places to whole characters. Where a sign of several bytes was read as one of a
    /// single byte, a place may else begin or end inside it.
    pub(crate) fn widen(&mut self, sources: &Sources) {
        let labels = self.secondary.iter_mut().chain([&mut self.primary]).map(|label| &mut label.span);
        for span in labels.chain(self.fix.iter_mut().map(|fix| &mut fix.span)) {
            *span = sources.widen(*span);
        }
    }

    /// How grave the finding is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}

/// Sorts findings by file and place, and takes out repeated ones.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| {
        let place = |finding: &Diagnostic| (finding.primary.span, finding.code.as_str());
        place(a).cmp(&place(b)).then_with(|| a.message.cmp(&b.message))
    });
    diagnostics.dedup();
}
