//! The commands: from arguments and a shell to an exit status.

mod check;
mod deployed;
mod explain;
mod fmt;
mod invoke;
mod lsp;
mod playground;
mod replay;
mod report;
mod run;
mod seams;
mod shell_files;
mod test;
mod watch;

pub(crate) use run::only_stream;

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use enrich_engine::BuildError;
use enrich_engine::lookup::Failure;
use enrich_engine::output::NoSink;

use crate::args::{CheckArgs, EnrichArgs, EnrichCommand};
use crate::backlog::BacklogError;
use crate::events::RunError;
use crate::report::prices::PricesError;
use crate::tables::TableError;
use crate::{Exit, Shell};
use enrich_lambda::policy::PolicyError;
use enrich_lambda::rule_files::{BundleError, FileError};

/// `check`: says what is wrong with rules. The first argument is the command's own name.
pub fn check(arguments: impl IntoIterator<Item = OsString>, shell: &mut Shell<'_>) -> Exit {
    match shell.parse::<CheckArgs>(arguments) {
        Ok(args) => {
            let result = check::check(&args, shell);
            shell.finish(result)
        }
        Err(exit) => exit,
    }
}

/// `enrich`: sends events through rules, and lays rules out. The first argument is the command's own name.
pub fn enrich(arguments: impl IntoIterator<Item = OsString>, shell: &mut Shell<'_>) -> Exit {
    let command = match shell.parse::<EnrichArgs>(arguments) {
        Ok(EnrichArgs { command }) => command,
        Err(exit) => return exit,
    };
    let result = match command {
        EnrichCommand::Run(args) => run::run(&args, shell),
        EnrichCommand::Invoke(args) => invoke::invoke(&args, shell),
        EnrichCommand::Replay(args) => replay::replay(&args, shell),
        EnrichCommand::Fmt(args) => fmt::fmt(&args, shell),
        EnrichCommand::Test(args) => test::test(&args, shell),
        EnrichCommand::Explain(args) => explain::explain(&args, shell),
        EnrichCommand::Playground(args) => playground::playground(&args, shell),
        EnrichCommand::Lsp(_) => lsp::lsp(),
        EnrichCommand::Completions(args) => shell_files::completions(&args, shell),
        EnrichCommand::Man(args) => shell_files::man(&args, shell),
    };
    shell.finish(result)
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// Standard output takes nothing more.
    #[error("can't write to standard output")]
    Output(#[from] io::Error),
    /// Rules can't be read.
    #[error(transparent)]
    Files(#[from] FileError),
    /// Tables can't be read.
    #[error(transparent)]
    Tables(#[from] TableError),
    /// Events can't be read or written.
    #[error(transparent)]
    Events(#[from] RunError),
    /// A backlog can't be read or written.
    #[error(transparent)]
    Backlog(#[from] BacklogError),
    /// Files can't go to standard output.
    #[error("{place} is no file: say with `--output` where to write a file for each of those that are in it")]
    NoOutput {
        /// The folder, or the prefix.
        place: String,
    },
    /// Standard input has no name and no end to go on from.
    #[error(
        "standard input can't be gone on with: name files, folders or s3://BUCKET/PREFIX with `--output`"
    )]
    NoFiles,
    /// A place makes no sense.
    #[error("`{place}` is no place: {why}")]
    NoPlace {
        /// What was said.
        place: String,
        /// What is wrong with it.
        why: String,
    },
    /// A file can't be written.
    #[error("can't write {}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Rules have errors, which were drawn before.
    #[error("the rules have errors, so nothing was run")]
    BrokenRules,
    /// Rules are well, but can't be run with what the command line gives.
    #[error("{error}{}", help(error))]
    Build {
        /// Why.
        error: BuildError,
    },
    /// The rules write to what is not there.
    #[error(transparent)]
    Sinks(#[from] NoSink),
    /// The certificates to trust can't be read.
    #[cfg(feature = "aws")]
    #[error(transparent)]
    Trust(#[from] enrich_aws::TrustError),
    /// There is no policy for the rules.
    #[error("{error}{}", policy_help(error))]
    Policy {
        /// Why.
        error: PolicyError,
    },
    /// A document of more than one rule set.
    #[error("`--bundle` takes one folder, or one rule file: the function's rules are one rule set")]
    BundleOfOne,
    /// The rules don't fit into a document.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A format that only findings have.
    #[error("costs are written for people or with `--format json`")]
    CostFormat,
    /// There are no prices to count with.
    #[error(transparent)]
    Prices(#[from] PricesError),
    /// A variable that no rule uses was given a value.
    #[error("the rules use no variable `{name}`{}", did_you_mean(suggestion))]
    UnknownVariable {
        /// The variable.
        name: String,
        /// The one that was probably meant.
        suggestion: Option<String>,
    },
    /// The stream that the events come from is not known.
    #[error(
        "say with `--stream NAME` which stream the events of standard input come from; the rules take {streams}"
    )]
    NoStream {
        /// The streams that the rules take.
        streams: String,
    },
    /// The stream that one event comes from is not known.
    #[error("say with `--stream NAME` which stream the event comes from; the rules take {streams}")]
    StreamOfEvent {
        /// The streams that the rules take.
        streams: String,
    },
    /// A file of events has no such line.
    #[error("{} has nothing in line {line}", path.display())]
    NoLine {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
    },
    /// A file's name is no stream of the rules.
    #[error(
        "no rule takes the stream `{stream}`, which {file} is named after; \
         say with `--stream NAME` where its events come from: the rules take {streams}"
    )]
    NotTaken {
        /// The stream.
        stream: String,
        /// The file of events.
        file: String,
        /// The streams that the rules take.
        streams: String,
    },
    /// There is nothing to test with.
    #[error("{}", no_tests(paths, filter.as_deref()))]
    NoTests {
        /// Where tests were looked for.
        paths: Vec<PathBuf>,
        /// What their names had to hold.
        filter: Option<String>,
    },
    /// The invocation can't be read.
    #[error("can't read the invocation from standard input")]
    Invocation(#[source] io::Error),
    /// Rejects can't be kept there.
    #[error("{}", wrong_rejects(*writes))]
    WrongRejects {
        /// Whether the command writes objects.
        writes: bool,
    },
    /// AWS is asked for, and this binary was built without.
    #[error("this `{binary}` was built without AWS: build it with `--features aws`")]
    NoAws {
        /// What was built.
        binary: &'static str,
    },
    /// DynamoDB did not say what tables are.
    #[error("can't tell whether the rules fit DynamoDB: {}", list(failures))]
    NotCompared {
        /// Why, for each table.
        failures: Vec<Failure>,
    },
    /// What comes once can't be watched.
    #[error("`--watch` needs files: rules from standard input (`-`) come only once")]
    WatchedStdin,
    /// An editor did not keep to the language server protocol.
    #[error("the editor does not keep to the language server protocol: {reason}")]
    Protocol {
        /// What it did.
        reason: String,
    },
    /// This machine's clock is no help.
    #[error("this machine's clock shows no time of use: say what time it is with `--now`")]
    NoClock,
    /// The playground can't be served.
    #[error("can't serve on port {port}: give another with `--port`; 0 is any that is free")]
    Port {
        /// The port.
        port: u16,
        /// Why.
        source: io::Error,
    },
    /// This machine can't run anything.
    #[error("can't start")]
    Machine(#[source] io::Error),
}

/// Runs the futures of the engine and its sources for several threads: what one of them begins goes on while it waits
/// for nothing.
pub(crate) fn shared_runtime() -> Result<tokio::runtime::Runtime, CommandError> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().map_err(CommandError::Machine)
}

/// Runs the futures of the engine and its sources, on this thread.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, CommandError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CommandError::Machine)
}

impl From<BuildError> for CommandError {
    fn from(error: BuildError) -> Self {
        CommandError::Build { error }
    }
}

impl From<PolicyError> for CommandError {
    fn from(error: PolicyError) -> Self {
        CommandError::Policy { error }
    }
}

fn policy_help(error: &PolicyError) -> &'static str {
    match error {
        PolicyError::Unset(_) => "; give each of them one with `-D NAME=VALUE`",
        _ => "",
    }
}

fn help(error: &BuildError) -> &'static str {
    match error {
        BuildError::Unset(_) => "; give each of them one with `-D NAME=VALUE`",
        _ => "",
    }
}

fn wrong_rejects(writes: bool) -> &'static str {
    if writes {
        "with `--output` and `--aws` rejects go where the function keeps its own: say `--rejects s3://BUCKET/PREFIX`"
    } else {
        "rejects go there with `--aws`, and below its folder with `--output`: else say `--rejects FILE`"
    }
}

fn no_tests(paths: &[PathBuf], filter: Option<&str>) -> String {
    let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let paths = paths.join(", ");
    match filter {
        Some(filter) => format!("no test in {paths} has `{filter}` in its name"),
        None => format!("no tests in {paths}: their files end in `.test.enrich`"),
    }
}

/// The first failures: where all tables have the same, one says it.
fn list(failures: &[Failure]) -> String {
    const TOLD: usize = 3;
    let told = failures.iter().take(TOLD).map(|failure| failure.message.clone());
    let more = failures.len().checked_sub(TOLD).filter(|more| *more > 0);
    told.chain(more.map(|more| format!("and {more} more"))).collect::<Vec<_>>().join("; ")
}

fn did_you_mean(suggestion: &Option<String>) -> String {
    suggestion.as_ref().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}
