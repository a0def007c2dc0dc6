//! What can be asked for on the command line.

mod backlog;

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use enrich_dsl::diagnostic::Code;
use enrich_engine::{Destination, Timestamp};

use crate::backlog::without_suffix;
use crate::rejects::RejectsPlace;
pub use backlog::{BacklogArgs, CompressionArg};

/// Reads rule files and says what is wrong with them, before anything is deployed.
///
/// A folder is a rule set: its files whose names end in `.enrich`, and none of the folders inside.
/// Tables and buckets need not exist (unless `--aws` asks for the tables), and variables need no values.
/// What a finding's code means is told by `--explain`.
///
/// With `--iam`, `--cost`, `--lineage` or `--bundle` it prints that report, and findings go to standard error.
#[derive(Clone, Debug, PartialEq, Eq, Parser)]
#[command(
    name = "check",
    version,
    verbatim_doc_comment,
    group = ArgGroup::new("report"),
    after_help = "Examples:\n  check rules\n  check --iam --region eu-west-1 --account 123456789012 rules\n\n\
                  Exit status:\n  0  the rules can be run\n  \
                  1  they have errors, or warnings with `--deny-warnings`\n  \
                  2  they could not be read, or DynamoDB not asked"
)]
pub struct CheckArgs {
    /// Rule files, and folders of them; `-` is one rule file from standard input
    #[arg(value_name = "PATH", default_value = "rules")]
    pub paths: Vec<PathBuf>,
    /// How findings are written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Takes warnings for errors: the exit status is 1 then too
    #[arg(long)]
    pub deny_warnings: bool,
    /// Says that the callers of these streams take nothing back, as a Kinesis mapping does: a rule for
    /// them must have an output; `*` is any characters; can be said several times
    #[arg(long, value_name = "STREAM")]
    pub needs_output: Vec<String>,
    /// Writes the JSON Schema of each rule's enriched events to DIR/RULE.schema.json
    #[arg(long, value_name = "DIR", conflicts_with_all = ["report", "watch"])]
    pub schema_out: Option<PathBuf>,
    /// Compares every table with DynamoDB too, with the credentials at hand: that it exists, its key and its
    /// indexes
    #[arg(long, conflicts_with = "report")]
    pub aws: bool,
    /// Checks again whenever a rule file or a schema changes, until Ctrl-C; the exit status is that of the
    /// last check
    #[arg(long, conflicts_with = "report")]
    pub watch: bool,
    /// Tells what findings of this code mean and how to mend them, and reads no rules
    #[arg(long, value_name = "CODE", value_parser = code, exclusive = true)]
    pub explain: Option<Code>,
    /// Gives a variable of the rules its value; can be said several times
    #[arg(short = 'D', long = "define", value_name = "NAME=VALUE")]
    pub variables: Vec<Variable>,
    /// Whether findings are coloured: `auto` colours them for a terminal
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub color: Color,
    /// What is reported of the rules in place of their findings.
    #[command(flatten)]
    pub report: ReportArgs,
}

/// The reports beside the policy. That an option requires its report is not enough: clap lets that pass where
/// another report excludes it.
const NOT_IAM: [&str; 3] = ["cost", "lineage", "bundle"];

