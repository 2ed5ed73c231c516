use serde::Serialize;
use serde_json::{Value, json};

use crate::AuthError;
use crate::server::events::AuthEvent;
use crate::server::limits::LimitedAction;
use crate::server::oauth::revoke;
use crate::server::operations::failure::Failure;
use crate::server::operations::session_cookies::{set_changed_session, set_session};
use crate::server::operations::{Api, CsrfProof, Endpoint, Reply};
use crate::server::providers::Provider;
use crate::server::request::{RequestContext, RequestHead};
use crate::server::session::StoredSession;

/// It was done, and there is nothing more to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done;

impl Endpoint for Done {
    fn success(&self) -> impl Serialize {
        json!({ "success": true })
    }

    fn failure() -> Value {
        Value::Null
    }
}

impl Api {
    /// Forgets a provider's tokens. The provider is not asked; the session goes on.
    ///
    /// Fails with [`ProviderNotConnected`](AuthError::ProviderNotConnected) where there are none,
    /// and with a session or CSRF error.
    pub async fn disconnect_provider(
        &self,
        request: &(impl RequestHead + Sync),
        provider: &str,
        csrf: &CsrfProof,
    ) -> Reply<Done> {
        let context = RequestContext::of(&self.0, request);
        Reply::of(&context, self.checked_disconnect(&context, request, provider, csrf).await.map(|()| Done))
    }

    async fn checked_disconnect(
        &self,
        context: &RequestContext,
        request: &(impl RequestHead + Sync),
        provider: &str,
        csrf: &CsrfProof,
    ) -> Result<(), Failure> {
        let (stored, provider) = self.admit(context, request, provider, csrf, LimitedAction::RevokeToken).await?;
        if !stored.provider_tokens.contains_key(&provider.id) {
            return Err(AuthError::ProviderNotConnected.into());
        }
        self.disconnect(context, stored, provider)
    }

    /// Revokes a provider's tokens there (RFC 7009), and forgets them.
    ///
    /// Fails with [`RevocationUnsupported`](AuthError::RevocationUnsupported) for a provider that
    /// documents no revocation, as Bitbucket; with
    /// [`RevocationFailed`](AuthError::RevocationFailed) or a network error, and the tokens kept,
    /// where the provider did not do it; else as
    /// [`disconnect_provider`](Self::disconnect_provider).
    pub async fn revoke_token(
        &self,
        request: &(impl RequestHead + Sync),
        provider: &str,
        csrf: &CsrfProof,
    ) -> Reply<Done> {
        let context = RequestContext::of(&self.0, request);
        let revoked = self.checked_revocation(&context, request, provider, csrf).await;
        self.with_retry_after(provider, Reply::of(&context, revoked.map(|()| Done)))
    }

    async fn checked_revocation(
        &self,
        context: &RequestContext,
        request: &(impl RequestHead + Sync),
        provider: &str,
        csrf: &CsrfProof,
    ) -> Result<(), Failure> {
        let (stored, provider) = self.admit(context, request, provider, csrf, LimitedAction::RevokeToken).await?;
        let tokens = self.brought_tokens(context, stored, provider)?;
        revoke(&self.0.providers.client(provider), &tokens).await.map_err(|error| Failure::of(&provider.id, error))?;
        self.disconnect(context, stored, provider)
    }

    /// Clears the tokens' cookies, and takes them out of the session.
    pub(super) fn disconnect(
        &self,
        context: &RequestContext,
        stored: &StoredSession,
        provider: &Provider,
    ) -> Result<(), Failure> {
        let auth = &self.0;
        auth.refreshes.forget(&stored.binding, &provider.id);
        let stored = &*auth.sessions.newest(stored);
        let mut cookies = context.new_cookies();
        cookies.clear_provider_tokens(&provider.id)?;
        context.set_cookies(cookies);
        if !stored.provider_tokens.contains_key(&provider.id) {
            // Another request has done it meanwhile: this one only tells its own browser.
            return Ok(set_session(context, stored)?);
        }
        let changed = stored.changed(|session| {
            session.provider_tokens.remove(&provider.id);
        });
        set_changed_session(context, &changed)?;
        let (sub, identity) = (stored.session.user.sub.clone(), stored.session.identity.clone());
        auth.events.emit(&AuthEvent::ProviderDisconnected { provider: provider.id.clone(), sub, identity });
        Ok(())
    }
}
