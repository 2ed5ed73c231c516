use std::borrow::Cow;
use std::sync::Arc;

use cookie::{Cookie, CookieBuilder, SameSite};
use http::header::HeaderValue;
use time::Duration;

use crate::server::cookies::budget::pair_bytes;
use crate::server::cookies::{CookieError, RequestCookies};

/// A browser keeps cookies up to this size, in bytes, name and attributes counted (RFC 6265, 6.1).
pub(crate) const MAX_COOKIE_BYTES: usize = 4096;
/// The most parts a session's cookie is split into.
pub(crate) const MAX_SESSION_PARTS: usize = 8;
/// The most parts that a provider's tokens are split into: 12 KB of tokens. Each is cleared at every sign-in and
/// sign-out, which do not see which of them are there.
pub(crate) const MAX_TOKEN_PARTS: usize = 4;

/// A cookie of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CookieKind<'a> {
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
    /// The same of a TypeScript server; it is only cleared.
    TypescriptTokens(&'a str),
    /// The same as this library's first release had it, under the name of a TypeScript server's, which did not see its
    /// own then; it is only cleared.
    FirstReleaseTokens(&'a str),
}

impl CookieKind<'_> {
    /// In how many parts a cookie of this kind may be. A flow is read from one cookie, so that none is half there.
    fn max_parts(self) -> usize {
        match self {
            Self::Session => MAX_SESSION_PARTS,
            Self::ProviderTokens(_) => MAX_TOKEN_PARTS,
            Self::SessionPin | Self::Csrf | Self::Ended | Self::Flow(_) => 0,
            Self::TypescriptTokens(_) | Self::FirstReleaseTokens(_) => 0,
        }
    }

    /// Whether browsers send it to the endpoints of providers alone: tokens of several kilobytes go only to those
    /// that need them.
    pub(super) fn is_for_providers(self) -> bool {
        matches!(self, Self::ProviderTokens(_) | Self::FirstReleaseTokens(_))
    }
}

/// Names, attributes and paths of our cookies: the only place that writes one.
#[derive(Debug)]
pub(crate) struct CookiePolicy {
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
    /// Before a provider's id, in a TypeScript server's name.
    access_token: String,
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

    /// The cookies of ours among those that a request brought.
    pub(crate) fn of_request(&self, lines: Vec<HeaderValue>) -> RequestCookies {
        RequestCookies::new(lines, Arc::clone(&self.prefix))
    }

    fn names(&self, secure: bool) -> &Names {
        let [plain, over_tls] = &self.names;
        if secure { over_tls } else { plain }
    }

    /// The name.
    pub(crate) fn name(&self, kind: CookieKind<'_>, secure: bool) -> Cow<'_, str> {
        let names = self.names(secure);
        match kind {
            CookieKind::Session => Cow::Borrowed(&names.session),
            CookieKind::SessionPin => Cow::Borrowed(&names.session_pin),
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

    /// The `Set-Cookie` lines of a value, with the name of each: one, or as many as it takes parts.
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

    /// The `Set-Cookie` line that clears a cookie.
    pub(crate) fn cleared_line(
        &self,
        kind: CookieKind<'_>,
        name: &str,
        secure: bool,
    ) -> Result<HeaderValue, CookieError> {
        line(&self.build(kind, name.to_owned(), String::new(), secure, 0).to_string())
    }

    /// How many bytes of a `Cookie` line a whole cookie has.
    pub(crate) fn bytes(&self, kind: CookieKind<'_>, value: &str, secure: bool) -> usize {
        pair_bytes(&self.name(kind, secure), value)
    }

    /// What stands before a flow's id.
    pub(crate) fn flow_prefix(&self, secure: bool) -> &str {
        &self.names(secure).flow
    }
}

/// A header's value that is neither printed with `{:?}` nor kept in HTTP/2's table of headers (RFC 7541, 7.1.3).
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
    fn names_and_attributes_are_the_wire_contract_s() {
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
