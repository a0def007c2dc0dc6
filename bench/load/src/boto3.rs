//! One read and one write a record by boto3, in a process of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use enrich_bench_ours::data::Data;
use enrich_bench_ours::python::{environment, said};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../python/sequence.py");
const BOTO3: &str = "boto3==1.44.5";

/// A Python with boto3.
pub struct Boto3 {
    interpreter: PathBuf,
    files: PathBuf,
}

impl Boto3 {
    /// Makes it in the folder `below`, where it isn't there yet.
    ///
    /// # Errors
    /// Why that can't be done.
    pub fn prepare(below: &str) -> Result<Self, String> {
        let files = Path::new(below).join("python");
        fs::create_dir_all(&files).map_err(|error| error.to_string())?;
        Ok(Self { interpreter: environment(below, BOTO3)?, files })
    }

    /// Median times of an invocation: by the clock, and of the CPU.
    ///
    /// # Panics
    /// Where it can't be run.
    #[must_use]
    pub fn invocations(&self, data: &Data, address: &str, rounds: usize) -> (Duration, Duration) {
        let payload = self.files.join("load-payload.json");
        fs::write(&payload, &data.payload).expect("a file");
        let mut command = Command::new(&self.interpreter);
        command.arg("-B").arg(SCRIPT).arg(&payload).arg(format!("http://{address}")).arg(rounds.to_string());
        let told = said(&mut command).expect("a run");
        let mut seconds = told.split_whitespace().map(|seconds| seconds.parse().expect("seconds"));
        let mut next = || Duration::from_secs_f64(seconds.next().expect("two times"));
        (next(), next())
    }
}
