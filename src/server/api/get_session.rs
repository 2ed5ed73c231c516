use http::header::HeaderMap;

use super::super::cookies::Kind;
use super::super::incoming::{Incoming, RequestHead};
use super::super::rate_limit::LimitedAction;
use super::{Api, Reply};
use crate::{AuthError, Session};

impl Api {
    /// The endpoint's answer: [`get_session`](Self::get_session), unless it is asked for too often.
    pub(crate) async fn get_session_of_endpoint(&self, request: &(impl RequestHead + Sync)) -> Reply<Session> {
        let incoming = Incoming::of(&self.0, request);
        match self.limit_anybody(&incoming, LimitedAction::GetSession).await {
            Ok(()) => self.get_session(request),
            Err(limited) => limited.reply(),
        }
    }

    /// Who is signed in.
    ///
    /// Fails with [`SessionNotFound`](AuthError::SessionNotFound),
    /// [`SessionExpired`](AuthError::SessionExpired) or
    /// [`SessionInvalid`](AuthError::SessionInvalid); the last two clear the cookie.
    ///
    /// ```
    /// # use aura_auth::Auth;
    /// # use axum::http::HeaderMap;
    /// fn greeting(auth: &Auth, headers: &HeaderMap) -> String {
    ///     let reply = auth.api().get_session(headers);
    ///     match reply.session() {
    ///         Some(session) => format!("Hello {}", session.user.sub),
    ///         None => "Hello stranger".to_owned(),
    ///     }
    /// }
    /// ```
    pub fn get_session(&self, request: &impl RequestHead) -> Reply<Session> {
        let incoming = Incoming::of(&self.0, request);
        let result = incoming.session().map(|stored| stored.session.clone());
        let mut headers = HeaderMap::new();
        let is_over = matches!(result, Err(AuthError::SessionExpired | AuthError::SessionInvalid));
        if is_over && incoming.may_clear_session() {
            let secure = incoming.is_secure();
            let parts = incoming.jar().parts(&self.0.cookies.name(Kind::Session, secure));
            if let Err(error) = self.0.cookies.clear(&mut headers, Kind::Session, secure, parts) {
                return Reply::of(Err(error), headers);
            }
        }
        Reply::of(result, headers)
    }
}
