//! The Lambda function: `RULES` says where its rules are, `REJECTS` where rejects go, and all other
//! variables are the values of `${NAME}` in the rules.

use std::process::ExitCode;

use enrich_lambda::bootstrap::{self, Variables};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    // Those that are no text can't be a rule's values, and must not end the process.
    let texts = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    bootstrap::run(Variables::new(texts)).await
}
