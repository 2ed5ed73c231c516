//! The environment variables, the clock and the random generator.

use std::sync::Arc;

use crate::server::AuthBuilder;
use crate::server::clock::Clock;
use crate::server::config::Variables;
use crate::server::random::Random;

impl AuthBuilder {
    /// Also reads variables without a prefix (`SECRET`, `SALT`, `BASE_URL`, …), after those with a prefix. The
    /// TypeScript release of Aura Auth always reads them. Use this if a deployment already sets these names for a
    /// TypeScript server. It is off by default, because other programs read such common names too.
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

    /// Replaces the environment variables of the process, for tests.
    pub fn environment<K: Into<String>, V: Into<String>>(
        mut self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        self.env.variables = Variables::Fixed(variables.collect());
        self
    }

    /// Replaces the clock, for tests.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Replaces the random generator, for tests.
    pub fn random(mut self, random: impl Random) -> Self {
        self.random = Some(Arc::new(random));
        self
    }
}
