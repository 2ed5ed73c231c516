use std::sync::Arc;

use url::{Host, Url};

use crate::server::origin::forwarded_syntax::authority;

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
    /// Parses an origin. One slash at the end is accepted.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        bare.then(|| Self::of(url)).flatten()
    }

    /// Builds an origin from a scheme and the value of a `Host` header. The characters are checked first, because the
    /// URL parser ignores tabs and a slash.
    pub(crate) fn of_host(scheme: &str, host: &str) -> Option<Self> {
        let host = authority(host)?;
        Self::parse(&format!("{scheme}://{host}"))
    }

    /// Returns the origin of `url`. The scheme must be `http` or `https`, and there must be no user name or password.
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

    /// The origin as browsers serialize it, without a slash at the end.
    pub(crate) fn as_str(&self) -> &str {
        &self.0.text
    }

    /// Whether the value of a `Host` header, as browsers write it, names this origin.
    pub(crate) fn is_named_by(&self, host: &str) -> bool {
        self.as_str().split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
    }

    pub(crate) fn url(&self) -> &Url {
        &self.0.url
    }

    /// Whether cookies of this origin are `Secure`.
    pub(crate) fn is_https(&self) -> bool {
        self.0.url.scheme() == "https"
    }

    /// The host and the port.
    pub(crate) fn authority(&self) -> &str {
        self.0.text.split_once("://").map_or("", |(_, authority)| authority)
    }

    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback(&self.0.url)
    }
}

/// Whether a URL's host is a loopback host.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
