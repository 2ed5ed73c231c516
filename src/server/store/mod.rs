//! Where sessions, provider tokens, flows, leases and counts are kept on the server.
//!
//! Everything is behind the trait [`Store`]. [`MemoryStore`] is for tests and for apps with one process; the features
//! `sqlite` and `postgres` add stores that keep their data. An app uses a store if it is passed to
//! [`AuthBuilder::store`](crate::AuthBuilder::store). Otherwise its sessions are in cookies.

mod memory_store;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
mod store_error;
mod stored_session;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod time_limit;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

pub use self::memory_store::MemoryStore;
#[cfg(feature = "postgres")]
pub use self::postgres::{PostgresOptions, PostgresStore};
#[cfg(feature = "sqlite")]
pub use self::sqlite::{SqliteOptions, SqliteStore};
pub use self::store_error::StoreError;
pub use self::stored_session::{EndReason, SessionId, SessionIdError, StoredSession, StoredTokens, TokenHash};
use crate::{RateLimit, RateLimitState};

/// Where an app keeps its sessions and what belongs to them. All servers of the app use the same store.
///
/// An implementation must keep these rules, which `testing::store_suite` (feature `testing`) checks:
///
/// - Only [`create_session`](Self::create_session) inserts a session. Every other write changes a session that exists and
///   has not ended, and reports if there is none. So no late write brings an ended session back.
/// - Each function is one statement, or one transaction that is committed before the function returns.
/// - Times are in seconds since 1970 and come from the caller, never from the database: the app's clock can be replaced
///   in tests, and the clocks of several servers differ.
/// - If the store can't be reached or does not answer in time, the function fails with [`StoreError`]. It never reports
///   that a session is missing instead.
///
/// Keys, names, owners and users have at most 512 bytes. No text contains the character U+0000.
pub trait Store: Send + Sync + 'static {
    /// Inserts a session. If `max_sessions` is set and the user has more sessions that are alive, ends the ones that were
    /// created first, with the reason [`EndReason::MaxSessionsExceeded`], but never the new one. The time of this is the
    /// new session's [`last_seen_at`](StoredSession::last_seen_at).
    ///
    /// If [`imported_from`](StoredSession::imported_from) is set and there is a session with the same value, also an
    /// ended one, inserts nothing and returns `false`. Such a session has the same token too. Otherwise, an id or a token
    /// that is there already is an error.
    fn create_session<'a>(&'a self, session: &'a StoredSession, max_sessions: Option<u32>) -> StoreFuture<'a, bool>;

    /// Returns the session of a cookie's token, also if it has ended or expired. One query.
    fn session<'a>(&'a self, token: &'a TokenHash) -> StoreFuture<'a, Option<StoredSession>>;

    /// Returns the sessions of a user that have not ended and have not expired at `now`, the newest first.
    fn sessions_of<'a>(&'a self, user: &'a str, now: i64) -> StoreFuture<'a, Vec<StoredSession>>;

    /// Sets when the session was last used, and until when it lives without another use. Returns whether there is such a
    /// session that was alive at `last_seen_at`.
    fn touch_session(&self, id: SessionId, last_seen_at: i64, idle_until: i64) -> StoreFuture<'_, bool>;

    /// Replaces the content and the ends of a session, if its version is still `version`, and raises the version by one.
    /// Returns whether it did: if not, the session has ended, or another request has changed it.
    fn update_session<'a>(
        &'a self,
        id: SessionId,
        version: i64,
        content: &'a str,
        idle_until: i64,
        absolute_until: Option<i64>,
    ) -> StoreFuture<'a, bool>;

    /// Ends a session. Its provider tokens are deleted. Returns whether there was such a session that had not ended.
    fn end_session(&self, id: SessionId, reason: EndReason, now: i64) -> StoreFuture<'_, bool>;

    /// Ends the sessions of a user, except one. Returns how many.
    fn end_sessions_of<'a>(
        &'a self,
        user: &'a str,
        except: Option<SessionId>,
        reason: EndReason,
        now: i64,
    ) -> StoreFuture<'a, u64>;

    /// Returns a provider's tokens of a session.
    fn tokens<'a>(&'a self, session: SessionId, provider: &'a str) -> StoreFuture<'a, Option<StoredTokens>>;

    /// Writes a provider's tokens of a session that has not ended. `version` is the version that the caller has read, or
    /// `None` if it wants to write whatever is there. Returns the new version, or `None` if the session has ended or
    /// another request has written meanwhile.
    fn put_tokens<'a>(
        &'a self,
        session: SessionId,
        provider: &'a str,
        sealed: &'a [u8],
        version: Option<i64>,
    ) -> StoreFuture<'a, Option<i64>>;

    /// Deletes a provider's tokens. Returns whether there were any.
    fn delete_tokens<'a>(&'a self, session: SessionId, provider: &'a str) -> StoreFuture<'a, bool>;

    /// Keeps a value until `expires_at`, for example a flow. A value under the same key is replaced.
    fn put_value<'a>(&'a self, key: &'a str, value: &'a [u8], expires_at: i64) -> StoreFuture<'a, ()>;

    /// Removes a value and returns it, unless it has expired at `now`. Of several callers, one gets it.
    fn take_value<'a>(&'a self, key: &'a str, now: i64) -> StoreFuture<'a, Option<Vec<u8>>>;

    /// Takes a lease until `until`, if nobody else has it at `now`, or prolongs the lease of the same owner. Returns
    /// whether the caller has it.
    fn take_lease<'a>(&'a self, name: &'a str, owner: &'a str, now: i64, until: i64) -> StoreFuture<'a, bool>;

    /// Gives a lease back, if `owner` has it.
    fn release_lease<'a>(&'a self, name: &'a str, owner: &'a str) -> StoreFuture<'a, ()>;

    /// Counts a request, if it is allowed (GCRA). One statement.
    fn count<'a>(&'a self, key: &'a str, limit: RateLimit, now: i64) -> StoreFuture<'a, RateLimitState>;

    /// Deletes at most `limit` rows each of sessions that ended or expired before `ended_before`, and of values, leases
    /// and counts that expired before `now`. Returns how many rows it deleted. Several processes can call this at once.
    ///
    /// A row of a session that came from a cookie ([`imported_from`](StoredSession::imported_from)) is what keeps a copy
    /// of this cookie from being used again. So as long as cookies are taken in, `ended_before` must be earlier than the
    /// oldest cookie that is.
    fn delete_expired(&self, now: i64, ended_before: i64, limit: u32) -> StoreFuture<'_, u64>;

    /// Checks whether the store answers.
    fn check(&self) -> StoreFuture<'_, ()>;
}

/// The future result of a [`Store`].
pub struct StoreFuture<'a, T>(Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>);

impl<'a, T> StoreFuture<'a, T> {
    /// Wraps the future of an implementation.
    pub fn new(future: impl Future<Output = Result<T, StoreError>> + Send + 'a) -> Self {
        Self(Box::pin(future))
    }
}

impl<T> Future for StoreFuture<'_, T> {
    type Output = Result<T, StoreError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl<T> std::fmt::Debug for StoreFuture<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoreFuture")
    }
}
