use std::fmt;
use std::net::IpAddr;

use http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::server::origin::TrustedProxies;
use crate::server::origin::forwarded_syntax::{Malformed, authority, elements, node_or_bare_address, scheme, values};

const FORWARDED: HeaderName = HeaderName::from_static("forwarded");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The information that trusted proxies give about a request, in `Forwarded` (RFC 7239) or `X-Forwarded-*`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Forwarded {
    pub(crate) scheme: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) client: Option<IpAddr>,
}

/// Why forwarding headers are rejected.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ForwardedError {
    /// The header does not match its grammar.
    Malformed(HeaderName),
    /// Two headers contradict each other, so one of them does not come from a trusted proxy.
    Conflict,
}

impl fmt::Display for ForwardedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(name) => write!(f, "the header `{name}` can't be parsed"),
            Self::Conflict => f.write_str("`Forwarded` and `X-Forwarded-*` contradict each other"),
        }
    }
}

impl Forwarded {
    /// Reads the forwarding headers of a request from a trusted peer. Each proxy appends an entry on the right. The
    /// entry of the outermost trusted proxy is used, and entries left of it are ignored.
    pub(crate) fn read(headers: &HeaderMap, proxies: &TrustedProxies) -> Result<Self, ForwardedError> {
        let standard = Self::standard(headers, proxies)?;
        let customary = Self::customary(headers, proxies)?;
        let Some(standard) = standard else { return Ok(customary) };
        // A proxy that writes only one kind of header may forward the other kind unchanged, as the client wrote it.
        let agree = |a: &Option<String>, b: &Option<String>| match (a, b) {
            (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
            _ => true,
        };
        if !agree(&standard.scheme, &customary.scheme) || !agree(&standard.host, &customary.host) {
            return Err(ForwardedError::Conflict);
        }
        let is_contested = headers.contains_key(X_FORWARDED_FOR) && standard.client != customary.client;
        Ok(Self {
            scheme: standard.scheme.or(customary.scheme),
            host: standard.host.or(customary.host),
            client: standard.client.filter(|_| !is_contested),
        })
    }

    /// Reads `Forwarded`. Returns `None` if it has no element.
    fn standard(headers: &HeaderMap, proxies: &TrustedProxies) -> Result<Option<Self>, ForwardedError> {
        let mut elements = read(&FORWARDED, elements(lines(headers, &FORWARDED)))?;
        let nodes: Vec<_> = elements.iter().map(|element| element.node).collect();
        let outermost = proxies.outermost(&nodes);
        if elements.is_empty() {
            return Ok(None);
        }
        let element = elements.swap_remove(elements.len().saturating_sub(outermost.depth));
        Ok(Some(Self { scheme: element.scheme, host: element.host, client: outermost.client }))
    }

    /// Reads `X-Forwarded-*`.
    fn customary(headers: &HeaderMap, proxies: &TrustedProxies) -> Result<Self, ForwardedError> {
        let nodes = read(&X_FORWARDED_FOR, values(lines(headers, &X_FORWARDED_FOR), node_or_bare_address))?;
        let nodes: Vec<_> = nodes.into_iter().map(Some).collect();
        let outermost = proxies.outermost(&nodes);
        // If inner proxies replace the value instead of appending to it, the header has only one value.
        let pick = |mut values: Vec<String>| {
            let at = values.len().saturating_sub(outermost.depth);
            (!values.is_empty()).then(|| values.swap_remove(at))
        };
        let schemes = read(&X_FORWARDED_PROTO, values(lines(headers, &X_FORWARDED_PROTO), scheme))?;
        let hosts = read(&X_FORWARDED_HOST, values(lines(headers, &X_FORWARDED_HOST), authority))?;
        Ok(Self { scheme: pick(schemes), host: pick(hosts), client: outermost.client })
    }
}

/// Whether a request has headers of a proxy.
pub(crate) fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.contains_key(FORWARDED) || headers.contains_key(X_FORWARDED_FOR)
}

fn lines<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
    headers.get_all(name).iter().map(HeaderValue::as_bytes)
}

