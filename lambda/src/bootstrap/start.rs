//! Settings to a handler.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use enrich_aws::dynamodb::DynamoDbSource;
use enrich_aws::firehose::FirehoseStreams;
use enrich_aws::s3::{RuleFiles, RuleLimits, RulesError, S3Store};
use enrich_aws::sqs::SqsQueues;
use enrich_aws::{Clients, SystemClock, Trust, TrustError};
use enrich_engine::dsl::diagnostic::render;
use enrich_engine::functions::Registry;
use enrich_engine::lookup::{CircuitBreaker, Source};
use enrich_engine::output::{NoSink, Sinks};
use enrich_engine::{BuildError, Checked, Engine, Limits, Location, Rules};

use super::appconfig::{Extension, ProfileError};
use super::settings::{Profile, RulesAt, Settings, SettingsError, Variables};
use crate::Handler;
use crate::rule_files::{FileError, RuleSet, is_rule_file, read_bundle};

/// Lambda gives a function ten seconds to start, and then does not say why it did not. Rules are loaded
/// first, and then the schemas that they name.
const LOADING: Duration = Duration::from_secs(4);

/// How long a connection may take that is opened ahead. What takes longer is left to the first batch.
const WARMING: Duration = Duration::from_millis(500);

/// The share of the function's memory that a batch's events may take: beside them stand what is known of
/// their structure, the items that are looked up, and the objects on their way.
const MEMORY_SHARE: usize = 4;

/// The share that the items may take that are looked up for a batch: twice and more that is what is known of
/// their structure.
const ITEM_SHARE: usize = 8;

