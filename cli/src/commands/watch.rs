//! `--watch`: checks or tests again whenever a file changes that was read.

use std::future::Future;
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::pin::Pin;
use std::slice;
use std::time::Duration;

use enrich_lambda::rule_files::FileError;
use tokio::runtime::Runtime;

use super::CommandError;
use crate::watch::{Look, Pause, changed};
use crate::{Exit, Shell};

/// Clears a terminal with what has scrolled away, and goes to its first line.
const CLEAR: &[u8] = b"\x1b[H\x1b[2J\x1b[3J";

/// Finds the files below paths.
pub(super) type Find = fn(&[PathBuf]) -> Result<Vec<PathBuf>, FileError>;

/// One check. It adds to the look how each schema looked before it was read.
pub(super) type Check<'a> = dyn FnMut(&mut Shell<'_>, &mut Look) -> Result<Exit, CommandError> + 'a;

/// Runs `check`, and again after every change of the files that `find` finds for `paths`, or the schemas that
/// those name, until `pause` ends it: then the exit is that of the last run.
///
/// What keeps a run from its work is told, and waited out: the next change may mend it.
///
/// # Errors
/// Where nobody takes the output any more.
pub(super) fn watch(
    paths: &[PathBuf],
    find: Find,
    shell: &mut Shell<'_>,
    check: &mut Check<'_>,
    pause: &mut Pause<'_>,
) -> Result<Exit, CommandError> {
    let mut heading = format!("watching {}, until Ctrl-C", names(paths));
    let mut schemas = Look::default();
    loop {
        // Before anything is read or told: what changes from here on has a run of its own.
        let mut before = Look::at(files(paths, find));
        begin(&heading, shell)?;
        let mut read = Look::default();
        let result = check(shell, &mut read);
        // Where no rules could be read, the schemas are those of the run before.
        if !matches!(result, Err(CommandError::Files(_))) {
            schemas = read;
        }
        let exit = match result {
            Ok(exit) => exit,
            Err(CommandError::Output(error)) => return Err(error.into()),
            Err(error) => {
                shell.complain(&error);
                Exit::Usage
            }
        };
        shell.stdout.flush()?;
        before.extend(schemas.clone());
        let look = || Look::at(files(paths, find).into_iter().chain(schemas.files().cloned()));
        let Some(changes) = changed(&before, &look, pause) else { return Ok(exit) };
        heading = format!("checked again: {changes}");
    }
}

/// Begins a run: on a clear screen where there is one, with a line that says why there is a run. It goes
/// to standard error, as standard output has findings only.
fn begin(heading: &str, shell: &mut Shell<'_>) -> io::Result<()> {
    if shell.stdout_is_terminal {
        shell.stdout.write_all(CLEAR)?;
    }
    shell.stdout.flush()?;
    let _ = writeln!(shell.stderr, "{heading}");
    Ok(())
}

/// The files that can be found at this moment. A path that can't be read keeps none of the others
/// from being watched.
fn files(paths: &[PathBuf], find: Find) -> Vec<PathBuf> {
    paths.iter().flat_map(|path| find(slice::from_ref(path)).unwrap_or_default()).collect()
}

fn names(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// Ctrl-C, which ends no more the process from here on, but its pauses.
pub(super) struct CtrlC {
    runtime: Runtime,
    pressed: Pin<Box<dyn Future<Output = io::Result<()>>>>,
}

impl CtrlC {
    /// Listens from now on.
    ///
    /// # Errors
    /// Where this machine does not let a process do that.
    pub(super) fn listen() -> Result<Self, CommandError> {
        let mut this = Self { runtime: super::runtime()?, pressed: Box::pin(tokio::signal::ctrl_c()) };
        // It listens only once it was asked.
        this.within(Duration::ZERO).map_err(CommandError::Machine)?;
        Ok(this)
    }

    /// Lets that time pass, or less where Ctrl-C is pressed or was since the last time.
    pub(super) fn pause(&mut self, length: Duration) -> ControlFlow<()> {
        match self.within(length) {
            Ok(false) => ControlFlow::Continue(()),
            Ok(true) | Err(_) => ControlFlow::Break(()),
        }
    }

    /// Whether it is pressed within that time.
    fn within(&mut self, length: Duration) -> io::Result<bool> {
        let pressed = &mut self.pressed;
        match self.runtime.block_on(async { tokio::time::timeout(length, pressed).await }) {
            Ok(pressed) => pressed.map(|()| true),
            Err(_) => Ok(false),
        }
    }
}

#[cfg(test)]
mod tests;
