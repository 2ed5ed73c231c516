use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The most flows that are remembered; past it the one that ends first is forgotten.
const MOST: usize = 10_000;

/// Which flows have come back from the provider already. Their cookies are cleared, but whoever
/// kept one could send it again with the same callback.
#[derive(Debug, Default)]
pub(crate) struct UsedFlows(Mutex<HashMap<String, i64>>);

impl UsedFlows {
    /// Marks a flow as used; `false` if it was already.
    pub(crate) fn mark(&self, flow: &str, expires_at: i64, now: i64) -> bool {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if used.contains_key(flow) {
            return false;
        }
        if used.len() >= MOST {
            used.retain(|_, &mut expires_at| expires_at > now);
        }
        if used.len() >= MOST {
            let first = used.iter().min_by_key(|&(_, expires_at)| *expires_at).map(|(flow, _)| flow.clone());
            first.map(|flow| used.remove(&flow));
        }
        used.insert(flow.to_owned(), expires_at);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_is_marked_once_and_memory_is_bounded() {
        let used = UsedFlows::default();
        assert!(used.mark("a", 100, 0));
        assert!(!used.mark("a", 100, 0));
        for number in 0..MOST + 50 {
            assert!(used.mark(&number.to_string(), 200, 0));
        }
        assert_eq!(used.0.lock().unwrap().len(), MOST);
        assert!(!used.mark(&(MOST + 49).to_string(), 200, 0));
    }
}