/// What `check` reports of rules that have no errors.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
#[command(next_help_heading = "Reports")]
pub struct ReportArgs {
    /// Prints the IAM policy that the rules need: what a role must allow for them, and nothing else
    #[arg(long, group = "report", conflicts_with = "format")]
    pub iam: bool,
    /// The partition in the policy's ARNs
    #[arg(long, value_name = "NAME", default_value = "aws", requires = "iam", conflicts_with_all = NOT_IAM, value_parser = arn_field)]
    pub partition: String,
    /// The region of tables and delivery streams in the policy; `*` is any
    #[arg(long, value_name = "NAME", default_value = "*", requires = "iam", conflicts_with_all = NOT_IAM, value_parser = arn_field)]
    pub region: String,
    /// The account of tables and delivery streams in the policy; `*` is any
    #[arg(long, value_name = "NUMBER", default_value = "*", requires = "iam", conflicts_with_all = NOT_IAM, value_parser = arn_field)]
    pub account: String,
    /// Where the function keeps rejects, as its `REJECTS` says: s3://BUCKET/PREFIX, or a queue's URL or ARN
    #[arg(long, value_name = "PLACE", requires = "iam", conflicts_with_all = NOT_IAM, value_parser = destination)]
    pub rejects: Option<Destination>,
    /// Prints what the rules may cost: requests, read units and objects; `--format json` for programs
    #[arg(long, group = "report")]
    pub cost: bool,
    /// How many events a batch has
    #[arg(
        long, value_name = "N", default_value = "100", requires = "cost",
        conflicts_with_all = ["iam", "lineage", "bundle"],
        value_parser = clap::value_parser!(u64).range(1..=1_000_000)
    )]
    pub batch_size: u64,
    /// What the prices are counted for, and what else they need
    #[command(flatten)]
    pub bill: BillArgs,
    /// Prints where each field comes from that the rules write
    #[arg(long, value_enum, group = "report", conflicts_with = "format", value_name = "FORMAT")]
    pub lineage: Option<LineageFormat>,
    /// Prints the rules of one folder and their schemas as one JSON document, for a configuration of AppConfig
    #[arg(long, group = "report", conflicts_with = "format")]
    pub bundle: bool,
}

/// What `check --cost` counts in money.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct BillArgs {
    /// Counts in money what so many events cost by a file of prices
    #[arg(
        long, value_name = "FILE", requires = "cost", conflicts_with_all = ["iam", "lineage"]
    )]
    pub prices: Option<PathBuf>,
    /// How many events are paid for
    #[arg(
        long, value_name = "N", default_value = "1000000", requires = "prices", conflicts_with_all = ["iam", "lineage"],
        value_parser = clap::value_parser!(u64).range(1..=1_000_000_000_000)
    )]
    pub events: u64,
    /// How many bytes an event has, as it comes and as it goes
    #[arg(
        long, value_name = "N", default_value = "1024", requires = "prices", conflicts_with_all = ["iam", "lineage"],
        value_parser = clap::value_parser!(u64).range(1..=1_048_576)
    )]
    pub event_bytes: u64,
    /// How long an invocation with a full batch takes, in milliseconds: the function's metric `Duration` tells it
    #[arg(
        long, value_name = "N", requires = "prices", conflicts_with_all = ["iam", "lineage"],
        value_parser = clap::value_parser!(u64).range(1..=900_000)
    )]
    pub milliseconds: Option<u64>,
    /// How many shards the stream has; 0 is on demand
    #[arg(
        long, value_name = "N", default_value = "0", requires = "prices", conflicts_with_all = ["iam", "lineage"],
        value_parser = clap::value_parser!(u64).range(0..=100_000)
    )]
    pub shards: u64,
    /// In how many hours the events come: a stream is paid by the hour, and a month has 730
    #[arg(
        long, value_name = "N", requires = "prices", conflicts_with_all = ["iam", "lineage"],
        value_parser = clap::value_parser!(u64).range(1..=87_600)
    )]
    pub hours: Option<u64>,
    /// The function's memory in MB
    #[arg(
        long, value_name = "N", default_value = "512", requires = "prices", conflicts_with_all = ["iam", "lineage"],
        value_parser = clap::value_parser!(u64).range(128..=10_240)
    )]
    pub memory: u64,
}

/// How lineage is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LineageFormat {
    /// A JSON document, for programs
    Json,
    /// A drawing for Graphviz
    Dot,
}

/// Enriches events by rules, on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Parser)]
#[command(
    name = "enrich",
    version,
    after_help = "Example:\n  enrich run --rules rules --tables tables events.ndjson"
)]
pub struct EnrichArgs {
    /// What to do
    #[command(subcommand)]
    pub command: EnrichCommand,
}

