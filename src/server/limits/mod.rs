//! Rate limits, which addresses count as one client, and how often the log has a line about rejected requests.

mod limited_action;
mod networks;
mod rate_limit_store;
mod rate_limiter;
mod rate_limits;
mod refusal_log;

pub use self::limited_action::LimitedAction;
pub use self::rate_limit_store::{RateLimitFuture, RateLimitState, RateLimitStore};
pub use self::rate_limits::{RateLimit, RateLimits};

pub(crate) use self::networks::{Network, networks, networks_of_attempts, smallest_network};
pub(crate) use self::rate_limit_store::Memory;
pub(crate) use self::rate_limiter::{Client, RateLimiter};
pub(crate) use self::refusal_log::RefusalLog;
