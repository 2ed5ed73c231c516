use std::borrow::Cow;
use std::sync::Arc;

use cookie::{Cookie, CookieBuilder, SameSite};
use http::header::{HeaderMap, HeaderValue, SET_COOKIE};
use time::Duration;

use crate::AuthError;
use crate::server::cookies::Jar;

/// A browser keeps cookies up to this size, in bytes, name and attributes counted (RFC 6265, 6.1).
const MAX_COOKIE_BYTES: usize = 4096;
/// The most parts a cookie is split into.
pub(crate) const MAX_PARTS: usize = 8;

/// A cookie of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind<'a> {
    Session,
    /// Which session is this host's own. Only on https: no other host can set a `__Host-` cookie.
    SessionPin,
    Csrf,
    /// Which sessions this browser has ended.
    Ended,
    /// A flow's transient data; the flow's id.
    Flow(&'a str),
    /// A provider's tokens; the provider's id.
    ProviderTokens(&'a str),
}

/// Names, attributes and paths of our cookies: the only place that writes one.
#[derive(Debug)]
pub(crate) struct Cookies {
    /// Those over plain http, and those over https.
    names: [Names; 2],
    providers_path: String,
    /// What all names begin with, after `__Host-` or `__Secure-`.
    prefix: Arc<str>,
}

/// `__Host-` where the wire contract leaves it free: no neighbouring subdomain can plant such a
/// cookie. The session's is `__Secure-` in the TypeScript release, so it is here.
#[derive(Debug)]
struct Names {
    session: String,
    session_pin: String,
    csrf: String,
    ended: String,
    /// Before a flow's id.
    flow: String,
    /// Before a provider's id.
    provider_tokens: String,
}

impl Names {
    fn new(prefix: &str, secure: bool) -> Self {
        let (host, secure) = if secure { ("__Host-", "__Secure-") } else { ("", "") };
        Self {
            session: format!("{secure}{prefix}.session_token"),
            session_pin: format!("{host}{prefix}.session_pin"),
            csrf: format!("{host}{prefix}.csrf_token"),
            ended: format!("{host}{prefix}.signed_out"),
            flow: format!("{host}{prefix}.flow."),
            provider_tokens: format!("{secure}{prefix}.access_token."),
        }
    }
}

impl Cookies {
    pub(crate) fn new(prefix: &str, base_path: &str) -> Self {
        let names = [Names::new(prefix, false), Names::new(prefix, true)];
        Self { names, providers_path: format!("{base_path}/providers"), prefix: prefix.into() }
    }

    /// The cookies of ours among those that a request brought.
    pub(crate) fn jar(&self, lines: Vec<HeaderValue>) -> Jar {
        Jar::new(lines, Arc::clone(&self.prefix))
    }

    fn names(&self, secure: bool) -> &Names {
        let [plain, over_tls] = &self.names;
        if secure { over_tls } else { plain }
    }

    /// The name.
    pub(crate) fn name(&self, kind: Kind<'_>, secure: bool) -> Cow<'_, str> {
        let names = self.names(secure);
        match kind {
            Kind::Session => Cow::Borrowed(&names.session),
            Kind::SessionPin => Cow::Borrowed(&names.session_pin),
            Kind::Csrf => Cow::Borrowed(&names.csrf),
            Kind::Ended => Cow::Borrowed(&names.ended),
            Kind::Flow(id) => Cow::Owned(format!("{}{id}", names.flow)),
            Kind::ProviderTokens(id) => Cow::Owned(format!("{}{id}", names.provider_tokens)),
        }
    }

    fn build(&self, kind: Kind<'_>, name: String, value: String, secure: bool, seconds: i64) -> Cookie<'static> {
        let same_site = if kind == Kind::Csrf { SameSite::Strict } else { SameSite::Lax };
        // Tokens of several kilobytes go only to the endpoints that need them.
        let path = if matches!(kind, Kind::ProviderTokens(_)) { self.providers_path.clone() } else { "/".to_owned() };
        let cookie: CookieBuilder<'static> = Cookie::build((name, value))
            .path(path)
            .http_only(true)
            .secure(secure)
            .same_site(same_site)
            .max_age(Duration::seconds(seconds));
        let cookie = if seconds == 0 { cookie.expires(time::OffsetDateTime::UNIX_EPOCH) } else { cookie };
        cookie.build()
    }

    /// Sets a cookie for so many seconds, in parts if it is too large for one, and clears parts of
    /// an older value, of which `stale` may be there.
    pub(crate) fn set(
        &self,
        headers: &mut HeaderMap,
        kind: Kind<'_>,
        value: &str,
        secure: bool,
        seconds: i64,
        stale: usize,
    ) -> Result<usize, AuthError> {
        let name = self.name(kind, secure);
        let whole = self.build(kind, name.to_string(), value.to_owned(), secure, seconds).to_string();
        if whole.len() <= MAX_COOKIE_BYTES {
            append(headers, &whole)?;
            for part in 0..stale {
                self.clear_named(headers, kind, format!("{name}.{part}"), secure)?;
            }
            return Ok(0);
        }
        let overhead = whole.len() - value.len() + ".0".len();
        let room = MAX_COOKIE_BYTES.checked_sub(overhead).filter(|&room| room > 0).ok_or(AuthError::CookieTooLarge)?;
        let parts = value.len().div_ceil(room);
        if parts > MAX_PARTS || !value.is_ascii() {
            return Err(AuthError::CookieTooLarge);
        }
        for part in 0..parts {
            let piece = &value[part * room..value.len().min((part + 1) * room)];
            let cookie = self.build(kind, format!("{name}.{part}"), piece.to_owned(), secure, seconds);
            append(headers, &cookie.to_string())?;
        }
        self.clear_named(headers, kind, name.to_string(), secure)?;
        for part in parts..stale {
            self.clear_named(headers, kind, format!("{name}.{part}"), secure)?;
        }
        Ok(parts)
    }

    /// Clears a cookie and so many parts of it.
    pub(crate) fn clear(
        &self,
        headers: &mut HeaderMap,
        kind: Kind<'_>,
        secure: bool,
        parts: usize,
    ) -> Result<(), AuthError> {
        let name = self.name(kind, secure);
        for part in 0..parts.min(MAX_PARTS) {
            self.clear_named(headers, kind, format!("{name}.{part}"), secure)?;
        }
        self.clear_named(headers, kind, name.into_owned(), secure)
    }

    fn clear_named(
        &self,
        headers: &mut HeaderMap,
        kind: Kind<'_>,
        name: String,
        secure: bool,
    ) -> Result<(), AuthError> {
        append(headers, &self.build(kind, name, String::new(), secure, 0).to_string())
    }

    /// What stands before a flow's id.
    pub(crate) fn flow_prefix(&self, secure: bool) -> &str {
        &self.names(secure).flow
    }
}

fn append(headers: &mut HeaderMap, cookie: &str) -> Result<(), AuthError> {
    let mut value = HeaderValue::from_str(cookie).map_err(|_| AuthError::CookieTooLarge)?;
    // Neither printed with `{:?}` nor kept in HTTP/2's table of headers (RFC 7541, 7.1.3).
    value.set_sensitive(true);
    headers.append(SET_COOKIE, value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a browser would hold after `headers`, and send back.
    fn sent_back(headers: &HeaderMap) -> Vec<HeaderValue> {
        let mut kept: Vec<String> = Vec::new();
        for line in headers.get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            assert!(line.len() <= MAX_COOKIE_BYTES, "{} bytes", line.len());
            let pair = line.split(';').next().unwrap();
            let name = pair.split('=').next().unwrap();
            kept.retain(|old| old.split('=').next() != Some(name));
            if !line.contains("Max-Age=0") {
                kept.push(pair.to_owned());
            }
        }
        vec![kept.join("; ").parse().unwrap()]
    }

    /// Standards: RFC 6265bis 4.1.2.4, 4.1.2.5, 4.1.2.6, 4.1.2.7, 4.1.3.1, 4.1.3.2; ASVS 3.3.1, 3.3.2, 3.3.3, 3.3.4
    #[test]
    fn names_and_attributes_are_the_wire_contract_s() {
        let cookies = Cookies::new("aura-auth", "/auth");
        for (kind, secure, expected) in [
            (Kind::Session, false, "aura-auth.session_token=v; HttpOnly; SameSite=Lax; Path=/; Max-Age=60"),
            (
                Kind::Session,
                true,
                "__Secure-aura-auth.session_token=v; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60",
            ),
            (Kind::Csrf, true, "__Host-aura-auth.csrf_token=v; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=60"),
            (Kind::Flow("f"), false, "aura-auth.flow.f=v; HttpOnly; SameSite=Lax; Path=/; Max-Age=60"),
            (
                Kind::ProviderTokens("bitbucket"),
                true,
                "__Secure-aura-auth.access_token.bitbucket=v; HttpOnly; SameSite=Lax; Secure; Path=/auth/providers; Max-Age=60",
            ),
        ] {
            let mut headers = HeaderMap::new();
            cookies.set(&mut headers, kind, "v", secure, 60, 0).unwrap();
            assert_eq!(headers[SET_COOKIE], expected);
        }
    }

    /// Standards: RFC 6265bis 6.1; ASVS 3.3.5
    #[test]
    fn a_value_comes_back_whole_whatever_its_size_and_stale_parts_go() {
        let cookies = Cookies::new("aura-auth", "/auth");
        let mut headers = HeaderMap::new();
        let mut parts = 0;
        for length in [10, 3_990, 4_000, 4_096, 9_300, 31_000, 9_300, 10] {
            let value = "x".repeat(length);
            parts = cookies.set(&mut headers, Kind::Session, &value, true, 60, parts).unwrap();
            let jar = cookies.jar(sent_back(&headers));
            assert_eq!(jar.get("__Secure-aura-auth.session_token").unwrap().len(), length);
            assert_eq!(jar.parts("__Secure-aura-auth.session_token"), parts);
            assert_eq!(jar.starting_with("").count(), parts.max(1));
        }
        cookies.clear(&mut headers, Kind::Session, true, 8).unwrap();
        assert_eq!(cookies.jar(sent_back(&headers)).starting_with("").count(), 0);
    }

    #[test]
    fn more_than_eight_parts_are_an_error() {
        let cookies = Cookies::new("aura-auth", "/auth");
        let result = cookies.set(&mut HeaderMap::new(), Kind::Session, &"x".repeat(40_000), true, 60, 0);
        assert_eq!(result, Err(AuthError::CookieTooLarge));
    }
}
