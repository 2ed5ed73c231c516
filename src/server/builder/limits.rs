//! How often something may be asked for.

use crate::server::AuthBuilder;
use crate::server::limits::RateLimits;

impl AuthBuilder {
    /// How often an address may ask for what, and how many calls a provider gets.
    pub fn rate_limits(mut self, limits: RateLimits) -> Self {
        self.rate_limits = limits;
        self
    }
}
