use std::net::IpAddr;
use std::sync::OnceLock;

use http::header::HeaderMap;

use crate::AuthError;
use crate::server::limits::RefusalLog;
use crate::server::origin::requested_host::requested_host;
use crate::server::origin::{
    Forwarded, ForwardedError, HostPattern, Origin, OriginPattern, OriginPredicate, TrustedProxies, is_forwarded,
};
use crate::server::sanitize_for_log::sanitize_for_log;

/// The longest host that is shown, in bytes: the longest DNS name (RFC 1035, section 2.3.4) with a port.
const MAX_SHOWN_HOST: usize = 253 + 6;

/// How the app finds its own origin, and which other origins and hosts it trusts.
#[derive(Default)]
pub(crate) struct Origins {
    pub(crate) base_url: Option<Origin>,
    /// Origins that are allowed as redirect targets. They are also the origins that a trusted proxy may name as the
    /// app's own.
    pub(crate) redirect_origins: Vec<OriginPattern>,
    pub(crate) redirect_origins_by: Option<OriginPredicate>,
    /// Origins whose pages may send requests that change something, and may read responses by CORS.
    pub(crate) request_origins: Vec<OriginPattern>,
    /// Hosts to respond for, besides the host of `base_url` and loopback hosts.
    pub(crate) allowed_hosts: Vec<HostPattern>,
    pub(crate) proxies: TrustedProxies,
    pub(crate) warn_once: WarnOnce,
}

/// Remembers which warnings were logged. A warning for every request would hide the rest of the log.
#[derive(Debug, Default)]
pub(crate) struct WarnOnce {
    /// Forwarding headers came from a peer that is not a trusted proxy.
    unlisted_peer: OnceLock<()>,
    /// Forwarding headers were invalid.
    forwarded: OnceLock<()>,
    /// Requests named a host that this server does not respond for.
    misdirected: RefusalLog,
}

impl Origins {
    /// Whether a redirect to this origin is allowed.
    pub(crate) fn allow_redirects_to(&self, origin: &Origin) -> bool {
        self.redirect_origins.iter().any(|pattern| pattern.matches(origin))
            || self.redirect_origins_by.as_ref().is_some_and(|allow| allow(origin.as_str()))
    }

    /// Whether pages of this origin may send requests that change something.
    pub(crate) fn allow_requests_from(&self, origin: &Origin) -> bool {
        self.request_origins.iter().any(|pattern| pattern.matches(origin))
    }

    /// Returns the app's own origin for a request. No `Host` header can change a `redirect_uri`, a `Location` or a
    /// cookie:
    ///
    /// - With a `base_url`, the origin is `base_url`. The request's host must be the host of `base_url`, a loopback
    ///   host or an allowed host.
    /// - Otherwise, behind a trusted proxy, the origin is the one that the proxy names. It must be a redirect origin.
    /// - Otherwise, the origin is the request's host, which must be a loopback host.
    pub(crate) fn own(
        &self,
        headers: &HeaderMap,
        authority: Option<&str>,
        forwarded: Option<&Result<Forwarded, ForwardedError>>,
    ) -> Result<Origin, AuthError> {
        let forwarded = forwarded.map(Result::as_ref).transpose().map_err(|error| self.refuse(error))?;
        let host = requested_host(headers, authority)?;
        if let Some(base_url) = &self.base_url {
            let host = forwarded.and_then(|forwarded| forwarded.host.as_deref()).or(host);
            return match host {
                // Code on the server may call this without a request. The layer has already rejected requests without a
                // host.
                None => Ok(base_url.clone()),
                Some(host) if self.is_answered(base_url, host) => Ok(base_url.clone()),
                Some(host) => Err(self.misdirected(host)),
            };
        }
        if let Some(forwarded) = forwarded {
            return self.named(forwarded, host);
        }
        let host = host.ok_or(AuthError::OriginUnknown)?;
        Origin::of_host("http", host).filter(Origin::is_loopback).ok_or_else(|| self.misdirected(host))
    }

    /// Whether this server responds for this host, with `base_url` as the origin. A default port may be left out.
    fn is_answered(&self, base_url: &Origin, host: &str) -> bool {
        // The fast path for almost every request. Only the others need a parsed URL.
        if base_url.is_named_by(host) {
            return true;
        }
        let Some(asked) = Origin::of_host(base_url.url().scheme(), host) else { return false };
        asked == *base_url || asked.is_loopback() || self.allowed_hosts.iter().any(|allowed| allowed.matches(&asked))
    }

