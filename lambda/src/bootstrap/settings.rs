//! The function's settings: environment variables, and nothing else.

mod collector;
mod profile;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use enrich_engine::{Destination, Location};

use super::appconfig::PORT;
pub use collector::Collector;
pub use profile::Profile;

/// Where the rules are; by default [`DEFAULT_RULES`].
const RULES: &str = "RULES";
/// What stands before a configuration of AppConfig.
const APPCONFIG: &str = "appconfig:";
/// Where a candidate is that is compared with them.
const SHADOW: &str = "SHADOW_RULES";
/// Where rejects go whose rule names no destination.
const REJECTS: &str = "REJECTS";
const DEFAULT_RULES: &str = "rules";
/// How often rules in a bucket are looked for; by default [`DEFAULT_REFRESH`].
const REFRESH: &str = "RULES_REFRESH_SECONDS";
const DEFAULT_REFRESH: Duration = Duration::from_secs(60);
const LONGEST_REFRESH: u64 = 86_400;
/// The namespace of the function's metrics; by default [`DEFAULT_METRICS`].
const METRICS: &str = "METRICS_NAMESPACE";
const DEFAULT_METRICS: &str = "Enrich";
/// The port of AppConfig's extension; by default [`PORT`].
const APPCONFIG_PORT: &str = "AWS_APPCONFIG_EXTENSION_HTTP_PORT";
/// The folder of the function's package.
const TASK_ROOT: &str = "LAMBDA_TASK_ROOT";

/// What the runtime reads without asking whether it is there.
const RUNTIME: [&str; 3] = ["AWS_LAMBDA_RUNTIME_API", FUNCTION_NAME, "AWS_LAMBDA_FUNCTION_VERSION"];
const FUNCTION_NAME: &str = "AWS_LAMBDA_FUNCTION_NAME";
const MEMORY_SIZE: &str = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE";

/// The function's credentials: no rule may put them into an event.
const SECRETS: [&str; 4] =
    ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN"];

/// The environment variables of the process.
#[derive(Clone, Default)]
pub struct Variables(HashMap<String, String>);

impl Variables {
    /// These variables. Of a name that is there twice the last one counts.
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(variables.into_iter().collect())
    }

    /// The value of one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value of a rule's `${NAME}`: any variable but the function's own settings and credentials.
    #[must_use]
    pub fn of_rules(&self, name: &str) -> Option<&str> {
        let hidden = SECRETS.contains(&name) || [RULES, SHADOW, REJECTS, REFRESH, METRICS].contains(&name);
        if hidden { None } else { self.get(name) }
    }

    /// A setting; an empty one is one that is not set, as templates write it.
    pub(super) fn setting(&self, name: &str) -> Option<&str> {
        self.get(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// The function's name.
    pub(super) fn function(&self) -> &str {
        self.get(FUNCTION_NAME).unwrap_or_default()
    }

    /// The function's memory in bytes; `None` where Lambda has not said it.
    #[must_use]
    pub fn memory(&self) -> Option<usize> {
        self.get(MEMORY_SIZE)?.parse::<usize>().ok()?.checked_mul(1 << 20)
    }

    /// Whether the runtime will find what it needs.
    ///
    /// # Errors
    /// Where a variable is not there that Lambda always sets.
    pub fn check_runtime(&self) -> Result<(), SettingsError> {
        let memory = |value: &str| value.parse::<i32>().is_ok();
        let missing = RUNTIME.into_iter().find(|name| self.get(name).is_none());
        let missing = missing.or((!self.get(MEMORY_SIZE).is_some_and(memory)).then_some(MEMORY_SIZE));
        missing.map_or(Ok(()), |name| Err(SettingsError::NotOnLambda { name }))
    }
}

/// Where the rules are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RulesAt {
    /// In a folder.
    Folder(PathBuf),
    /// In a bucket.
    S3(Location),
    /// A configuration of AppConfig.
    AppConfig(Profile),
}

impl RulesAt {
    /// Whether they may change while the function runs.
    #[must_use]
    pub fn may_change(&self) -> bool {
        !matches!(self, RulesAt::Folder(_))
    }
}

