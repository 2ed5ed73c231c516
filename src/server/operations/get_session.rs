use crate::Session;
use crate::server::limits::LimitedAction;
#[cfg(feature = "ssr")]
use crate::server::operations::failure::RoomError as _;
use crate::server::operations::session_cookies::clear_session;
use crate::server::operations::{Api, Reply};
use crate::server::request::{RequestContext, RequestHead};
use crate::server::session::SessionError;

impl Api {
    /// Like [`get_session`](Self::get_session), for the endpoint, which has a rate limit.
    pub(crate) async fn session_for_endpoint(&self, request: &(impl RequestHead + Sync)) -> Reply<Session> {
        let context = RequestContext::of(&self.0, request);
        match self.limit_anybody(&context, LimitedAction::GetSession).await {
            Ok(()) => self.get_session(request).await,
            Err(limited) => Reply::of(&context, Err(limited)),
        }
    }

    /// Returns the session.
    ///
    /// Fails with [`SessionNotFound`](crate::AuthError::SessionNotFound),
    /// [`SessionExpired`](crate::AuthError::SessionExpired),
    /// [`SessionNotPinned`](crate::AuthError::SessionNotPinned) or
    /// [`SessionInvalid`](crate::AuthError::SessionInvalid). `SessionExpired` and `SessionNotPinned` clear the cookie.
    /// `SessionInvalid` does not, because the cookie may belong to another app on the same host, with another secret.
    ///
    /// ```
    /// # use aura_auth::Auth;
    /// # use axum::http::HeaderMap;
    /// async fn greeting(auth: &Auth, headers: &HeaderMap) -> String {
    ///     let reply = auth.api().get_session(headers).await;
    ///     match reply.session() {
    ///         Some(session) => format!("Hello {}", session.user.sub),
    ///         None => "Hello stranger".to_owned(),
    ///     }
    /// }
    /// ```
    #[doc(alias = "getSession")]
    pub fn get_session<R: RequestHead>(&self, request: &R) -> impl Future<Output = Reply<Session>> + Send + use<R> {
        let context = RequestContext::of(&self.0, request);
        async move {
            let result = context.session().await.map(|record| record.session.clone());
            // A cookie that can't be opened may belong to another app on this host, with another secret.
            let is_over = matches!(result, Err(SessionError::Expired | SessionError::NotPinned));
            let cleared = if is_over { clear_session(&context) } else { Ok(()) };
            Reply::of(&context, cleared.and(result))
        }
    }

    /// Returns the session for a page. Unlike `get_session`, this does not clear the cookie of an expired session:
    /// rendering takes time, and the person may have signed in again meanwhile.
    #[cfg(feature = "ssr")]
    pub(crate) async fn session_of_page(
        &self,
        request: &(impl RequestHead + Sync),
    ) -> Result<Session, crate::AuthError> {
        let context = RequestContext::of(&self.0, request);
        context.session().await.map(|record| record.session.clone()).map_err(|error| error.public())
    }
}
