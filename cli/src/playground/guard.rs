//! Which requests are answered.
//!
//! The server listens on loopback, where every page that a browser shows can send requests to. So a request must
//! name this machine as its host (a name that somebody else's DNS points here is refused), and what works on
//! rules must come from the page itself.

use hyper::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderName, ORIGIN};
use hyper::{Method, StatusCode};

/// How a browser says where a request comes from, beside `Origin`.
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A request that is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) why: &'static str,
}

/// Whether a request of that method with these headers is answered.
pub(super) fn admit(method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
    let refuse = |status, why| Err(Refusal { status, why });
    let Some(host) = only(headers, &HOST).filter(|host| is_loopback(host)) else {
        return refuse(StatusCode::MISDIRECTED_REQUEST, "ask for `localhost` or `127.0.0.1`");
    };
    if headers.contains_key(ORIGIN) {
        let ours = only(headers, &ORIGIN).and_then(|origin| origin.strip_prefix("http://"));
        if ours != Some(host) {
            return refuse(StatusCode::FORBIDDEN, "another page's requests are not answered");
        }
    }
    if method != Method::POST {
        return Ok(());
    }
    if headers.contains_key(FETCH_SITE) && only(headers, &FETCH_SITE) != Some("same-origin") {
        return refuse(StatusCode::FORBIDDEN, "another page's requests are not answered");
    }
    let media = only(headers, &CONTENT_TYPE).and_then(|value| value.split(';').next());
    if !media.is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json")) {
        return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send `application/json`");
    }
    Ok(())
}

/// The value of a header that stands there once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// Whether a `Host` names this machine, at any port: one may be forwarded here.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    name.eq_ignore_ascii_case("localhost") || name == "127.0.0.1" || name == "[::1]"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The status of a request with these headers; 200 for one that is answered.
    fn status(method: &Method, lines: &[(&'static str, &'static str)]) -> u16 {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().expect("a value"));
        }
        admit(method, &headers).map_or_else(|refusal| refusal.status.as_u16(), |()| 200)
    }

    #[test]
    fn a_host_is_this_machine() {
        for host in ["localhost", "localhost:80", "LocalHost:8417", "127.0.0.1", "127.0.0.1:1", "[::1]:8417"]
        {
            assert_eq!(status(&Method::GET, &[("host", host)]), 200, "{host}");
        }
        for host in [
            "",
            "example.com",
            "example.com:8417",
            "localhost.example.com",
            "127.0.0.1.example.com:8417",
            "localhost:",
            "localhost:80:80",
            "127.0.0.1:x",
            "0.0.0.0",
            "10.0.0.1:8417",
            "localhost@example.com",
        ] {
            assert_eq!(status(&Method::GET, &[("host", host)]), 421, "{host}");
        }
        assert_eq!(status(&Method::GET, &[]), 421);
        assert_eq!(status(&Method::GET, &[("host", "localhost"), ("host", "example.com")]), 421);
    }

    #[test]
    fn only_the_page_itself_may_post() {
        const HOST: (&str, &str) = ("host", "localhost:8417");
        const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");
        for (expected, lines) in [
            (200, &[HOST, JSON][..]),
            (200, &[HOST, JSON, ("origin", "http://localhost:8417")]),
            (200, &[HOST, JSON, ("origin", "http://localhost:8417"), ("sec-fetch-site", "same-origin")]),
            (403, &[HOST, JSON, ("origin", "http://localhost:3000")]),
            (403, &[HOST, JSON, ("origin", "http://127.0.0.1:8417")]),
            (403, &[HOST, JSON, ("origin", "https://localhost:8417")]),
            (403, &[HOST, JSON, ("origin", "https://example.com")]),
            (403, &[HOST, JSON, ("origin", "null")]),
            (403, &[HOST, JSON, ("sec-fetch-site", "cross-site")]),
            (403, &[HOST, JSON, ("sec-fetch-site", "same-site")]),
            (403, &[HOST, JSON, ("sec-fetch-site", "none")]),
            (415, &[HOST]),
            (415, &[HOST, ("content-type", "text/plain")]),
            (415, &[HOST, ("content-type", "application/x-www-form-urlencoded")]),
            (415, &[HOST, ("content-type", "application/jsonp")]),
        ] {
            assert_eq!(status(&Method::POST, lines), expected, "{lines:?}");
        }
        // Whoever follows a link to the page may come from anywhere, but no other page may read it by a script.
        assert_eq!(status(&Method::GET, &[HOST, ("sec-fetch-site", "cross-site")]), 200);
        assert_eq!(status(&Method::GET, &[HOST, ("origin", "https://example.com")]), 403);
    }
}
