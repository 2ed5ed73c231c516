//! Trusted proxies.

use crate::server::AuthBuilder;

impl AuthBuilder {
    /// Sets the proxies whose `Forwarded` and `X-Forwarded-*` headers are trusted: addresses, and ranges like
    /// `10.0.0.0/8` (`AURA_AUTH_TRUSTED_PROXIES`, separated by commas). The headers of any other peer are ignored. The
    /// addresses in the headers are read from the right while they are in this list. The first one that is not listed
    /// is the client, and the entry that names it also gives the app's origin.
    ///
    /// List only proxies, and no network that contains clients. The server must provide the address of its peers
    /// (`into_make_service_with_connect_info`).
    pub fn trusted_proxies<S: Into<String>>(mut self, proxies: impl IntoIterator<Item = S>) -> Self {
        self.origins.proxies = Some(proxies.into_iter().map(Into::into).collect());
        self
    }

    /// Trusts the `Forwarded` and `X-Forwarded-*` headers of every peer (`AURA_AUTH_TRUSTED_PROXY_HEADERS`). Use this
    /// only if nothing but the proxy can reach the server. If [`trusted_proxies`](Self::trusted_proxies) is set too,
    /// only the proxies in that list are trusted.
    pub fn trusted_proxy_headers(mut self, trusted: bool) -> Self {
        self.origins.trust_proxy = Some(trusted);
        self
    }

    /// Sets the number of proxies in a row, if the headers of [every peer](Self::trusted_proxy_headers) are trusted;
    /// one by default (`AURA_AUTH_TRUSTED_PROXY_HOPS`). Each proxy appends an entry on the right. Entries left of these
    /// are controlled by the client and ignored.
    pub fn trusted_proxy_hops(mut self, hops: usize) -> Self {
        self.origins.proxy_hops = Some(hops);
        self
    }
}