/// What the environment says about the function itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// Where the rules are.
    pub rules: RulesAt,
    /// Where rejects go whose rule names no destination.
    pub rejects: Option<Destination>,
    /// Where a candidate is whose verdicts are compared with those of the rules.
    pub shadow: Option<RulesAt>,
    /// How long rules in a bucket are in force before others are looked for; `None` where they stay for good.
    pub refresh: Option<Duration>,
    /// The namespace of the function's metrics; `None` where none are wanted.
    pub metrics: Option<String>,
    /// The port of AppConfig's extension.
    pub appconfig_port: u16,
    /// Where traces go; `None` where none are wanted.
    pub traces: Option<Collector>,
}

/// Why the environment can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A setting is not a place in S3.
    #[error("the environment variable `{name}` is `{value}`, and should be `s3://BUCKET/PREFIX`")]
    NoLocation {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: String,
    },
    /// A setting is no configuration of AppConfig.
    #[error(
        "the environment variable `{name}` is `{value}`, and should be `appconfig:APPLICATION/ENVIRONMENT/PROFILE`"
    )]
    NoProfile {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: String,
    },
    /// A setting is no collector that can be reached.
    #[error(
        "the environment variable `{name}` leads to `{value}`: traces go to a collector on this machine, such as `http://localhost:4318`, without TLS"
    )]
    NoCollector {
        /// The setting.
        name: &'static str,
        /// Where it leads to.
        value: String,
    },
    /// A setting is no port.
    #[error("the environment variable `{name}` is `{value}`, and should be a port, from 1 to 65535")]
    NoPort {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: String,
    },
    /// A setting is neither a place in S3 nor a queue.
    #[error(
        "the environment variable `{name}` is `{value}`, and should be `s3://BUCKET/PREFIX`, or the URL or the ARN of a queue"
    )]
    NoDestination {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: String,
    },
    /// A setting is no number of seconds.
    #[error(
        "the environment variable `{name}` is `{value}`, and should be a number of seconds up to 86400, 0 for never"
    )]
    NoSeconds {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: String,
    },
    /// A setting is no namespace of metrics.
    #[error(
        "the environment variable `{name}` is `{value}`, which CloudWatch takes for no namespace: write letters, digits and `.-_/#:`, or `none` for no metrics"
    )]
    NoNamespace {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: String,
    },
    /// The process was not started by Lambda.
    #[error(
        "the environment variable `{name}` is not set as Lambda sets it: this program is a Lambda function"
    )]
    NotOnLambda {
        /// The variable.
        name: &'static str,
    },
}

impl Settings {
    /// Reads `RULES`, `SHADOW_RULES`, `REJECTS`, `RULES_REFRESH_SECONDS`, `METRICS_NAMESPACE`, and where AppConfig's extension and a collector of traces are. A relative folder is relative to the function's package.
    ///
    /// # Errors
    /// Where a value can't be what it should be.
    pub fn read(variables: &Variables) -> Result<Self, SettingsError> {
        let root = Path::new(variables.setting(TASK_ROOT).unwrap_or_default());
        let rules_at = |name: &'static str, value: &str| match value.strip_prefix(APPCONFIG) {
            Some(profile) => Profile::parse(profile)
                .map(RulesAt::AppConfig)
                .ok_or_else(|| SettingsError::NoProfile { name, value: value.to_owned() }),
            None if value.starts_with("s3://") => location(name, value).map(RulesAt::S3),
            None => Ok(RulesAt::Folder(root.join(value))),
        };
        let rules = rules_at(RULES, variables.setting(RULES).unwrap_or(DEFAULT_RULES))?;
        let shadow = variables.setting(SHADOW).map(|value| rules_at(SHADOW, value)).transpose()?;
        let rejects = variables.setting(REJECTS).map(|value| destination(REJECTS, value)).transpose()?;
        let refresh = match variables.setting(REFRESH) {
            Some(value) => seconds(REFRESH, value)?,
            None => Some(DEFAULT_REFRESH),
        };
        let metrics = match variables.setting(METRICS) {
            Some("none") => None,
            Some(name) if is_namespace(name) => Some(name.to_owned()),
            Some(name) => return Err(SettingsError::NoNamespace { name: METRICS, value: name.to_owned() }),
            None => Some(DEFAULT_METRICS.to_owned()),
        };
        let appconfig_port = match variables.setting(APPCONFIG_PORT) {
            None => PORT,
            Some(value) => match value.parse() {
                Ok(port @ 1..) => port,
                _ => return Err(SettingsError::NoPort { name: APPCONFIG_PORT, value: value.to_owned() }),
            },
        };
        let traces = Collector::read(variables)?;
        Ok(Self { rules, rejects, shadow, refresh, metrics, appconfig_port, traces })
    }
}

