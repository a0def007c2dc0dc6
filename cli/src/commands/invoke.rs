//! `enrich invoke`: one invocation through the handler that is deployed.

use std::io::{self, Read, Write};
use std::sync::Arc;

use enrich_lambda::{Handler, Summary};

use super::{CommandError, seams};
use crate::args::{Color, InvokeArgs, is_standard_input};
use crate::clock::LocalClock;
use crate::rules::{self, Values};
use crate::summary::{self, count};
use crate::{Exit, Shell};
use enrich_lambda::rule_files::{self as files, FileError};

/// The longest body of an invocation, in bytes: ten times what Lambda passes.
const MAX_BODY: u64 = 64 << 20;

pub(super) fn invoke(args: &InvokeArgs, shell: &mut Shell<'_>) -> Result<Exit, CommandError> {
    let color = Color::Auto.wanted(shell.stderr_is_terminal, shell.no_color);
    let rules = rules::load(&args.rules, color, shell.stderr)?;
    let values = Values::new(&args.variables, &rules)?;
    let clock = LocalClock::new(args.now).ok_or(CommandError::NoClock)?;
    let body = body(args, shell)?;
    let runtime = super::runtime()?;
    // The arguments have an output folder wherever they don't say `--aws`.
    let (engine, sinks) = match &args.output {
        Some(output) if !args.aws => seams::in_folders(args.tables.as_deref(), output, rules, &values)?,
        _ => seams::on_aws(rules, &values, &runtime)?,
    };
    let handler = Handler::new(engine, sinks, args.rejects.clone(), Arc::new(clock))?;
    let invoked = runtime.block_on(handler.invoke(&body, None));
    // Standard error is for people: where none is left, the exit status and the answer still tell.
    let _ = told(&invoked.summary, shell.stderr);
    match invoked.answer {
        Ok(mut answer) => {
            answer.push(b'\n');
            shell.stdout.write_all(&answer)?;
            Ok(Exit::Ok)
        }
        Err(error) => {
            let _ = writeln!(shell.stderr, "the invocation failed: {}: {error}", error.name());
            Ok(Exit::Findings)
        }
    }
}

fn body(args: &InvokeArgs, shell: &mut Shell<'_>) -> Result<Vec<u8>, CommandError> {
    const WHAT: &str = "an invocation";
    if !is_standard_input(&args.event) {
        return Ok(files::read(&args.event, WHAT, MAX_BODY)?);
    }
    let mut body = Vec::new();
    shell.stdin.by_ref().take(MAX_BODY + 1).read_to_end(&mut body).map_err(CommandError::Invocation)?;
    if body.len() as u64 > MAX_BODY {
        return Err(FileError::TooLong { path: "standard input".into(), what: WHAT, limit: MAX_BODY }.into());
    }
    Ok(body)
}

/// What the invocation did, for people.
pub(super) fn told(summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    if summary.records == 0 {
        return Ok(());
    }
    let Summary { enriched, dropped, rejected, failed, objects, lines, messages, lookups, .. } = summary;
    let events = summary::Summary {
        enriched: *enriched,
        dropped: *dropped,
        rejected: *rejected,
        failed: *failed,
        lookups: lookups.clone(),
    };
    write!(out, "{events}")?;
    for (what, codes) in [("rejected", &summary.rejected_codes), ("failed", &summary.failed_codes)] {
        for (code, number) in codes {
            writeln!(out, "{what}, {code}: {number}")?;
        }
    }
    if let Some(reason) = &summary.first_failure {
        writeln!(out, "first failure: {reason}")?;
    }
    if *lines > 0 {
        writeln!(out, "{} put into delivery streams", count(*lines, "event"))?;
    }
    if *messages > 0 {
        writeln!(out, "{} sent to queues", count(*messages, "reject"))?;
    }
    if *objects > 0 || *lines + *messages == 0 {
        writeln!(out, "{} written", count(*objects, "object"))?;
    }
    Ok(())
}

#[cfg(all(test, not(feature = "aws")))]
mod tests {
    use std::ffi::OsString;

    use crate::shell::in_memory;

    #[test]
    fn a_build_without_aws_says_so() {
        let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/../rules");
        let arguments = ["enrich", "invoke", "--rules", rules, "--aws", "-"].map(OsString::from);
        let (exit, stdout, stderr) = in_memory("[]", |shell| crate::enrich(arguments, shell));
        assert_eq!((exit.code(), stdout.as_str()), (2, ""));
        assert_eq!(stderr, "error: this `enrich` was built without AWS: build it with `--features aws`\n");
    }
}
