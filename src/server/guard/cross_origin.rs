//! Finds out which page sent a request, from the headers that browsers set.

use http::Method;
use http::header::{HeaderMap, HeaderName, ORIGIN, UPGRADE};

use crate::AuthError;
use crate::server::origin::{Origin, Origins};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Checks whether a method changes nothing (RFC 9110, 9.2.1). Any page may send such a request.
pub(crate) fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// The sender of a request, according to its `Sec-Fetch-Site` and `Origin` headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sender {
    /// A page of the app's own origin, or the person directly, for example through the address bar (`none`).
    SameOrigin,
    /// A page of one of the request origins.
    Trusted,
    /// Any other page.
    Foreign,
    /// Both headers are missing, so no current browser sent the request.
    Unknown,
}

impl Sender {
    /// If `Sec-Fetch-Site` is present, it decides whether the sender is the app's own origin, else `Origin` does. Only
    /// `Origin` can name a request origin. A repeated `Origin` is foreign.
    fn of(headers: &HeaderMap, own: &Origin, origins: &Origins) -> Self {
        let mut origin_headers = headers.get_all(ORIGIN).iter();
        let origin = match (origin_headers.next(), origin_headers.next()) {
            (None, _) => None,
            (Some(value), None) => Some(value.to_str().ok().and_then(Origin::parse)),
            (Some(_), Some(_)) => Some(None),
        };
        let mut sites = headers.get_all(SEC_FETCH_SITE).iter().peekable();
        let host = || headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
        let same_origin = match &origin {
            _ if sites.peek().is_some() => sites.all(|site| matches!(site.as_bytes(), b"same-origin" | b"none")),
            None => return Self::Unknown,
            Some(origin) => origin.as_ref().is_some_and(|origin| origin == own || host() == Some(origin.authority())),
        };
        match origin {
            _ if same_origin => Self::SameOrigin,
            Some(Some(origin)) if origins.allow_requests_from(&origin) => Self::Trusted,
            _ => Self::Foreign,
        }
    }
}

/// Rejects unsafe requests from pages of other origins, by the rules of Go's `http.CrossOriginProtection`. A request
/// without `Sec-Fetch-Site` and `Origin` passes: no browser sent it, and cross-site request forgery needs a browser.
pub(crate) fn guard(method: &Method, headers: &HeaderMap, own: &Origin, origins: &Origins) -> Result<(), AuthError> {
    // A WebSocket handshake is a `GET` with `Upgrade` (RFC 6455, 4.1) or a `CONNECT` (RFC 8441), and browsers let every
    // page start one.
    let is_unsafe = !is_safe(method) || headers.contains_key(UPGRADE);
    match Sender::of(headers, own, origins) {
        Sender::Foreign if is_unsafe => Err(AuthError::CsrfOriginRejected),
        _ => Ok(()),
    }
}

/// Checks whether a page of one of the request origins sent the request.
pub(crate) fn is_of_request_origin(headers: &HeaderMap, own: &Origin, origins: &Origins) -> bool {
    Sender::of(headers, own, origins) == Sender::Trusted
}

/// Checks whether the headers show that a page of the app's own origin, or of one of the request origins, sent the
/// request.
pub(crate) fn is_of_known_origin(headers: &HeaderMap, own: &Origin, origins: &Origins) -> bool {
    matches!(Sender::of(headers, own, origins), Sender::SameOrigin | Sender::Trusted)
}

/// Rejects every request whose headers do not show that a page of the app's own origin sent it.
pub(crate) fn require_same_origin(headers: &HeaderMap, own: &Origin, origins: &Origins) -> Result<(), AuthError> {
    match Sender::of(headers, own, origins) {
        Sender::SameOrigin => Ok(()),
        Sender::Trusted | Sender::Foreign | Sender::Unknown => Err(AuthError::CsrfOriginRejected),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::origin::OriginPattern;

    #[test]
    fn the_guard_rejects_other_origins_and_same_origin_proof_needs_headers() {
        let own = Origin::parse("https://app.example").unwrap();
        let origins = Origins {
            redirect_origins: vec![OriginPattern::parse("https://redirect.example").unwrap()],
            request_origins: vec![OriginPattern::parse("https://trusted.example").unwrap()],
            ..Origins::default()
        };
        type Headers = &'static [(&'static str, &'static str)];
        // Method, headers, whether the guard accepts the request, whether the headers prove the app's own origin.
        let cases: [(&str, Headers, bool, bool); 22] = [
            ("GET", &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")], true, false),
            ("HEAD", &[("sec-fetch-site", "cross-site")], true, false),
            ("POST", &[], true, false),
            ("POST", &[("sec-fetch-site", "same-origin")], true, true),
            ("POST", &[("sec-fetch-site", "none")], true, true),
            ("POST", &[("sec-fetch-site", "same-site")], false, false),
            ("POST", &[("sec-fetch-site", "cross-site")], false, false),
            ("POST", &[("sec-fetch-site", "")], false, false),
            ("POST", &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")], false, false),
            ("PATCH", &[("sec-fetch-site", "cross-site")], false, false),
            ("DELETE", &[("origin", "https://evil.example")], false, false),
            ("POST", &[("origin", "https://app.example")], true, true),
            ("POST", &[("origin", "https://inner.example"), ("host", "inner.example")], true, true),
            ("POST", &[("origin", "http://app.example")], false, false),
            ("POST", &[("origin", "https://app.example.evil.example")], false, false),
            ("POST", &[("origin", "null")], false, false),
            ("POST", &[("origin", "")], false, false),
            ("POST", &[("origin", "https://app.example"), ("origin", "https://evil.example")], false, false),
            ("POST", &[("sec-fetch-site", "cross-site"), ("origin", "https://trusted.example")], true, false),
            ("POST", &[("sec-fetch-site", "cross-site"), ("origin", "https://redirect.example")], false, false),
            ("POST", &[("origin", "https://redirect.example")], false, false),
            (
                "POST",
                &[("sec-fetch-site", "cross-site"), ("origin", "https://trusted.example"), ("origin", "x")],
                false,
                false,
            ),
        ];
        for (method, pairs, passes, is_evidence) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
            }
            let result = guard(&method.parse().unwrap(), &headers, &own, &origins);
            assert_eq!(result.is_ok(), passes, "{method} {pairs:?}");
            let evidence = require_same_origin(&headers, &own, &origins);
            assert_eq!(evidence.is_ok(), is_evidence, "{method} {pairs:?}");
        }
    }
}
