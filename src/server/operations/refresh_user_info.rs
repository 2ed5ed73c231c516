use crate::server::events::AuthEvent;
use crate::server::hooks::SignInKind;
use crate::server::limits::LimitedAction;
use crate::server::operations::account_check::Admission;
use crate::server::operations::failure::Failure;
use crate::server::operations::session_cookies::set_new_content;
use crate::server::operations::{Api, CsrfProof, Reply};
use crate::server::request::{RequestContext, RequestHead};
use crate::server::session::SessionError;
use crate::server::store::EndReason;
use crate::{AuthError, Session, User};

impl Api {
    /// Asks the provider again who the person is, checks them like in a sign-in, and updates the session. First the
    /// provider's rules are checked, such as a required workspace, then [`on_sign_in`](crate::AuthBuilder::on_sign_in),
    /// which gets the kind [`Refresh`](SignInKind::Refresh). The new user is the one that a sign-in would make. A
    /// claim that the person [may edit](crate::SessionConfig::editable_claims) keeps its value, unless the new user has
    /// this claim. The session's end does not change.
    ///
    /// Fails with [`SignInDenied`](AuthError::SignInDenied) if the provider's rules or the app deny the account. Then
    /// the session ends, and all of its cookies are cleared. If the provider can't be reached, is busy or responds with
    /// an error, the session continues.
    ///
    /// If the session would become too large, this fails like a sign-in, and the session does not change.
    ///
    /// Otherwise it fails like [`get_provider_tokens`](Self::get_provider_tokens), with the provider's errors, and with
    /// [`AccountMismatch`](AuthError::AccountMismatch) if the account is not the one of the sign-in
    /// ([`Session::identity`]), or if `on_sign_in` allows a user whose `sub` is not the session's.
    #[doc(alias = "refreshUserInfo")]
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
                self.clear_all(context, EndReason::AccountSuspended).await?;
                let (sub, identity) = (record.session.user.sub.clone(), record.session.identity.clone());
                self.0.events.emit(&AuthEvent::SessionEnded { sub, identity });
                return Err(Failure::denied(reason));
            }
            Admission::Allowed(user, _) => user,
        };
        if user.sub != record.session.user.sub {
            return Err(AuthError::AccountMismatch.into());
        }
        let changed = set_new_content::<SessionError>(context, record, |session| {
            session.session.user = self.with_edited_claims(user.clone(), &session.session.user);
            Ok(())
        });
        Ok(changed.await?.session)
    }

    /// Returns the new user with the present user's claims that the person may edit. Other claims are not kept: if a
    /// sign-in no longer gives a role, the role is gone.
    fn with_edited_claims(&self, mut user: User, before: &User) -> User {
        for (name, _) in &self.0.session_rules.editable_claims {
            if let (None, Some(value)) = (user.claims.as_map().get(name), before.claims.as_map().get(name)) {
                user.claims.insert(name, value.clone());
            }
        }
        user
    }
}
