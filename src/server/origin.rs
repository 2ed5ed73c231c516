use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use http::header::{HOST, HeaderMap, HeaderName};
use url::{Host, Url};

use super::forwarded::{Forwarded, ForwardedError, is_forwarded};
use super::trusted_proxies::TrustedProxies;
use crate::AuthError;

/// An `http` or `https` origin (RFC 6454).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin(Arc<Inner>);

#[derive(Debug, PartialEq, Eq)]
struct Inner {
    /// The origin with the path `/`.
    url: Url,
    text: String,
}

impl Origin {
    /// The origin that `text` is; it may end in one slash.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        bare.then(|| Self::of(url)).flatten()
    }

    /// The origin of `url`, which must be `http` or `https` and have no user or password.
    pub(crate) fn of(mut url: Url) -> Option<Self> {
        let web = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
        if !web || url.host().is_none() {
            return None;
        }
        url.set_path("/");
        url.set_query(None);
        url.set_fragment(None);
        let text = url.origin().ascii_serialization();
        Some(Self(Arc::new(Inner { url, text })))
    }

    /// As browsers write it, without a slash at the end.
    pub(crate) fn as_str(&self) -> &str {
        &self.0.text
    }

    pub(crate) fn url(&self) -> &Url {
        &self.0.url
    }

    /// Whether cookies are `Secure` here.
    pub(crate) fn is_https(&self) -> bool {
        self.0.url.scheme() == "https"
    }

    /// Host and port.
    pub(crate) fn authority(&self) -> &str {
        self.0.text.split_once("://").map_or("", |(_, authority)| authority)
    }

    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback(&self.0.url)
    }
}

/// Whether a URL's host is this machine itself.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// An origin, or a family of them: `https://*.example.com` is exactly one label more,
/// `http://localhost:*` is any port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OriginPattern {
    scheme: String,
    host: String,
    any_label: bool,
    /// `None` is any.
    port: Option<u16>,
}

impl OriginPattern {
    pub(crate) fn parse(pattern: &str) -> Option<Self> {
        let (plain, any_port) = match pattern.trim_end_matches('/').strip_suffix(":*") {
            Some(plain) => (plain, true),
            None => (pattern, false),
        };
        let any_label = plain.contains("://*.");
        let origin = Origin::parse(&plain.replacen("://*.", "://", 1))?;
        let host = origin.url().host_str()?.to_owned();
        // `https://*.com` would trust everybody's domains, and `*` is never part of a host.
        if host.contains('*') || (any_label && !host.contains('.')) {
            return None;
        }
        let port = if any_port { None } else { origin.url().port_or_known_default() };
        Some(Self { scheme: origin.url().scheme().to_owned(), host, any_label, port })
    }

    fn matches(&self, origin: &Origin) -> bool {
        let url = origin.url();
        let host = url.host_str().unwrap_or_default();
        let host_matches = if self.any_label {
            host.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest == self.host)
        } else {
            host == self.host
        };
        host_matches
            && url.scheme() == self.scheme
            && self.port.is_none_or(|port| url.port_or_known_default() == Some(port))
    }
}

/// How the app learns its own origin, and which others it trusts.
#[derive(Default)]
pub(crate) struct Origins {
    pub(crate) base_url: Option<Origin>,
    pub(crate) trusted: Vec<OriginPattern>,
    pub(crate) trusted_by: Option<TrustedBy>,
    pub(crate) proxies: TrustedProxies,
    pub(crate) warned: Warned,
}

/// The app's own word on an origin.
pub(crate) type TrustedBy = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// What was logged once; at every request it would bury the rest of the log.
#[derive(Debug, Default)]
pub(crate) struct Warned {
    /// Forwarding headers came from a peer that is not listed.
    unlisted_peer: OnceLock<()>,
    /// Forwarding headers can't be believed.
    forwarded: OnceLock<()>,
}

