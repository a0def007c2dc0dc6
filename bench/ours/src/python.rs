//! Python, in an environment of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The interpreter of the environment in the folder `below`, with this package of PyPI. It is made where it isn't there yet.
///
/// # Errors
/// Why that can't be done.
pub fn environment(below: &str, package: &str) -> Result<PathBuf, String> {
    let environment = Path::new(below).join("python/environment");
    let interpreter = environment.join("bin/python");
    if !interpreter.exists() {
        said(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
    }
    said(Command::new(&interpreter).args(["-m", "pip", "install", "--quiet", package]))?;
    Ok(interpreter)
}

/// What a command prints.
///
/// # Errors
/// What it says is wrong.
pub fn said(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("`{name}`: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(said.lines().last().unwrap_or("it said nothing").to_owned())
}
