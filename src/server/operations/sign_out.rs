use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};

use crate::server::cookies::CookieKind;
use crate::server::events::AuthEvent;
use crate::server::limits::LimitedAction;
use crate::server::oauth::flow_cookies;
use crate::server::operations::failure::Failure;
use crate::server::operations::session_cookies::{end_session, session_if_any};
use crate::server::operations::{Api, CsrfProof, Reply, ReplyBody};
use crate::server::request::{RequestContext, RequestHead};
use crate::server::session::SessionError;
use crate::server::store::EndReason;
use crate::{AuthError, RedirectOptions, SignOutOutcome};

impl ReplyBody for SignOutOutcome {
    fn status(&self) -> StatusCode {
        if self.redirect { StatusCode::FOUND } else { StatusCode::ACCEPTED }
    }

    fn success(&self) -> impl Serialize {
        json!({ "success": true, "redirect": self.redirect, "redirectURL": self.redirect_url })
    }

    fn failure() -> Value {
        json!({ "redirect": false, "redirectURL": null })
    }
}

impl Api {
    /// Signs out: clears all cookies of this library, including those of the providers' tokens.
    ///
    /// Fails with [`SessionNotFound`](AuthError::SessionNotFound) or another session error if nobody is signed in; a
    /// form or a server function succeeds even then. Fails with a CSRF error if the token is missing, belongs to
    /// another session, or is from before the sign-in.
    ///
    /// ```
    /// # use aura_auth::{Auth, CsrfProof, RedirectOptions, Secret};
    /// # use axum::http::HeaderMap;
    /// async fn sign_out(auth: &Auth, headers: &HeaderMap, field: Secret) -> axum::response::Response {
    ///     use axum::response::IntoResponse;
    ///
    ///     let options = RedirectOptions::default().redirect_to("/bye");
    ///     auth.api().sign_out(headers, &CsrfProof::Field(field), options).await.into_response()
    /// }
    /// ```
    #[doc(alias = "signOut")]
    pub async fn sign_out(
        &self,
        request: &(impl RequestHead + Sync),
        csrf: &CsrfProof,
        options: RedirectOptions,
    ) -> Reply<SignOutOutcome> {
        self.end_browser_session(request, csrf, || Ok(options)).await
    }

    /// Like [`sign_out`](Self::sign_out), but reads the input only after the session and the CSRF token were checked.
    pub(crate) async fn end_browser_session(
        &self,
        request: &(impl RequestHead + Sync),
        csrf: &CsrfProof,
        read: impl FnOnce() -> Result<RedirectOptions, AuthError>,
    ) -> Reply<SignOutOutcome> {
        let context = RequestContext::of(&self.0, request);
        let by_form = matches!(csrf, CsrfProof::Field(_));
        let RedirectOptions { redirect_to, redirect } = match self.checked_sign_out(&context, request, csrf, read).await
        {
            Ok(target) => target,
            Err(failure) => {
                let reply = Reply::of(&context, Err(failure));
                return if by_form {
                    self.answer_form(&context, request.headers(), reply, "signOut", None)
                } else {
                    reply
                };
            }
        };
        self.report_sign_out(&context).await;
        let target = redirect_to.as_deref().map(|wanted| self.redirect_to(&context, wanted));
        let target = match target {
            None if by_form => Some("/".to_owned()),
            target => target.map(|target| target.as_str().to_owned()),
        };
        let redirect = redirect && target.is_some();
        let redirect_url = target.clone().filter(|_| !redirect);
        let mut reply = Reply::of(&context, Ok::<_, AuthError>(SignOutOutcome { redirect, redirect_url }));
        if let Some(target) = target.filter(|_| redirect) {
            reply.set_location(&target);
            // After a form, the browser must load the next page by GET, whatever the form's method was.
            reply.redirect = by_form.then_some(StatusCode::SEE_OTHER);
        }
        reply
    }

    /// Checks the request, counts it, and ends the session. If nobody is signed in, the request is counted first, so
    /// that the number of checks is limited too. If somebody is signed in, the request is counted after the check, so
    /// that a forged request does not count.
    async fn checked_sign_out(
        &self,
        context: &RequestContext,
        request: &(impl RequestHead + Sync),
        csrf: &CsrfProof,
        read: impl FnOnce() -> Result<RedirectOptions, AuthError>,
    ) -> Result<RedirectOptions, Failure> {
        let is_signed_in = session_if_any(context).await?.is_some();
        if !is_signed_in {
            self.limit_anybody(context, LimitedAction::SignOut).await?;
        }
        self.check_sign_out(context, request, csrf).await?;
        if is_signed_in {
            self.limit_anybody(context, LimitedAction::SignOut).await?;
        }
        let target = read()?;
        self.clear_all(context, EndReason::UserLogout).await?;
        Ok(target)
    }

    async fn check_sign_out(
        &self,
        context: &RequestContext,
        request: &(impl RequestHead + Sync),
        csrf: &CsrfProof,
    ) -> Result<(), Failure> {
        let session = match context.session().await {
            Ok(record) => Some(&record.id_hash),
            Err(SessionError::StoreUnavailable) => return Err(SessionError::StoreUnavailable.into()),
            // The person has signed out already, in another tab. There is nothing to protect, and the person wants to
            // go where a sign-out leads.
            Err(_) if *csrf != CsrfProof::Header => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        self.check_csrf(context, request, session, csrf).await
    }

    /// Emits the event of a sign-out, and calls the app's `on_sign_out`, if somebody was signed in.
    pub(super) async fn report_sign_out(&self, context: &RequestContext) {
        if let Ok(record) = context.session().await {
            let (sub, identity) = (record.session.user.sub.clone(), record.session.identity.clone());
            self.0.events.emit(&AuthEvent::SignedOut { sub, identity });
            if let Some(on_sign_out) = &self.0.hooks.on_sign_out {
                on_sign_out(record.session.clone()).await;
            }
        }
    }

    /// Ends the session, and clears all cookies of this library.
    pub(super) async fn clear_all(&self, context: &RequestContext, reason: EndReason) -> Result<(), Failure> {
        let auth = &self.0;
        let secure = context.is_secure();
        let mut cookies = context.new_cookies();
        cookies.clear(CookieKind::Csrf, 0)?;
        auth.sessions.clear(&mut cookies, context.cookies(), secure)?;
        let flows = context.cookies().starting_with(auth.cookies.flow_prefix(secure));
        for (flow, _) in flow_cookies(flows) {
            cookies.clear(CookieKind::Flow(flow), 0)?;
        }
        if let Some(Ok(record)) = context.session_if_asked() {
            end_session(context, &mut cookies, record, reason).await?;
        }
        self.clear_token_cookies(&mut cookies)?;
        context.set_cookies(cookies);
        Ok(())
    }
}
