use std::net::IpAddr;

use http::header::{HeaderMap, HeaderName};

const FORWARDED: HeaderName = HeaderName::from_static("forwarded");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// What our own proxies say of a request, in `Forwarded` (RFC 7239) or `X-Forwarded-*`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Forwarded {
    pub(crate) scheme: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) client: Option<IpAddr>,
}

/// Two headers say different things of a request, so one of them is not from our proxies.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Contradiction;

impl Forwarded {
    /// Reads the headers behind so many proxies of our own: each adds its word at the right, so
    /// the outermost one's is that many from the right, and all to the left of it is hearsay.
    pub(crate) fn read(headers: &HeaderMap, hops: usize) -> Result<Self, Contradiction> {
        let lines = list(headers, &FORWARDED);
        let elements: Vec<&str> = lines.iter().flat_map(|line| split(line, ',')).collect();
        let parameter = |element: &str, name: &str| {
            split(element, ';').find_map(|pair| {
                let (key, value) = pair.split_once('=')?;
                key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
            })
        };
        let outermost = elements.len().checked_sub(hops);
        let said = elements.get(outermost.unwrap_or(0));
        let standard = Self {
            scheme: said.and_then(|said| parameter(said, "proto")),
            host: said.and_then(|said| parameter(said, "host")),
            // A list that is too short was not written by all of our proxies.
            client: outermost.and(said).and_then(|said| address(&parameter(said, "for")?)),
        };
        let addresses = values(headers, &X_FORWARDED_FOR);
        let customary = Self {
            scheme: one(&values(headers, &X_FORWARDED_PROTO), hops),
            host: one(&values(headers, &X_FORWARDED_HOST), hops),
            client: addresses.len().checked_sub(hops).and_then(|at| address(&addresses[at])),
        };
        if elements.is_empty() {
            return Ok(customary);
        }
        // A proxy that writes the one kind hands on what a client wrote in the other.
        let agree = |a: &Option<String>, b: &Option<String>| match (a, b) {
            (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
            _ => true,
        };
        if !agree(&standard.scheme, &customary.scheme) || !agree(&standard.host, &customary.host) {
            return Err(Contradiction);
        }
        let contested = !addresses.is_empty() && standard.client != customary.client;
        Ok(Self {
            scheme: standard.scheme.or(customary.scheme),
            host: standard.host.or(customary.host),
            client: standard.client.filter(|_| !contested),
        })
    }
}

/// Whether a request says that it came through a proxy.
pub(crate) fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.contains_key(FORWARDED) || headers.contains_key(X_FORWARDED_FOR)
}

fn list<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<&'a str> {
    headers.get_all(name).iter().filter_map(|line| line.to_str().ok()).collect()
}

fn values(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    let lines = list(headers, name);
    let values = lines.iter().flat_map(|line| line.split(',')).map(|value| value.trim().to_owned());
    values.filter(|value| !value.is_empty()).collect()
}

/// The outermost proxy's value; where the inner ones replace it, there is only one.
fn one(values: &[String], hops: usize) -> Option<String> {
    values.get(values.len().saturating_sub(hops)).cloned()
}

/// Splits at a separator that is not in quotes.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |char: char| {
        quoted ^= char == '"';
        char == separator && !quoted
    })
    .map(str::trim)
    .filter(|part| !part.is_empty())
}

/// The address in `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` or
/// `[2001:db8::1]:80` (RFC 7239, 6).
fn address(node: &str) -> Option<IpAddr> {
    if let Ok(address) = node.parse() {
        return Some(address);
    }
    if let Ok(address) = node.parse::<std::net::SocketAddr>() {
        return Some(address.ip());
    }
    node.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&'static str, &str)], hops: usize) -> Result<Forwarded, Contradiction> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        Forwarded::read(&headers, hops)
    }

    fn client(pairs: &[(&'static str, &str)], hops: usize) -> Option<String> {
        read(pairs, hops).unwrap().client.map(|address| address.to_string())
    }

    #[test]
    fn the_hop_in_front_of_our_proxies_is_the_client() {
        let three = [("x-forwarded-for", "6.6.6.6, 198.51.100.7"), ("x-forwarded-for", "203.0.113.9")];
        assert_eq!(client(&three, 1).as_deref(), Some("203.0.113.9"));
        assert_eq!(client(&three, 2).as_deref(), Some("198.51.100.7"));
        assert_eq!(client(&three, 3).as_deref(), Some("6.6.6.6"));
        assert_eq!(client(&three, 4), None, "a proxy of ours did not write its word");
        let standard =
            [("forwarded", r#"for=6.6.6.6;proto=http, for="[2001:db8::7]:4711";proto=https;host="a,b", for=10.0.0.1"#)];
        assert_eq!(client(&standard, 2).as_deref(), Some("2001:db8::7"));
        let second = read(&standard, 2).unwrap();
        assert_eq!((second.scheme.as_deref(), second.host.as_deref()), (Some("https"), Some("a,b")));
        for node in ["unknown", "_hidden", "", "x"] {
            assert_eq!(client(&[("x-forwarded-for", node)], 1), None);
            assert_eq!(client(&[("forwarded", &format!("for={node}"))], 1), None);
        }
    }

    #[test]
    fn scheme_and_host_are_the_outermost_proxy_s() {
        let forwarded =
            read(&[("x-forwarded-proto", "http, https"), ("x-forwarded-host", "evil.example, a.example")], 1);
        let forwarded = forwarded.unwrap();
        assert_eq!((forwarded.scheme.as_deref(), forwarded.host.as_deref()), (Some("https"), Some("a.example")));
        let replaced = read(&[("x-forwarded-proto", "https")], 2).unwrap();
        assert_eq!(replaced.scheme.as_deref(), Some("https"));
    }

    #[test]
    fn what_the_two_kinds_of_header_do_not_agree_on_is_believed_of_neither() {
        let forged = [("forwarded", "host=evil.example;for=6.6.6.6"), ("x-forwarded-host", "a.example")];
        assert_eq!(read(&forged, 1), Err(Contradiction));
        let forged = [("forwarded", "proto=http"), ("x-forwarded-proto", "https")];
        assert_eq!(read(&forged, 1), Err(Contradiction));
        let forged = [("forwarded", "for=6.6.6.6"), ("x-forwarded-for", "203.0.113.9")];
        assert_eq!(client(&forged, 1), None);
        let agreed = [("forwarded", "for=203.0.113.9"), ("x-forwarded-for", "203.0.113.9")];
        assert_eq!(client(&agreed, 1).as_deref(), Some("203.0.113.9"));
    }
}