fn read<T>(name: &HeaderName, parsed: Result<T, Malformed>) -> Result<T, ForwardedError> {
    parsed.map_err(|Malformed| ForwardedError::Malformed(name.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&'static str, &str)], hops: usize) -> Result<Forwarded, ForwardedError> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        Forwarded::read(&headers, &TrustedProxies::Hops(hops))
    }

    fn client(pairs: &[(&'static str, &str)], hops: usize) -> Option<String> {
        read(pairs, hops).unwrap().client.map(|address| address.to_string())
    }

    #[test]
    fn the_entry_of_the_outermost_trusted_proxy_is_the_client_address() {
        let three = [("x-forwarded-for", "6.6.6.6, 198.51.100.7"), ("x-forwarded-for", "203.0.113.9")];
        assert_eq!(client(&three, 1).as_deref(), Some("203.0.113.9"));
        assert_eq!(client(&three, 2).as_deref(), Some("198.51.100.7"));
        assert_eq!(client(&three, 3).as_deref(), Some("6.6.6.6"));
        assert_eq!(client(&three, 4), None, "one of our proxies added no entry");
        let standard = [(
            "forwarded",
            r#"for=6.6.6.6;proto=http, for="[2001:db8::7]:4711";proto=https;host="a,b";x="\"", for=10.0.0.1"#,
        )];
        assert_eq!(client(&standard, 2).as_deref(), Some("2001:db8::7"));
        let second = read(&standard, 2).unwrap();
        assert_eq!((second.scheme.as_deref(), second.host.as_deref()), (Some("https"), Some("a,b")));
        for node in ["unknown", "_hidden"] {
            assert_eq!(client(&[("x-forwarded-for", node)], 1), None);
            assert_eq!(client(&[("forwarded", &format!("for={node}"))], 1), None);
        }
    }

    #[test]
    fn a_malformed_header_is_an_error_that_names_the_header() {
        for (name, value) in [
            ("forwarded", r#"for=203.0.113.9;x="a"#),
            ("x-forwarded-for", "203.0.113.9, x"),
            ("x-forwarded-for", "x, 203.0.113.9"),
            ("x-forwarded-host", "a.example, b/c"),
            ("x-forwarded-host", "app.example\u{e9}"),
            ("x-forwarded-proto", "https://"),
        ] {
            let malformed = ForwardedError::Malformed(HeaderName::from_static(name));
            assert_eq!(read(&[(name, value)], 1), Err(malformed), "{name}: {value}");
        }
    }

    #[test]
    fn with_listed_proxies_scheme_and_host_come_from_the_entry_where_the_chain_ends() {
        let proxies = TrustedProxies::Listed(vec!["10.0.0.0/8".parse().unwrap()]);
        let read = |pairs: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap());
            }
            let found = Forwarded::read(&headers, &proxies).unwrap();
            (found.scheme, found.host, found.client.map(|client| client.to_string()))
        };
        let expected = |scheme: &str, host: &str, client: &str| {
            (Some(scheme.to_owned()), Some(host.to_owned()), Some(client.to_owned()))
        };
        let through_two = "for=6.6.6.6;host=evil.example, for=203.0.113.9;host=a.example;proto=https, \
                           for=10.0.0.2;host=inner;proto=http";
        assert_eq!(read(&[("forwarded", through_two)]), expected("https", "a.example", "203.0.113.9"));
        let through_two = [
            ("x-forwarded-for", "6.6.6.6, 203.0.113.9, 10.0.0.2"),
            ("x-forwarded-proto", "ftp, https, http"),
            ("x-forwarded-host", "a.example"),
        ];
        assert_eq!(read(&through_two), expected("https", "a.example", "203.0.113.9"));
        let through_one = [
            ("x-forwarded-for", "6.6.6.6, 10.0.0.9, 203.0.113.9"),
            ("x-forwarded-proto", "http, https"),
            ("x-forwarded-host", "evil.example, a.example"),
        ];
        assert_eq!(read(&through_one), expected("https", "a.example", "203.0.113.9"));
    }

    #[test]
    fn scheme_and_host_come_from_the_outermost_trusted_proxy() {
        let forwarded =
            read(&[("x-forwarded-proto", "http, https"), ("x-forwarded-host", "evil.example, a.example")], 1);
        let forwarded = forwarded.unwrap();
        assert_eq!((forwarded.scheme.as_deref(), forwarded.host.as_deref()), (Some("https"), Some("a.example")));
        let replaced = read(&[("x-forwarded-proto", "https")], 2).unwrap();
        assert_eq!(replaced.scheme.as_deref(), Some("https"));
    }

    #[test]
    fn conflicting_forwarded_and_x_forwarded_values_are_not_used() {
        let forged = [("forwarded", "host=evil.example;for=6.6.6.6"), ("x-forwarded-host", "a.example")];
        assert_eq!(read(&forged, 1), Err(ForwardedError::Conflict));
        let forged = [("forwarded", "proto=http"), ("x-forwarded-proto", "https")];
        assert_eq!(read(&forged, 1), Err(ForwardedError::Conflict));
        let forged = [("forwarded", "for=6.6.6.6"), ("x-forwarded-for", "203.0.113.9")];
        assert_eq!(client(&forged, 1), None);
        let agreed = [("forwarded", "for=203.0.113.9"), ("x-forwarded-for", "203.0.113.9")];
        assert_eq!(client(&agreed, 1).as_deref(), Some("203.0.113.9"));
    }
}
