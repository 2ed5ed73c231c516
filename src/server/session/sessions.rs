use std::borrow::Cow;

use crate::server::cookies::{RequestCookies, SetCookies};
use crate::server::session::{
    CookieSessions, Device, SessionError, SessionIdHash, SessionRecord, SessionRequest, StoredSessions,
};
use crate::server::store::EndReason;
use crate::{Identity, User};

/// The sessions of an app. `operations::session_cookies` writes them, and `request` reads them.
pub(crate) enum Sessions {
    InCookies(CookieSessions),
    InStore(Box<StoredSessions>),
}

/// A session that begins.
pub(crate) struct NewSession<'a> {
    pub(crate) session: &'a SessionRecord,
    /// The browser's session until now.
    pub(crate) replaces: Option<&'a SessionRecord>,
    pub(crate) device: Device,
}

impl Sessions {
    /// Whether reading a session takes time. If so, the session is read before a page is rendered, because rendering
    /// can't wait.
    pub(crate) fn takes_time(&self) -> bool {
        matches!(self, Self::InStore(_))
    }

    /// Returns the sessions if they are in a store. Only then can they be listed.
    pub(crate) fn stored(&self) -> Option<&StoredSessions> {
        match self {
            Self::InCookies(_) => None,
            Self::InStore(sessions) => Some(sessions),
        }
    }

    /// Checks whether a request has a cookie that can be a session's.
    pub(crate) fn has_cookie(&self, cookies: &RequestCookies, secure: bool) -> bool {
        match self {
            Self::InCookies(sessions) => sessions.has_cookie(cookies, secure),
            Self::InStore(sessions) => sessions.has_cookie(cookies, secure),
        }
    }

    /// Reads the session of a request, unless it has ended.
    pub(crate) async fn read(&self, request: SessionRequest<'_>) -> Result<SessionRecord, SessionError> {
        match self {
            Self::InCookies(sessions) => sessions.read(request),
            Self::InStore(sessions) => sessions.read(request).await,
        }
    }

    /// Like [`read`](Self::read), for code that can't wait. Returns `None` if reading [takes time](Self::takes_time).
    pub(crate) fn read_now(&self, request: SessionRequest<'_>) -> Option<Result<SessionRecord, SessionError>> {
        match self {
            Self::InCookies(sessions) => Some(sessions.read(request)),
            Self::InStore(_) => None,
        }
    }

    /// Creates a session of `user`, who has signed in with the account `identity`. It exists once it has
    /// [begun](Self::begin).
    pub(crate) fn create(&self, user: User, identity: Option<Identity>) -> Result<SessionRecord, SessionError> {
        match self {
            Self::InCookies(sessions) => sessions.create(user, identity),
            Self::InStore(sessions) => sessions.create(user, identity),
        }
    }

    /// Begins a session, and sets its cookies. Ends the session that it replaces. Clears all parts that an older
    /// session's cookie may have. Fails if the session is too large.
    pub(crate) async fn begin(
        &self,
        cookies: &mut SetCookies,
        brought: &RequestCookies,
        NewSession { session, replaces, device }: NewSession<'_>,
        secure: bool,
    ) -> Result<(), SessionError> {
        match self {
            Self::InCookies(sessions) => {
                sessions.set_new(cookies, brought, session, secure)?;
                match replaces {
                    Some(replaced) => sessions.end(cookies, brought, &replaced.id_hash, secure),
                    None => Ok(()),
                }
            }
            Self::InStore(sessions) => {
                sessions.begin(session, replaces, device).await?;
                sessions.set(cookies, brought, session, secure)
            }
        }
    }

    /// Changes a session's newest content, and returns the changed session. If other requests change the session at the
    /// same time, `change` is called again with newer content. The caller [sets](Self::set) the cookie.
    ///
    /// If `fits` is set, this fails if the session would be too large. Other changes succeed even then, because another
    /// server may have created the session.
    pub(crate) async fn change<E: From<SessionError>>(
        &self,
        session: &SessionRecord,
        fits: bool,
        secure: bool,
        change: impl FnMut(&mut SessionRecord) -> Result<(), E>,
    ) -> Result<SessionRecord, E> {
        match self {
            Self::InCookies(sessions) => sessions.change(session, fits, secure, change),
            Self::InStore(sessions) => sessions.change(session, change).await,
        }
    }

    /// Sets the cookies of a continuing session. They expire when the session does.
    pub(crate) fn set(
        &self,
        cookies: &mut SetCookies,
        brought: &RequestCookies,
        session: &SessionRecord,
        secure: bool,
    ) -> Result<(), SessionError> {
        match self {
            Self::InCookies(sessions) => sessions.set(cookies, brought, session, secure),
            Self::InStore(sessions) => sessions.set(cookies, brought, session, secure),
        }
    }

    /// Ends a session. The caller clears or replaces its cookies.
    pub(crate) async fn end(
        &self,
        cookies: &mut SetCookies,
        brought: &RequestCookies,
        session: &SessionRecord,
        reason: EndReason,
        secure: bool,
    ) -> Result<(), SessionError> {
        match self {
            Self::InCookies(sessions) => sessions.end(cookies, brought, &session.id_hash, secure),
            Self::InStore(sessions) => sessions.end(session, reason).await,
        }
    }

    /// Ends a session whose cookies stay where they are.
    pub(crate) async fn end_remotely(&self, session: &SessionRecord, reason: EndReason) -> Result<(), SessionError> {
        match self {
            Self::InCookies(sessions) => {
                sessions.end_remotely(&session.id_hash);
                Ok(())
            }
            Self::InStore(sessions) => sessions.end(session, reason).await,
        }
    }

    /// Clears the cookies of sessions, with all parts that they may have.
    pub(crate) fn clear(
        &self,
        cookies: &mut SetCookies,
        brought: &RequestCookies,
        secure: bool,
    ) -> Result<(), SessionError> {
        match self {
            Self::InCookies(sessions) => sessions.clear(cookies, brought, secure),
            Self::InStore(sessions) => sessions.clear(cookies, brought, secure),
        }
    }

    /// Returns the session with its newest content, as far as this process knows it without a query. Fails with
    /// [`Expired`](SessionError::Expired) if the session has ended since this request read it.
    pub(crate) fn newest<'a>(&self, session: &'a SessionRecord) -> Result<Cow<'a, SessionRecord>, SessionError> {
        match self {
            Self::InCookies(sessions) => sessions.newest(session),
            Self::InStore(_) => Ok(Cow::Borrowed(session)),
        }
    }

    /// Checks whether the session has ended since this request read it, as far as this process knows.
    pub(crate) fn has_ended(&self, session: &SessionIdHash) -> bool {
        match self {
            Self::InCookies(sessions) => sessions.has_ended(session),
            // The token in the cookie is not accepted any more, so a late response may set it.
            Self::InStore(_) => false,
        }
    }

    /// Checks whether a response may set the session's cookie again.
    pub(crate) fn is_unchanged(&self, session: &SessionRecord) -> bool {
        match self {
            Self::InCookies(sessions) => sessions.is_unchanged(session),
            Self::InStore(_) => true,
        }
    }

    /// Called when the response to a request that used the session is ready. Returns whether this use is written into a
    /// store, which happens once in five minutes.
    pub(crate) fn was_used(&self, session: &SessionRecord) -> bool {
        match self {
            Self::InCookies(_) => false,
            Self::InStore(sessions) => sessions.touch(session),
        }
    }
}
