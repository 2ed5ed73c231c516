use std::net::IpAddr;
use std::sync::Arc;

use crate::server::limits::{LimitedAction, Memory, Network, RateLimit, RateLimitState, RateLimits, networks};
use crate::server::store::Store;

/// The configured limits, with their counts.
pub(crate) struct RateLimiter {
    limits: RateLimits,
    memory: Memory,
    /// The store of the sessions. It also counts, unless the limits have a store of their own.
    sessions: Option<Arc<dyn Store>>,
}

impl RateLimiter {
    pub(crate) fn new(limits: RateLimits, sessions: Option<Arc<dyn Store>>) -> Self {
        Self { limits, memory: Memory::default(), sessions }
    }

    /// Counts a request. If it is rejected, the error has the limit and the result.
    pub(crate) async fn count(
        &self,
        action: LimitedAction,
        client: Client<'_>,
        now: i64,
    ) -> Result<(), (RateLimit, RateLimitState)> {
        let Some(limit) = self.limits.of(action) else { return Ok(()) };
        let keys = match client {
            Client::Session(session) => vec![Network { key: format!("session:{session}"), factor: 1 }],
            Client::Address(address) => networks(address),
        };
        // The smallest network counts first: a request that it rejects must not use up its neighbors' share.
        for Network { key, factor } in keys {
            let (key, limit) = (format!("rl:{}:{key}", action.as_str()), limit.times(factor));
            let state = match (&self.limits.store, &self.sessions) {
                (Some(store), _) => store.count(&key, limit, now).await,
                // Larger networks count in each process, so that a sign-in needs only a few statements.
                (None, Some(store)) if factor == 1 && action.is_shared() => {
                    self.count_in(&**store, &key, limit, now).await
                }
                (None, _) => self.memory.take(&key, limit, now),
            };
            if !state.allowed {
                return Err((limit, state));
            }
        }
        Ok(())
    }
}

impl RateLimiter {
    /// Counts a request in the memory, and, if it is allowed there, in the store. So a client that is far over its limit
    /// does not reach the store. If the store fails, the memory decides.
    async fn count_in(&self, store: &dyn Store, key: &str, limit: RateLimit, now: i64) -> RateLimitState {
        let in_memory = self.memory.take(key, limit, now);
        if !in_memory.allowed {
            return in_memory;
        }
        store.count(key, limit, now).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the store could not count a request, so only this process counts it");
            in_memory
        })
    }
}

/// The client whose requests are counted together.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Client<'a> {
    /// A session, from any address.
    Session(&'a str),
    /// An address and its networks. All requests without an address count as one address.
    Address(Option<IpAddr>),
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn allowed(limiter: &RateLimiter, address: &str, now: i64) -> bool {
        limiter.count(LimitedAction::SignIn, Client::Address(Some(address.parse().unwrap())), now).await.is_ok()
    }

    fn limiter(requests: u32) -> RateLimiter {
        let limit = RateLimit { requests, window: Duration::from_secs(60) };
        RateLimiter::new(RateLimits::none().limit(LimitedAction::SignIn, limit), None)
    }

    #[tokio::test]
    async fn capacity_refills_one_request_at_a_time_and_rejected_requests_do_not_count() {
        let limiter = limiter(3);
        for _ in 0..3 {
            assert!(allowed(&limiter, "192.0.2.1", 1000).await);
        }
        for _ in 0..50 {
            assert!(!allowed(&limiter, "192.0.2.1", 1000).await);
        }
        let client = Client::Address(Some("192.0.2.1".parse().unwrap()));
        let (_, state) = limiter.count(LimitedAction::SignIn, client, 1005).await.unwrap_err();
        assert_eq!((state.remaining, state.retry_after), (0, Duration::from_secs(15)));
        assert_eq!(state.resets_at_milliseconds, 1_060_000);
        assert!(!allowed(&limiter, "192.0.2.1", 1019).await);
        assert!(allowed(&limiter, "192.0.2.1", 1020).await);
        assert!(!allowed(&limiter, "192.0.2.1", 1020).await);
        assert!(allowed(&limiter, "192.0.2.2", 1000).await, "another address has its own limit");
    }

    #[tokio::test]
    async fn an_ipv6_64_network_counts_as_one_client_and_a_mapped_address_as_its_ipv4_address() {
        let limiter = limiter(1);
        assert!(allowed(&limiter, "2001:db8:1:2::1", 0).await);
        assert!(!allowed(&limiter, "2001:db8:1:2:ffff::9", 0).await);
        assert!(allowed(&limiter, "2001:db8:1:3::1", 0).await);
        assert!(allowed(&limiter, "192.0.2.1", 0).await);
        assert!(!allowed(&limiter, "::ffff:192.0.2.1", 0).await);
    }

    #[tokio::test]
    async fn larger_ipv6_networks_are_limited_and_one_client_does_not_use_up_their_capacity() {
        let limiter = limiter(3);
        // One /64 sends more requests than it may, again and again.
        for number in 0..100 {
            assert_eq!(allowed(&limiter, "2001:db8:1:100::1", 0).await, number < 3);
        }
        // The others in its /56 have the rest of 12 requests, and those in its /48 have the rest of 48.
        let mut of_56 = 0;
        for number in 0x101..0x180 {
            of_56 += usize::from(allowed(&limiter, &format!("2001:db8:1:{number:x}::1"), 0).await);
        }
        assert_eq!(of_56, 12 - 3);
        let mut of_48 = 0;
        for number in 0x200..0xfff {
            of_48 += usize::from(allowed(&limiter, &format!("2001:db8:1:{number:x}::1"), 0).await);
        }
        assert_eq!(of_48, 48 - 12);
        assert!(allowed(&limiter, "2001:db8:2:100::1", 0).await);
    }

    #[cfg(feature = "testing")]
    #[tokio::test]
    async fn processes_with_one_store_count_together_and_each_alone_if_it_fails() {
        use crate::server::store::MemoryStore;
        use crate::testing::TestStore;

        let store = TestStore::new(MemoryStore::default());
        let limit = RateLimit { requests: 3, window: Duration::from_secs(60) };
        let limits = || RateLimits::none().limit(LimitedAction::SignIn, limit).limit(LimitedAction::GetSession, limit);
        let process = || RateLimiter::new(limits(), Some(Arc::new(store.clone()) as Arc<dyn Store>));
        let (one, other) = (process(), process());
        assert!(allowed(&one, "192.0.2.1", 1000).await);
        assert!(allowed(&other, "192.0.2.1", 1000).await);
        assert!(allowed(&one, "192.0.2.1", 1000).await);
        assert!(!allowed(&other, "192.0.2.1", 1000).await);
        let statements = store.statements();
        for _ in 0..50 {
            allowed(&one, "192.0.2.1", 1000).await;
        }
        assert_eq!(store.statements() - statements, 1, "a flood does not reach the store");
        let client = Client::Address(Some("192.0.2.9".parse().unwrap()));
        assert!(one.count(LimitedAction::GetSession, client, 1000).await.is_ok());
        assert_eq!(store.statements() - statements, 1, "reading a session writes nothing");
        store.set_down(true);
        for number in 0..4 {
            assert_eq!(allowed(&one, "192.0.2.7", 1000).await, number < 3);
        }
    }
}
