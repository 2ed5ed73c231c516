use http::header::HeaderMap;

use crate::server::limits::LimitedAction;
use crate::server::operations::session_cookies::clear_session;
use crate::server::operations::{Api, Reply};
use crate::server::request::{Incoming, RequestHead};
use crate::{AuthError, Session};

impl Api {
    /// The endpoint's answer: [`get_session`](Self::get_session), unless it is asked for too often.
    pub(crate) async fn get_session_of_endpoint(&self, request: &(impl RequestHead + Sync)) -> Reply<Session> {
        let incoming = Incoming::of(&self.0, request);
        match self.limit_anybody(&incoming, LimitedAction::GetSession).await {
            Ok(()) => self.get_session(request).await,
            Err(limited) => limited.reply(),
        }
    }

    /// Who is signed in.
    ///
    /// Fails with [`SessionNotFound`](AuthError::SessionNotFound),
    /// [`SessionExpired`](AuthError::SessionExpired),
    /// [`SessionNotPinned`](AuthError::SessionNotPinned) or
    /// [`SessionInvalid`](AuthError::SessionInvalid). The second and the third clear the cookie. The last
    /// does not: the cookie may be that of another app on the same host, with another secret.
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
    pub fn get_session<R: RequestHead>(&self, request: &R) -> impl Future<Output = Reply<Session>> + Send + use<R> {
        let incoming = Incoming::of(&self.0, request);
        async move {
            let result = incoming.session().await.map(|stored| stored.session.clone());
            let mut headers = HeaderMap::new();
            // A cookie that can't be opened may be that of another app on this host, with another secret.
            let is_over = matches!(result, Err(AuthError::SessionExpired | AuthError::SessionNotPinned));
            if is_over && let Err(error) = clear_session(&incoming, &mut headers) {
                return Reply::of(Err(error), headers);
            }
            Reply::of(result, headers)
        }
    }
}
