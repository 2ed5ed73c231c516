//! Sessions on the server.

use std::sync::Arc;

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

    /// Sets how many sessions a user may have at once. A sign-in beyond this ends the user's oldest session
    /// ([`MaxSessionsExceeded`](crate::store::EndReason::MaxSessionsExceeded)). By default there is no limit. This needs
    /// a [`store`](Self::store).
    pub fn max_sessions(mut self, max_sessions: u32) -> Self {
        self.max_sessions = Some(max_sessions);
        self
    }
}
