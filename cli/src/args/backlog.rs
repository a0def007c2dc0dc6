//! How `enrich run` works through a backlog: from files to files.

use std::num::NonZeroUsize;

use clap::{Args, ValueEnum};

use crate::backlog::{Packing, Place};

/// How a run from files to files does its work. All of it goes with `--output`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "From files to files")]
pub struct BacklogArgs {
    /// Writes a file for each file of events, of the same name, into a folder or below s3://BUCKET/PREFIX, in
    /// place of standard output. Started again, the run goes on where it was interrupted
    #[arg(long, value_name = "PLACE")]
    pub output: Option<Place>,
    /// How the files are compressed that are written
    #[arg(long, value_enum, default_value_t, value_name = "HOW", requires = "output")]
    pub compression: CompressionArg,
    /// How many files are worked on at a time, and how many batches of events; by default as many as this
    /// machine has cores
    #[arg(long, value_name = "N", requires = "output")]
    pub parallel: Option<NonZeroUsize>,
    /// How long events are tried again whose table gives no answer, before their file is given up
    #[arg(long, value_name = "SECONDS", default_value_t = 60, requires = "output")]
    pub retry_for: u64,
    /// Forgets what an earlier run has done, and writes all files anew
    #[arg(long, requires = "output")]
    pub restart: bool,
    /// Tells nothing of how far the run is
    #[arg(long, requires = "output")]
    pub quiet: bool,
}

/// How files are compressed that are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum CompressionArg {
    /// As the file of events is
    #[default]
    Same,
    /// Not at all
    None,
    /// gzip; the name ends in `.gz`
    Gzip,
    /// zstd; the name ends in `.zst`
    Zstd,
}

impl CompressionArg {
    /// The compression; `None` for that of the file of events.
    #[must_use]
    pub fn packing(self) -> Option<Packing> {
        match self {
            CompressionArg::Same => None,
            CompressionArg::None => Some(Packing::Plain),
            CompressionArg::Gzip => Some(Packing::Gzip),
            CompressionArg::Zstd => Some(Packing::Zstd),
        }
    }
}