/// What `enrich` does.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum EnrichCommand {
    /// Enriches events, a line each, and writes them to standard output in their order
    ///
    /// Tables are files: for `table profiles` in the rules, DIR/profiles.json (an array of items),
    /// DIR/profiles.ndjson (an item a line) or DIR/profiles.csv. Items are plain JSON or DynamoDB JSON,
    /// as `aws dynamodb scan` or an export writes them.
    #[command(verbatim_doc_comment)]
    Run(RunArgs),
    /// Answers one Lambda invocation as the deployed function would
    ///
    /// Objects that the function would write to S3 become files: DIR/BUCKET/KEY in the output folder. What it
    /// would put into a delivery stream is appended to DIR/_firehose/NAME.ndjson, what it would send to a
    /// queue to DIR/_sqs/NAME.ndjson.
    #[command(verbatim_doc_comment)]
    Invoke(InvokeArgs),
    /// Enriches records that were kept because they were not enriched: each once, by today's rules
    ///
    /// Reads rejects, on-failure records of Lambda and `processing-failed` records of Firehose, told by their
    /// shape: one document a file, or one a line. Events go to standard output; with `--output` or `--aws`
    /// they go where the function would have written them, and to do it twice changes nothing.
    #[command(verbatim_doc_comment)]
    Replay(ReplayArgs),
    /// Lays rule files out in the one way that all of them are laid out
    ///
    /// What rules mean is not touched, and no comment is lost. A file that can't be read stays as it is.
    #[command(verbatim_doc_comment)]
    Fmt(FmtArgs),
    /// Serves editors: the language server for rule files, over standard input and output
    ///
    /// An editor starts it by itself. It knows the folder of each rule file that is open there.
    #[command(verbatim_doc_comment)]
    Lsp(LspArgs),
    /// Runs the tests beside rules: `NAME.test.enrich` beside `NAME.enrich`
    ///
    /// Everything is offline, and the clock stands still. The last line says how many clauses of the rules the
    /// tests reach.
    #[command(verbatim_doc_comment)]
    Test(TestArgs),
    /// Tells what becomes of one event, and why: the rule that takes it, each key, each answer, each field that is
    /// written
    ///
    /// It shows values out of the event and the tables.
    #[command(verbatim_doc_comment)]
    Explain(ExplainArgs),
    /// Serves a page that shows what rules do with an event while they are written
    ///
    /// Rules, tables and the event are typed into the page, and stay on this machine. It is served to this machine
    /// only, and to no page but itself. Ctrl-C ends it.
    #[command(verbatim_doc_comment)]
    Playground(PlaygroundArgs),
    /// Writes the script that lets a shell complete arguments
    Completions(CompletionsArgs),
    /// Writes a manual page for each command
    Man(ManArgs),
}

/// What `enrich playground` does its work with.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
#[command(after_help = "Example:\n  enrich playground --port 9000")]
pub struct PlaygroundArgs {
    /// The port on 127.0.0.1; 0 is any that is free. Links to a state of the page hold it
    #[arg(long, value_name = "PORT", default_value_t = 8417)]
    pub port: u16,
}

/// What `enrich lsp` does its work with.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
#[command(after_help = "Exit status:\n  0  the editor has said that it is done\n  \
                  2  it did not keep to the protocol")]
pub struct LspArgs {
    /// As it is anyway: many editors say it
    #[arg(long, hide = true)]
    pub stdio: bool,
}

/// What `enrich completions` does its work with.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
#[command(
    after_help = "Examples:\n  enrich completions bash >~/.local/share/bash-completion/completions/enrich\n  \
                  enrich completions --of check fish >~/.config/fish/completions/check.fish"
)]
pub struct CompletionsArgs {
    /// The binary whose arguments are completed
    #[arg(long = "of", value_enum, default_value_t, value_name = "BINARY")]
    pub binary: Binary,
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// The binaries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Binary {
    /// `enrich`
    #[default]
    Enrich,
    /// `check`
    Check,
}

