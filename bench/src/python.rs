//! A function in Python as it is usually written (`python/function.py`), in processes of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use enrich_bench_ours::data::{Data, SCHEMA};
use enrich_bench_ours::deployment::Deployment;
use enrich_bench_ours::python::{environment, said};
use serde_json::{Map, Value, json};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/measure.py");
const FASTJSONSCHEMA: &str = "fastjsonschema==2.22.3";

/// What holds events against the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validation {
    /// Nothing.
    None,
    /// The fastest validator that is written in Python.
    FastJsonSchema,
}

/// An environment of its own, below `target/`.
pub struct Python {
    interpreter: PathBuf,
    files: PathBuf,
}

impl Python {
    /// Makes the environment in the folder `below`, where it isn't there yet; says why where that can't be done.
    pub fn prepare(below: &str) -> Result<Self, String> {
        let files = Path::new(below).join("python");
        fs::create_dir_all(&files).map_err(|error| error.to_string())?;
        Ok(Self { interpreter: environment(below, FASTJSONSCHEMA)?, files })
    }

    /// One invocation a call, in a process that has warmed up: gives nanoseconds of its CPU an event.
    ///
    /// # Panics
    /// Where it does not write the same events as we do: then it is no comparison.
    pub fn invocation(&self, data: &Data, validation: Validation) -> impl FnMut() -> f64 + use<> {
        let [payload, users, schema, written] =
            ["payload.json", "users.json", "schema.json", "written.ndjson"]
                .map(|name| self.files.join(format!("{}-{name}", data.name)));
        fs::write(&payload, &data.payload).expect("a file");
        fs::write(&users, table(data).to_string()).expect("a file");
        fs::write(&schema, SCHEMA).expect("a file");
        let command = |more: &[&Path]| {
            let mut command = Command::new(&self.interpreter);
            command.arg("-B").arg(SCRIPT).args([&payload, &users]).args(more);
            if validation == Validation::FastJsonSchema {
                command.arg("--schema").arg(&schema);
            }
            command
        };
        said(&mut command(&[Path::new("--write"), &written])).expect("a run");
        let theirs = events(&fs::read(&written).expect("what was written"));
        let ours =
            events(&enrich_bench_ours::written(data, Deployment::shop(validation != Validation::None)));
        assert!(ours == theirs, "Python writes other events than we do");
        let mut measure = command(&[]);
        move || said(&mut measure).expect("a run").trim().parse().expect("nanoseconds")
    }
}

/// The users as the table's double reads them.
fn table(data: &Data) -> Value {
    let users = data.users.iter().map(|(id, user)| {
        let item = json!({"user_id": id, "name": user.name, "email": user.email,
            "segment": user.segment, "location": user.location});
        (id.clone(), item)
    });
    Value::Object(users.collect::<Map<_, _>>())
}

/// The events of these lines, without the instant at which each was enriched.
fn events(lines: &[u8]) -> Vec<Value> {
    let event = |line: &[u8]| {
        let mut event: Value = serde_json::from_slice(line).expect("JSON");
        let instant = event.as_object_mut().expect("an event").remove("processing_timestamp");
        assert!(instant.is_some_and(|instant| instant.is_string()), "no instant");
        event
    };
    lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(event).collect()
}
