//! The engine and the store of a command that does as the function does: in folders, or on AWS.

use std::path::Path;
use std::sync::Arc;

use enrich_engine::output::ObjectStore;
use enrich_engine::{Engine, Rules};
use tokio::runtime::Runtime;

use super::CommandError;
use crate::rules::{self, Values};
use crate::store::FolderStore;
use crate::tables;

pub(super) type Seams = (Engine, Arc<dyn ObjectStore>);

/// Tables out of one folder, objects into another.
pub(super) fn in_folders(
    tables: Option<&Path>,
    output: &Path,
    rules: Rules,
    values: &Values,
) -> Result<Seams, CommandError> {
    let tables = tables::load(tables, &rules::local_tables(&rules, values))?;
    let engine = Engine::builder(rules).tables(tables).variables(values.function()).outputs().build()?;
    Ok((engine, Arc::new(FolderStore::new(output))))
}

/// Tables in DynamoDB, objects in S3.
#[cfg(feature = "aws")]
pub(super) fn on_aws(rules: Rules, values: &Values, runtime: &Runtime) -> Result<Seams, CommandError> {
    use enrich_aws::dynamodb::DynamoDbSource;
    use enrich_aws::s3::S3Store;
    use enrich_aws::{Clients, SystemClock};

    let clients = runtime.block_on(Clients::from_env());
    let tables = DynamoDbSource::new(clients.dynamodb, Arc::new(SystemClock));
    let builder = Engine::builder(rules).source("dynamodb", tables);
    let engine = builder.variables(values.function()).outputs().build()?;
    Ok((engine, Arc::new(S3Store::new(clients.s3, Arc::new(SystemClock)))))
}

#[cfg(not(feature = "aws"))]
pub(super) fn on_aws(_: Rules, _: &Values, _: &Runtime) -> Result<Seams, CommandError> {
    Err(CommandError::NoAws { binary: "enrich" })
}
