use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::server::expiring_cache::ExpiringCache;
use crate::server::store::{StoredSession, TokenHash};

/// The largest number of sessions in the cache.
const MAX_ENTRIES: usize = 10_000;

/// Sessions that this process has read a moment ago. While a session is here, it is not known if another process has
/// ended or changed it.
pub(super) struct SessionCache {
    sessions: Mutex<ExpiringCache<TokenHash, StoredSession>>,
    seconds: i64,
}

impl SessionCache {
    pub(super) fn new(seconds: i64) -> Self {
        Self { sessions: Mutex::new(ExpiringCache::new(MAX_ENTRIES)), seconds }
    }

    pub(super) fn get(&self, token: &TokenHash, now: i64) -> Option<StoredSession> {
        self.lock().get(token, now).cloned()
    }

    pub(super) fn put(&self, session: &StoredSession, now: i64) {
        self.lock().put(session.token, session.clone(), now + self.seconds);
    }

    /// Removes a session that this process has ended or changed.
    pub(super) fn remove(&self, token: &TokenHash) {
        self.lock().remove(token);
    }

    /// Removes all sessions, because this process has ended some without their tokens.
    pub(super) fn clear(&self) {
        *self.lock() = ExpiringCache::new(MAX_ENTRIES);
    }

    fn lock(&self) -> MutexGuard<'_, ExpiringCache<TokenHash, StoredSession>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
