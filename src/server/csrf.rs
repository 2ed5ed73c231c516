use http::Method;
use http::header::{HeaderMap, HeaderName, ORIGIN};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use super::jose::{Jose, JoseError, check_times};
use super::origin::{Origin, Origins};
use super::random::random_token;
use super::session::Binding;
use crate::AuthError;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

#[derive(Serialize)]
struct Payload {
    token: String,
    /// The session it was made in; absent where nobody was signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    nbf: i64,
}

/// A new token for this session, or for none.
pub(crate) fn issue(jose: &Jose, session: Option<&Binding>) -> Result<String, JoseError> {
    let token = random_token::<32>(jose.random())?;
    let nbf = Jose::not_before(jose.now());
    jose.sign_jws(&Payload { token, sid: session.map(Binding::text), nbf })
}

#[derive(Deserialize)]
struct Claims {
    token: String,
    #[serde(default)]
    sid: String,
    nbf: Option<f64>,
    exp: Option<f64>,
}

/// A token that this server made for this session, and that is not too old. That a token made
/// before sign-in is refused stops one that an attacker planted from being used later.
pub(crate) fn verify(jose: &Jose, token: &str, session: Option<&Binding>) -> Result<String, AuthError> {
    let read = || {
        let claims: Claims = serde_json::from_slice(&jose.open_jws(token)?).map_err(|_| JoseError::Claims)?;
        check_times(claims.exp, None, claims.nbf, jose.now()).map(|()| claims)
    };
    let claims = read().map_err(|_| AuthError::InvalidCsrfToken)?;
    let now_in = session.map(Binding::text).unwrap_or_default();
    if bool::from(claims.sid.as_bytes().ct_eq(now_in.as_bytes())) {
        Ok(claims.token)
    } else {
        Err(AuthError::InvalidCsrfToken)
    }
}

/// The check of a program's request: cookie and header hold the same token (double submit).
pub(crate) fn verify_double_submit(
    jose: &Jose,
    header: Option<&str>,
    cookie: Option<&str>,
    session: Option<&Binding>,
) -> Result<(), AuthError> {
    let cookie = cookie.ok_or(AuthError::CsrfTokenMissing)?;
    let header = header.ok_or(AuthError::CsrfDoubleSubmitFailed)?;
    let cookie = verify(jose, cookie, session)?;
    let header = verify(jose, header, session)?;
    let same = bool::from(cookie.as_bytes().ct_eq(header.as_bytes()));
    if same { Ok(()) } else { Err(AuthError::CsrfTokenMismatch) }
}

/// Whether a method changes nothing (RFC 9110, 9.2.1), so that any page may send it.
pub(crate) fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Refuses what another origin's page sends, by the rules of Go's `http.CrossOriginProtection`:
/// safe methods pass; `Sec-Fetch-Site` decides where it is sent; else `Origin`; neither means
/// that no browser sent the request, and CSRF is something browsers do.
pub(crate) fn guard(method: &Method, headers: &HeaderMap, own: &Origin, origins: &Origins) -> Result<(), AuthError> {
    if is_safe(method) {
        return Ok(());
    }
    let mut origin_headers = headers.get_all(ORIGIN).iter();
    let origin = origin_headers.next();
    let doubled = origin_headers.next().is_some();
    let sender = origin.and_then(|value| value.to_str().ok()).and_then(Origin::parse);
    if !doubled && sender.as_ref().is_some_and(|sender| origins.trusts(sender)) {
        return Ok(());
    }
    let mut sites = headers.get_all(SEC_FETCH_SITE).iter().peekable();
    let same_origin = if sites.peek().is_some() {
        sites.all(|site| matches!(site.as_bytes(), b"same-origin" | b"none"))
    } else {
        let host = headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
        origin.is_none()
            || (!doubled && sender.is_some_and(|sender| sender == *own || host == Some(sender.authority())))
    };
    if same_origin { Ok(()) } else { Err(AuthError::CsrfOriginRejected) }
}

#[cfg(test)]
mod tests {
    use super::super::origin::OriginPattern;
    use super::*;

    #[test]
    fn the_guard_refuses_what_another_origin_s_page_sends() {
        let own = Origin::parse("https://app.example").unwrap();
        let origins = Origins {
            base_url: None,
            trusted: vec![OriginPattern::parse("https://trusted.example").unwrap()],
            trusted_by: None,
            trust_proxy: false,
            proxy_hops: 1,
        };
        type Headers = &'static [(&'static str, &'static str)];
        let cases: [(&str, Headers, bool); 20] = [
            ("GET", &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")], true),
            ("HEAD", &[("sec-fetch-site", "cross-site")], true),
            ("POST", &[], true),
            ("POST", &[("sec-fetch-site", "same-origin")], true),
            ("POST", &[("sec-fetch-site", "none")], true),
            ("POST", &[("sec-fetch-site", "same-site")], false),
            ("POST", &[("sec-fetch-site", "cross-site")], false),
            ("POST", &[("sec-fetch-site", "")], false),
            ("POST", &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")], false),
            ("PATCH", &[("sec-fetch-site", "cross-site")], false),
            ("DELETE", &[("origin", "https://evil.example")], false),
            ("POST", &[("origin", "https://app.example")], true),
            ("POST", &[("origin", "https://inner.example"), ("host", "inner.example")], true),
            ("POST", &[("origin", "http://app.example")], false),
            ("POST", &[("origin", "https://app.example.evil.example")], false),
            ("POST", &[("origin", "null")], false),
            ("POST", &[("origin", "")], false),
            ("POST", &[("origin", "https://app.example"), ("origin", "https://evil.example")], false),
            ("POST", &[("sec-fetch-site", "cross-site"), ("origin", "https://trusted.example")], true),
            (
                "POST",
                &[("sec-fetch-site", "cross-site"), ("origin", "https://trusted.example"), ("origin", "x")],
                false,
            ),
        ];
        for (method, pairs, passes) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
            }
            let result = guard(&method.parse().unwrap(), &headers, &own, &origins);
            assert_eq!(result.is_ok(), passes, "{method} {pairs:?}");
        }
    }
}
