use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::server::expiring_cache::ExpiringCache;
use crate::server::limits::smallest_network;

/// The most pairs of a kind and a network in memory.
const MAX_ENTRIES: usize = 1_000;

/// Allows the log one line a second for each kind of rejection and network, so that nobody can fill the log.
#[derive(Debug)]
pub(crate) struct RefusalLog {
    start: Instant,
    suppressed: Mutex<ExpiringCache<(&'static str, Option<IpAddr>), Entry>>,
}

#[derive(Debug)]
struct Entry {
    second: u64,
    suppressed: u64,
}

impl Default for RefusalLog {
    fn default() -> Self {
        Self { start: Instant::now(), suppressed: Mutex::new(ExpiringCache::new(MAX_ENTRIES)) }
    }
}

impl RefusalLog {
    /// Counts a rejection. If the log should have a line about it, returns the number of rejections of this kind and
    /// network that had no line since the last one.
    pub(crate) fn count(&self, kind: &'static str, address: Option<IpAddr>) -> Option<u64> {
        self.count_at(kind, address, self.start.elapsed().as_secs())
    }

    fn count_at(&self, kind: &'static str, address: Option<IpAddr>, second: u64) -> Option<u64> {
        let key = (kind, address.map(smallest_network));
        let mut entries = self.suppressed.lock().unwrap_or_else(PoisonError::into_inner);
        match entries.get(&key, 0) {
            Some(entry) if entry.second == second => {
                entry.suppressed += 1;
                None
            }
            Some(entry) => {
                let suppressed = std::mem::take(&mut entry.suppressed);
                entry.second = second;
                Some(suppressed)
            }
            None => {
                entries.put(key, Entry { second, suppressed: 0 }, i64::MAX);
                Some(0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_is_logged_once_per_second_for_each_kind_and_network() {
        let log = RefusalLog::default();
        let (one, other) = (Some("2001:db8::1".parse().unwrap()), Some("2001:db8:1::1".parse().unwrap()));
        assert_eq!(log.count_at("A", one, 0), Some(0));
        assert_eq!(log.count_at("A", one, 0), None);
        assert_eq!(log.count_at("A", Some("2001:db8::2".parse().unwrap()), 0), None, "the same network");
        assert_eq!(log.count_at("B", one, 0), Some(0));
        assert_eq!(log.count_at("A", other, 0), Some(0));
        assert_eq!(log.count_at("A", None, 0), Some(0));
        assert_eq!(log.count_at("A", one, 1), Some(2));
        assert_eq!(log.count_at("A", one, 2), Some(0));
    }

    /// Attack: memory growth under refusals of a flood of addresses
    /// Standards: ASVS 13.1.3, 16.4.1
    #[test]
    fn memory_stays_bounded_under_a_flood_of_networks() {
        let log = RefusalLog::default();
        for number in 0..10_000_u32 {
            assert_eq!(log.count_at("A", Some(std::net::Ipv4Addr::from_bits(number).into()), 0), Some(0));
        }
        assert!(log.suppressed.lock().unwrap().len() <= MAX_ENTRIES);
    }
}
