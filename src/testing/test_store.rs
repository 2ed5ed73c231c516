use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

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
    calls: Mutex<BTreeMap<&'static str, usize>>,
    finished: watch::Sender<BTreeMap<&'static str, usize>>,
}

impl State {
    fn calls(&self) -> MutexGuard<'_, BTreeMap<&'static str, usize>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
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

    /// Returns how many functions of the store were called since the start. Each is one statement, or one transaction.
    #[must_use]
    pub fn statements(&self) -> usize {
        self.state.calls().values().sum()
    }

    /// Returns how often the function `name` of [`Store`] was called.
    #[must_use]
    pub fn calls(&self, name: &str) -> usize {
        self.state.calls().get(name).copied().unwrap_or(0)
    }

    /// Waits until the function `name` of [`Store`] has finished `count` times since the start, for example in the
    /// background of a response.
    pub async fn finished(&self, name: &str, count: usize) {
        let mut finished = self.state.finished.subscribe();
        // The sender is in `self`, so this does not fail.
        let _ = finished.wait_for(|finished| finished.get(name).copied().unwrap_or(0) >= count).await;
    }

    fn run<'a, T: Send + 'a>(&'a self, name: &'static str, statement: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        StoreFuture::new(async move {
            let State { delay_milliseconds, is_down, finished, .. } = &*self.state;
            *self.state.calls().entry(name).or_default() += 1;
            let delay = delay_milliseconds.load(Ordering::Relaxed);
            if delay > 0 {
                tokio::time::sleep(Duration::from_millis(delay)).await;
            }
            if is_down.load(Ordering::Relaxed) {
                return Err(StoreError::new("the test store is down"));
            }
            let answer = statement.await;
            finished.send_modify(|finished| *finished.entry(name).or_default() += 1);
            answer
        })
    }
}

impl Store for TestStore {
    fn create_session<'a>(&'a self, session: &'a StoredSession, max_sessions: Option<u32>) -> StoreFuture<'a, bool> {
        self.run("create_session", self.store.create_session(session, max_sessions))
    }

    fn session<'a>(&'a self, token: &'a TokenHash) -> StoreFuture<'a, Option<StoredSession>> {
        self.run("session", self.store.session(token))
    }

    fn sessions_of<'a>(&'a self, user: &'a str, now: i64) -> StoreFuture<'a, Vec<StoredSession>> {
        self.run("sessions_of", self.store.sessions_of(user, now))
    }

    fn touch_session(&self, id: SessionId, last_seen_at: i64, idle_until: i64) -> StoreFuture<'_, bool> {
        self.run("touch_session", self.store.touch_session(id, last_seen_at, idle_until))
    }

    fn update_session<'a>(
        &'a self,
        id: SessionId,
        version: i64,
        content: &'a str,
        idle_until: i64,
        absolute_until: Option<i64>,
    ) -> StoreFuture<'a, bool> {
        self.run("update_session", self.store.update_session(id, version, content, idle_until, absolute_until))
    }

    fn end_session(&self, id: SessionId, reason: EndReason, now: i64) -> StoreFuture<'_, bool> {
        self.run("end_session", self.store.end_session(id, reason, now))
    }

    fn end_sessions_of<'a>(
        &'a self,
        user: &'a str,
        except: Option<SessionId>,
        reason: EndReason,
        now: i64,
    ) -> StoreFuture<'a, u64> {
        self.run("end_sessions_of", self.store.end_sessions_of(user, except, reason, now))
    }

    fn tokens<'a>(&'a self, session: SessionId, provider: &'a str) -> StoreFuture<'a, Option<StoredTokens>> {
        self.run("tokens", self.store.tokens(session, provider))
    }

    fn put_tokens<'a>(
        &'a self,
        session: SessionId,
        provider: &'a str,
        sealed: &'a [u8],
        version: Option<i64>,
    ) -> StoreFuture<'a, Option<i64>> {
        self.run("put_tokens", self.store.put_tokens(session, provider, sealed, version))
    }

    fn delete_tokens<'a>(&'a self, session: SessionId, provider: &'a str) -> StoreFuture<'a, bool> {
        self.run("delete_tokens", self.store.delete_tokens(session, provider))
    }

    fn put_value<'a>(&'a self, key: &'a str, value: &'a [u8], expires_at: i64) -> StoreFuture<'a, ()> {
        self.run("put_value", self.store.put_value(key, value, expires_at))
    }

    fn take_value<'a>(&'a self, key: &'a str, now: i64) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.run("take_value", self.store.take_value(key, now))
    }

    fn take_lease<'a>(&'a self, name: &'a str, owner: &'a str, now: i64, until: i64) -> StoreFuture<'a, bool> {
        self.run("take_lease", self.store.take_lease(name, owner, now, until))
    }

    fn release_lease<'a>(&'a self, name: &'a str, owner: &'a str) -> StoreFuture<'a, ()> {
        self.run("release_lease", self.store.release_lease(name, owner))
    }

    fn count<'a>(&'a self, key: &'a str, limit: RateLimit, now: i64) -> StoreFuture<'a, RateLimitState> {
        self.run("count", self.store.count(key, limit, now))
    }

    fn delete_expired(&self, now: i64, ended_before: i64, limit: u32) -> StoreFuture<'_, u64> {
        self.run("delete_expired", self.store.delete_expired(now, ended_before, limit))
    }

    fn check(&self) -> StoreFuture<'_, ()> {
        self.run("check", self.store.check())
    }
}

impl std::fmt::Debug for TestStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TestStore")
    }
}
