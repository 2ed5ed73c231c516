//! Sessions on the server.

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

use crate::server::AuthBuilder;
use crate::server::store::Store;

impl AuthBuilder {
    /// Keeps sessions, the providers' tokens, flows and rate limits in a store, and not in cookies. A browser then only
    /// has a random token, and a session can be ended from the server, in every process at once. All servers of the app
    /// use the same store.
    ///
    /// ```
    /// use aura_auth::{Auth, store::MemoryStore};
    ///
    /// let auth = Auth::builder().oauth(["bitbucket"]).store(MemoryStore::default());
    /// # let _ = auth;
    /// ```
    pub fn store(mut self, store: impl Store) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Uses a session that was read for this long without another query, in whole seconds: at most five minutes. A
    /// session that another process has ended lives so much longer in this one. Without this setting, each request reads
    /// its session from the store, so that an ended session is rejected at once everywhere.
    pub fn session_cache(mut self, lifetime: Duration) -> Self {
        self.session_cache = Some(lifetime);
        self
    }

    /// Takes sessions from cookies into the store until the time `until`, which is at most 15 days ahead. So nobody is
    /// signed out when an app begins to use a store. Each session is taken in once, at the first request that has its
    /// cookie. After that, a copy of this cookie leads to the same session, or, once it has ended, to none.
    ///
    /// After `until`, sessions in cookies are not read any more. The providers' tokens in cookies are not taken in:
    /// people connect the provider again when an app needs its tokens.
    ///
    /// ```
    /// use aura_auth::{Auth, store::MemoryStore};
    /// use time::{Duration, OffsetDateTime};
    ///
    /// // A fixed day in an app: the day of the release, and 15 days.
    /// let until = OffsetDateTime::now_utc() + Duration::days(15);
    /// let auth = Auth::builder().store(MemoryStore::default()).import_cookie_sessions(until);
    /// # let _ = auth;
    /// ```
    pub fn import_cookie_sessions(mut self, until: OffsetDateTime) -> Self {
        self.import_cookie_sessions = Some(until);
        self
    }

    /// Sets how many sessions a user may have at once. A sign-in beyond this ends the user's oldest session
    /// ([`MaxSessionsExceeded`](crate::store::EndReason::MaxSessionsExceeded)). By default there is no limit. This needs
    /// a [`store`](Self::store).
    pub fn max_sessions(mut self, max_sessions: u32) -> Self {
        self.max_sessions = Some(max_sessions);
        self
    }
}
