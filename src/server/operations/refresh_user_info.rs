use crate::server::events::AuthEvent;
use crate::server::hooks::SignInKind;
use crate::server::limits::LimitedAction;
use crate::server::operations::account_check::Admission;
use crate::server::operations::failure::Failure;
use crate::server::operations::session_cookies::set_new_content;
use crate::server::operations::{Api, CsrfProof, Reply};
use crate::server::request::{RequestContext, RequestHead};
use crate::{AuthError, Session, User};

impl Api {
    /// Asks the provider again who the person is, checks them as a sign-in does, and puts what came of it
    /// into the session: first the workspace, then [`on_sign_in`](crate::AuthBuilder::on_sign_in), which
    /// is told that it is a [`Refresh`](SignInKind::Refresh). The user is the one that a sign-in would
    /// make, with the claims that the person [may edit](crate::SessionConfig::editable_claims) as they
    /// are. The session's end stays.
    ///
    /// Fails with [`SignInDenied`](AuthError::SignInDenied) when the workspace or the app refuses: then
    /// the session has ended, and all of its cookies are cleared. A provider that can't be reached, is
    /// busy or answers with a fault ends no session.
    ///
    /// It fails as a sign-in does where the session would become too large; then it stays as it was.
    ///
    /// Else it fails as [`get_provider_tokens`](Self::get_provider_tokens) does; with the provider's
    /// errors; and with [`AccountMismatch`](AuthError::AccountMismatch) when the account is another one than
    /// that of the sign-in ([`Session::identity`]), or when `on_sign_in` allows the person as a user with
    /// another `sub` than the session's.
    pub async fn refresh_user_info(
        &self,
        request: &(impl RequestHead + Sync),
        provider: &str,
        csrf: &CsrfProof,
    ) -> Reply<Session> {
        let context = RequestContext::of(&self.0, request);
        let session = self.checked_refresh(&context, request, provider, csrf).await;
        self.with_retry_after(provider, Reply::of(&context, session))
    }

    async fn checked_refresh(
        &self,
        context: &RequestContext,
        request: &(impl RequestHead + Sync),
        provider: &str,
        csrf: &CsrfProof,
    ) -> Result<Session, Failure> {
        let (record, provider) =
            self.authorize_request(context, request, provider, csrf, LimitedAction::RefreshUserInfo).await?;
        if record.session.identity.as_ref().is_some_and(|identity| identity.provider != provider.id) {
            return Err(AuthError::AccountMismatch.into());
        }
        let tokens = self.fresh(context, record, provider).await?;
        let http = self.0.providers.client(provider);
        let checked = self.check_account(SignInKind::Refresh, &http, &tokens, Some(record), request.headers()).await?;
        let user = match checked {
            Admission::Denied(reason) => {
                // As a sign-out does.
                self.clear_all(context)?;
                let (sub, identity) = (record.session.user.sub.clone(), record.session.identity.clone());
                self.0.events.emit(&AuthEvent::SessionEnded { sub, identity });
                return Err(Failure::denied(reason));
            }
            Admission::Allowed(user, _) => user,
        };
        if user.sub != record.session.user.sub {
            return Err(AuthError::AccountMismatch.into());
        }
        let record = self.0.sessions.newest(record);
        let changed = record.changed(|session| {
            session.session.user = self.with_edited_claims(user, &session.session.user);
        });
        set_new_content(context, &changed)?;
        Ok(changed.session)
    }

    /// The new user with the claims of the present one that the person may edit. Others do not outlive a
    /// sign-in that no longer gives them: a role that was taken away is gone.
    fn with_edited_claims(&self, mut user: User, before: &User) -> User {
        for (name, _) in &self.0.sessions.rules.editable_claims {
            if let (None, Some(value)) = (user.claims.as_map().get(name), before.claims.as_map().get(name)) {
                user.claims.insert(name, value.clone());
            }
        }
        user
    }
}