impl Origins {
    pub(crate) fn trusts(&self, origin: &Origin) -> bool {
        self.trusted.iter().any(|pattern| pattern.matches(origin))
            || self.trusted_by.as_ref().is_some_and(|trusted_by| trusted_by(origin.as_str()))
    }

    /// The app's own origin, as a request may be answered for it: `base_url`; else what a trusted
    /// proxy says, if it is a trusted origin; else a loopback host, and no other, so that no
    /// `Host` steers a redirect_uri, a `Location` or a cookie.
    pub(crate) fn own(
        &self,
        headers: &HeaderMap,
        authority: Option<&str>,
        forwarded: Option<&Result<Forwarded, ForwardedError>>,
    ) -> Result<Origin, AuthError> {
        let forwarded = forwarded.map(Result::as_ref).transpose().map_err(|error| self.refuse(error))?;
        if let Some(base_url) = &self.base_url {
            return Ok(base_url.clone());
        }
        let host = match (single(headers, &HOST).transpose()?, authority) {
            // RFC 9112, 3.2.2, wants the target's; a client that means well sends the same twice.
            (Some(host), Some(authority)) if !host.eq_ignore_ascii_case(authority) => {
                return Err(AuthError::MisdirectedRequest);
            }
            (host, authority) => host.or(authority),
        };
        if let Some(forwarded) = forwarded {
            return self.named(forwarded, host);
        }
        let host = host.ok_or(AuthError::OriginUnknown)?;
        let origin = Origin::parse(&format!("http://{host}")).ok_or(AuthError::MisdirectedRequest)?;
        if origin.is_loopback() { Ok(origin) } else { Err(AuthError::MisdirectedRequest) }
    }

    /// What trusted proxies say of a request; none where its peer is not one of them.
    pub(crate) fn forwarded(
        &self,
        headers: &HeaderMap,
        peer: Option<IpAddr>,
    ) -> Option<Result<Forwarded, ForwardedError>> {
        if self.proxies.believe(peer) {
            return Some(Forwarded::read(headers, &self.proxies));
        }
        if self.proxies.any() && is_forwarded(headers) {
            self.warned.unlisted_peer.get_or_init(|| {
                let peer = peer.map_or_else(|| "unknown".to_owned(), |peer| peer.to_string());
                tracing::warn!(
                    peer,
                    "forwarding headers came from a peer that is not in AURA_AUTH_TRUSTED_PROXIES and were ignored: \
                     if it is a proxy of yours, add its address"
                );
            });
        }
        None
    }

    fn refuse(&self, error: &ForwardedError) -> AuthError {
        self.warned.forwarded.get_or_init(|| {
            tracing::warn!(
                "a request was refused: {error}; the proxy must write its own forwarding headers and remove those that \
                 it does not write"
            );
        });
        match error {
            ForwardedError::Malformed(_) => AuthError::MalformedForwardedHeader,
            ForwardedError::Conflict => AuthError::InvalidTrustedOrigin,
        }
    }

    fn named(&self, forwarded: &Forwarded, host: Option<&str>) -> Result<Origin, AuthError> {
        let scheme = forwarded.scheme.as_deref().unwrap_or("http");
        let host = forwarded.host.as_deref().or(host).ok_or(AuthError::OriginUnknown)?;
        Origin::parse(&format!("{scheme}://{host}"))
            .filter(|origin| self.trusts(origin))
            .ok_or(AuthError::InvalidTrustedOrigin)
    }
}

