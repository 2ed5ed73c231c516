use serde::Serialize;
use serde_json::{Value, json};

use crate::server::events::AuthEvent;
use crate::server::limits::LimitedAction;
use crate::server::operations::failure::Failure;
use crate::server::operations::{Api, CsrfProof, Reply, ReplyBody};
use crate::server::request::{RequestContext, RequestHead};
use crate::server::session::{SessionRecord, StoredSessions};
use crate::server::store::EndReason;
use crate::{ActiveSession, AuthError, EndedSessions};

impl ReplyBody for Vec<ActiveSession> {
    fn success(&self) -> impl Serialize {
        json!({ "success": true, "sessions": self })
    }

    fn failure() -> Value {
        json!({ "sessions": null })
    }
}

impl ReplyBody for EndedSessions {
    fn success(&self) -> impl Serialize {
        json!({ "success": true, "ended": self.ended, "current": self.current })
    }

    fn failure() -> Value {
        json!({ "ended": null, "current": null })
    }
}

impl Api {
    /// Returns the sessions of the signed-in person that have not ended, the newest first: where the person is signed
    /// in.
    ///
    /// Fails with [`SessionsNotStored`](AuthError::SessionsNotStored) if the app's sessions are in cookies, and with a
    /// session error.
    ///
    /// ```
    /// # use aura_auth::Auth;
    /// # use axum::http::request::Parts;
    /// async fn devices(auth: &Auth, request: &Parts) -> Vec<Option<String>> {
    ///     let sessions = auth.api().sessions(request).await.into_result().unwrap_or_default();
    ///     sessions.into_iter().map(|session| session.device).collect()
    /// }
    /// ```
    pub fn sessions<R: RequestHead>(
        &self,
        request: &R,
    ) -> impl Future<Output = Reply<Vec<ActiveSession>>> + Send + use<R> {
        let (api, context) = (self.clone(), RequestContext::of(&self.0, request));
        async move {
            let sessions = api.checked_list(&context).await;
            Reply::of(&context, sessions)
        }
    }

    async fn checked_list(&self, context: &RequestContext) -> Result<Vec<ActiveSession>, Failure> {
        let record = context.session().await?;
        self.limit(context, LimitedAction::GetSessions, Some(&record.id_hash)).await?;
        let sessions = self.stored_sessions()?.active_sessions_of(&record.session.user.sub, record.stored_id()).await?;
        Ok(sessions)
    }

    /// Ends a session of the signed-in person, by its [id](ActiveSession::id). The browser of this session is signed
    /// out at its next request. If it is the session of this request, this is a sign-out: the cookies are cleared, and
    /// [`on_sign_out`](crate::AuthBuilder::on_sign_out) is called.
    ///
    /// Fails with [`ActiveSessionNotFound`](AuthError::ActiveSessionNotFound) if the person has no such session: it has
    /// ended already, it is another person's, or there is none with this id. Fails with
    /// [`SessionsNotStored`](AuthError::SessionsNotStored) if the app's sessions are in cookies, and with a session or
    /// CSRF error.
    ///
    /// ```
    /// # use aura_auth::{Auth, CsrfProof};
    /// # use axum::http::request::Parts;
    /// async fn end(auth: &Auth, request: &Parts, id: &str) -> axum::response::Response {
    ///     use axum::response::IntoResponse;
    ///
    ///     auth.api().end_session(request, id, &CsrfProof::Header).await.into_response()
    /// }
    /// ```
    pub async fn end_session(
        &self,
        request: &(impl RequestHead + Sync),
        id: &str,
        csrf: &CsrfProof,
    ) -> Reply<EndedSessions> {
        let context = RequestContext::of(&self.0, request);
        let ended = self.checked_end(&context, request, id, csrf).await;
        if ended.as_ref().is_ok_and(|ended| ended.current) {
            self.report_sign_out(&context).await;
        }
        Reply::of(&context, ended)
    }

    async fn checked_end(
        &self,
        context: &RequestContext,
        request: &(impl RequestHead + Sync),
        id: &str,
        csrf: &CsrfProof,
    ) -> Result<EndedSessions, Failure> {
        let (record, sessions) = self.authorize_end(context, request, csrf).await?;
        if record.stored_id().is_some_and(|current| current.to_string() == id) {
            self.clear_all(context, EndReason::UserLogout).await?;
            return Ok(EndedSessions::new(1, true));
        }
        let (user, reason) = (&record.session.user.sub, EndReason::UserLogout);
        if !sessions.end_one_of(user, id, reason).await? {
            return Err(AuthError::ActiveSessionNotFound.into());
        }
        let (sub, session) = (Some(user.clone()), Some(id.to_owned()));
        self.0.events.emit(&AuthEvent::SessionsRevoked { sub, session, count: 1, reason });
        Ok(EndedSessions::new(1, false))
    }

    /// Ends all sessions of the signed-in person except the session of this request. The reason is
    /// [`AllSessionsRevoked`](EndReason::AllSessionsRevoked). It also succeeds if there are none.
    ///
    /// Fails with [`SessionsNotStored`](AuthError::SessionsNotStored) if the app's sessions are in cookies, and with a
    /// session or CSRF error.
    ///
    /// ```
    /// # use aura_auth::{Auth, CsrfProof};
    /// # use axum::http::request::Parts;
    /// async fn end_others(auth: &Auth, request: &Parts) -> axum::response::Response {
    ///     use axum::response::IntoResponse;
    ///
    ///     auth.api().end_other_sessions(request, &CsrfProof::Header).await.into_response()
    /// }
    /// ```
    pub async fn end_other_sessions(
        &self,
        request: &(impl RequestHead + Sync),
        csrf: &CsrfProof,
    ) -> Reply<EndedSessions> {
        let context = RequestContext::of(&self.0, request);
        Reply::of(&context, self.checked_end_of_others(&context, request, csrf).await)
    }

    async fn checked_end_of_others(
        &self,
        context: &RequestContext,
        request: &(impl RequestHead + Sync),
        csrf: &CsrfProof,
    ) -> Result<EndedSessions, Failure> {
        let (record, sessions) = self.authorize_end(context, request, csrf).await?;
        let (user, reason) = (&record.session.user.sub, EndReason::AllSessionsRevoked);
        let count = sessions.end_all_of(user, record.stored_id(), reason).await?;
        if count > 0 {
            let sub = Some(user.clone());
            self.0.events.emit(&AuthEvent::SessionsRevoked { sub, session: None, count, reason });
        }
        Ok(EndedSessions::new(count, false))
    }

    /// Checks a request that ends sessions.
    async fn authorize_end<'a>(
        &'a self,
        context: &'a RequestContext,
        request: &(impl RequestHead + Sync),
        csrf: &CsrfProof,
    ) -> Result<(&'a SessionRecord, &'a StoredSessions), Failure> {
        let record = context.session().await?;
        self.check_csrf(context, request, Some(&record.id_hash), csrf).await?;
        self.limit(context, LimitedAction::EndSessions, Some(&record.id_hash)).await?;
        Ok((record, self.stored_sessions()?))
    }

    fn stored_sessions(&self) -> Result<&StoredSessions, AuthError> {
        self.0.sessions.stored().ok_or(AuthError::SessionsNotStored)
    }
}
