//! The app's own origin, the hosts that the server responds for, and redirect targets.

use std::sync::Arc;

use crate::server::AuthBuilder;

impl AuthBuilder {
    /// Sets the app's own origin, as browsers see it, like `https://app.example.com` (`AURA_AUTH_BASE_URL`). Redirects,
    /// cookies and the providers' `redirect_uri` use this origin, whatever host a request names. A request for another
    /// host is rejected with 421, except for loopback hosts and [allowed hosts](Self::allowed_hosts).
    ///
    /// Without it, requests are accepted for loopback hosts only, unless a proxy is [trusted](Self::trusted_proxies).
    pub fn base_url(mut self, url: &str) -> Self {
        self.origins.base_url = Some(url.to_owned());
        self
    }

    /// Sets other hosts that requests may name, besides the host of [`base_url`](Self::base_url)
    /// (`AURA_AUTH_ALLOWED_HOSTS`, separated by commas; none by default). `app.internal` matches this host on any port,
    /// and `*.example.com` matches one additional label. Behind a trusted proxy, the forwarded host is checked.
    pub fn allowed_hosts<S: Into<String>>(mut self, hosts: impl IntoIterator<Item = S>) -> Self {
        self.origins.allowed_hosts = Some(hosts.into_iter().map(Into::into).collect());
        self
    }

    /// Sets other origins that are allowed as redirect targets after a sign-in or sign-out
    /// (`AURA_AUTH_TRUSTED_ORIGINS`, separated by commas). `https://docs.example.com` matches this origin,
    /// `https://*.example.com` matches one additional label, and `http://localhost:*` matches any port. Behind a
    /// trusted proxy and without a [`base_url`](Self::base_url), list the app's own origin too, which the proxy names.
    ///
    /// Pages of these origins may not send requests that change something. Use
    /// [`request_origins`](Self::request_origins) for that.
    pub fn redirect_origins<S: Into<String>>(mut self, origins: impl IntoIterator<Item = S>) -> Self {
        self.origins.redirect_origins = Some(origins.into_iter().map(Into::into).collect());
        self
    }

    /// Does the same as [`redirect_origins`](Self::redirect_origins). The name matches the environment variable.
    pub fn trusted_origins<S: Into<String>>(self, origins: impl IntoIterator<Item = S>) -> Self {
        self.redirect_origins(origins)
    }

    /// Sets a function that allows more redirect targets, besides the [list](Self::redirect_origins). Its argument is
    /// an origin as browsers write it, like `https://docs.example.com`. It may be called for every request, so it
    /// should only read memory.
    ///
    /// ```
    /// # use aura_auth::Auth;
    /// let tenants = ["https://acme.example", "https://globex.example"];
    /// let auth = Auth::builder().trusted_origins_by(move |origin| tenants.contains(&origin));
    /// ```
    pub fn trusted_origins_by(mut self, trusts: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.origins.redirect_origins_by = Some(Arc::new(trusts));
        self
    }
}
