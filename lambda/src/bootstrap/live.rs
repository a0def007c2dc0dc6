//! The rules that are in force: those of the start, until others are found in their bucket or configuration.
//!
//! Rules are looked for before a batch, at most once in `RULES_REFRESH_SECONDS`, and never while nothing is to be done:
//! Lambda lets a function sleep between its invocations. A batch is done by one rule set from its first record to its
//! last. Rules that can't be loaded or have errors change nothing: the last good ones stay in force, and it is said.
//!
//! A candidate beside them (`SHADOW_RULES`) is followed in the same way, and whatever becomes of it concerns nothing else.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use enrich_engine::{Clock as _, Engine, Timestamp};

use super::settings::RulesAt;
use super::start::{Deployment, StartError, bundled};
use crate::Handler;

/// The longest that a batch waits for the rules to be looked for.
const LONGEST: Duration = Duration::from_secs(3);

/// The share of an invocation's time that may go by with it.
const SHARE: i64 = 4;

/// The handler in force.
pub(super) struct Live {
    deployment: Deployment,
    handler: Mutex<Arc<Handler>>,
    watch: tokio::sync::Mutex<Watch>,
}

/// What is looked for.
struct Watch {
    /// When it is looked for again; `None` where it never is.
    due: Option<Timestamp>,
    rules: Followed,
    /// The candidate beside them.
    candidate: Option<Followed>,
}

/// A rule set that may change.
struct Followed {
    at: RulesAt,
    /// How they looked when they were loaded last.
    seen: Option<Seen>,
    /// Whether those can't be put in force.
    broken: bool,
}

/// How rules looked.
enum Seen {
    /// The stamps of a bucket's files, and the schemas that the rules named.
    Files(BTreeMap<String, String>, Vec<String>),
    /// A document, byte for byte.
    Document(Vec<u8>),
}

impl Followed {
    fn new(at: RulesAt) -> Self {
        Self { at, seen: None, broken: false }
    }

    /// An engine of the rules, if there are others than were seen last.
    async fn changed(&mut self, deployment: &Deployment) -> Result<Option<Engine>, StartError> {
        // What was wrong with rules that were seen before is said already, and still is.
        let set = match &self.at {
            RulesAt::Folder(_) => return Ok(None),
            RulesAt::S3(location) => {
                let seen = match &self.seen {
                    Some(Seen::Files(stamps, named)) => Some((stamps, named)),
                    _ => None,
                };
                let named = seen.map(|(_, named)| named.as_slice()).unwrap_or_default();
                let stamps = deployment.stamps(location, named).await?;
                if seen.is_some_and(|(seen, _)| *seen == stamps) {
                    return Ok(None);
                }
                let set = deployment.rules(&self.at).await?;
                // The schemas that they name now may be others: then the next look finds what it has not seen, and
                // loads once more.
                self.seen = Some(Seen::Files(stamps, set.schemas_named()));
                Ok(set)
            }
            RulesAt::AppConfig(profile) => {
                let document = deployment.document(profile).await?;
                if matches!(&self.seen, Some(Seen::Document(seen)) if *seen == document) {
                    return Ok(None);
                }
                let set = bundled(profile, &document);
                self.seen = Some(Seen::Document(document));
                set
            }
        };
        self.broken = true;
        let engine = deployment.engine(&set?)?;
        self.broken = false;
        Ok(Some(engine))
    }
}

/// What came of looking for other rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refresh {
    /// It was not time to look.
    NotDue,
    /// They are in force, or were put in force.
    Well,
    /// They are there and can't be put in force, or can't be looked for: the last good ones stay.
    Failing,
}

impl Live {
    /// Loads the rules and puts them in force.
    ///
    /// # Errors
    /// Where they can't be loaded, have errors, or can't be run here: a function without rules must not start.
    pub(super) async fn start(deployment: Deployment) -> Result<Self, StartError> {
        let (rules, candidate) = (deployment.settings().rules.clone(), deployment.settings().shadow.clone());
        let engine = deployment.engine(&deployment.rules(&rules).await?)?;
        if engine.looks_up() {
            deployment.warm().await;
        }
        let streams: Vec<&str> = engine.streams().collect();
        tracing::info!(rules = engine.hash(), streams = streams.join(" "), "the function is ready");
        let mut handler = deployment.handler(engine)?;
        if let Some(at) = &candidate {
            handler = handler.with_shadow(candidate_at(&deployment, at).await);
        }
        let due = next(&deployment);
        let watch = Watch { due, rules: Followed::new(rules), candidate: candidate.map(Followed::new) };
        Ok(Self { deployment, handler: Mutex::new(Arc::new(handler)), watch: tokio::sync::Mutex::new(watch) })
    }

