use http::StatusCode;

use crate::server::limits::LimitedAction;
use crate::server::operations::failure::Failure;
use crate::server::operations::{Api, CsrfProof, Reply};
use crate::server::request::{RequestContext, RequestHead};
use crate::server::session::SessionRecord;
use crate::{AuthError, RedirectOptions, SignInStarted};

impl Api {
    /// Starts a flow that links an account at another provider to the session. After the flow, the session has the
    /// tokens of this provider too, and its user is still the same person. The reply has the provider's URL in
    /// `Location` and the flow's cookie; the browser must get both. If [`redirect`](RedirectOptions::redirect) is off,
    /// the URL is only in [`sign_in_url`](SignInStarted::sign_in_url).
    ///
    /// This is the only way to link an account. A sign-in never links one, because any page can send a signed-in
    /// person's browser through a sign-in. The flow is bound to the session, and
    /// [`on_sign_in`](crate::AuthBuilder::on_sign_in) gets the kind [`Link`](crate::SignInKind::Link).
    ///
    /// Fails with [`InvalidParameters`](AuthError::InvalidParameters) if the provider is not configured, with a session
    /// or CSRF error, and like [`sign_in`](Self::sign_in). The callback fails with a session error if the session has
    /// ended meanwhile. It fails with [`AccountMismatch`](AuthError::AccountMismatch) if the browser has another
    /// session by then, if the account is a second one of the provider that the person signed in with, or if the app
    /// allows the person as another user.
    ///
    /// ```
    /// # use aura_auth::{Auth, CsrfProof, RedirectOptions, Secret};
    /// # use axum::extract::Request;
    /// async fn connect_github(auth: &Auth, request: Request, field: Secret) -> axum::response::Response {
    ///     use axum::response::IntoResponse;
    ///
    ///     let (parts, _) = request.into_parts();
    ///     let options = RedirectOptions::default().redirect_to("/account");
    ///     auth.api().link_account(&parts, "github", &CsrfProof::Field(field), options).await.into_response()
    /// }
    /// ```
    pub async fn link_account(
        &self,
        request: &(impl RequestHead + Sync),
        provider: &str,
        csrf: &CsrfProof,
        options: RedirectOptions,
    ) -> Reply<SignInStarted> {
        self.begin_link(request, provider, csrf, || Ok(options)).await
    }

    /// Like [`link_account`](Self::link_account), but reads the input only after the session and the CSRF token were
    /// checked.
    pub(crate) async fn begin_link(
        &self,
        request: &(impl RequestHead + Sync),
        provider: &str,
        csrf: &CsrfProof,
        read: impl FnOnce() -> Result<RedirectOptions, AuthError>,
    ) -> Reply<SignInStarted> {
        let context = RequestContext::of(&self.0, request);
        let started = self.start_link_flow(&context, request, provider, csrf, read).await;
        let location =
            started.as_ref().ok().filter(|started| started.redirect).map(|started| started.sign_in_url.clone());
        let mut reply = Reply::of(&context, started);
        if let Some(location) = &location {
            reply.set_location(location);
        }
        if !matches!(csrf, CsrfProof::Field(_)) {
            return reply;
        }
        if reply.result.is_err() {
            return self.answer_form(&context, request.headers(), reply, &format!("signIn/{provider}"), None);
        }
        // After a form, the browser must load the next page by GET, whatever the form's method was.
        reply.redirect = location.is_some().then_some(StatusCode::SEE_OTHER);
        reply
    }

    async fn start_link_flow(
        &self,
        context: &RequestContext,
        request: &(impl RequestHead + Sync),
        provider: &str,
        csrf: &CsrfProof,
        read: impl FnOnce() -> Result<RedirectOptions, AuthError>,
    ) -> Result<SignInStarted, Failure> {
        let (record, provider) =
            self.authorize_request(context, request, provider, csrf, LimitedAction::SignIn).await?;
        let options = read()?;
        let redirect_to = match &options.redirect_to {
            Some(wanted) => self.redirect_to(context, wanted),
            None => self.came_from(context, request.headers()),
        };
        let started = self.start_flow(context, provider, &redirect_to, 0, Some(&record.id_hash)).await?;
        Ok(SignInStarted { redirect: options.redirect, ..started })
    }

    /// Returns the session that the flow links an account to.
    pub(super) async fn session_to_link<'a>(
        &self,
        context: &'a RequestContext,
        id_hash: &str,
    ) -> Result<&'a SessionRecord, Failure> {
        let record = context.session().await?;
        if record.id_hash.text() == id_hash { Ok(record) } else { Err(AuthError::AccountMismatch.into()) }
    }
}
