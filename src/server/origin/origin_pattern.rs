use std::sync::Arc;

use crate::server::origin::{HostPattern, Origin};

/// An origin or a pattern of origins. `https://*.example.com` matches exactly one additional label, and
/// `http://localhost:*` matches any port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OriginPattern {
    scheme: String,
    host: HostPattern,
    /// `None` matches any port.
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
        let host = HostPattern::of(&origin, any_label)?;
        let port = if any_port { None } else { origin.url().port_or_known_default() };
        Some(Self { scheme: origin.url().scheme().to_owned(), host, port })
    }

    pub(crate) fn matches(&self, origin: &Origin) -> bool {
        self.host.matches(origin)
            && origin.url().scheme() == self.scheme
            && self.port.is_none_or(|port| origin.url().port_or_known_default() == Some(port))
    }
}

/// The app's function that decides whether an origin is trusted.
pub(crate) type OriginPredicate = Arc<dyn Fn(&str) -> bool + Send + Sync>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_one_label_and_any_port() {
        let patterns = ["https://*.example.com", "http://localhost:*", "https://exact.example:8443/"]
            .map(|pattern| OriginPattern::parse(pattern).unwrap());
        let trusts = |text: &str| patterns.iter().any(|pattern| pattern.matches(&Origin::parse(text).unwrap()));
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
            "https://*.co.uk",
            "https://*.github.io:*",
            "https://*.github.io/",
            "app://x",
            "https://user@a.example",
            "https://a.example/path",
            "",
        ] {
            assert_eq!(OriginPattern::parse(pattern), None, "{pattern}");
        }
    }
}
