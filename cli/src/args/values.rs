//! What arguments are made of.

use std::path::Path;
use std::str::FromStr;

use clap::ValueEnum;
use enrich_dsl::diagnostic::Code;
use enrich_engine::{Destination, Timestamp};

/// Whether that path stands for standard input.
#[must_use]
pub fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// How findings are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text with the lines of source it is about
    #[default]
    Full,
    /// A line each: `path:line:column: error[code] message`
    Concise,
    /// One JSON array, for programs
    Json,
    /// SARIF 2.1.0, for services that collect findings
    Sarif,
    /// Commands of a GitHub workflow, which shows the findings at their lines
    Github,
}

/// Whether output is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// For a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// In any case
    Always,
    /// In no case
    Never,
}

impl Color {
    /// Whether to colour what goes to a terminal (or not), in a place that wants no colours (or
    /// does not mind).
    #[must_use]
    pub fn wanted(self, terminal: bool, no_color: bool) -> bool {
        match self {
            Color::Auto => terminal && !no_color,
            Color::Always => true,
            Color::Never => false,
        }
    }
}

pub(super) fn code(name: &str) -> Result<Code, String> {
    Code::named(name).map_err(|meant| match meant {
        Some(code) => format!("there is no such code; did you mean `{}`?", code.as_str()),
        None => "there is no such code; findings show theirs in brackets".to_owned(),
    })
}

pub(super) fn instant(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "write it as `2026-01-31T12:00:00Z`".to_owned())
}

/// A variable of the rules and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

impl FromStr for Variable {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) =
            text.split_once('=').ok_or_else(|| format!("no `=` in it: write `{text}=VALUE`"))?;
        let first = name.chars().next();
        let starts_well = first.is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
        if !starts_well || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(format!("`{name}` is no name of a variable: letters, digits and `_` only"));
        }
        Ok(Self { name: name.to_owned(), value: value.to_owned() })
    }
}

/// A field of an ARN: what can't stand in one would make it another ARN.
pub(super) fn arn_field(text: &str) -> Result<String, String> {
    let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let field = (plain || text == "*").then(|| text.to_owned());
    field.ok_or_else(|| "letters, digits and `-`, or `*` for any".to_owned())
}

pub(crate) fn destination(text: &str) -> Result<Destination, String> {
    let what = "write it as `s3://BUCKET/PREFIX`, or as the URL or the ARN of a queue";
    Destination::parse(text).ok_or_else(|| what.to_owned())
}
