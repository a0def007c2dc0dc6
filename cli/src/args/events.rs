//! The commands that take events through rules.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use enrich_engine::{Destination, Timestamp};

use super::backlog::BacklogArgs;
use super::values::{Variable, destination, instant, is_standard_input};
use crate::backlog::without_suffix;
use crate::rejects::RejectsPlace;

/// What `enrich explain` does its work with.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
#[command(
    after_help = "Examples:\n  enrich explain --rules rules --tables tables --stream clicks '{\"user\": \"u1\"}'\n  \
                  enrich explain --rules rules --tables tables --line 17 clicks.ndjson\n\n\
                  Exit status:\n  0  the event is enriched or dropped\n  \
                  1  it is rejected, or fails\n  2  it could not be read, or the rules can't be run"
)]
pub struct ExplainArgs {
    /// A rule file, or a folder of them; can be said several times
    #[arg(long, value_name = "PATH", required = true)]
    pub rules: Vec<PathBuf>,
    /// The folder that holds the tables
    #[arg(long, value_name = "DIR")]
    pub tables: Option<PathBuf>,
    /// The stream that the event comes from; without it, its file's name without its extension, or the only one that
    /// the rules take
    #[arg(long, value_name = "NAME")]
    pub stream: Option<String>,
    /// Gives a variable of the rules its value; can be said several times
    #[arg(short = 'D', long = "define", value_name = "NAME=VALUE")]
    pub variables: Vec<Variable>,
    /// What `now()` says: 2026-01-31T12:00:00Z; without it, the time of day
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub now: Option<Timestamp>,
    /// The line of a file with an event a line; without it, the whole file if it is one event, else its first line
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub line: Option<u64>,
    /// How it is told
    #[arg(long, value_enum, default_value_t)]
    pub format: ExplainFormat,
    /// The event, or a file that holds it; `-` is standard input
    #[arg(value_name = "EVENT", default_value = "-")]
    pub event: PathBuf,
}

/// How an explanation is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ExplainFormat {
    /// The statements with what each did, and what is otherwise in the event
    #[default]
    Text,
    /// A JSON document, for programs
    Json,
}

impl ExplainArgs {
    /// Whether the argument is the event itself, and no file.
    #[must_use]
    pub fn event_is_json(&self) -> bool {
        self.event.as_os_str().as_encoded_bytes().trim_ascii_start().starts_with(b"{")
    }
}

/// What `enrich run` does its work with.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
#[command(
    after_help = "Examples:\n  enrich run --rules rules --tables tables data-enrichment-stream.ndjson\n  \
                  enrich run --rules rules --tables tables --stream clicks --output enriched --rejects rejects backlog\n\n\
                  Exit status:\n  0    all events were enriched or dropped, or their rejects are kept\n  \
                  1    some were not; with `--output`: some files are not done\n  \
                  2    the run could not start or go on\n  \
                  130  the run was interrupted, and goes on when it is started again (with `--output`)"
)]
pub struct RunArgs {
    /// A rule file, or a folder of them; can be said several times
    #[arg(long, value_name = "PATH", required = true)]
    pub rules: Vec<PathBuf>,
    /// The folder that holds the tables
    #[arg(long, value_name = "DIR")]
    pub tables: Option<PathBuf>,
    /// Reads the tables in DynamoDB, with the credentials at hand
    #[arg(long, conflicts_with = "tables")]
    pub aws: bool,
    /// The stream that the events come from; without it, their file's name without its extension, or that of the
    /// first folder that it lies in
    #[arg(long, value_name = "NAME")]
    pub stream: Option<String>,
    /// Gives a variable of the rules its value; can be said several times
    #[arg(short = 'D', long = "define", value_name = "NAME=VALUE")]
    pub variables: Vec<Variable>,
    /// Keeps the events that can't be enriched, a line each, with the reason: in a file; with `--output` in a file
    /// for each file of events, in a folder or below s3://BUCKET/PREFIX
    #[arg(long, value_name = "PLACE")]
    pub rejects: Option<PathBuf>,
    /// What `now()` says: 2026-01-31T12:00:00Z; without it, the time of day
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub now: Option<Timestamp>,
    /// Files of events, a JSON object a line, as they are or in gzip or zstd; `-` is standard input. With `--output`
    /// also folders of such files, and s3://BUCKET/PREFIX
    #[arg(value_name = "EVENTS", default_value = "-")]
    pub events: Vec<PathBuf>,
    /// From files to files.
    #[command(flatten)]
    pub backlog: BacklogArgs,
}

