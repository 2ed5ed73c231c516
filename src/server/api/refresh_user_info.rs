use http::HeaderMap;

use super::super::incoming::{Incoming, RequestHead};
use super::super::oauth::user_info;
use super::super::rate_limit::LimitedAction;
use super::session_cookies::set_changed_session;
use super::{Api, CsrfProof, Reply};
use crate::{AuthError, Session};

impl Api {
    /// Asks the provider again who the person is, and puts that into the session. Claims that the
    /// provider's `profile` mapping does not set stay as they are, and the session's end too.
    ///
    /// Fails as [`get_provider_tokens`](Self::get_provider_tokens) does; with the provider's errors;
    /// and with [`AccountMismatch`](AuthError::AccountMismatch) when the provider describes another
    /// account than the one that signed in, or is another provider than the one of the sign-in.
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
        // Whatever comes of it, refreshed tokens must reach the browser.
        let Reply { result, mut headers, .. } = self.fresh(&incoming, Ok((stored, provider))).await;
        let tokens = match result {
            Ok(tokens) => tokens,
            Err(error) => return Reply::of(Err(error), headers),
        };
        let user = match user_info(&self.0.http_client, provider, &tokens.access_token).await {
            Ok(described) if described.user.sub == stored.session.user.sub => described.user,
            Ok(_) => return Reply::of(Err(AuthError::AccountMismatch), headers),
            Err(error) => return Reply::of(Err(error), headers),
        };
        let stored = self.0.changes.newest(stored, self.0.jose.now());
        let changed = stored.changed(|session| {
            let mut claims = std::mem::take(&mut session.session.user.claims);
            claims.extend(serde_json::Map::from(user.claims.clone()));
            session.session.user = crate::User { claims, ..user };
        });
        let saved = set_changed_session(&incoming, &mut headers, &changed);
        Reply::of(saved.map(|()| changed.session), headers)
    }
}
