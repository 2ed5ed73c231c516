use std::sync::Arc;

use crate::server::auth_state::AuthState;
use crate::server::events::AuthEvent;
use crate::server::oauth::CurrentTokens;
use crate::server::operations::Api;
use crate::server::operations::failure::log_provider_error;
use crate::server::providers::Provider;
use crate::server::random::random_token;
use crate::server::session::{SessionError, SessionRecord};
use crate::server::store::{EndReason, Store, StoreError};

/// The time between two checks of a session, in seconds.
const INTERVAL_SECONDS: i64 = 3600;

/// Checks the rules of the session's provider again, such as a required workspace, if nobody has for an hour. Called
/// when a request has used a session in a store. The check runs in its own task, so no response waits for it. If the
/// provider denies the account, the session ends. If it can't be reached, the session goes on.
pub(super) fn check_membership(state: &Arc<AuthState>, session: &SessionRecord) {
    let Some(provider) = session.session.identity.as_ref().and_then(|identity| state.provider(&identity.provider))
    else {
        return;
    };
    let age = state.jose.now() - session.issued_at();
    if !provider.identify.has_rules() || age < INTERVAL_SECONDS {
        return;
    }
    let (api, provider, session) = (Api(Arc::clone(state)), Arc::clone(provider), session.clone());
    tokio::spawn(async move {
        let Some(store) = &api.0.store else { return };
        let Some(id) = session.stored_id() else { return };
        let name = format!("membership:{id}");
        match take_turn(&api, &**store, &name).await {
            Ok(None) => {}
            Ok(Some(owner)) => {
                // After a failure, the next request that is written down tries again.
                if !api.recheck(&session, &provider).await
                    && let Err(error) = store.release_lease(&name, &owner).await
                {
                    tracing::warn!(%error, "the next check of a membership waits for an hour");
                }
            }
            Err(error) => tracing::warn!(%error, "a membership could not be checked, because the store failed"),
        }
    });
}

/// Takes the lease of an hour, which is not released after a check. Returns its owner, or `None` if a process has checked
/// the session in the last hour.
async fn take_turn(api: &Api, store: &dyn Store, name: &str) -> Result<Option<String>, StoreError> {
    let (now, owner) = (api.0.jose.now(), random_token::<16>(api.0.jose.random()).map_err(StoreError::new)?);
    let is_ours = store.take_lease(name, &owner, now, now + INTERVAL_SECONDS).await?;
    Ok(is_ours.then_some(owner))
}

impl Api {
    /// Returns whether the provider has answered.
    async fn recheck(&self, session: &SessionRecord, provider: &Arc<Provider>) -> bool {
        let Some(place) = self.stored_tokens(session.stored_id(), &provider.id) else { return true };
        let logged = |failed| log_provider_error(&provider.id, &failed);
        let known = match place.read().await.map_err(logged) {
            Ok(Some(known)) => known,
            Ok(None) => return true,
            Err(_) => return false,
        };
        let Ok(valid) = self.valid_tokens(&session.id_hash, provider, CurrentTokens::Stored(place, known)).await else {
            return false;
        };
        let denial = provider.identify.denial(&valid.tokens, &self.0.providers.client(provider)).await;
        match denial {
            Ok(None) => true,
            Ok(Some(_)) => self.end_suspended(session).await.is_ok(),
            Err(error) => {
                log_provider_error(&provider.id, &error);
                false
            }
        }
    }

    async fn end_suspended(&self, session: &SessionRecord) -> Result<(), SessionError> {
        self.0.sessions.end_remotely(session, EndReason::AccountSuspended).await?;
        let (sub, identity) = (session.session.user.sub.clone(), session.session.identity.clone());
        self.0.events.emit(&AuthEvent::SessionEnded { sub, identity });
        Ok(())
    }
}
