//! The environment variables, the clock and the randomness.

use std::sync::Arc;

use crate::server::AuthBuilder;
#[cfg(feature = "testing")]
use crate::server::builder::WrapSessions;
use crate::server::clock::Clock;
use crate::server::config::Variables;
use crate::server::random::Random;

impl AuthBuilder {
    /// Reads variables without a prefix too (`SECRET`, `SALT`, `BASE_URL`, …), after those with one. The
    /// TypeScript release of Aura Auth always reads them. Use it where a deployment sets these names for a
    /// TypeScript server already; other programs read such common names too, so it is off by default.
    ///
    /// ```
    /// use aura_auth::Auth;
    ///
    /// let auth = Auth::builder().oauth(["bitbucket"]).unprefixed_env();
    /// ```
    pub fn unprefixed_env(mut self) -> Self {
        self.env.unprefixed = true;
        self
    }

    /// Other environment variables than the process's, for tests.
    pub fn environment<K: Into<String>, V: Into<String>>(
        mut self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        self.env.variables = Variables::Fixed(variables.collect());
        self
    }

    /// Another clock, for tests.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Another source of randomness, for tests.
    pub fn random(mut self, random: impl Random) -> Self {
        self.random = Some(Arc::new(random));
        self
    }

    #[cfg(feature = "testing")]
    pub(crate) fn wrap_sessions(mut self, wrap: WrapSessions) -> Self {
        self.wrap_sessions = Some(wrap);
        self
    }
}
