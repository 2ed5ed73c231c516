//! Which proxies are believed.

use crate::server::AuthBuilder;

impl AuthBuilder {
    /// The proxies whose `Forwarded` and `X-Forwarded-*` headers are believed: addresses and ranges like
    /// `10.0.0.0/8` (`AURA_AUTH_TRUSTED_PROXIES`, separated by commas). The headers of any other peer are
    /// ignored. The chain of addresses in the headers is followed from the right while they are in this list;
    /// the first one that is not is the client, and the entry that names it says what the app's origin is.
    ///
    /// List the proxies alone and no network that clients are in. The server must say who its peers are
    /// (`into_make_service_with_connect_info`).
    pub fn trusted_proxies<S: Into<String>>(mut self, proxies: impl IntoIterator<Item = S>) -> Self {
        self.origins.proxies = Some(proxies.into_iter().map(Into::into).collect());
        self
    }

    /// Believes the `Forwarded` and `X-Forwarded-*` headers of every peer
    /// (`AURA_AUTH_TRUSTED_PROXY_HEADERS`). Only for a server that nothing but the proxy reaches;
    /// [`trusted_proxies`](Self::trusted_proxies) names the proxies instead, and wins where both are set.
    pub fn trusted_proxy_headers(mut self, trusted: bool) -> Self {
        self.origins.trust_proxy = Some(trusted);
        self
    }

    /// How many proxies stand in a row where the headers of [every peer](Self::trusted_proxy_headers) are
    /// believed, one by default (`AURA_AUTH_TRUSTED_PROXY_HOPS`). Each proxy appends an entry on the right;
    /// entries left of those are controlled by the client and ignored.
    pub fn trusted_proxy_hops(mut self, hops: usize) -> Self {
        self.origins.proxy_hops = Some(hops);
        self
    }
}
