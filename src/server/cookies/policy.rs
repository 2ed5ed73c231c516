use std::borrow::Cow;
use std::sync::Arc;

use cookie::{Cookie, CookieBuilder, SameSite};
use http::header::HeaderValue;
use time::Duration;

use crate::server::cookies::cookie_budget::pair_bytes;
use crate::server::cookies::{CookieError, RequestCookies};

/// The largest cookie that a browser stores, in bytes, including its name and attributes (RFC 6265, 6.1).
pub(crate) const MAX_COOKIE_BYTES: usize = 4096;
/// The largest number of parts of a session's cookie.
pub(crate) const MAX_SESSION_PARTS: usize = 8;
/// The largest number of parts of a provider's tokens: 12 KB of tokens. Every part is cleared at each sign-in and
/// sign-out, because these endpoints don't receive the cookies and can't see which parts exist.
pub(crate) const MAX_TOKEN_PARTS: usize = 4;

/// The kinds of cookies that this library sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CookieKind<'a> {
    Session,
    /// Names the session that this host itself created. It is set only on https, as a `__Host-` cookie, which no other
    /// host can set.
    SessionPin,
    /// The token of a session in a store.
    StoredSession,
    Csrf,
    /// The sessions that were ended in this browser.
    Ended,
    /// The temporary data of a flow. The value is the flow's id.
    Flow(&'a str),
    /// A provider's tokens. The value is the provider's id.
    ProviderTokens(&'a str),
    /// A provider's tokens in the cookie of a TypeScript server. This cookie is only cleared, never set.
    TypescriptTokens(&'a str),
    /// A provider's tokens in the cookie of this library's first release. It had the name of a TypeScript server's
    /// cookie and a longer path, so a TypeScript server did not see its own cookie. This cookie is only cleared, never
    /// set.
    FirstReleaseTokens(&'a str),
}

impl CookieKind<'_> {
    /// The largest number of parts for a cookie of this kind. A flow is never split, so a flow can't be incomplete.
    fn max_parts(self) -> usize {
        match self {
            Self::Session => MAX_SESSION_PARTS,
            Self::ProviderTokens(_) => MAX_TOKEN_PARTS,
            Self::SessionPin | Self::StoredSession | Self::Csrf | Self::Ended | Self::Flow(_) => 0,
            Self::TypescriptTokens(_) | Self::FirstReleaseTokens(_) => 0,
        }
    }

    /// Whether browsers send this cookie only to the provider endpoints. Tokens take several kilobytes, so only the
    /// endpoints that need them receive them.
    pub(super) fn is_for_providers(self) -> bool {
        matches!(self, Self::ProviderTokens(_) | Self::FirstReleaseTokens(_))
    }
}

/// The names, attributes and paths of this library's cookies. Only this type builds a `Set-Cookie` header.
#[derive(Debug)]
pub(crate) struct CookiePolicy {
    /// The names over http, and those over https.
    names: [Names; 2],
    providers_path: String,
    /// The prefix of all names, after `__Host-` or `__Secure-`.
    prefix: Arc<str>,
}

/// Names begin with `__Host-` unless the wire contract prescribes another name: no other subdomain can set such a
/// cookie. The TypeScript release names the session's cookie `__Secure-…`, so this library does too.
#[derive(Debug)]
struct Names {
    session: String,
    session_pin: String,
    stored_session: String,
    csrf: String,
    ended: String,
    /// The prefix before a flow's id.
    flow: String,
    /// The prefix before a provider's id.
    provider_tokens: String,
    /// The prefix before a provider's id in a TypeScript server's cookie.
    access_token: String,
}

impl Names {
    fn new(prefix: &str, secure: bool) -> Self {
        let (host, secure) = if secure { ("__Host-", "__Secure-") } else { ("", "") };
        Self {
            session: format!("{secure}{prefix}.session_token"),
            session_pin: format!("{host}{prefix}.session_pin"),
            stored_session: format!("{host}{prefix}.stored_session"),
            csrf: format!("{host}{prefix}.csrf_token"),
            ended: format!("{host}{prefix}.signed_out"),
            flow: format!("{host}{prefix}.flow."),
            provider_tokens: format!("{secure}{prefix}.provider_tokens."),
            access_token: format!("{secure}{prefix}.access_token."),
        }
    }
}

impl CookiePolicy {
    pub(crate) fn new(prefix: &str, base_path: &str) -> Self {
        let names = [Names::new(prefix, false), Names::new(prefix, true)];
        Self { names, providers_path: format!("{base_path}/providers"), prefix: prefix.into() }
    }

    /// Returns this library's cookies of a request.
    pub(crate) fn of_request(&self, lines: Vec<HeaderValue>) -> RequestCookies {
        RequestCookies::new(lines, Arc::clone(&self.prefix))
    }

    fn names(&self, secure: bool) -> &Names {
        let [plain, over_tls] = &self.names;
        if secure { over_tls } else { plain }
    }

    pub(crate) fn name(&self, kind: CookieKind<'_>, secure: bool) -> Cow<'_, str> {
        let names = self.names(secure);
        match kind {
            CookieKind::Session => Cow::Borrowed(&names.session),
            CookieKind::SessionPin => Cow::Borrowed(&names.session_pin),
            CookieKind::StoredSession => Cow::Borrowed(&names.stored_session),
            CookieKind::Csrf => Cow::Borrowed(&names.csrf),
            CookieKind::Ended => Cow::Borrowed(&names.ended),
            CookieKind::Flow(id) => Cow::Owned(format!("{}{id}", names.flow)),
            CookieKind::ProviderTokens(id) => Cow::Owned(format!("{}{id}", names.provider_tokens)),
            CookieKind::TypescriptTokens(id) | CookieKind::FirstReleaseTokens(id) => {
                Cow::Owned(format!("{}{id}", names.access_token))
            }
        }
    }

    fn build(&self, kind: CookieKind<'_>, name: String, value: String, secure: bool, seconds: i64) -> Cookie<'static> {
        let same_site = if kind == CookieKind::Csrf { SameSite::Strict } else { SameSite::Lax };
        let path = if kind.is_for_providers() { self.providers_path.clone() } else { "/".to_owned() };
        let cookie: CookieBuilder<'static> = Cookie::build((name, value))
            .path(path)
            .http_only(true)
            .secure(secure)
            .same_site(same_site)
            .max_age(Duration::seconds(seconds));
        let cookie = if seconds == 0 { cookie.expires(time::OffsetDateTime::UNIX_EPOCH) } else { cookie };
        cookie.build()
    }

    /// Returns the `Set-Cookie` headers for a value, each with the cookie's name: one, or one for each part.
    pub(crate) fn lines(
        &self,
        kind: CookieKind<'_>,
        value: &str,
        secure: bool,
        seconds: i64,
    ) -> Result<Vec<(String, HeaderValue)>, CookieError> {
        let name = self.name(kind, secure);
        let whole = self.build(kind, name.to_string(), value.to_owned(), secure, seconds).to_string();
        if whole.len() <= MAX_COOKIE_BYTES {
            return Ok(vec![(name.into_owned(), line(&whole)?)]);
        }
        let overhead = whole.len() - value.len() + ".0".len();
        let room = MAX_COOKIE_BYTES.checked_sub(overhead).filter(|&room| room > 0).ok_or(CookieError::TooLarge)?;
        let parts = value.len().div_ceil(room);
        if parts > kind.max_parts() || !value.is_ascii() {
            return Err(CookieError::TooLarge);
        }
        let part = |part: usize| {
            let piece = &value[part * room..value.len().min((part + 1) * room)];
            let name = format!("{name}.{part}");
            let cookie = self.build(kind, name.clone(), piece.to_owned(), secure, seconds);
            Ok((name, line(&cookie.to_string())?))
        };
        (0..parts).map(part).collect()
    }

    /// Returns the `Set-Cookie` header that clears a cookie.
    pub(crate) fn cleared_line(
        &self,
        kind: CookieKind<'_>,
        name: &str,
        secure: bool,
    ) -> Result<HeaderValue, CookieError> {
        line(&self.build(kind, name.to_owned(), String::new(), secure, 0).to_string())
    }

    /// The bytes of a `Cookie` header that an unsplit cookie takes.
    pub(crate) fn bytes(&self, kind: CookieKind<'_>, value: &str, secure: bool) -> usize {
        pair_bytes(&self.name(kind, secure), value)
    }

    /// The prefix before a flow's id in a cookie's name.
    pub(crate) fn flow_prefix(&self, secure: bool) -> &str {
        &self.names(secure).flow
    }
}

/// Creates a header value that is marked as sensitive: `{:?}` does not print it, and HTTP/2 does not store it in its
/// header table (RFC 7541, 7.1.3).
fn line(cookie: &str) -> Result<HeaderValue, CookieError> {
    let mut value = HeaderValue::from_str(cookie).map_err(|_| CookieError::Characters)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Standards: RFC 6265bis 4.1.2.4, 4.1.2.5, 4.1.2.6, 4.1.2.7, 4.1.3.1, 4.1.3.2; ASVS 3.3.1, 3.3.2, 3.3.3, 3.3.4
    #[test]
    fn cookie_names_and_attributes_match_the_wire_contract() {
        let cookies = CookiePolicy::new("aura-auth", "/auth");
        for (kind, secure, expected) in [
            (CookieKind::Session, false, "aura-auth.session_token=v; HttpOnly; SameSite=Lax; Path=/; Max-Age=60"),
            (
                CookieKind::Session,
                true,
                "__Secure-aura-auth.session_token=v; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60",
            ),
            (
                CookieKind::Csrf,
                true,
                "__Host-aura-auth.csrf_token=v; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=60",
            ),
            (CookieKind::Flow("f"), false, "aura-auth.flow.f=v; HttpOnly; SameSite=Lax; Path=/; Max-Age=60"),
            (
                CookieKind::ProviderTokens("bitbucket"),
                true,
                "__Secure-aura-auth.provider_tokens.bitbucket=v; HttpOnly; SameSite=Lax; Secure; Path=/auth/providers; Max-Age=60",
            ),
        ] {
            let lines = cookies.lines(kind, "v", secure, 60).unwrap();
            assert_eq!(lines[0].1, expected);
        }
    }
}
