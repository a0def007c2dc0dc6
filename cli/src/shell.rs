//! Where a command reads from and writes to, and how it ends.

use std::error::Error;
use std::ffi::OsString;
use std::io::{self, BufWriter, IsTerminal, Read, Write};
use std::process::ExitCode;

use clap::Parser;

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything is well: 0.
    Ok,
    /// The command did its work and has something to complain about: 1.
    Findings,
    /// The command could not do its work, because of its arguments or its surroundings: 2.
    Usage,
    /// The command was interrupted, and can be gone on with: 130, as shells have it for Ctrl-C.
    Interrupted,
}

impl Exit {
    /// The process's exit status.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Exit::Ok => 0,
            Exit::Findings => 1,
            Exit::Usage => 2,
            Exit::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}

/// Standard input, output and error of a command, and what is known about them.
pub struct Shell<'a> {
    /// Standard input; it needs no buffer of its own.
    pub stdin: Box<dyn Read + 'a>,
    /// Standard output: results only.
    pub stdout: &'a mut dyn Write,
    /// Standard error: everything else that is said.
    pub stderr: &'a mut dyn Write,
    /// Whether a person watches standard output.
    pub stdout_is_terminal: bool,
    /// Whether a person watches standard error.
    pub stderr_is_terminal: bool,
    /// Whether colours are unwanted (`NO_COLOR`) where nothing else is said.
    pub no_color: bool,
}

impl Shell<'_> {
    /// Gives a command the standard streams of this process.
    pub fn of_process<T>(command: impl FnOnce(&mut Shell<'_>) -> T) -> T {
        command(&mut Shell {
            stdin: Box::new(io::stdin()),
            stdout: &mut BufWriter::new(io::stdout()),
            stderr: &mut io::stderr(),
            stdout_is_terminal: io::stdout().is_terminal(),
            stderr_is_terminal: io::stderr().is_terminal(),
            no_color: std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()),
        })
    }

    /// The arguments as `T`, or how the command ends because they ask for help or make no sense.
    ///
    /// # Errors
    /// The exit status, after the help or the complaint was written.
    pub fn parse<T: Parser>(&mut self, arguments: impl IntoIterator<Item = OsString>) -> Result<T, Exit> {
        T::try_parse_from(arguments).map_err(|error| {
            let text = error.render();
            let (writer, terminal, exit): (&mut dyn Write, _, _) = if error.use_stderr() {
                (&mut *self.stderr, self.stderr_is_terminal, Exit::Usage)
            } else {
                (&mut *self.stdout, self.stdout_is_terminal, Exit::Ok)
            };
            // Whoever closed the other end does not want to know.
            let _ = if terminal && !self.no_color {
                write!(writer, "{}", text.ansi())
            } else {
                write!(writer, "{text}")
            };
            let _ = writer.flush();
            exit
        })
    }

    /// Ends a command: flushes standard output, and says on standard error what went wrong.
    ///
    /// A reader that closed standard output (`| head`) had enough: that is success.
    pub fn finish<E: Into<Box<dyn Error>>>(&mut self, result: Result<Exit, E>) -> Exit {
        let error: Box<dyn Error> = match (result, self.stdout.flush()) {
            (Ok(exit), Ok(())) => return exit,
            (Ok(_), Err(error)) => error.into(),
            (Err(error), _) => error.into(),
        };
        if is_closed(&*error) {
            return Exit::Ok;
        }
        self.complain(&*error);
        Exit::Usage
    }

    /// Says on standard error what went wrong, with every cause.
    pub fn complain(&mut self, error: &dyn Error) {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        // There is nowhere left to say that standard error is closed.
        let _ = writeln!(self.stderr, "error: {text}");
    }
}

/// Whether the error says, by itself or by its cause, that nobody reads the output any more.
fn is_closed(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == io::ErrorKind::BrokenPipe) {
            return true;
        }
        next = error.source();
    }
    false
}

/// What a command returns, and what it writes to standard output and standard error.
#[cfg(test)]
pub(crate) fn in_memory<T>(stdin: &str, command: impl FnOnce(&mut Shell<'_>) -> T) -> (T, String, String) {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let result = command(&mut Shell {
        stdin: Box::new(stdin.as_bytes()),
        stdout: &mut stdout,
        stderr: &mut stderr,
        stdout_is_terminal: false,
        stderr_is_terminal: false,
        no_color: false,
    });
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (result, text(stdout), text(stderr))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::CheckArgs;

    /// Exit, standard output and standard error of a command.
    fn outcome(command: impl FnOnce(&mut Shell<'_>) -> Exit) -> (u8, String, String) {
        let (exit, stdout, stderr) = in_memory("", command);
        (exit.code(), stdout, stderr)
    }

    fn parse(arguments: &[&str]) -> (u8, String, String) {
        outcome(|shell| match shell.parse::<CheckArgs>(arguments.iter().map(OsString::from)) {
            Ok(_) => Exit::Ok,
            Err(exit) => exit,
        })
    }

    #[test]
    fn help_is_output_and_wrong_usage_a_complaint() {
        assert_eq!(parse(&["check"]), (0, String::new(), String::new()));
        let version = format!("check {}\n", env!("CARGO_PKG_VERSION"));
        assert_eq!(parse(&["check", "--version"]), (0, version, String::new()));
        let (exit, stdout, stderr) = parse(&["check", "--fast"]);
        assert_eq!((exit, stdout.as_str()), (2, ""));
        assert!(stderr.starts_with("error: unexpected argument '--fast' found\n"), "{stderr}");
    }

    #[test]
    fn an_error_is_told_with_its_causes() {
        let missing = enrich_lambda::rule_files::read_schema("no/such.json".as_ref()).map(|_| Exit::Ok);
        let (exit, stdout, stderr) = outcome(|shell| shell.finish(missing));
        assert_eq!((exit, stdout.as_str()), (2, ""));
        assert_eq!(stderr, "error: can't read no/such.json: No such file or directory (os error 2)\n");
    }

    #[test]
    fn a_reader_that_had_enough_is_success() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
        }
        let (exit, _, stderr) = outcome(|shell| {
            shell.stdout = Box::leak(Box::new(Closed));
            let written = writeln!(shell.stdout, "x").map(|()| Exit::Findings);
            shell.finish(written)
        });
        assert_eq!((exit, stderr.as_str()), (0, ""));
    }
}
