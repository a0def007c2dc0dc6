//! Which files a run reads, what it writes of each, and whether it may.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;

use enrich_engine::{Engine, Origin};

use super::files::{Listed, Source};
use super::journal::{Journal, JournalError};
use super::packing::without_suffix;
use super::place::whole;
use super::{Packing, Place};

/// What stands behind the name of a file of events for that of its rejects.
const REJECTS: &str = ".rejects";

/// A file of events.
#[derive(Debug)]
pub(super) struct Input {
    /// The place that it lies in, by number.
    pub(super) source: usize,
    pub(super) file: Listed,
    pub(super) origin: Origin<'static>,
    /// The name of what is written of it.
    pub(super) output: String,
    /// The name of its rejects.
    pub(super) rejects: String,
}

/// Why files can't be enriched into other files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A place can't be listed.
    #[error("can't list {place}")]
    List {
        /// The place.
        place: String,
        /// Why.
        source: io::Error,
    },
    /// There is nothing to enrich.
    #[error("there are no files in {places}")]
    Empty {
        /// Where files were looked for.
        places: String,
    },
    /// The output would be read as events.
    #[error("{place} lies in {inside}, where the events are: what is written there would be enriched again")]
    InTheWay {
        /// Where something is to be written.
        place: String,
        /// Where events are read.
        inside: String,
    },
    /// Two files would be one.
    #[error(
        "{first} and {second} would both become `{output}`: enrich them one after the other, with another `--output`"
    )]
    SameName {
        /// One of the files.
        first: String,
        /// The other one.
        second: String,
        /// The name of both.
        output: String,
    },
    /// A file would be written where another one is.
    #[error(
        "what comes of {file} would be written over {other}: say another `--output`, or another `--rejects`"
    )]
    Over {
        /// The file of events.
        file: String,
        /// What it would be written over.
        other: String,
    },
    /// No rule takes the events of a file.
    #[error(
        "no rule takes the events of {file}: neither its name nor that of its first folder is a stream of the rules; \
         say with `--stream NAME` where they come from: the rules take {streams}"
    )]
    NoStream {
        /// The file.
        file: String,
        /// The streams that the rules take.
        streams: String,
    },
    /// Files are there that no run has written.
    #[error(
        "`{name}` is in {place} already, and no run has kept there that it was its own: \
         say another `--output`, or `--restart` to write over it"
    )]
    Taken {
        /// The place.
        place: String,
        /// The first of the files.
        name: String,
    },
}

/// Whether nothing that is written to these places could be read as events, now or when the run goes on.
pub(super) fn check_places<'p>(
    events: &[Place],
    written: impl IntoIterator<Item = &'p Place>,
) -> Result<(), PlanError> {
    for place in written {
        if let Some(inside) = events.iter().find(|events| place.lies_in(events)) {
            let (place, inside) = (place.to_string(), inside.to_string());
            return Err(PlanError::InTheWay { place, inside });
        }
    }
    Ok(())
}

/// Whether no file is written over one that is read, and no two are one.
pub(super) fn check_names(
    inputs: &[Input],
    events: &[Place],
    output: &Place,
    rejects: Option<&Place>,
) -> Result<(), PlanError> {
    let read =
        inputs.iter().filter_map(|input| Some((whole_name(input, events.get(input.source)?), &input.file)));
    let mut taken: HashMap<String, String> = read.map(|(whole, file)| (whole, file.shown.clone())).collect();
    for input in inputs {
        let written =
            Some((output, &input.output)).into_iter().chain(rejects.map(|place| (place, &input.rejects)));
        for whole in written.map(|(place, name)| place.whole_name(name)) {
            if let Some(other) = taken.insert(whole, format!("what comes of {}", input.file.shown)) {
                return Err(PlanError::Over { file: input.file.shown.clone(), other });
            }
        }
    }
    Ok(())
}

/// The whole name of a file that is read.
fn whole_name(input: &Input, place: &Place) -> String {
    match place {
        Place::Folder(_) => whole(Path::new(&input.file.at)).display().to_string(),
        Place::S3 { .. } => input.file.shown.clone(),
    }
}

/// Lists the files of all places, each with what becomes of it.
pub(super) fn inputs(
    events: &[Place],
    sources: &[Box<dyn Source>],
    packing: Option<Packing>,
    origins: &Origins<'_>,
) -> Result<Vec<Input>, PlanError> {
    let (mut inputs, mut outputs) = (Vec::new(), HashMap::new());
    for (number, (place, source)) in events.iter().zip(sources).enumerate() {
        let files = source.list().map_err(|source| PlanError::List { place: place.to_string(), source })?;
        for file in files {
            let output = match packing {
                None => file.name.clone(),
                Some(packing) => format!("{}{}", without_suffix(&file.name), packing.suffix()),
            };
            if let Some(first) = outputs.insert(output.clone(), file.shown.clone()) {
                return Err(PlanError::SameName { first, second: file.shown, output });
            }
            let origin = origins.of(&file)?;
            let rejects = format!("{}{REJECTS}", file.name);
            inputs.push(Input { source: number, file, origin, output, rejects });
        }
    }
    if inputs.is_empty() {
        let places: Vec<_> = events.iter().map(Place::to_string).collect();
        return Err(PlanError::Empty { places: places.join(", ") });
    }
    Ok(inputs)
}

/// The files that are not done. What was done must be what is there now.
pub(super) fn left(inputs: Vec<Input>, journal: &Journal) -> Result<Vec<Input>, JournalError> {
    let (mut left, mut changed) = (Vec::new(), Vec::new());
    for input in inputs {
        match journal.done.get(&input.file.name) {
            None => left.push(input),
            Some(done) if done.bytes == input.file.bytes && done.stamp == input.file.stamp => {}
            Some(_) => changed.push(input.file.shown),
        }
    }
    let more = changed.len().saturating_sub(1);
    match changed.into_iter().next() {
        None => Ok(left),
        Some(name) => Err(JournalError::Changed { name, more }),
    }
}

/// Whether a run that begins writes over nothing.
pub(super) fn check_new(inputs: &[Input], place: &Place, names: &HashSet<String>) -> Result<(), PlanError> {
    match inputs.iter().find(|input| names.contains(&input.output)) {
        Some(input) => Err(PlanError::Taken { place: place.to_string(), name: input.output.clone() }),
        None => Ok(()),
    }
}

/// Tells where the events of files come from.
pub(super) struct Origins<'a> {
    /// The stream that was said.
    pub(super) stream: Option<&'a str>,
    pub(super) engine: &'a Engine,
    /// The streams that the rules take, in words.
    pub(super) streams: String,
}

impl Origins<'_> {
    /// The stream that was said; or the one that the file is called after, or its first folder.
    fn of(&self, file: &Listed) -> Result<Origin<'static>, PlanError> {
        if let Some(stream) = self.stream {
            return Ok(Origin::named(stream));
        }
        let (folder, name) = match file.name.split_once('/') {
            Some((folder, rest)) => (Some(folder), rest.rsplit('/').next().unwrap_or(rest)),
            None => (None, file.name.as_str()),
        };
        let name = without_suffix(name);
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let named = [Some(stem), folder].into_iter().flatten().find(|name| self.engine.takes(name));
        named
            .map(Origin::named)
            .ok_or_else(|| PlanError::NoStream { file: file.shown.clone(), streams: self.streams.clone() })
    }
}
