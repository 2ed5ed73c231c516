//! The HTTP client that calls the providers.

use std::time::Duration;

use crate::server::AuthBuilder;

impl AuthBuilder {
    /// Changes the HTTP client that calls the providers, for example its proxy, root certificates or name server. By
    /// default it is reqwest's own client, which uses the proxies of the system and of `HTTPS_PROXY`; `no_proxy()`
    /// turns those off.
    ///
    /// The function changes a [`ClientBuilder`](reqwest::ClientBuilder), not a finished client, because the redirect
    /// policy of a finished client is fixed. If the client followed redirects, it would send authorization codes and
    /// secrets to any URL that a provider names. The library builds the client and finally sets these, whatever the
    /// function has set: no redirects, no cookie store, `Accept-Encoding: identity`, and the timeouts of
    /// [`provider_timeout`](Self::provider_timeout) and [`provider_connect_timeout`](Self::provider_connect_timeout).
    /// Don't set a retry policy: an authorization code and a refresh token may be sent only once.
    ///
    /// An idle connection is closed after 5 seconds, because many proxies drop it later without telling the client. The
    /// function can change this with `pool_idle_timeout`.
    ///
    /// ```
    /// # use aura_auth::Auth;
    /// let proxy = reqwest::Proxy::https("http://proxy.internal:3128")?;
    /// let auth = Auth::builder().http_client(|client| client.proxy(proxy));
    /// # Ok::<_, reqwest::Error>(())
    /// ```
    pub fn http_client(mut self, change: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder) -> Self {
        self.http_client.client = change(self.http_client.client);
        self
    }

    /// Sets the timeout for a call to a provider, from its start to the end of the response; 10 seconds by default. If
    /// it expires, the operation fails with [`AuthError::ProviderTimeout`](crate::AuthError::ProviderTimeout).
    ///
    /// ```
    /// # use aura_auth::Auth;
    /// use std::time::Duration;
    ///
    /// let auth = Auth::builder()
    ///     .provider_timeout(Duration::from_secs(4))
    ///     .provider_connect_timeout(Duration::from_secs(1));
    /// ```
    pub fn provider_timeout(mut self, limit: Duration) -> Self {
        self.http_client.timeout = limit;
        self
    }

    /// Sets the timeout for connecting to a provider; 5 seconds by default. This time counts towards the timeout of the
    /// [whole call](Self::provider_timeout).
    pub fn provider_connect_timeout(mut self, limit: Duration) -> Self {
        self.http_client.connect_timeout = limit;
        self
    }
}