impl RunArgs {
    /// The stream of the events in that file: `--stream`, or the file's name without its extension.
    /// `None` for standard input without `--stream`.
    #[must_use]
    pub fn stream_of(&self, events: &Path) -> Option<String> {
        match &self.stream {
            Some(name) => Some(name.clone()),
            None if is_standard_input(events) => None,
            None => {
                let name = events.file_name()?.to_string_lossy();
                let stem = Path::new(without_suffix(&name)).file_stem()?;
                Some(stem.to_string_lossy().into_owned())
            }
        }
    }
}

/// What `enrich invoke` does its work with.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
#[command(
    after_help = "Example:\n  enrich invoke --rules rules --tables tables --output objects kinesis.json\n\n\
                  Exit status:\n  0  the function answered\n  1  the invocation failed\n  \
                  2  it could not start"
)]
pub struct InvokeArgs {
    /// A rule file, or a folder of them; can be said several times
    #[arg(long, value_name = "PATH", required = true)]
    pub rules: Vec<PathBuf>,
    /// The folder that holds the tables
    #[arg(long, value_name = "DIR")]
    pub tables: Option<PathBuf>,
    /// The folder that all is written to
    #[arg(long, value_name = "DIR", required_unless_present = "aws")]
    pub output: Option<PathBuf>,
    /// Reads DynamoDB, and writes to S3, Firehose and SQS, with the credentials at hand, in place of folders
    #[arg(long, conflicts_with_all = ["tables", "output"])]
    pub aws: bool,
    /// Gives a variable of the rules its value; can be said several times
    #[arg(short = 'D', long = "define", value_name = "NAME=VALUE")]
    pub variables: Vec<Variable>,
    /// Where rejected records are kept: s3://BUCKET/PREFIX, or a queue's URL or ARN
    #[arg(long, value_name = "PLACE", value_parser = destination)]
    pub rejects: Option<Destination>,
    /// What `now()` says: 2026-01-31T12:00:00Z; without it, the time of day
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub now: Option<Timestamp>,
    /// The invocation's event, as Lambda passes it; `-` is standard input
    #[arg(value_name = "EVENT")]
    pub event: PathBuf,
}

/// What `enrich replay` does its work with.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
#[command(after_help = "Example:\n  enrich replay --rules rules --tables tables --reason schema errors\n\n\
                  Exit status:\n  0  all records were enriched or dropped, or their rejects are kept\n  \
                  1  some were not, or some documents could not be read\n  \
                  2  the replay could not start or go on")]
pub struct ReplayArgs {
    /// A rule file, or a folder of them; can be said several times
    #[arg(long, value_name = "PATH", required = true)]
    pub rules: Vec<PathBuf>,
    /// The folder that holds the tables
    #[arg(long, value_name = "DIR")]
    pub tables: Option<PathBuf>,
    /// Only what was kept for that reason: the code of a reject, the `condition` of an on-failure record, the
    /// `errorCode` of Firehose; can be said several times
    #[arg(long = "reason", value_name = "CODE")]
    pub reasons: Vec<String>,
    /// The stream of records whose document does not name it, as those of Firehose don't
    #[arg(long, value_name = "NAME")]
    pub stream: Option<String>,
    /// Gives a variable of the rules its value; can be said several times
    #[arg(short = 'D', long = "define", value_name = "NAME=VALUE")]
    pub variables: Vec<Variable>,
    /// The folder that objects are written to, in place of standard output
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Reads DynamoDB and writes to S3, with the credentials at hand
    #[arg(long, conflicts_with_all = ["tables", "output"])]
    pub aws: bool,
    /// Keeps what is rejected again: a file; with `--output` or `--aws` s3://BUCKET/PREFIX, or the URL or the
    /// ARN of a queue
    #[arg(long, value_name = "PLACE")]
    pub rejects: Option<RejectsPlace>,
    /// What `now()` says: 2026-01-31T12:00:00Z; without it, the time of day
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub now: Option<Timestamp>,
    /// Files of documents, and folders of them; `-` is standard input
    #[arg(value_name = "PATH", default_value = "-")]
    pub documents: Vec<PathBuf>,
}
