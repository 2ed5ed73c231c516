use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use crate::RateLimit;
use crate::RateLimitState;
use crate::store::{EndReason, SessionId, Store, StoreError, StoreFuture, StoredSession, StoredTokens, TokenHash};

/// A [`Store`] for tests that passes everything to another store. It can be slow or fail, like a database on another
/// machine, and counts what it is asked. Clones share their state.
///
/// ```
/// use std::time::Duration;
/// use aura_auth::{Auth, store::MemoryStore, testing::TestStore};
///
/// let store = TestStore::new(MemoryStore::default());
/// store.set_delay(Duration::from_millis(50));
/// let auth = Auth::builder().oauth(["bitbucket"]).store(store.clone());
/// assert_eq!(store.statements(), 0);
/// # let _ = auth;
/// ```
#[derive(Clone)]
pub struct TestStore {
    store: Arc<dyn Store>,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    delay_milliseconds: AtomicU64,
    is_down: AtomicBool,
    statements: AtomicUsize,
    session_reads: AtomicUsize,
}

impl TestStore {
    /// Wraps a store.
    #[must_use]
    pub fn new(store: impl Store) -> Self {
        Self { store: Arc::new(store), state: Arc::default() }
    }

    /// Sets how long each statement takes, in whole milliseconds, besides the time of the other store.
    pub fn set_delay(&self, delay: Duration) {
        let milliseconds = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self.state.delay_milliseconds.store(milliseconds, Ordering::Relaxed);
    }

    /// Sets whether each statement fails, as if the database could not be reached.
    pub fn set_down(&self, is_down: bool) {
        self.state.is_down.store(is_down, Ordering::Relaxed);
    }

    /// Returns the number of statements since the start.
    #[must_use]
    pub fn statements(&self) -> usize {
        self.state.statements.load(Ordering::Relaxed)
    }

    /// Returns how often a session was read by its token.
    #[must_use]
    pub fn session_reads(&self) -> usize {
        self.state.session_reads.load(Ordering::Relaxed)
    }

    fn run<'a, T: Send + 'a>(&'a self, statement: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        StoreFuture::new(async move {
            let State { delay_milliseconds, is_down, statements, .. } = &*self.state;
            statements.fetch_add(1, Ordering::Relaxed);
            let delay = delay_milliseconds.load(Ordering::Relaxed);
            if delay > 0 {
                tokio::time::sleep(Duration::from_millis(delay)).await;
            }
            if is_down.load(Ordering::Relaxed) {
                return Err(StoreError::new("the test store is down"));
            }
            statement.await
        })
    }
}

impl Store for TestStore {
    fn create_session<'a>(&'a self, session: &'a StoredSession, max_sessions: Option<u32>) -> StoreFuture<'a, bool> {
        self.run(self.store.create_session(session, max_sessions))
    }

    fn session<'a>(&'a self, token: &'a TokenHash) -> StoreFuture<'a, Option<StoredSession>> {
        self.state.session_reads.fetch_add(1, Ordering::Relaxed);
        self.run(self.store.session(token))
    }

    fn sessions_of<'a>(&'a self, user: &'a str, now: i64) -> StoreFuture<'a, Vec<StoredSession>> {
        self.run(self.store.sessions_of(user, now))
    }

    fn touch_session(&self, id: SessionId, last_seen_at: i64, idle_until: i64) -> StoreFuture<'_, bool> {
        self.run(self.store.touch_session(id, last_seen_at, idle_until))
    }

    fn update_session<'a>(
        &'a self,
        id: SessionId,
        version: i64,
        content: &'a str,
        idle_until: i64,
        absolute_until: Option<i64>,
    ) -> StoreFuture<'a, bool> {
        self.run(self.store.update_session(id, version, content, idle_until, absolute_until))
    }

    fn end_session(&self, id: SessionId, reason: EndReason, now: i64) -> StoreFuture<'_, bool> {
        self.run(self.store.end_session(id, reason, now))
    }

    fn end_sessions_of<'a>(
        &'a self,
        user: &'a str,
        except: Option<SessionId>,
        reason: EndReason,
        now: i64,
    ) -> StoreFuture<'a, u64> {
        self.run(self.store.end_sessions_of(user, except, reason, now))
    }

    fn tokens<'a>(&'a self, session: SessionId, provider: &'a str) -> StoreFuture<'a, Option<StoredTokens>> {
        self.run(self.store.tokens(session, provider))
    }

    fn put_tokens<'a>(
        &'a self,
        session: SessionId,
        provider: &'a str,
        sealed: &'a [u8],
        version: Option<i64>,
    ) -> StoreFuture<'a, Option<i64>> {
        self.run(self.store.put_tokens(session, provider, sealed, version))
    }

    fn delete_tokens<'a>(&'a self, session: SessionId, provider: &'a str) -> StoreFuture<'a, bool> {
        self.run(self.store.delete_tokens(session, provider))
    }

    fn put_value<'a>(&'a self, key: &'a str, value: &'a [u8], expires_at: i64) -> StoreFuture<'a, ()> {
        self.run(self.store.put_value(key, value, expires_at))
    }

    fn take_value<'a>(&'a self, key: &'a str, now: i64) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.run(self.store.take_value(key, now))
    }

    fn take_lease<'a>(&'a self, name: &'a str, owner: &'a str, now: i64, until: i64) -> StoreFuture<'a, bool> {
        self.run(self.store.take_lease(name, owner, now, until))
    }

    fn release_lease<'a>(&'a self, name: &'a str, owner: &'a str) -> StoreFuture<'a, ()> {
        self.run(self.store.release_lease(name, owner))
    }

    fn count<'a>(&'a self, key: &'a str, limit: RateLimit, now: i64) -> StoreFuture<'a, RateLimitState> {
        self.run(self.store.count(key, limit, now))
    }

    fn delete_expired(&self, now: i64, ended_before: i64, limit: u32) -> StoreFuture<'_, u64> {
        self.run(self.store.delete_expired(now, ended_before, limit))
    }

    fn check(&self) -> StoreFuture<'_, ()> {
        self.run(self.store.check())
    }
}

impl std::fmt::Debug for TestStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TestStore")
    }
}