/// What `enrich man` does its work with.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
#[command(after_help = "Example:\n  enrich man ~/.local/share/man/man1")]
pub struct ManArgs {
    /// The folder that the pages are written to
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

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

/// What `enrich test` does its work with.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
#[command(after_help = "Example:\n  enrich test --coverage-threshold 100 rules\n\n\
                  Exit status:\n  0  all tests passed\n  \
                  1  some failed or can't be read, or reach too few clauses\n  \
                  2  there are none, or the rules have errors")]
pub struct TestArgs {
    /// Folders of rules with their tests, and files of tests
    #[arg(value_name = "PATH", default_value = "rules")]
    pub paths: Vec<PathBuf>,
    /// Runs only tests whose name holds this text
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["coverage", "coverage_threshold"])]
    pub filter: Option<String>,
    /// Names the clauses that no test reaches
    #[arg(long)]
    pub coverage: bool,
    /// Fails where the tests reach less of the clauses than this percentage, and names the others
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub coverage_threshold: Option<u8>,
    /// Writes a report in JUnit's XML
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Runs again whenever a rule, a schema or a test changes, until Ctrl-C
    #[arg(long)]
    pub watch: bool,
}

/// What `enrich fmt` does its work with.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
#[command(after_help = "Example:\n  enrich fmt --check rules\n\n\
                  Exit status:\n  0  all files are laid out\n  \
                  1  some would be changed by `--check`, or can't be read as rules\n  \
                  2  the files could not be read or written")]
