//! The HTTP client that calls the providers.

use std::time::Duration;

use crate::server::AuthBuilder;

impl AuthBuilder {
    /// Changes the HTTP client that calls the providers: a proxy, a root certificate, a name server. It begins as
    /// reqwest's own client, which uses the proxies of the system and of `HTTPS_PROXY`;
    /// `no_proxy()` turns those off.
    ///
    /// The function gets and gives a [`ClientBuilder`](reqwest::ClientBuilder), not a client, because a finished
    /// client keeps its redirect policy: one that follows redirects would send authorization codes and secrets to
    /// wherever a provider points. The library finishes the client, and sets these last, whatever the function
    /// has set: no redirects, no cookie store, `Accept-Encoding: identity`, and the limits of
    /// [`provider_timeout`](Self::provider_timeout) and
    /// [`provider_connect_timeout`](Self::provider_connect_timeout). Set no retry policy: an authorization
    /// code and a refresh token may be sent only once.
    ///
    /// A connection is kept for 5 seconds after a call, since many proxies forget one later without telling; the
    /// function changes that by `pool_idle_timeout`.
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

    /// How long a call to a provider may take, from its beginning to the end of its answer; 10 seconds by default.
    /// Then the operation fails with [`AuthError::ProviderTimeout`](crate::AuthError::ProviderTimeout).
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

    /// How long it may take to connect to a provider; 5 seconds by default. It is a part of the time of the
    /// [whole call](Self::provider_timeout).
    pub fn provider_connect_timeout(mut self, limit: Duration) -> Self {
        self.http_client.connect_timeout = limit;
        self
    }
}