    /// The handler for a batch. Other rules are looked for before, if it is time.
    pub(super) async fn handler(&self, deadline: Option<Timestamp>) -> (Arc<Handler>, Refresh) {
        // One batch looks; others that come meanwhile go on with what is in force.
        let refresh = match self.watch.try_lock() {
            Ok(mut watch) => self.refresh(&mut watch, deadline).await,
            Err(_) => Refresh::NotDue,
        };
        (self.current(), refresh)
    }

    /// The time of day.
    pub(super) fn now(&self) -> Timestamp {
        self.deployment.clock().now()
    }

    fn current(&self) -> Arc<Handler> {
        Arc::clone(&self.handler.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn refresh(&self, watch: &mut Watch, deadline: Option<Timestamp>) -> Refresh {
        let now = self.now();
        if watch.due.is_none_or(|due| now < due) {
            return Refresh::NotDue;
        }
        watch.due = next(&self.deployment);
        let looking = tokio::time::timeout(time_to_look(now, deadline), self.look(watch));
        let problem = match looking.await {
            Ok(Ok(())) if watch.rules.broken => return Refresh::Failing,
            Ok(Ok(())) => return Refresh::Well,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "there was no time to load others".to_owned(),
        };
        let current = self.current();
        tracing::error!(rules = current.engine().hash(), "the rules stay as they are: {problem}");
        Refresh::Failing
    }

    /// Puts other rules in force, if there are any.
    async fn look(&self, watch: &mut Watch) -> Result<(), StartError> {
        if let Some(engine) = watch.rules.changed(&self.deployment).await? {
            let before = self.current();
            if engine.hash() != before.engine().hash() {
                tracing::info!(from = before.engine().hash(), to = engine.hash(), "other rules are in force");
                self.put(self.deployment.handler(engine)?.with_shadow(before.shadow().cloned()));
            }
        }
        let Some(candidate) = &mut watch.candidate else { return Ok(()) };
        match candidate.changed(&self.deployment).await {
            Ok(Some(engine)) => {
                tracing::info!(candidate = engine.hash(), "the candidate is compared");
                self.put(Handler::clone(&self.current()).with_shadow(Some(engine)));
            }
            Ok(None) => {}
            // One that can't be run is none. Those in force have nothing to do with it.
            Err(error) => {
                tracing::error!("the candidate is not compared: {error}");
                self.put(Handler::clone(&self.current()).with_shadow(None));
            }
        }
        Ok(())
    }

    fn put(&self, handler: Handler) {
        *self.handler.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(handler);
    }
}

/// The candidate at the start; the function does without one that can't be run.
async fn candidate_at(deployment: &Deployment, at: &RulesAt) -> Option<Engine> {
    let candidate = async { deployment.engine(&deployment.rules(at).await?) }.await;
    candidate.inspect_err(|error| tracing::error!("the candidate is not compared: {error}")).ok()
}

/// When rules are looked for again. Not all instances of a function ask at once.
fn next(deployment: &Deployment) -> Option<Timestamp> {
    let settings = deployment.settings();
    let mut places = [Some(&settings.rules), settings.shadow.as_ref()].into_iter().flatten();
    let every = settings.refresh.filter(|_| places.any(RulesAt::may_change))?;
    let millis = i64::try_from(every.as_millis()).ok()?;
    let jitter = fastrand::i64(0..=millis / 5) - millis / 10;
    Timestamp::from_millis(deployment.clock().now().as_millis().checked_add(millis + jitter)?)
}

/// How long a batch may wait.
fn time_to_look(now: Timestamp, deadline: Option<Timestamp>) -> Duration {
    let left = deadline.map(|deadline| deadline.as_millis().saturating_sub(now.as_millis()));
    // A deadline that has passed is not known: clocks differ.
    let share = left.filter(|left| *left > 0).and_then(|left| u64::try_from(left / SHARE).ok());
    share.map_or(LONGEST, |share| LONGEST.min(Duration::from_millis(share)))
}

#[cfg(test)]
#[path = "../../tests/support/local.rs"]
mod beside;

#[cfg(test)]
mod tests {
    use super::super::settings::{Settings, Variables};
    use super::beside::{CONFIGURATION, Local, RULES};
    use super::*;
    use crate::rule_files::{MAX_BUNDLE, write_bundle};

    /// The rules of that configuration, looked for before each batch.
    async fn followed(extension: &Local) -> Result<Live, StartError> {
        let port = extension.port.to_string();
        let variables = [("RULES", RULES), ("AWS_APPCONFIG_EXTENSION_HTTP_PORT", &*port)];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let variables = Variables::new(variables);
        let mut settings = Settings::read(&variables).expect("settings");
        settings.refresh = Some(Duration::ZERO);
        Live::start(Deployment::new(settings, variables).await?).await
    }

    fn rule(value: u32) -> String {
        format!("rule clicks {{ stream \"clicks\" set .a = {value} }}")
    }

    #[tokio::test]
    async fn a_configuration_is_followed_and_the_last_good_rules_stay() {
        let extension = Local::start(CONFIGURATION, &rule(1));
        let live = followed(&extension).await.expect("rules");
        let look = async || {
            let (handler, refresh) = live.handler(None).await;
            (handler.engine().hash().to_owned(), refresh)
        };
        let first = look().await;
        assert_eq!(first.1, Refresh::Well);
        // As a text or in a document of several files.
        let schema = ("schemas/click.json", r#"{"type":"object"}"#);
        let with_schema = rule(2).replace("set", "schema \"schemas/click.json\" set");
        let bundle = write_bundle([("clicks.enrich", &*with_schema), schema]).expect("a document");
        extension.set(200, &bundle);
        let second = look().await;
        assert!(second.0 != first.0 && second.1 == Refresh::Well, "{second:?}");
        assert_eq!(look().await, second);

        let failing = (second.0.clone(), Refresh::Failing);
        let without_schema = write_bundle([("clicks.enrich", &*with_schema)]).expect("a document");
        let too_long = "#".repeat(MAX_BUNDLE + 1);
        for (status, body) in [
            (200, "rule clicks { stream \"clicks\" set a = }"),
            (200, "{\"files\": {}}"),
            (200, "{\"flag\": true}"),
            (200, "{"),
            (200, ""),
            (200, &without_schema),
            (200, &too_long),
            (404, "gone"),
            (500, &bundle),
        ] {
            extension.set(status, body);
            assert_eq!(look().await, failing, "{status} {:.60}", body);
            // It is still so, however often it is looked at.
            assert_eq!(look().await, failing, "{status} {:.60}", body);
        }
        extension.set(200, &bundle);
        assert_eq!(look().await, second);
        extension.set(200, &rule(1));
        assert_eq!(look().await, first);
    }

    #[tokio::test]
    async fn a_start_without_a_good_configuration_fails_loudly() {
        let extension = Local::start(CONFIGURATION, "");
        for (status, body, expected) in [
            (
                404,
                "no such profile\n",
                "has no configuration `clicks/production/rules`: it answers 404: no such profile",
            ),
            (
                200,
                "{}",
                "the configuration `clicks/production/rules`: the document is no rule set: it has no `files`",
            ),
            (
                200,
                "{\"files\": {\"a.json\": \"\"}}",
                "no rule file in the configuration clicks/production/rules",
            ),
            (200, "rule clicks {", "the rules have errors"),
        ] {
            extension.set(status, body);
            let error = followed(&extension).await.err().expect("no start").to_string();
            assert!(error.contains(expected), "{expected}: {error}");
        }
    }

    #[test]
    fn a_batch_waits_no_longer_than_it_can() {
        let at = |millis| Timestamp::from_millis(millis).expect("an instant");
        let wait = |left: i64| time_to_look(at(1_000_000), Some(at(1_000_000 + left)));
        assert_eq!(wait(60_000), LONGEST);
        assert_eq!(wait(2_000), Duration::from_millis(500));
        assert_eq!(wait(-5), LONGEST);
        assert_eq!(time_to_look(at(0), None), LONGEST);
    }
}
