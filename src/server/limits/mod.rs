//! How often: rate limits, which addresses count as one client, and how often the log has a refusal.

mod networks;
mod rate_limit;
mod refusal_log;

pub use self::rate_limit::{LimitedAction, RateLimit, RateLimitFuture, RateLimitState, RateLimitStore, RateLimits};

pub(crate) use self::networks::{Network, networks, networks_of_attempts, smallest_network};
pub(crate) use self::rate_limit::{Client, Memory, RateLimiter};
pub(crate) use self::refusal_log::RefusalLog;
