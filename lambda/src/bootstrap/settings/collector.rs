//! Where traces go, as OpenTelemetry's variables say it.

use super::{SettingsError, Variables};

/// A collector of traces, and one of all signals, as OpenTelemetry calls them.
const OTLP_TRACES: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const OTLP: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// A collector of traces, as OpenTelemetry's variables name it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Collector {
    /// `http://HOST:PORT`.
    pub origin: String,
    /// The path for traces.
    pub path: String,
    /// Whether traces are sent that nobody asked for.
    pub always: bool,
}

impl Collector {
    /// The one that the variables name.
    pub(super) fn read(variables: &Variables) -> Result<Option<Self>, SettingsError> {
        let is = |name: &str, value: &str| {
            variables.setting(name).is_some_and(|it| it.eq_ignore_ascii_case(value))
        };
        if is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none") {
            return Ok(None);
        }
        let (name, url) = match (variables.setting(OTLP_TRACES), variables.setting(OTLP)) {
            (Some(url), _) => (OTLP_TRACES, url.to_owned()),
            (None, Some(base)) => (OTLP, format!("{}/v1/traces", base.trim_end_matches('/'))),
            (None, None) => return Ok(None),
        };
        let place =
            url.strip_prefix("http://").map(|rest| rest.split_at(rest.find('/').unwrap_or(rest.len())));
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
        let host = |host: &str| !host.is_empty() && host.bytes().all(known);
        let Some((host, path)) = place.filter(|(place, _)| host(place)) else {
            return Err(SettingsError::NoCollector { name, value: url });
        };
        let path = if path.is_empty() { "/" } else { path };
        let always = is("OTEL_TRACES_SAMPLER", "always_on");
        Ok(Some(Self { origin: format!("http://{host}"), path: path.to_owned(), always }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_traces_go() {
        let read = |given: &[(&str, &str)]| {
            let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            Collector::read(&Variables::new(given))
        };
        let local = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318/");
        let own = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:9/some/where");
        for (given, expected) in [
            (&[][..], None),
            (&[local], Some(("http://localhost:4318", "/v1/traces", false))),
            (&[local, own], Some(("http://127.0.0.1:9", "/some/where", false))),
            (&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://h:1")], Some(("http://h:1", "/", false))),
            (
                &[local, ("OTEL_TRACES_SAMPLER", "always_on")],
                Some(("http://localhost:4318", "/v1/traces", true)),
            ),
            (&[local, ("OTEL_TRACES_EXPORTER", "none")], None),
            (&[local, ("OTEL_SDK_DISABLED", "TRUE")], None),
        ] {
            let traces = read(given).expect("settings");
            let told = traces.as_ref().map(|it| (&*it.origin, &*it.path, it.always));
            assert_eq!(told, expected, "{given:?}");
        }
        for value in [
            "https://collector:4318",
            "localhost:4318",
            "http://",
            "http:///v1",
            "http://a b",
            "http://u:p@h",
            "http://h?x",
        ] {
            let error = read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", value)]).expect_err(value).to_string();
            assert!(
                error.contains("`OTEL_EXPORTER_OTLP_ENDPOINT`") && error.contains("without TLS"),
                "{error}"
            );
        }
    }
}
