//! `enrich completions` and `enrich man`: what a shell and `man` know of the commands, out of their definitions.

use std::fs;

use clap::CommandFactory;

use super::CommandError;
use crate::args::{Binary, CheckArgs, CompletionsArgs, EnrichArgs, ManArgs};
use crate::{Exit, Shell};

/// Writes the script that completes a binary's arguments.
pub(super) fn completions(args: &CompletionsArgs, shell: &mut Shell<'_>) -> Result<Exit, CommandError> {
    let (mut command, name) = match args.binary {
        Binary::Enrich => (EnrichArgs::command(), "enrich"),
        Binary::Check => (CheckArgs::command(), "check"),
    };
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    shell.stdout.write_all(&script)?;
    Ok(Exit::Ok)
}

/// Writes a page for each command.
pub(super) fn man(args: &ManArgs, shell: &mut Shell<'_>) -> Result<Exit, CommandError> {
    let unwritable = |source| CommandError::Unwritable { path: args.folder.clone(), source };
    fs::create_dir_all(&args.folder).map_err(unwritable)?;
    for command in [EnrichArgs::command(), CheckArgs::command()] {
        clap_mangen::generate_to(command, &args.folder).map_err(unwritable)?;
    }
    let _ = writeln!(
        shell.stderr,
        "pages are in {}: `man {}/enrich.1`",
        args.folder.display(),
        args.folder.display()
    );
    Ok(Exit::Ok)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::in_memory;
    use std::ffi::OsString;

    fn enrich(arguments: &[&str]) -> (Exit, String, String) {
        let arguments = ["enrich"].iter().chain(arguments).map(OsString::from);
        in_memory("", |shell| crate::enrich(arguments, shell))
    }

    #[test]
    fn every_command_has_a_page_and_is_completed() {
        let folder = tempfile::tempdir().expect("a folder");
        let pages = folder.path().join("man");
        let (exit, ..) = enrich(&["man", &pages.display().to_string()]);
        assert_eq!(exit, Exit::Ok);
        assert!(pages.join("check.1").exists());
        let commands = EnrichArgs::command();
        for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
            let (exit, script, _) = enrich(&["completions", shell]);
            assert_eq!(exit, Exit::Ok);
            for command in commands.get_subcommands().map(clap::Command::get_name) {
                assert!(script.contains(command), "{shell}: {command}");
                assert!(pages.join(format!("enrich-{command}.1")).exists(), "{command}");
            }
        }
        let (_, script, _) = enrich(&["completions", "--of", "check", "bash"]);
        assert!(script.contains("--needs-output"), "{script}");
    }
}
