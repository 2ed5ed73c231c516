use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::server::expiring_cache::ExpiringCache;
use crate::server::session::{SessionIdHash, SessionRecord};

/// How long a change is kept, in seconds. A request that was sent before the change may arrive up to ten minutes later.
const KEEP_SECONDS: i64 = 600;
/// The most sessions whose changes are kept.
const MAX_ENTRIES: usize = 10_000;

/// The latest changes of sessions that are in cookies. A late response can set an older cookie again; the cache says
/// that the session in it has ended, or what its newest content is.
pub(super) struct RevocationCache(Mutex<ExpiringCache<SessionIdHash, Change>>);

#[derive(Clone)]
enum Change {
    /// The person signed out, the app's `on_session` ended the session, or another session replaced it.
    Ended,
    /// The session has new content.
    Superseded(Box<SessionRecord>),
}

/// Whether a session in a cookie is the newest one.
pub(super) enum Freshness {
    /// The session is the newest one.
    Current,
    /// The session has ended.
    Ended,
    /// The session has newer content: this one.
    Superseded(Box<SessionRecord>),
}

impl Default for RevocationCache {
    fn default() -> Self {
        Self(Mutex::new(ExpiringCache::new(MAX_ENTRIES)))
    }
}

impl RevocationCache {
    /// Records that a session has ended.
    pub(super) fn end(&self, session: &SessionIdHash, now: i64) {
        self.put(session, Change::Ended, now);
    }

    /// Stores a session's new content. If the session has ended, this stores nothing and returns `false`.
    pub(super) fn supersede(&self, session: &SessionRecord, now: i64) -> bool {
        let mut cache = self.lock();
        let ended = matches!(cache.get(&session.id_hash, now), Some(Change::Ended));
        if !ended {
            cache.put(session.id_hash, Change::Superseded(Box::new(session.clone())), now + KEEP_SECONDS);
        }
        !ended
    }

    /// Compares a session with its newest known content.
    pub(super) fn freshness(&self, session: &SessionRecord, now: i64) -> Freshness {
        match self.lock().get(&session.id_hash, now) {
            Some(Change::Ended) => Freshness::Ended,
            Some(Change::Superseded(newest)) if newest.version > session.version => {
                Freshness::Superseded(newest.clone())
            }
            _ => Freshness::Current,
        }
    }

    pub(super) fn has_ended(&self, session: &SessionIdHash, now: i64) -> bool {
        matches!(self.lock().get(session, now), Some(Change::Ended))
    }

    fn put(&self, session: &SessionIdHash, change: Change, now: i64) {
        self.lock().put(*session, change, now + KEEP_SECONDS);
    }

    fn lock(&self) -> MutexGuard<'_, ExpiringCache<SessionIdHash, Change>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for RevocationCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RevocationCache")
    }
}
