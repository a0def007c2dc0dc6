//! `enrich`: sends events through rules, on this machine, and lays rules out.

use std::process::ExitCode;

use enrich_cli::Shell;

fn main() -> ExitCode {
    Shell::of_process(|shell| enrich_cli::enrich(std::env::args_os(), shell)).into()
}
