use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::server::expiring_cache::ExpiringCache;
use crate::server::gcra::Gcra;
use crate::server::limits::RateLimit;

/// The most keys in memory. Each takes about 100 bytes.
const MAX_ENTRIES: usize = 100_000;

/// The result of counting a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimitState {
    /// Whether the request is allowed.
    pub allowed: bool,
    /// How many more requests are allowed at once.
    pub remaining: u32,
    /// If this request is not allowed, the time until the next one is.
    pub retry_after: Duration,
    /// When the whole capacity is available again, in milliseconds since 1970.
    pub resets_at_milliseconds: i64,
}

impl RateLimitState {
    /// The request is allowed, and so are `remaining` more at once. `resets_at_milliseconds` is when the whole capacity
    /// is available again, in milliseconds since 1970.
    #[must_use]
    pub fn allowed(remaining: u32, resets_at_milliseconds: i64) -> Self {
        Self { allowed: true, remaining, retry_after: Duration::ZERO, resets_at_milliseconds }
    }

    /// The request is rejected. The next one is allowed after `retry_after`.
    #[must_use]
    pub fn refused(retry_after: Duration, resets_at_milliseconds: i64) -> Self {
        Self { allowed: false, remaining: 0, retry_after, resets_at_milliseconds }
    }
}

/// The future result of a [`RateLimitStore`].
pub type RateLimitFuture<'a> = Pin<Box<dyn Future<Output = RateLimitState> + Send + 'a>>;

/// Where requests are counted. By default, each process counts in its memory. Processes that count together need a
/// shared store.
pub trait RateLimitStore: Send + Sync + 'static {
    /// Counts one request under a key, at a time in seconds since 1970. A rejected request must not count. If the store
    /// can't be reached, it should allow the request.
    fn count<'a>(&'a self, key: &'a str, limit: RateLimit, now: i64) -> RateLimitFuture<'a>;
}

/// For each key, when its whole capacity is available again, in milliseconds since 1970.
pub(crate) struct Memory(Mutex<ExpiringCache<String, i64>>);

impl Default for Memory {
    fn default() -> Self {
        Self(Mutex::new(ExpiringCache::new(MAX_ENTRIES)))
    }
}

impl Memory {
    /// Counts a request if it is allowed.
    pub(crate) fn take(&self, key: &str, limit: RateLimit, now: i64) -> RateLimitState {
        self.find(key, limit, now, true)
    }

    /// Returns the result that a request would get, but does not count one. `remaining` is how many requests are
    /// allowed now.
    pub(crate) fn look(&self, key: &str, limit: RateLimit, now: i64) -> RateLimitState {
        self.find(key, limit, now, false)
    }

    fn find(&self, key: &str, limit: RateLimit, now: i64, takes: bool) -> RateLimitState {
        let request = Gcra::new(limit, now);
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let stored = memory.get(key, now).copied();
        let Some(after) = request.after(stored) else { return request.refused(stored) };
        if takes {
            memory.put(key.to_owned(), after, after / 1000 + 1);
            return request.allowed(after);
        }
        request.allowed(request.before(stored))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Attack: memory growth under a flood of addresses
    /// Standards: ASVS 2.4.1, 13.1.3
    #[test]
    fn memory_stays_bounded_under_a_flood_of_addresses() {
        let memory = Memory::default();
        let limit = RateLimit::per_minutes(1, 1);
        for number in 0..300_000_u32 {
            assert!(memory.take(&std::net::Ipv4Addr::from_bits(number).to_string(), limit, 0).allowed);
        }
        assert!(memory.0.lock().unwrap().len() <= MAX_ENTRIES);
    }
}
