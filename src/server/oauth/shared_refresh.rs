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
use crate::server::store::{Store, StoreError};

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
/// The pause before something is tried again because the store has failed. Each further pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause before new tokens are written again.
const MAX_WRITE_PAUSE: Duration = Duration::from_secs(4);
/// How often new tokens are written again: for at least ten minutes.
const MAX_WRITES: u32 = 150;
/// How often a lease is released again: for as long as it lasts.
const MAX_RELEASES: u32 = 8;

/// Tokens after a refresh.
pub(super) struct Refreshed {
    pub(super) tokens: TokenSet,
    /// Whether this process has asked the provider, and not another one.
    pub(super) by_us: bool,
    /// Whether the store has them. If not, only this process has them.
    is_written: bool,
}

impl Refreshed {
    /// Tokens that this process got from the provider, and that it keeps in its memory or in a cookie.
    pub(super) fn by_us(tokens: TokenSet) -> Self {
        Self { tokens, by_us: true, is_written: false }
    }
}

/// Refreshes the tokens, or waits until another process has refreshed them.
pub(super) async fn shared_refresh(
    stored: &StoredTokensOf,
    http: &ProviderClient,
    known: VersionedTokens,
) -> Result<Refreshed, TokenError> {
    let owner = random_token::<16>(stored.jose.random()).map_err(|error| TokenError::NotSealed(error.into()))?;
    let name = format!("refresh:{}:{}", stored.session, stored.provider);
    let lease = Lease { store: Arc::clone(&stored.store), name, owner };
    for _ in 0..MAX_POLLS {
        match lease.take(http.now()).await {
            Ok(true) => return refresh_and_release(stored, http, &known, lease).await,
            Ok(false) => {}
            Err(error) => {
                // The store may have written the lease before the connection to it ended.
                tokio::spawn(lease.release_later());
                return Err(error.into());
            }
        }
        tokio::time::sleep(POLL).await;
        if let Some(theirs) = newer(stored, &known, http).await? {
            return Ok(theirs);
        }
    }
    Err(TokenError::Paused)
}

/// The right to refresh the tokens of a connection.
#[derive(Clone)]
struct Lease {
    store: Arc<dyn Store>,
    name: String,
    owner: String,
}

impl Lease {
    /// Takes or renews the lease. Returns `false` if another process has it.
    async fn take(&self, now: i64) -> Result<bool, StoreError> {
        self.store.take_lease(&self.name, &self.owner, now, now + LEASE_SECONDS).await
    }

    /// Renews the lease as long as it is needed.
    async fn renew(self, clock: Arc<dyn Clock>) {
        loop {
            tokio::time::sleep(RENEWAL).await;
            if let Err(error) = self.take(clock.unix_seconds()).await {
                tracing::warn!(%error, "the lease of a refresh could not be renewed");
            }
        }
    }

    async fn release(self) {
        if let Err(error) = self.store.release_lease(&self.name, &self.owner).await {
            tracing::warn!(%error, "the lease of a refresh could not be released yet");
            tokio::spawn(self.release_later());
        }
    }

    /// Releases the lease when the store answers again. Otherwise, no process could refresh the tokens for two minutes.
    async fn release_later(self) {
        for attempt in 0..MAX_RELEASES {
            tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(attempt)).await;
            if self.store.release_lease(&self.name, &self.owner).await.is_ok() {
                return;
            }
        }
    }
}

async fn refresh_and_release(
    stored: &StoredTokensOf,
    http: &ProviderClient,
    known: &VersionedTokens,
    lease: Lease,
) -> Result<Refreshed, TokenError> {
    let renewal = tokio::spawn(lease.clone().renew(http.clock()));
    let refreshed = refresh_with_lease(stored, http, known).await;
    if let Ok(Refreshed { tokens, is_written: false, .. }) = &refreshed {
        let (stored, tokens, version) = (stored.clone(), tokens.clone(), known.version);
        tokio::spawn(async move {
            write_later(&stored, &tokens, version).await;
            renewal.abort();
            lease.release().await;
        });
    } else {
        renewal.abort();
        lease.release().await;
    }
    refreshed
}

/// Writes new tokens when the store answers again. The provider does not accept the old ones any more, so until then,
/// the lease keeps other processes from using them.
async fn write_later(stored: &StoredTokensOf, tokens: &TokenSet, version: i64) {
    let mut pause = FIRST_PAUSE;
    for _ in 0..MAX_WRITES {
        tokio::time::sleep(pause).await;
        // If the tokens in the store have changed meanwhile, or the session has ended, these are dropped.
        if stored.write(tokens, None, Some(version)).await.is_ok() {
            return;
        }
        pause = MAX_WRITE_PAUSE.min(pause * 2);
    }
    tracing::error!(provider = stored.provider, "refreshed tokens were never written into the store, and are lost");
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
    Ok(Some(Refreshed { tokens: newest.tokens, by_us: false, is_written: true }))
}

/// Writes new tokens into the store. If the tokens there have changed meanwhile, for example because the account was
/// linked again, those count.
async fn written(
    stored: &StoredTokensOf,
    http: &ProviderClient,
    known: &VersionedTokens,
    tokens: TokenSet,
) -> Result<Refreshed, TokenError> {
    match stored.write(&tokens, None, Some(known.version)).await {
        Ok(Some(_)) => Ok(Refreshed { is_written: true, ..Refreshed::by_us(tokens) }),
        Ok(None) => newer(stored, known, http).await?.ok_or(TokenError::Disconnected),
        Err(error) => {
            tracing::error!(%error, "refreshed tokens could not be written into the store yet");
            Ok(Refreshed::by_us(tokens))
        }
    }
}
