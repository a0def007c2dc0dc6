//! `check`: says what is wrong with rules.

use std::process::ExitCode;

use enrich_cli::Shell;

fn main() -> ExitCode {
    Shell::of_process(|shell| enrich_cli::check(std::env::args_os(), shell)).into()
}
