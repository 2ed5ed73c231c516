use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use crate::server::recent::Recent;
use crate::server::session::{Binding, StoredSession};

/// For how long, in seconds, a request under way may still carry a session as it was before it
/// changed.
const MEMORY_SECONDS: i64 = 600;
/// The most sessions whose changes are remembered.
const MOST: usize = 10_000;

/// What has lately become of sessions: a request that was under way meanwhile must not bring back
/// what was before.
pub(crate) struct SessionChanges(Mutex<Recent<Binding, Change>>);

#[derive(Clone)]
enum Change {
    /// Signed out, or replaced by another session.
    Ended,
    /// Its content is another one now.
    Rewritten(Box<StoredSession>),
}

/// What became of a session since its cookie was set.
pub(crate) enum Since {
    Nothing,
    Ended,
    Rewritten(Box<StoredSession>),
}

impl Default for SessionChanges {
    fn default() -> Self {
        Self(Mutex::new(Recent::new(MOST)))
    }
}

impl SessionChanges {
    pub(crate) fn ended(&self, session: &Binding, now: i64) {
        self.put(session, Change::Ended, now);
    }

    /// Remembers the session's new content; `false`, and nothing is remembered, if it has ended: that is
    /// the last word about it.
    pub(crate) fn rewrite(&self, session: &StoredSession, now: i64) -> bool {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = matches!(memory.get(&session.binding, now), Some(Change::Ended));
        if !ended {
            memory.put(session.binding, Change::Rewritten(Box::new(session.clone())), now + MEMORY_SECONDS);
        }
        !ended
    }

    /// What is newer than `session`.
    pub(crate) fn since(&self, session: &StoredSession, now: i64) -> Since {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match memory.get(&session.binding, now) {
            Some(Change::Ended) => Since::Ended,
            Some(Change::Rewritten(newest)) if newest.version > session.version => Since::Rewritten(newest.clone()),
            _ => Since::Nothing,
        }
    }

    pub(crate) fn has_ended(&self, session: &Binding, now: i64) -> bool {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(memory.get(session, now), Some(Change::Ended))
    }

    /// The session's newest content.
    pub(crate) fn newest<'a>(&self, session: &'a StoredSession, now: i64) -> Cow<'a, StoredSession> {
        match self.since(session, now) {
            Since::Rewritten(newest) => Cow::Owned(*newest),
            Since::Nothing | Since::Ended => Cow::Borrowed(session),
        }
    }

    fn put(&self, session: &Binding, change: Change, now: i64) {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        memory.put(*session, change, now + MEMORY_SECONDS);
    }
}

impl std::fmt::Debug for SessionChanges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionChanges")
    }
}
