//! What can be asked for on the command line.
//!
//! `check` is that binary; of `enrich`, `events` are the commands that take events, `backlog` is how one of them works
//! through many files, and the others are here. `values` are what arguments are made of.

mod backlog;
mod check;
mod events;
mod values;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use backlog::{BacklogArgs, CompressionArg};
pub use check::{BillArgs, CheckArgs, LineageFormat, ReportArgs};
pub use events::{ExplainArgs, ExplainFormat, InvokeArgs, ReplayArgs, RunArgs};
pub(crate) use values::destination;
pub use values::{Color, Format, Variable, is_standard_input};

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

#[cfg(test)]
mod tests {
    use std::path::Path;

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
