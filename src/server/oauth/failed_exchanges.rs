use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::server::limits::{Memory, RateLimit, RateLimitState};
use crate::server::limits::{Network, networks_of_attempts};

/// For an address without a failed exchange, this many times the limit may run at the same time. This leaves room for
/// an office behind one address when the provider is slow.
const UNDER_WAY: u32 = 10;

/// Counts rejected authorization codes per address and network. An attacker who sends invalid codes makes this server
/// call the provider, so after too many failures this server stops calling it for that address.
pub(crate) struct FailedExchanges {
    limit: Option<RateLimit>,
    failed: Memory,
    /// The number of running exchanges per network key. The entry is removed when the last exchange ends.
    under_way: Mutex<HashMap<String, u32>>,
}

/// A running exchange. Unless [`has_not_failed`](Self::has_not_failed) is called, it counts as failed: if the client
/// disconnects, this server has still called the provider.
pub(crate) struct Attempt<'a> {
    of: &'a FailedExchanges,
    networks: Vec<Network>,
    now: i64,
    /// Whether the address or one of its networks has a failed exchange.
    pub(crate) is_suspect: bool,
    failed: bool,
}

impl FailedExchanges {
    pub(crate) fn new(limit: Option<RateLimit>) -> Self {
        Self { limit, failed: Memory::default(), under_way: Mutex::default() }
    }

    /// Starts an exchange. Returns an error if too many exchanges have failed.
    pub(crate) fn begin(&self, address: Option<IpAddr>, now: i64) -> Result<Attempt<'_>, (RateLimit, RateLimitState)> {
        let Some(limit) = self.limit else {
            return Ok(Attempt { of: self, networks: Vec::new(), now, is_suspect: false, failed: false });
        };
        let networks = networks_of_attempts(address);
        let mut is_suspect = false;
        let mut under_way = self.under_way();
        for network in &networks {
            let limit = limit.times(network.factor);
            let state = self.failed.look(&network.key, limit, now);
            let has_failed = state.remaining < limit.requests;
            is_suspect |= has_failed;
            let most = if has_failed { state.remaining } else { limit.requests.saturating_mul(UNDER_WAY) };
            if under_way.get(&network.key).is_some_and(|count| *count >= most) || most == 0 {
                return Err((limit, state));
            }
        }
        for network in &networks {
            *under_way.entry(network.key.clone()).or_default() += 1;
        }
        drop(under_way);
        Ok(Attempt { of: self, networks, now, is_suspect, failed: true })
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt<'_> {
    /// Call this if the provider accepted the code, or failed without rejecting the code.
    pub(crate) fn has_not_failed(mut self) {
        self.failed = false;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if let (true, Some(limit)) = (self.failed, self.of.limit) {
            for network in &self.networks {
                self.of.failed.take(&network.key, limit.times(network.factor), self.now);
            }
        }
        let mut under_way = self.of.under_way();
        for network in &self.networks {
            if let Some(count) = under_way.get_mut(&network.key) {
                *count -= 1;
                if *count == 0 {
                    under_way.remove(&network.key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed_exchanges() -> FailedExchanges {
        FailedExchanges::new(Some(RateLimit::per_minutes(10, 15)))
    }

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn after_ten_failed_exchanges_none_starts_until_capacity_refills() {
        let exchanges = failed_exchanges();
        for number in 0..10 {
            let attempt = exchanges.begin(address("192.0.2.1"), 0).unwrap_or_else(|_| panic!("{number}"));
            assert_eq!(attempt.is_suspect, number > 0);
        }
        assert!(exchanges.begin(address("192.0.2.1"), 0).is_err());
        assert!(exchanges.begin(address("192.0.2.1"), 89).is_err());
        exchanges.begin(address("192.0.2.1"), 90).map(Attempt::has_not_failed).unwrap_or_else(|_| panic!("90"));
        // Another address of the same network is suspect too, but may still sign in.
        assert!(exchanges.begin(address("192.0.2.2"), 0).is_ok_and(|attempt| attempt.is_suspect));
        assert!(exchanges.begin(address("192.0.3.1"), 0).is_ok_and(|attempt| !attempt.is_suspect));
        assert!(exchanges.under_way().is_empty());
    }

    #[test]
    fn after_one_failure_concurrent_exchanges_are_limited_to_the_remaining_failures() {
        let exchanges = failed_exchanges();
        drop(exchanges.begin(address("192.0.2.1"), 0));
        let under_way: Vec<_> = (0..20).map_while(|_| exchanges.begin(address("192.0.2.1"), 0).ok()).collect();
        assert_eq!(under_way.len(), 9);
        under_way.into_iter().for_each(Attempt::has_not_failed);
        // An address without a failed exchange may run many exchanges at the same time.
        let office: Vec<_> = (0..200).map_while(|_| exchanges.begin(address("198.51.100.1"), 0).ok()).collect();
        assert_eq!(office.len(), 100);
        office.into_iter().for_each(Attempt::has_not_failed);
        assert!(exchanges.begin(address("198.51.100.1"), 0).is_ok_and(|attempt| !attempt.is_suspect));
    }

    #[test]
    fn a_network_of_many_addresses_has_its_own_limit() {
        let exchanges = failed_exchanges();
        let begun = (0..1000_u32).filter(|number| {
            let address = std::net::Ipv6Addr::from_bits((0x2001_0db8 << 96) | (u128::from(*number) << 64));
            exchanges.begin(Some(address.into()), 0).is_ok()
        });
        assert_eq!(begun.count(), 160, "the limit of a /48 network");
    }
}
