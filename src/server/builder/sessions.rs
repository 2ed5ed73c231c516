//! Sessions and their cookies.

use crate::server::AuthBuilder;
use crate::server::session::SessionConfig;

impl AuthBuilder {
    /// What sessions are and how long they live.
    pub fn session(mut self, session: SessionConfig) -> Self {
        self.session = session;
        self
    }

    /// What our cookies' names begin with (`AURA_AUTH_COOKIE_PREFIX`); `aura-auth` by default. Two apps on one
    /// host, on two ports say, need two prefixes: browsers send cookies to every port of a host.
    pub fn cookie_prefix(mut self, prefix: &str) -> Self {
        self.cookie_prefix = Some(prefix.to_owned());
        self
    }

    /// Takes sessions and CSRF tokens of TypeScript servers that share the secret, on https too
    /// (`AURA_AUTH_TYPESCRIPT_SESSIONS`).
    ///
    /// They set no `__Host-` pin, so a session is taken without one where the browser sent no pin, and gets one. It
    /// costs the protection against other hosts of the site: one that fills the browser's cookies until the pin is
    /// gone can then plant a session of its own.
    ///
    /// They bind their CSRF tokens to no session. Such a token is taken as header and cookie of equal value, never from
    /// a form, and only where the browser's headers say that a page of the app sent the request.
    pub fn typescript_sessions(mut self) -> Self {
        self.typescript_sessions = true;
        self
    }
}
