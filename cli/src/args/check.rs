//! What `check` does its work with.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, ValueEnum};
use enrich_dsl::diagnostic::Code;
use enrich_engine::Destination;

use super::values::{Color, Format, Variable, arn_field, code, destination};

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
