use http::HeaderMap;

use crate::server::events::AuthEvent;
use crate::server::hooks::SignInKind;
use crate::server::limits::LimitedAction;
use crate::server::operations::account_check::Admission;
use crate::server::operations::session_cookies::set_changed_session;
use crate::server::operations::{Api, CsrfProof, Reply};
use crate::server::request::{Incoming, RequestHead};
use crate::server::session::StoredSession;
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
    /// Else it fails as [`get_provider_tokens`](Self::get_provider_tokens) does; with the provider's
    /// errors; and with [`AccountMismatch`](AuthError::AccountMismatch) when the user is another one than
    /// the session's, or the provider is another than the one of the sign-in.
    pub async fn refresh_user_info(
        &self,
        request: &(impl RequestHead + Sync),
        provider: &str,
        csrf: &CsrfProof,
    ) -> Reply<Session> {
        let incoming = Incoming::of(&self.0, request);
        let admitted = self.admit(&incoming, request, provider, csrf, LimitedAction::RefreshUserInfo).await;
        let (stored, provider) = match admitted {
            Ok(connection) => connection,
            Err(refused) => return *refused,
        };
        if stored.provider.as_ref().is_some_and(|id| *id != provider.id) {
            return Reply::of(Err(AuthError::AccountMismatch), HeaderMap::new());
        }
        // Refreshed tokens must reach the browser, unless the session ends.
        let Reply { result, mut headers, .. } = self.fresh(&incoming, Ok((stored, provider))).await;
        let tokens = match result {
            Ok(tokens) => tokens,
            Err(error) => return self.with_retry_after(provider, Reply::of(Err(error), headers)),
        };
        let http = self.0.providers.client(provider);
        let checked = self.check_account(SignInKind::Refresh, &http, &tokens, Some(stored), request.headers()).await;
        let user = match checked {
            Ok(Admission::Denied(reason)) => return self.end_refused_session(&incoming, stored, reason),
            Ok(Admission::Allowed(user) | Admission::Linked(user)) => user,
            Err(error) => return self.with_retry_after(provider, Reply::of(Err(error), headers)),
        };
        if user.sub != stored.session.user.sub {
            return Reply::of(Err(AuthError::AccountMismatch), headers);
        }
        let stored = self.0.changes.newest(stored, self.0.jose.now());
        let changed = stored.changed(|session| {
            session.session.user = self.with_edited_claims(user, &session.session.user);
        });
        let saved = set_changed_session(&incoming, &mut headers, &changed);
        Reply::of(saved.map(|()| changed.session), headers)
    }

    /// The new user with the claims of the present one that the person may edit. Others do not outlive a
    /// sign-in that no longer gives them: a role that was taken away is gone.
    fn with_edited_claims(&self, mut user: User, before: &User) -> User {
        for (name, _) in &self.0.session.editable_claims {
            if let (None, Some(value)) = (user.claims.as_map().get(name), before.claims.as_map().get(name)) {
                user.claims.insert(name, value.clone());
            }
        }
        user
    }

    /// Ends the session as a sign-out does.
    fn end_refused_session(
        &self,
        incoming: &Incoming,
        stored: &StoredSession,
        reason: Option<String>,
    ) -> Reply<Session> {
        let mut headers = HeaderMap::new();
        if let Err(error) = self.clear_all(incoming, &mut headers) {
            return Reply::of(Err(error), headers);
        }
        self.0.events.emit(&AuthEvent::SessionEnded { sub: stored.session.user.sub.clone() });
        Reply { reason, ..Reply::of(Err(AuthError::SignInDenied), headers) }
    }
}
