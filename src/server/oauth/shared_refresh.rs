//! Refreshing tokens that are in a store, with all processes that use the store. A provider that rotates refresh tokens
//! treats a second use as theft, so only the process that has the lease asks the provider.

use std::sync::Arc;
use std::time::Duration;

use crate::TokenSet;
use crate::server::clock::Clock;
use crate::server::oauth::refresh::refresh;
use crate::server::oauth::stored_tokens::{StoredTokensOf, VersionedTokens};
use crate::server::oauth::token_error::TokenError;
use crate::server::providers::ProviderClient;
use crate::server::random::random_token;
use crate::server::store::Store;

/// How long a lease lasts, in seconds, if it is not renewed. The clocks of two servers can differ by a minute.
const LEASE_SECONDS: i64 = 120;
/// The time between two renewals: a third of the lease.
const RENEWAL: Duration = Duration::from_secs(40);
/// The time between two looks for the result of another process.
const POLL: Duration = Duration::from_millis(100);
/// How often a process looks for the result of another one: for about 15 seconds, because a provider has 10.
const MAX_POLLS: u32 = 150;
/// After a refresh has failed, no process asks the provider for this long, in seconds.
const PAUSE_SECONDS: i64 = 10;
/// How often new tokens are written again if the store fails. The provider does not accept the old ones any more.
const MAX_WRITES: u32 = 5;

/// Tokens after a refresh.
pub(super) struct Refreshed {
    pub(super) tokens: TokenSet,
    /// Whether this process has asked the provider, and not another one.
    pub(super) by_us: bool,
}

/// Refreshes the tokens, or waits until another process has refreshed them.
pub(super) async fn shared_refresh(
    stored: &StoredTokensOf,
    http: &ProviderClient,
    known: VersionedTokens,
) -> Result<Refreshed, TokenError> {
    let owner = random_token::<16>(stored.jose.random()).map_err(|error| TokenError::NotSealed(error.into()))?;
    let lease = format!("refresh:{}:{}", stored.session, stored.provider);
    for _ in 0..MAX_POLLS {
        let now = http.now();
        if stored.store.take_lease(&lease, &owner, now, now + LEASE_SECONDS).await? {
            let renewal = tokio::spawn(renew(Arc::clone(&stored.store), http.clock(), lease.clone(), owner.clone()));
            let refreshed = refresh_with_lease(stored, http, &known).await;
            renewal.abort();
            if let Err(error) = stored.store.release_lease(&lease, &owner).await {
                tracing::warn!(%error, "the lease of a refresh could not be released, and lasts two minutes");
            }
            return refreshed;
        }
        tokio::time::sleep(POLL).await;
        if let Some(theirs) = newer(stored, &known, http).await? {
            return Ok(theirs);
        }
    }
    Err(TokenError::Paused)
}

/// Renews the lease as long as it is needed.
async fn renew(store: Arc<dyn Store>, clock: Arc<dyn Clock>, lease: String, owner: String) {
    loop {
        tokio::time::sleep(RENEWAL).await;
        let now = clock.unix_seconds();
        if let Err(error) = store.take_lease(&lease, &owner, now, now + LEASE_SECONDS).await {
            tracing::warn!(%error, "the lease of a refresh could not be renewed");
        }
    }
}

async fn refresh_with_lease(
    stored: &StoredTokensOf,
    http: &ProviderClient,
    known: &VersionedTokens,
) -> Result<Refreshed, TokenError> {
    // Another process may have had the lease since the tokens were read.
    if let Some(theirs) = newer(stored, known, http).await? {
        return Ok(theirs);
    }
    let error = match refresh(http, &known.tokens).await {
        Ok(tokens) => return written(stored, http, known, tokens).await,
        Err(error) => error,
    };
    if matches!(error, TokenError::RefreshTokenDead { .. }) {
        return newer(stored, known, http).await?.ok_or(error);
    }
    let pause = stored.write(&known.tokens, Some(http.now() + PAUSE_SECONDS), Some(known.version));
    if let Err(error) = pause.await {
        tracing::warn!(%error, "other processes could not be told that a refresh has failed");
    }
    Err(error)
}

/// Returns the tokens in the store, if another process has written them since, and they need no refresh.
async fn newer(
    stored: &StoredTokensOf,
    known: &VersionedTokens,
    http: &ProviderClient,
) -> Result<Option<Refreshed>, TokenError> {
    let now = http.now();
    let newest = stored.read().await?.ok_or(TokenError::Disconnected)?;
    if newest.version == known.version {
        return Ok(None);
    }
    if newest.paused_until.is_some_and(|until| until > now) {
        return Err(TokenError::Paused);
    }
    Ok(Some(Refreshed { tokens: newest.tokens, by_us: false }))
}

/// Writes new tokens into the store. If the tokens there have changed meanwhile, for example because the account was
/// linked again, those count.
async fn written(
    stored: &StoredTokensOf,
    http: &ProviderClient,
    known: &VersionedTokens,
    tokens: TokenSet,
) -> Result<Refreshed, TokenError> {
    for attempt in 1..=MAX_WRITES {
        match stored.write(&tokens, None, Some(known.version)).await {
            Ok(Some(_)) => return Ok(Refreshed { tokens, by_us: true }),
            Ok(None) => return newer(stored, known, http).await?.ok_or(TokenError::Disconnected),
            Err(error) => {
                tracing::error!(attempt, %error, "refreshed tokens could not be written into the store");
                tokio::time::sleep(POLL * 5 * attempt).await;
            }
        }
    }
    // This process still has them for a minute.
    Ok(Refreshed { tokens, by_us: true })
}
