use std::future::{IntoFuture, Ready, ready};
use std::time::Duration;

use leptos::prelude::*;
use time::OffsetDateTime;

use super::Seed;
use super::state::State;
use crate::{AuthError, Session, SessionStatus, SessionUpdate, User};

/// The session, as [`use_session`](super::super::use_session) gives it.
#[derive(Clone, Copy)]
pub struct SessionHandle(StoredValue<State, Storage>);

#[cfg(feature = "ssr")]
type Storage = SyncStorage;
#[cfg(not(feature = "ssr"))]
type Storage = LocalStorage;

impl SessionHandle {
    #[cfg(feature = "ssr")]
    pub(super) fn new(seed: Seed) -> Self {
        Self(StoredValue::new(State::new(seed)))
    }

    #[cfg(not(feature = "ssr"))]
    pub(super) fn new(seed: Seed) -> Self {
        Self(StoredValue::new_local(State::new(seed)))
    }

    /// From here on it follows what becomes of the session.
    pub(super) fn keep_true(self) {
        #[cfg(not(feature = "ssr"))]
        super::super::browser::keep_true(self);
    }

    pub(in crate::leptos) fn with<T>(self, read: impl FnOnce(&State) -> T) -> T {
        self.0.with_value(read)
    }

    /// The session, if somebody is signed in.
    #[must_use]
    pub fn session(&self) -> Option<Session> {
        Some(Session { user: self.user()?, expires: self.expires()? })
    }

    /// The person, if somebody is signed in.
    #[must_use]
    pub fn user(&self) -> Option<User> {
        self.with(|state| state.user(|user| Some(user?.clone())))
    }

    /// Whether somebody is signed in, as far as is known.
    #[must_use]
    pub fn is_authenticated(&self) -> bool {
        self.with(State::is_signed_in)
    }

    /// What is known: whether somebody is signed in, or that the server does not say.
    #[must_use]
    pub fn status(&self) -> SessionStatus {
        self.with(|state| match (state.is_known(), state.is_stale()) {
            (false, _) => SessionStatus::Pending,
            (true, true) => SessionStatus::Stale,
            (true, false) if state.is_signed_in() => SessionStatus::Authenticated,
            (true, false) => SessionStatus::Unauthenticated,
        })
    }

    /// When the session ends, if somebody is signed in.
    #[must_use]
    pub fn expires(&self) -> Option<OffsetDateTime> {
        self.with(State::expires)
    }

    /// How long the session goes on, by the server's clock; it changes once a minute, and in the last
    /// two minutes every second, while the page can be seen.
    #[must_use]
    pub fn expires_in(&self) -> Option<Duration> {
        let seconds = self.expires()?.unix_timestamp() - self.with(State::now);
        Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
    }

    /// Whether the server is being asked at the moment. What was known stays meanwhile.
    #[must_use]
    pub fn pending(&self) -> bool {
        self.with(State::is_checking)
    }

    /// Asks the server again. What was known stays until the answer is there; if the server can't be
    /// reached it stays too, and [`status`](Self::status) is `Stale`. Asked in a hidden page, it waits
    /// until the page can be seen.
    pub fn refetch(&self) {
        #[cfg(not(feature = "ssr"))]
        super::super::browser::check(*self);
    }

    /// Changes what people may change of themselves; all that shows it follows, in other tabs too.
    /// [`use_update_session`](super::super::use_update_session) does the same from a form.
    ///
    /// # Errors
    ///
    /// [`UpdateSessionInvalid`](AuthError::UpdateSessionInvalid) when a field is not editable or a
    /// value is not allowed; [`SessionNotFound`](AuthError::SessionNotFound) and its kin when the
    /// session has ended; [`ServerUnreachable`](AuthError::ServerUnreachable). On the server, always
    /// [`ServerError`](AuthError::ServerError): code there calls
    /// [`Api::update_session`](crate::Api::update_session).
    pub async fn update(&self, update: SessionUpdate) -> Result<Session, AuthError> {
        super::super::hooks::update(*self, &update).await
    }

    /// Whether the server has said yet.
    pub(in crate::leptos) fn is_known(&self) -> bool {
        self.with(State::is_known)
    }

    /// How often Back has brought this page out of the browser's memory.
    pub(in crate::leptos) fn restored(&self) -> u32 {
        self.with(State::restored)
    }

    /// An endpoint's address in the app.
    pub(in crate::leptos) fn endpoint(&self, path: &str) -> String {
        self.with(|state| format!("{}/{path}", state.base_path))
    }

    /// An answer has said whether the session has a provider's tokens.
    pub(in crate::leptos) fn set_connected(&self, provider: &str, connected: bool) {
        #[cfg(not(feature = "ssr"))]
        self.with(|state| state.set_connected(provider, connected));
        #[cfg(feature = "ssr")]
        let _ = (provider, connected);
    }

    /// The CSRF token for forms that are sent without scripts.
    pub(in crate::leptos) fn csrf_token(&self) -> String {
        self.with(|state| state.csrf_token.clone())
    }
}

impl std::fmt::Debug for SessionHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionHandle")
    }
}

/// For `session.await`: the session as it is known, at once.
impl IntoFuture for SessionHandle {
    type Output = Option<Session>;
    type IntoFuture = Ready<Option<Session>>;

    fn into_future(self) -> Self::IntoFuture {
        ready(self.session())
    }
}
