use std::sync::{Mutex, PoisonError};

use crate::server::expiring_cache::ExpiringCache;

/// The largest number of used flows that this server remembers.
const MAX_ENTRIES: usize = 20_000;

/// The flows whose callback this server has already handled. The response clears a flow's cookie, but an attacker who
/// kept a copy could replay it with the same callback.
#[derive(Debug)]
pub(crate) struct UsedFlows(Mutex<ExpiringCache<String, ()>>);

impl Default for UsedFlows {
    fn default() -> Self {
        Self(Mutex::new(ExpiringCache::new(MAX_ENTRIES)))
    }
}

impl UsedFlows {
    /// Marks a flow as used. Returns `false` if it was used already.
    pub(crate) fn mark(&self, flow: &str, expires_at: i64, now: i64) -> bool {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let first = used.get(flow, now).is_none();
        if first {
            used.put(flow.to_owned(), (), expires_at);
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_is_marked_as_used_only_once_and_memory_is_bounded() {
        let used = UsedFlows::default();
        assert!(used.mark("a", 100, 0));
        assert!(!used.mark("a", 100, 0));
        for number in 0..3 * MAX_ENTRIES {
            assert!(used.mark(&number.to_string(), 200, 0));
            assert!(!used.mark(&number.to_string(), 200, 0));
        }
        assert!(used.0.lock().unwrap().len() <= MAX_ENTRIES);
    }
}