    fn misdirected(&self, host: &str) -> AuthError {
        let error = AuthError::MisdirectedRequest;
        let Some(suppressed) = self.warn_once.misdirected.count(error.code(), None) else { return error };
        tracing::warn!(
            host = sanitize_for_log(host),
            suppressed,
            "a request was rejected because its host is not configured: if the host belongs to the app, set \
             AURA_AUTH_BASE_URL to the app's origin, or add the host to AURA_AUTH_ALLOWED_HOSTS"
        );
        error
    }

    /// Returns the host that a request names, if it is safe to show.
    pub(crate) fn shown_host(
        &self,
        headers: &HeaderMap,
        authority: Option<&str>,
        peer: Option<IpAddr>,
    ) -> Option<String> {
        let forwarded = self.forwarded(headers, peer).and_then(|forwarded| forwarded.ok()?.host);
        let host = forwarded.or_else(|| requested_host(headers, authority).ok().flatten().map(str::to_owned))?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
        (host.len() <= MAX_SHOWN_HOST && host.bytes().all(is_plain)).then_some(host)
    }

    /// Reads the forwarding headers of a request. Returns `None` if its peer is not a trusted proxy.
    pub(crate) fn forwarded(
        &self,
        headers: &HeaderMap,
        peer: Option<IpAddr>,
    ) -> Option<Result<Forwarded, ForwardedError>> {
        if self.proxies.believe(peer) {
            return Some(Forwarded::read(headers, &self.proxies));
        }
        if self.proxies.any() && is_forwarded(headers) {
            self.warn_once.unlisted_peer.get_or_init(|| {
                let peer = peer.map_or_else(|| "unknown".to_owned(), |peer| peer.to_string());
                tracing::warn!(
                    peer,
                    "forwarding headers were ignored because the peer is not in AURA_AUTH_TRUSTED_PROXIES: if the \
                     peer is your proxy, add its address"
                );
            });
        }
        None
    }

    fn refuse(&self, error: &ForwardedError) -> AuthError {
        self.warn_once.forwarded.get_or_init(|| {
            tracing::warn!(
                "a request was rejected: {error}; configure the proxy to set its own forwarding headers and to remove \
                 those that it does not set"
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
        Origin::of_host(scheme, host)
            .filter(|origin| self.allow_redirects_to(origin))
            .ok_or(AuthError::InvalidTrustedOrigin)
    }
}

#[cfg(test)]
mod tests {
    use http::header::{HOST, HeaderName};

    use super::*;

    fn origins(base_url: Option<&str>, trusted: &[&str], trust_proxy: bool) -> Origins {
        Origins {
            base_url: base_url.map(|url| Origin::parse(url).unwrap()),
            redirect_origins: trusted.iter().map(|pattern| OriginPattern::parse(pattern).unwrap()).collect(),
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
            "localhost/",
            "local\thost",
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
    fn forwarding_headers_are_used_only_if_trusted_and_only_the_last_entry() {
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
    fn with_a_base_url_its_own_hosts_are_answered_and_no_header_changes_the_origin() {
        let origins = Origins {
            allowed_hosts: ["other.example", "*.example.org"].map(|text| HostPattern::parse(text).unwrap()).to_vec(),
            ..origins(Some("https://app.example"), &["https://evil.example"], false)
        };
        for host in [
            "app.example",
            "APP.example",
            "app.example:443",
            "localhost",
            "127.0.0.1:3000",
            "[::1]:3000",
            "other.example",
            "other.example:8080",
            "a.example.org",
        ] {
            let mut headers = headers(&[("x-forwarded-host", "evil.example"), ("x-forwarded-proto", "http")]);
            headers.insert(HOST, host.parse().unwrap());
            assert_eq!(own(&origins, &headers).unwrap().as_str(), "https://app.example", "{host}");
            assert_eq!(origins.own(&HeaderMap::new(), Some(host), None).unwrap().as_str(), "https://app.example");
        }
        for host in [
            "evil.example",
            "app.example:8443",
            "app.example:80",
            "app.example.",
            "app.example.evil.example",
            "x.app.example",
            "example.org",
            "a.b.example.org",
            "app.example@evil.example",
            "app.example/",
            "",
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, host.parse().unwrap());
            assert_eq!(own(&origins, &headers), Err(AuthError::MisdirectedRequest), "{host}");
        }
    }

    #[test]
    fn behind_a_trusted_proxy_the_forwarded_host_is_checked() {
        let origins = origins(Some("https://app.example"), &[], true);
        for (host, forwarded, expected) in [
            ("upstream:3000", "app.example", Ok("https://app.example")),
            ("upstream:3000", "app.example:443", Ok("https://app.example")),
            ("app.example", "evil.example", Err(AuthError::MisdirectedRequest)),
        ] {
            let headers = headers(&[("host", host), ("x-forwarded-host", forwarded)]);
            assert_eq!(own(&origins, &headers).as_ref().map(Origin::as_str), expected.as_ref().copied(), "{host}");
        }
    }
}
