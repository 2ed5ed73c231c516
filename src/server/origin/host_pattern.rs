use std::net::Ipv6Addr;

use url::Host;

use crate::server::origin::Origin;

/// A host or a pattern of hosts. `*.example.com` matches exactly one additional label. The port is ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostPattern {
    host: String,
    any_label: bool,
}

impl HostPattern {
    /// Parses `app.internal`, `*.example.com`, `192.0.2.1`, `2001:db8::1` or `[2001:db8::1]`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (name, any_label) = match text.strip_prefix("*.") {
            Some(name) => (name, true),
            None => (text, false),
        };
        let bare = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
        let url = match bare.parse::<Ipv6Addr>() {
            Ok(address) => format!("http://[{address}]"),
            Err(_) if name.contains([':', '/']) => return None,
            Err(_) => format!("http://{name}"),
        };
        Self::of(&Origin::parse(&url)?, any_label)
    }

    /// Creates a pattern of an origin's host. If `any_label` is set, it matches hosts with one additional label.
    pub(crate) fn of(origin: &Origin, any_label: bool) -> Option<Self> {
        let host = origin.url().host_str()?.to_owned();
        let is_name = matches!(origin.url().host(), Some(Host::Domain(_)));
        // `*.co.uk` would match the domains of unrelated owners. A `*` is never part of a host.
        let may_have_labels = is_name && host.contains('.') && !is_public_suffix(&host);
        if host.contains('*') || (any_label && !may_have_labels) {
            return None;
        }
        Some(Self { host, any_label })
    }

    pub(crate) fn matches(&self, origin: &Origin) -> bool {
        let host = origin.url().host_str().unwrap_or_default();
        if self.any_label {
            host.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest == self.host)
        } else {
            host == self.host
        }
    }
}

/// Whether anybody can register a name under this one (the Public Suffix List).
fn is_public_suffix(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    psl::suffix(host.as_bytes()).is_some_and(|suffix| suffix.is_known() && suffix == host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_on_a_public_suffix_is_rejected() {
        for suffix in ["co.uk", "com.au", "github.io", "herokuapp.com", "co.uk.", "CO.UK", "a.kobe.jp"] {
            assert_eq!(HostPattern::parse(&format!("*.{suffix}")), None, "{suffix}");
        }
        for domain in ["example.co.uk", "me.github.io", "corp.internal", "intranet.lan", "a.b.kobe.jp"] {
            assert!(HostPattern::parse(&format!("*.{domain}")).is_some(), "{domain}");
        }
        // Without a wildcard, the pattern matches only this host.
        assert!(HostPattern::parse("github.io").is_some());
    }

    #[test]
    fn a_host_pattern_matches_exactly_or_one_more_label() {
        for (pattern, host, matches) in [
            ("app.internal", "app.internal", true),
            ("app.internal", "APP.internal:8080", true),
            ("App.Internal", "app.internal", true),
            ("app.internal", "app.internal.", false),
            ("app.internal", "x.app.internal", false),
            ("app.internal", "app.internal.evil.example", false),
            ("*.example.com", "a.example.com", true),
            ("*.example.com", "a.b.example.com", false),
            ("*.example.com", "example.com", false),
            ("*.example.com", "aexample.com", false),
            ("192.0.2.1", "192.0.2.1:3000", true),
            ("2001:db8::1", "[2001:db8::1]:3000", true),
            ("[2001:db8:0::1]", "[2001:db8::1]", true),
        ] {
            let origin = Origin::parse(&format!("http://{host}")).unwrap();
            assert_eq!(HostPattern::parse(pattern).unwrap().matches(&origin), matches, "{pattern} {host}");
        }
        for pattern in [
            "",
            "*",
            "*.",
            "*.com",
            "a.*.example",
            "a*.example",
            "*.192.0.2.1",
            "*.[::1]",
            "app.internal:80",
            "https://app.internal",
            "app.internal/",
            "user@app.internal",
            "[::1]:80",
            "a b",
            "*.*.example.com",
        ] {
            assert_eq!(HostPattern::parse(pattern), None, "{pattern}");
        }
    }
}
