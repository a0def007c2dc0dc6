//! The engine, and the sinks of a command that does as the function does: in folders, or on AWS.

use std::path::Path;
#[cfg(feature = "aws")]
use std::sync::Arc;

use enrich_engine::output::Sinks;
use enrich_engine::{Engine, Rules};
use tokio::runtime::Runtime;

use super::CommandError;
use crate::args::RunArgs;
use crate::backlog::Places;
use crate::rules::{self, Values};
use crate::store::FolderStore;
use crate::tables;

pub(super) type Seams = (Engine, Sinks);

/// An engine whose events go wherever the command writes them.
pub(super) fn reader(
    args: &RunArgs,
    rules: Rules,
    values: &Values,
    runtime: &Runtime,
) -> Result<Engine, CommandError> {
    if args.aws {
        return reader_on_aws(rules, values, runtime);
    }
    let tables = tables::load(args.tables.as_deref(), &rules::local_tables(&rules, values))?;
    Ok(Engine::builder(rules).tables(tables).variables(values.function()).build()?)
}

#[cfg(feature = "aws")]
fn reader_on_aws(rules: Rules, values: &Values, runtime: &Runtime) -> Result<Engine, CommandError> {
    use enrich_aws::dynamodb::DynamoDbSource;
    use enrich_aws::{Clients, SystemClock};

    let clients = runtime.block_on(Clients::from_env(&trust()?));
    let tables = DynamoDbSource::new(clients.dynamodb, Arc::new(SystemClock));
    Ok(Engine::builder(rules).source("dynamodb", tables).variables(values.function()).build()?)
}

#[cfg(not(feature = "aws"))]
fn reader_on_aws(_: Rules, _: &Values, _: &Runtime) -> Result<Engine, CommandError> {
    Err(CommandError::NoAws { binary: "enrich" })
}

/// Folders, and S3 where one of the places is there.
#[cfg(feature = "aws")]
pub(super) fn places(in_s3: bool, runtime: &Runtime) -> Result<Places, CommandError> {
    use crate::backlog::S3;

    if !in_s3 {
        return Ok(Places { s3: None });
    }
    let clients = runtime.block_on(enrich_aws::Clients::from_env(&trust()?));
    let files = enrich_aws::s3::Files::new(clients.s3);
    Ok(Places { s3: Some(S3::new(files, runtime.handle().clone())) })
}

/// Folders, and nothing else.
#[cfg(not(feature = "aws"))]
pub(super) fn places(_: bool, _: &Runtime) -> Result<Places, CommandError> {
    Ok(Places::default())
}

/// Tables out of one folder, what is written into another.
pub(super) fn in_folders(
    tables: Option<&Path>,
    output: &Path,
    rules: Rules,
    values: &Values,
) -> Result<Seams, CommandError> {
    let tables = tables::load(tables, &rules::local_tables(&rules, values))?;
    let engine = Engine::builder(rules).tables(tables).variables(values.function()).outputs().build()?;
    Ok((engine, FolderStore::new(output).sinks()))
}

/// Tables in DynamoDB; objects, delivery streams and queues where they are.
#[cfg(feature = "aws")]
pub(super) fn on_aws(rules: Rules, values: &Values, runtime: &Runtime) -> Result<Seams, CommandError> {
    use enrich_aws::dynamodb::DynamoDbSource;
    use enrich_aws::firehose::FirehoseStreams;
    use enrich_aws::s3::S3Store;
    use enrich_aws::sqs::SqsQueues;
    use enrich_aws::{Clients, SystemClock};

    let clients = runtime.block_on(Clients::from_env(&trust()?));
    let tables = DynamoDbSource::new(clients.dynamodb, Arc::new(SystemClock));
    let builder = Engine::builder(rules).source("dynamodb", tables);
    let engine = builder.variables(values.function()).outputs().build()?;
    let clock = Arc::new(SystemClock);
    let sinks = Sinks::new()
        .objects(Arc::new(S3Store::new(clients.s3, clock.clone())))
        .streams(Arc::new(FirehoseStreams::new(clients.firehose, clock.clone())))
        .queues(Arc::new(SqsQueues::new(clients.sqs, clock)));
    Ok((engine, sinks))
}

/// The certificate authorities that connections trust, as the environment says.
#[cfg(feature = "aws")]
#[expect(clippy::disallowed_methods, reason = "this is the program's edge")]
pub(super) fn trust() -> Result<enrich_aws::Trust, CommandError> {
    Ok(enrich_aws::Trust::of_program(|name| std::env::var(name).ok())?)
}

#[cfg(not(feature = "aws"))]
pub(super) fn on_aws(_: Rules, _: &Values, _: &Runtime) -> Result<Seams, CommandError> {
    Err(CommandError::NoAws { binary: "enrich" })
}