/// Why the function can't start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The environment can't be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The certificates to trust can't be read.
    #[error("{}", with_causes(.0))]
    Trust(#[from] TrustError),
    /// The rules can't be read.
    #[error("{}", with_causes(.0))]
    Files(#[from] FileError),
    /// The rules can't be loaded from S3.
    #[error(transparent)]
    Load(#[from] RulesError),
    /// The rules can't be had from AppConfig.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// There are errors in the rules: the findings, drawn for people.
    #[error("the rules have errors\n\n{0}")]
    Broken(String),
    /// The rules can't be run here.
    #[error("{0}: set them in the function's environment")]
    Unset(BuildError),
    /// The rules write to what is not there.
    #[error(transparent)]
    Sinks(#[from] NoSink),
    /// The rules can't be run here, whatever the environment.
    #[error(transparent)]
    Build(BuildError),
}

/// All of the function but its rules: these may change while it runs.
pub(super) struct Deployment {
    settings: Settings,
    variables: Variables,
    files: RuleFiles,
    dynamodb: DynamoDbSource,
    tables: Arc<dyn Source>,
    sinks: Sinks,
    limits: Limits,
    clock: Arc<SystemClock>,
}

impl Deployment {
    /// What the settings describe, with `variables` for the rules. Nothing is asked over the network.
    ///
    /// # Errors
    /// Where the certificates to trust can't be read.
    pub(super) async fn new(settings: Settings, variables: Variables) -> Result<Self, StartError> {
        let trust = Trust::of_function(|name| variables.get(name).map(str::to_owned))?;
        let clients = Clients::from_env(&trust).await;
        let clock = Arc::new(SystemClock);
        let mut limits = Limits::default();
        if let Some(memory) = variables.memory() {
            limits.batch_bytes = memory / MEMORY_SHARE;
            limits.item_bytes = memory / ITEM_SHARE;
        }
        let mut loading = RuleLimits::default();
        loading.longest = LOADING;
        let files = RuleFiles::new(clients.s3.clone()).with_limits(loading);
        let dynamodb = DynamoDbSource::new(clients.dynamodb, clock.clone());
        let tables = Arc::new(CircuitBreaker::new(dynamodb.clone(), clock.clone()));
        let sinks = Sinks::new()
            .objects(Arc::new(S3Store::new(clients.s3, clock.clone())))
            .streams(Arc::new(FirehoseStreams::new(clients.firehose, clock.clone())))
            .queues(Arc::new(SqsQueues::new(clients.sqs, clock.clone())));
        Ok(Self { settings, variables, files, dynamodb, tables, sinks, limits, clock })
    }

    /// Opens the connection that the first lookup needs: a function that starts has more of the processor than one
    /// that serves. Where there is no TLS, as with emulators, there is nothing to gain.
    pub(super) async fn warm(&self) {
        let endpoint = ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"];
        let endpoint = endpoint.into_iter().find_map(|name| self.variables.setting(name));
        if !endpoint.is_some_and(|endpoint| endpoint.starts_with("http://")) {
            self.dynamodb.warm(WARMING).await;
        }
    }

    /// How the rule files in a bucket look, and those of the paths `named`.
    ///
    /// # Errors
    /// Where they can't be listed.
    pub(super) async fn stamps(
        &self,
        Location { bucket, prefix, .. }: &Location,
        named: &[String],
    ) -> Result<BTreeMap<String, String>, StartError> {
        Ok(self.files.stamps(bucket, prefix, &is_rule_file, named).await?)
    }

    /// The document of a profile of AppConfig, as it is now.
    ///
    /// # Errors
    /// Where it can't be had.
    pub(super) async fn document(&self, profile: &Profile) -> Result<Vec<u8>, StartError> {
        let extension = Extension { port: self.settings.appconfig_port, longest: LOADING };
        Ok(extension.document(profile).await?)
    }

    /// What the environment says.
    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The function's clock.
    pub(super) fn clock(&self) -> &SystemClock {
        &self.clock
    }

    /// The rules there, as they are now.
    ///
    /// # Errors
    /// Where they can't be loaded.
    pub(super) async fn rules(&self, at: &RulesAt) -> Result<RuleSet, StartError> {
        match at {
            RulesAt::Folder(folder) => Ok(RuleSet::folder(folder)?),
            RulesAt::S3(Location { bucket, prefix, .. }) => {
                let rules = self.files.load(bucket, prefix, &is_rule_file).await?;
                let mut set = RuleSet::loaded(rules, &format!("s3://{bucket}/{prefix}"))?;
                set.add_files(self.files.load_named(bucket, prefix, set.schemas_named()).await?);
                Ok(set)
            }
            RulesAt::AppConfig(profile) => bundled(profile, &self.document(profile).await?),
        }
    }

    /// An engine of these rules.
    ///
    /// # Errors
    /// Where they have errors, or use variables that are not set.
    pub(super) fn engine(&self, set: &RuleSet) -> Result<Engine, StartError> {
        let rules = checked(set)?;
        let variables = self.variables.clone();
        let built = Engine::builder(rules)
            .limits(self.limits)
            .source("dynamodb", Arc::clone(&self.tables))
            .variables(move |name| variables.of_rules(name).map(str::to_owned))
            .outputs()
            .build();
        built.map_err(|error| match error {
            BuildError::Unset(_) => StartError::Unset(error),
            error => StartError::Build(error),
        })
    }

    /// The handler for this engine.
    ///
    /// # Errors
    /// Where its rules write to what is not there.
    pub(super) fn handler(&self, engine: Engine) -> Result<Handler, StartError> {
        let rejects = self.settings.rejects.clone();
        Ok(Handler::new(engine, self.sinks.clone(), rejects, self.clock.clone())?)
    }
}

/// The rule set in a document of AppConfig.
///
/// # Errors
/// Where it is none.
pub(super) fn bundled(profile: &Profile, document: &[u8]) -> Result<RuleSet, StartError> {
    let profile = profile.to_string();
    let files =
        read_bundle(document).map_err(|cause| ProfileError::Document { profile: profile.clone(), cause })?;
    Ok(RuleSet::loaded(files, &format!("the configuration {profile}"))?)
}

fn checked(set: &RuleSet) -> Result<Rules, StartError> {
    let Checked { rules, findings, .. } = set.check(&Registry::standard());
    let drawn: Vec<_> = findings.iter().map(|finding| render::full(finding, set.sources(), false)).collect();
    let Some(rules) = rules else { return Err(StartError::Broken(drawn.join("\n\n"))) };
    for finding in drawn {
        tracing::warn!("{finding}");
    }
    Ok(rules)
}

/// An error and what caused it, in one line.
pub(super) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
