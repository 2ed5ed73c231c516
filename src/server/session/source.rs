use std::future::Future;
use std::pin::Pin;

use crate::server::cookies::RequestCookies;
use crate::server::session::{SessionError, SessionIdHash, SessionRecord};

/// Where sessions are read from: their cookies, or a store.
pub(crate) trait SessionSource: Send + Sync {
    /// Whether reading a session takes time. If so, the session is read before a page is rendered, because rendering
    /// can't wait.
    fn takes_time(&self) -> bool;

    /// Reads the session of a request, unless it has ended. Called if reading takes time.
    fn read<'a>(&'a self, request: SessionRequest<'a>) -> SessionFuture<'a>;

    /// Like [`read`](Self::read), but called if reading takes no time.
    fn read_now(&self, request: SessionRequest<'_>) -> Result<SessionRecord, SessionError>;
}

/// A session that is being read.
pub(crate) type SessionFuture<'a> = Pin<Box<dyn Future<Output = Result<SessionRecord, SessionError>> + Send + 'a>>;

/// What a request says about its session.
#[derive(Clone, Copy)]
pub(crate) struct SessionRequest<'a> {
    pub(crate) cookies: &'a RequestCookies,
    /// Whether cookies have their names for https.
    pub(crate) secure: bool,
    /// Whether using the session prolongs it. This needs a response that sets the cookie.
    pub(crate) renews: bool,
    pub(crate) has_csrf_token: &'a dyn HasCsrfToken,
}

/// Checks whether the CSRF token in the request's cookie belongs to a session.
pub(crate) trait HasCsrfToken: Sync {
    fn has_csrf_token_of(&self, session: &SessionIdHash) -> bool;
}