/// The value of a header that may be there once only.
pub(crate) fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<Result<&'a str, AuthError>> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    Some(match (first.to_str(), values.next()) {
        (Ok(value), None) => Ok(value),
        _ => Err(AuthError::MisdirectedRequest),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(base_url: Option<&str>, trusted: &[&str], trust_proxy: bool) -> Origins {
        Origins {
            base_url: base_url.map(|url| Origin::parse(url).unwrap()),
            trusted: trusted.iter().map(|pattern| OriginPattern::parse(pattern).unwrap()).collect(),
            proxies: if trust_proxy { TrustedProxies::Hops(1) } else { TrustedProxies::Nobody },
            ..Origins::default()
        }
    }

    fn own(origins: &Origins, headers: &HeaderMap) -> Result<Origin, AuthError> {
        origins.own(headers, None, origins.forwarded(headers, None).as_ref())
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|&(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn without_a_base_url_only_loopback_hosts_are_served() {
        let origins = origins(None, &[], false);
        for host in ["localhost:3000", "127.0.0.1:3000", "[::1]:3000", "localhost", "127.9.9.9:1"] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, host.parse().unwrap());
            assert_eq!(own(&origins, &headers).unwrap().as_str(), format!("http://{host}"));
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "localhost@evil.example",
            "10.0.0.1:3000",
            "",
            "a b",
            "localhost/x",
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, host.parse().unwrap());
            assert_eq!(own(&origins, &headers), Err(AuthError::MisdirectedRequest), "{host}");
        }
        let mut two = HeaderMap::new();
        two.append(HOST, "localhost".parse().unwrap());
        two.append(HOST, "127.0.0.1".parse().unwrap());
        assert_eq!(own(&origins, &two), Err(AuthError::MisdirectedRequest));
    }

    #[test]
    fn forwarded_headers_count_only_when_trusted_and_only_the_last_hop_s() {
        let plain = headers(&[
            ("host", "localhost:3000"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "evil.example"),
        ]);
        assert_eq!(own(&origins(None, &[], false), &plain).unwrap().as_str(), "http://localhost:3000");

        let trusting = origins(None, &["https://app.example"], true);
        for pairs in [
            &[("x-forwarded-proto", "http, https"), ("x-forwarded-host", "evil.example, app.example")][..],
            &[("forwarded", "for=1.2.3.4;proto=http;host=evil.example, for=10.0.0.1;proto=https;host=\"app.example\"")],
            &[("host", "app.example"), ("x-forwarded-proto", "https")],
        ] {
            assert_eq!(own(&trusting, &headers(pairs)).unwrap().as_str(), "https://app.example");
        }
        for pairs in [
            &[("host", "app.example")][..],
            &[("host", "app.example"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "evil.example")],
            &[("host", "app.example"), ("x-forwarded-proto", "javascript")],
        ] {
            assert_eq!(own(&trusting, &headers(pairs)), Err(AuthError::InvalidTrustedOrigin));
        }
    }

    #[test]
    fn a_base_url_outranks_every_header() {
        let origins = origins(Some("https://app.example"), &["https://evil.example"], true);
        let headers =
            headers(&[("host", "evil.example"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "evil.example")]);
        assert_eq!(own(&origins, &headers).unwrap().as_str(), "https://app.example");
    }

    #[test]
    fn patterns_match_one_label_and_any_port() {
        let origins =
            origins(None, &["https://*.example.com", "http://localhost:*", "https://exact.example:8443/"], false);
        let trusts = |text: &str| origins.trusts(&Origin::parse(text).unwrap());
        for origin in
            ["https://a.example.com", "https://a.example.com:443", "http://localhost:1", "https://exact.example:8443"]
        {
            assert!(trusts(origin), "{origin}");
        }
        for origin in [
            "https://example.com",
            "https://a.b.example.com",
            "http://a.example.com",
            "https://a.example.com:8443",
            "https://aexample.com",
            "https://localhost:1",
            "https://exact.example",
            "https://a.example.com.evil.example",
        ] {
            assert!(!trusts(origin), "{origin}");
        }
        for pattern in [
            "*",
            "https://*",
            "https://*.com",
            "https://a.*.com",
            "app://x",
            "https://user@a.example",
            "https://a.example/path",
            "",
        ] {
            assert_eq!(OriginPattern::parse(pattern), None, "{pattern}");
        }
    }
}
