//! The engine and the sinks of a command that does as the function does: in folders, or on AWS.

use std::path::Path;
#[cfg(feature = "aws")]
use std::sync::Arc;

use enrich_engine::output::Sinks;
use enrich_engine::{Engine, Rules};
use tokio::runtime::Runtime;

use super::CommandError;
use crate::rules::{self, Values};
use crate::store::FolderStore;
use crate::tables;

pub(super) type Seams = (Engine, Sinks);

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
