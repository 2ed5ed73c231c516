use serde::Serialize;
use serde_json::{Value, json};

use crate::AuthError;
use crate::server::events::AuthEvent;
use crate::server::limits::LimitedAction;
use crate::server::oauth::revoke;
use crate::server::operations::failure::Failure;
use crate::server::operations::session_cookies::{change_session, set_session};
use crate::server::operations::{Api, CsrfProof, Reply, ReplyBody};
use crate::server::providers::Provider;
use crate::server::request::{RequestContext, RequestHead};
use crate::server::session::{SessionError, SessionRecord};

impl ReplyBody for () {
    fn success(&self) -> impl Serialize {
        json!({ "success": true })
    }

    fn failure() -> Value {
        Value::Null
    }
}

impl Api {
    /// Removes a provider's tokens from the session. The provider is not asked, and the session continues.
    ///
    /// Fails with [`ProviderNotConnected`](AuthError::ProviderNotConnected) if the session has no tokens of this
    /// provider, and with a session or CSRF error.
    #[doc(alias = "disconnectProvider")]
    pub async fn disconnect_provider(
        &self,
        request: &(impl RequestHead + Sync),
        provider: &str,
        csrf: &CsrfProof,
    ) -> Reply<()> {
        let context = RequestContext::of(&self.0, request);
        Reply::of(&context, self.checked_disconnect(&context, request, provider, csrf).await)
    }

    async fn checked_disconnect(
        &self,
        context: &RequestContext,
        request: &(impl RequestHead + Sync),
        provider: &str,
        csrf: &CsrfProof,
    ) -> Result<(), Failure> {
        let (record, provider) =
            self.authorize_request(context, request, provider, csrf, LimitedAction::RevokeToken).await?;
        if !record.provider_tokens.contains_key(&provider.id) {
            return Err(AuthError::ProviderNotConnected.into());
        }
        self.disconnect(context, record, provider).await
    }

    /// Revokes a provider's tokens at the provider (RFC 7009), and removes them from the session.
    ///
    /// Fails with [`RevocationUnsupported`](AuthError::RevocationUnsupported) if the provider documents no revocation,
    /// such as Bitbucket. If the provider does not revoke the tokens, this fails with
    /// [`RevocationFailed`](AuthError::RevocationFailed) or a network error, and the session keeps the tokens.
    /// Otherwise it fails like [`disconnect_provider`](Self::disconnect_provider).
    #[doc(alias = "revokeToken")]
    pub async fn revoke_token(
        &self,
        request: &(impl RequestHead + Sync),
        provider: &str,
        csrf: &CsrfProof,
    ) -> Reply<()> {
        let context = RequestContext::of(&self.0, request);
        let revoked = self.checked_revocation(&context, request, provider, csrf).await;
        self.with_retry_after(provider, Reply::of(&context, revoked))
    }

    async fn checked_revocation(
        &self,
        context: &RequestContext,
        request: &(impl RequestHead + Sync),
        provider: &str,
        csrf: &CsrfProof,
    ) -> Result<(), Failure> {
        let (record, provider) =
            self.authorize_request(context, request, provider, csrf, LimitedAction::RevokeToken).await?;
        let current = self.current_tokens(context, record, provider).await?;
        let revoked = revoke(&self.0.providers.client(provider), current.tokens()).await;
        revoked.map_err(|error| Failure::of(&provider.id, error))?;
        self.disconnect(context, record, provider).await
    }

    /// Removes the tokens from the session: deletes them in the store, or clears their cookies.
    pub(super) async fn disconnect(
        &self,
        context: &RequestContext,
        record: &SessionRecord,
        provider: &Provider,
    ) -> Result<(), Failure> {
        let auth = &self.0;
        auth.refreshes.forget(&record.id_hash, &provider.id);
        let were_there = match self.stored_tokens(record.stored_id(), &provider.id) {
            Some(stored) => stored.delete().await.map_err(|error| Failure::of(&provider.id, error))?,
            None => disconnect_cookies(context, record, provider).await?,
        };
        if were_there {
            let (sub, identity) = (record.session.user.sub.clone(), record.session.identity.clone());
            auth.events.emit(&AuthEvent::ProviderDisconnected { provider: provider.id.clone(), sub, identity });
        }
        Ok(())
    }
}

/// Clears the tokens' cookies. Returns whether the session had these tokens.
async fn disconnect_cookies(
    context: &RequestContext,
    record: &SessionRecord,
    provider: &Provider,
) -> Result<bool, Failure> {
    let newest = context.state().sessions.newest(record)?;
    let mut cookies = context.new_cookies();
    cookies.clear_provider_tokens(&provider.id)?;
    context.set_cookies(cookies);
    if !newest.provider_tokens.contains_key(&provider.id) {
        // Another request has already removed the tokens. This one only updates the cookies of its browser.
        set_session(context, &newest)?;
        return Ok(false);
    }
    let changed = change_session::<SessionError>(context, &newest, |session| {
        session.provider_tokens.remove(&provider.id);
        Ok(())
    });
    changed.await?;
    Ok(true)
}