pub struct FmtArgs {
    /// Rule files, and folders of them; `-` lays out standard input, and writes to standard output
    #[arg(value_name = "PATH", default_value = "rules")]
    pub paths: Vec<PathBuf>,
    /// Changes nothing, and shows what would be changed
    #[arg(long)]
    pub check: bool,
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

fn code(name: &str) -> Result<Code, String> {
    Code::named(name).map_err(|meant| match meant {
        Some(code) => format!("there is no such code; did you mean `{}`?", code.as_str()),
        None => "there is no such code; findings show theirs in brackets".to_owned(),
    })
}

fn instant(text: &str) -> Result<Timestamp, String> {
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
fn arn_field(text: &str) -> Result<String, String> {
    let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let field = (plain || text == "*").then(|| text.to_owned());
    field.ok_or_else(|| "letters, digits and `-`, or `*` for any".to_owned())
}

pub(crate) fn destination(text: &str) -> Result<Destination, String> {
    let what = "write it as `s3://BUCKET/PREFIX`, or as the URL or the ARN of a queue";
    Destination::parse(text).ok_or_else(|| what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn run(arguments: &[&str]) -> Result<EnrichArgs, clap::Error> {
        EnrichArgs::try_parse_from([&["enrich"], arguments].concat())
    }

    #[test]
    fn the_definitions_hold_together() {
        CheckArgs::command().debug_assert();
        EnrichArgs::command().debug_assert();
    }

    #[test]
    fn check_has_defaults_for_everything() {
        let args = CheckArgs::try_parse_from(["check"]).expect("no argument is needed");
        assert_eq!(args.paths, [PathBuf::from("rules")]);
        assert_eq!((args.format, args.color), (Format::Full, Color::Auto));
        assert_eq!((args.deny_warnings, args.watch, args.explain), (false, false, None));
        assert_eq!((args.report.iam, args.report.cost, args.report.lineage), (false, false, None));
    }

    #[test]
    fn one_report_at_a_time_with_its_own_options() {
        let check = |arguments: &[&str]| CheckArgs::try_parse_from([&["check"], arguments].concat());
        for arguments in [
            &["--iam", "--cost"][..],
            &["--cost", "--lineage", "json"],
            &["--iam", "--lineage", "dot"],
            &["--iam", "--bundle"],
            &["--bundle", "--format", "json"],
            &["--bundle", "--region", "eu-west-1"],
            &["--lineage"],
            &["--lineage", "svg"],
            &["--iam", "--format", "json"],
            &["--lineage", "json", "--format", "json"],
            &["--region", "eu-west-1"],
            &["--account", "1", "--cost"],
            &["--partition", "aws-cn"],
            &["--rejects", "s3://bucket/x"],
            &["--batch-size", "10"],
            &["--batch-size", "10", "--iam"],
            &["--cost", "--batch-size", "0"],
            &["--prices", "prices.json"],
            &["--cost", "--events", "10"],
            &["--cost", "--prices", "prices.json", "--events", "0"],
            &["--iam", "--prices", "prices.json"],
            &["--iam", "--region", "eu:west"],
            &["--iam", "--account", ""],
            &["--iam", "--rejects", "bucket/x"],
            &["--iam", "--explain", "syntax"],
            &["--aws", "--cost"],
            &["--watch", "--lineage", "json"],
            &["--watch", "--explain", "syntax"],
        ] {
            let error = check(arguments).expect_err(&arguments.join(" "));
            assert_eq!(error.exit_code(), 2, "{arguments:?}");
        }
        for arguments in [
            &["--iam", "--region", "*", "--account", "123456789012", "--rejects", "s3://bucket/x"][..],
            &["--cost", "--format", "json", "--batch-size", "1000"],
            &["--cost", "--prices", "prices.json", "--events", "10", "--milliseconds", "200"],
            &["--lineage", "dot", "rules", "-D", "A=b"],
            &["--bundle", "--deny-warnings", "rules"],
            &["--watch", "--aws", "--format", "json"],
        ] {
            assert!(check(arguments).is_ok(), "{arguments:?}");
        }
    }

    #[test]
    fn wrong_usage_is_exit_status_2() {
        for arguments in [
            &[][..],
            &["run"],
            &["walk"],
            &["run", "--rules", "r", "-D", "NAME"],
            &["run", "--rules", "r", "-D", "1A=b"],
            &["run", "--rules", "r", "--now", "noon"],
            &["invoke", "--rules", "r", "event.json"],
            &["invoke", "--rules", "r", "--output", "o"],
            &["invoke", "--rules", "r", "--aws", "--tables", "t", "event.json"],
            &["invoke", "--rules", "r", "--output", "o", "--rejects", "bucket/x", "event.json"],
            &["invoke", "--rules", "r", "--output", "o", "--rejects", "s3:///x", "event.json"],
        ] {
            let error = run(arguments).expect_err(&arguments.join(" "));
            assert_eq!(error.exit_code(), 2, "{arguments:?}");
            assert!(error.use_stderr(), "{arguments:?}");
        }
        for arguments in [&["--help"][..], &["--version"], &["run", "--help"]] {
            assert_eq!(run(arguments).expect_err("help ends the command").exit_code(), 0);
        }
    }

    #[test]
    fn a_value_can_hold_an_equals_sign_or_nothing() {
        let variable = |text: &str| text.parse::<Variable>().map(|v| (v.name, v.value));
        assert_eq!(variable("A=b=c"), Ok(("A".to_owned(), "b=c".to_owned())));
        assert_eq!(variable("_A1="), Ok(("_A1".to_owned(), String::new())));
        assert!(variable("=b").is_err());
    }

    #[test]
    fn the_stream_is_named_by_the_file_unless_it_is_said() {
        let Ok(EnrichArgs { command: EnrichCommand::Run(mut args) }) = run(&["run", "--rules", "r"]) else {
            panic!("the arguments are complete");
        };
        assert_eq!(args.stream_of(Path::new("-")), None);
        assert_eq!(args.stream_of(Path::new("in/raw-events.ndjson")).as_deref(), Some("raw-events"));
        assert_eq!(args.stream_of(Path::new("raw-events")).as_deref(), Some("raw-events"));
        assert_eq!(args.stream_of(Path::new("in/raw-events.ndjson.zst")).as_deref(), Some("raw-events"));
        args.stream = Some("clicks".to_owned());
        assert_eq!(args.stream_of(Path::new("-")).as_deref(), Some("clicks"));
        assert_eq!(args.stream_of(Path::new("in/raw-events.ndjson")).as_deref(), Some("clicks"));
    }
}
