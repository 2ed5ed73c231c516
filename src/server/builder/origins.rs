//! The app's own origin, which hosts are answered, and where people may be sent.

use std::sync::Arc;

use crate::server::AuthBuilder;

impl AuthBuilder {
    /// The app's own origin, as browsers see it, like `https://app.example.com`
    /// (`AURA_AUTH_BASE_URL`). Redirects, cookies and the providers' `redirect_uri` are this origin's, whatever
    /// host a request names. Requests that name another host are refused (421), but for loopback ones and
    /// those that are [allowed](Self::allowed_hosts).
    ///
    /// Without it only loopback hosts are served, unless a proxy is [trusted](Self::trusted_proxies).
    pub fn base_url(mut self, url: &str) -> Self {
        self.origins.base_url = Some(url.to_owned());
        self
    }

    /// Other hosts that requests may name, beside the one of [`base_url`](Self::base_url)
    /// (`AURA_AUTH_ALLOWED_HOSTS`, separated by commas; none by default): `app.internal`, on any port, or
    /// `*.example.com` for one label. Behind a trusted proxy the forwarded host is what counts.
    pub fn allowed_hosts<S: Into<String>>(mut self, hosts: impl IntoIterator<Item = S>) -> Self {
        self.origins.allowed_hosts = Some(hosts.into_iter().map(Into::into).collect());
        self
    }

    /// Other origins that people may be sent to, after signing in or out (`AURA_AUTH_TRUSTED_ORIGINS`,
    /// separated by commas): `https://docs.example.com`, `https://*.example.com` for one label,
    /// `http://localhost:*` for any port. Behind a trusted proxy and without a
    /// [`base_url`](Self::base_url) also the app's own, which the proxy names.
    ///
    /// Their pages may not send requests: those are the [`request_origins`](Self::request_origins).
    pub fn redirect_origins<S: Into<String>>(mut self, origins: impl IntoIterator<Item = S>) -> Self {
        self.origins.redirect_origins = Some(origins.into_iter().map(Into::into).collect());
        self
    }

    /// The same as [`redirect_origins`](Self::redirect_origins), by its name in the environment.
    pub fn trusted_origins<S: Into<String>>(self, origins: impl IntoIterator<Item = S>) -> Self {
        self.redirect_origins(origins)
    }

    /// Sends people also to what this function says yes to, beside the [list](Self::redirect_origins). It is
    /// given an origin as browsers write it, like `https://docs.example.com`, and may be asked at every
    /// request, so it had better look into memory only.
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