/// Whether CloudWatch takes it: what begins with `AWS/` is its own.
fn is_namespace(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_/#:".contains(&byte);
    name.len() <= 255 && name.bytes().all(allowed) && !name.starts_with("AWS/")
}

fn seconds(name: &'static str, value: &str) -> Result<Option<Duration>, SettingsError> {
    match value.parse() {
        Ok(0) => Ok(None),
        Ok(seconds @ 1..=LONGEST_REFRESH) => Ok(Some(Duration::from_secs(seconds))),
        _ => Err(SettingsError::NoSeconds { name, value: value.to_owned() }),
    }
}

fn destination(name: &'static str, value: &str) -> Result<Destination, SettingsError> {
    let no_destination = || SettingsError::NoDestination { name, value: value.to_owned() };
    match Destination::parse(value) {
        Some(Destination::Objects(_)) => {
            location(name, value).map(Destination::Objects).map_err(|_| no_destination())
        }
        destination => destination.ok_or_else(no_destination),
    }
}

fn location(name: &'static str, value: &str) -> Result<Location, SettingsError> {
    let no_location = || SettingsError::NoLocation { name, value: value.to_owned() };
    let location = value.strip_prefix("s3://").and_then(Location::parse).ok_or_else(no_location)?;
    // What S3 has ever allowed: a misspelt bucket would be found out by the first reject.
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let bucket = &location.bucket;
    if (3..=255).contains(&bucket.len()) && bucket.bytes().all(allowed) {
        Ok(location)
    } else {
        Err(no_location())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(variables: &[(&str, &str)]) -> Variables {
        Variables::new(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn where_rules_are() {
        for (given, expected) in [
            (&[][..], "rules"),
            (&[("RULES", "")], "rules"),
            (&[("RULES", "mine")], "mine"),
            (&[("LAMBDA_TASK_ROOT", "/var/task")], "/var/task/rules"),
            (&[("LAMBDA_TASK_ROOT", "/var/task"), ("RULES", "a/b")], "/var/task/a/b"),
            (&[("LAMBDA_TASK_ROOT", "/var/task"), ("RULES", "/opt/rules")], "/opt/rules"),
        ] {
            let settings = Settings::read(&variables(given)).expect("settings");
            assert_eq!(settings.rules, RulesAt::Folder(PathBuf::from(expected)), "{given:?}");
            assert_eq!(settings.rejects, None);
        }
        let settings =
            Settings::read(&variables(&[("RULES", "s3://our-rules/production")])).expect("settings");
        let RulesAt::S3(location) = settings.rules else { panic!("{settings:?}") };
        assert_eq!((&*location.bucket, &*location.prefix), ("our-rules", "production/"));
    }

    #[test]
    fn rules_in_appconfig() {
        let read = |value| Settings::read(&variables(&[("RULES", value)]));
        let settings = read("appconfig:our app/production/click-rules").expect("settings");
        assert_eq!(settings.appconfig_port, PORT);
        let RulesAt::AppConfig(profile) = settings.rules else { panic!("{settings:?}") };
        let path = "/applications/our%20app/environments/production/configurations/click-rules";
        assert_eq!((&*profile.to_string(), &*profile.path()), ("our app/production/click-rules", path));
        for value in
            ["appconfig:", "appconfig:a/b", "appconfig:a//c", "appconfig:a/b/c/d", "appconfig://a/b/c"]
        {
            let error = read(value).expect_err(value).to_string();
            assert!(error.contains("`RULES`") && error.contains("`appconfig:APPLICATION/"), "{error}");
        }
        let port = |value| Settings::read(&variables(&[("AWS_APPCONFIG_EXTENSION_HTTP_PORT", value)]));
        assert_eq!(port("3000").expect("settings").appconfig_port, 3000);
        for value in ["0", "65536", "http"] {
            assert!(port(value).expect_err(value).to_string().contains("should be a port"));
        }
    }

    #[test]
    fn where_rejects_go() {
        let read = |value| Settings::read(&variables(&[("REJECTS", value)]));
        assert_eq!(read("").expect("settings").rejects, None);
        for (value, expected) in [
            ("s3://bucket/errors", "s3://bucket/errors/"),
            (" s3://bucket ", "s3://bucket/"),
            (
                "arn:aws:sqs:eu-west-1:111122223333:bad",
                "https://sqs.eu-west-1.amazonaws.com/111122223333/bad",
            ),
            ("http://localhost:4566/000000000000/bad", "http://localhost:4566/000000000000/bad"),
        ] {
            let rejects = read(value).expect("settings").rejects.expect("a destination");
            assert_eq!(rejects.to_string(), expected);
        }
        for value in [
            "bucket/errors",
            "s3://",
            "s3:///errors",
            "https://bucket",
            "s3://a b/c",
            "s3://${BUCKET}/x",
            "queue",
        ] {
            let error = read(value).expect_err(value).to_string();
            assert!(error.contains("`REJECTS`") && error.contains("`s3://BUCKET/PREFIX`"), "{error}");
        }
    }

    #[test]
    fn how_often_rules_are_looked_for() {
        let read = |value| Settings::read(&variables(&[("RULES_REFRESH_SECONDS", value)]));
        for (value, expected) in [("", Some(60)), ("0", None), ("5", Some(5)), ("86400", Some(86_400))] {
            let refresh = read(value).expect("settings").refresh;
            assert_eq!(refresh, expected.map(Duration::from_secs), "{value}");
        }
        for value in ["86401", "-1", "1.5", "1m"] {
            let error = read(value).expect_err(value).to_string();
            assert!(error.contains("`RULES_REFRESH_SECONDS`") && error.contains("seconds"), "{error}");
        }
    }

    #[test]
    fn where_metrics_go() {
        let read = |value| Settings::read(&variables(&[("METRICS_NAMESPACE", value)]));
        for (value, expected) in [("", Some("Enrich")), ("none", None), ("Team/Clicks", Some("Team/Clicks"))]
        {
            assert_eq!(read(value).expect("settings").metrics.as_deref(), expected, "{value}");
        }
        for value in ["AWS/Lambda", "a b", &"a".repeat(256)] {
            let error = read(value).expect_err(value).to_string();
            assert!(error.contains("`METRICS_NAMESPACE`") && error.contains("`none`"), "{error}");
        }
    }

    #[test]
    fn rules_see_no_credentials() {
        let variables =
            variables(&[("BUCKET", "b"), ("AWS_SECRET_ACCESS_KEY", "secret"), ("RULES", "rules")]);
        assert_eq!(variables.of_rules("BUCKET"), Some("b"));
        assert_eq!(variables.of_rules("AWS_SECRET_ACCESS_KEY"), None);
        assert_eq!(variables.of_rules("RULES"), None);
    }

    #[test]
    fn what_lambda_sets() {
        assert_eq!(variables(&[(MEMORY_SIZE, "256")]).memory(), Some(256 << 20));
        assert_eq!(variables(&[(MEMORY_SIZE, "much")]).memory(), None);
        let mut all: Vec<_> = RUNTIME.into_iter().map(|name| (name, "1")).collect();
        all.push((MEMORY_SIZE, "256"));
        assert_eq!(variables(&all).check_runtime(), Ok(()));
        for at in 0..all.len() {
            let mut less = all.clone();
            let (name, _) = less.remove(at);
            assert_eq!(variables(&less).check_runtime(), Err(SettingsError::NotOnLambda { name }));
        }
        all[3].1 = "much";
        assert_eq!(variables(&all).check_runtime(), Err(SettingsError::NotOnLambda { name: MEMORY_SIZE }));
    }
}
