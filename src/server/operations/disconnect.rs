use http::header::HeaderMap;
use serde::Serialize;
use serde_json::{Value, json};

use crate::AuthError;
use crate::server::cookies::Kind;
use crate::server::events::AuthEvent;
use crate::server::limits::LimitedAction;
use crate::server::oauth::revoke;
use crate::server::operations::failure::failed;
use crate::server::operations::session_cookies::{set_changed_session, set_session};
use crate::server::operations::{Api, CsrfProof, Endpoint, Reply};
use crate::server::providers::Provider;
use crate::server::request::{Incoming, RequestHead};
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
        let incoming = Incoming::of(&self.0, request);
        let mut headers = HeaderMap::new();
        let (stored, provider) = match self.admit(&incoming, request, provider, csrf, LimitedAction::RevokeToken).await
        {
            Ok(connection) => connection,
            Err(refused) => return *refused,
        };
        let result = if stored.provider_tokens.contains_key(&provider.id) {
            self.disconnect(&incoming, &mut headers, stored, provider)
        } else {
            Err(AuthError::ProviderNotConnected)
        };
        Reply::of(result.map(|()| Done), headers)
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
        let incoming = Incoming::of(&self.0, request);
        let mut headers = HeaderMap::new();
        let (stored, provider) = match self.admit(&incoming, request, provider, csrf, LimitedAction::RevokeToken).await
        {
            Ok(connection) => connection,
            Err(refused) => return *refused,
        };
        let result = match self.brought_tokens(&incoming, stored, provider) {
            Ok(tokens) => {
                revoke(&self.0.providers.client(provider), &tokens).await.map_err(|error| failed(&provider.id, &error))
            }
            Err(error) => Err(error),
        };
        let result = result.and_then(|()| self.disconnect(&incoming, &mut headers, stored, provider));
        self.with_retry_after(provider, Reply::of(result.map(|()| Done), headers))
    }

    /// Clears the tokens' cookies, and takes them out of the session.
    pub(super) fn disconnect(
        &self,
        incoming: &Incoming,
        headers: &mut HeaderMap,
        stored: &StoredSession,
        provider: &Provider,
    ) -> Result<(), AuthError> {
        let auth = &self.0;
        auth.refreshes.forget(&stored.binding, &provider.id);
        let parts = stored.provider_tokens.get(&provider.id).copied().unwrap_or(0);
        let stored = &*auth.changes.newest(stored, auth.jose.now());
        auth.cookies.clear(headers, Kind::ProviderTokens(&provider.id), incoming.is_secure(), parts)?;
        if !stored.provider_tokens.contains_key(&provider.id) {
            // Another request has done it meanwhile: this one only tells its own browser.
            return set_session(incoming, headers, stored);
        }
        let changed = stored.changed(|session| {
            session.provider_tokens.remove(&provider.id);
        });
        set_changed_session(incoming, headers, &changed)?;
        let sub = stored.session.user.sub.clone();
        auth.events.emit(&AuthEvent::ProviderDisconnected { provider: provider.id.clone(), sub });
        Ok(())
    }
}
