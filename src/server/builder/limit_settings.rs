//! Rate limits.

use crate::server::AuthBuilder;
use crate::server::limits::RateLimits;

impl AuthBuilder {
    /// Sets how often an address may send each kind of request, and how many calls to a provider are allowed.
    pub fn rate_limits(mut self, limits: RateLimits) -> Self {
        self.rate_limits = limits;
        self
    }
}
