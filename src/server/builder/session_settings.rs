//! Sessions and their cookies.

use crate::server::AuthBuilder;
use crate::server::session::SessionConfig;

impl AuthBuilder {
    /// Sets the format of sessions and how long they live.
    pub fn session(mut self, session: SessionConfig) -> Self {
        self.session = session;
        self
    }

    /// Sets the prefix of the cookie names (`AURA_AUTH_COOKIE_PREFIX`); `aura-auth` by default. Two apps on different
    /// ports of one host need two prefixes, because browsers send cookies to every port of a host.
    pub fn cookie_prefix(mut self, prefix: &str) -> Self {
        self.cookie_prefix = Some(prefix.to_owned());
        self
    }

    /// Accepts sessions and CSRF tokens of TypeScript servers with the same secret, also on https
    /// (`AURA_AUTH_TYPESCRIPT_SESSIONS`).
    ///
    /// TypeScript servers don't set the `__Host-` pin. If the browser sends no pin, the session is accepted without
    /// one, and the response sets a pin. This weakens the protection against other hosts of the site: such a host can
    /// fill the browser's cookie store until the pin is evicted, and then set a session cookie of its own.
    ///
    /// TypeScript servers don't bind CSRF tokens to a session. Such a token is accepted only if header and cookie are
    /// equal, and only if the browser's headers say that a page of the app sent the request. It is never accepted from
    /// a form.
    pub fn typescript_sessions(mut self) -> Self {
        self.typescript_sessions = true;
        self
    }
}
