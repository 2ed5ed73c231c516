use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::TokenSet;
use crate::server::expiring_cache::ExpiringCache;
use crate::server::oauth::refresh::refresh;
use crate::server::oauth::shared_refresh::{Refreshed, shared_refresh};
use crate::server::oauth::stored_tokens::{StoredTokensOf, VersionedTokens};
use crate::server::oauth::token_error::TokenError;
use crate::server::providers::ProviderClient;
use crate::server::session::SessionIdHash;

/// After a refresh, a request that still carries the old tokens receives the new ones for this long, in seconds.
const REPLAY_SECONDS: i64 = 60;
/// If a refresh fails while the access token is still valid, the next attempt waits for this long, in seconds.
const PAUSE_SECONDS: i64 = 10;
/// The largest number of connections whose refreshes are remembered. Each takes a few kilobytes.
const MAX_ENTRIES: usize = 2_000;

/// The refreshes of this process. At most one refresh runs at a time per session and provider. All requests that arrive
/// meanwhile, or shortly afterwards with the old tokens, receive its result.
pub(crate) struct Refreshes(Mutex<ExpiringCache<Connection, RefreshState>>);

/// Valid tokens for a request.
pub(crate) struct ValidTokens {
    pub(crate) tokens: Arc<TokenSet>,
    /// Whether they differ from the tokens in the browser's cookie.
    pub(crate) changed: bool,
}

impl Default for Refreshes {
    fn default() -> Self {
        Self(Mutex::new(ExpiringCache::new(MAX_ENTRIES)))
    }
}

impl Refreshes {
    fn lock(&self) -> MutexGuard<'_, ExpiringCache<Connection, RefreshState>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes a connection that has ended.
    pub(crate) fn forget(&self, session: &SessionIdHash, provider: &str) {
        self.lock().remove(&(*session, provider.to_owned()));
    }
}

/// The tokens of a session that a request has read.
pub(crate) enum CurrentTokens {
    /// From the request's cookie.
    Cookie(TokenSet),
    /// From the store.
    Stored(StoredTokensOf, VersionedTokens),
}

impl CurrentTokens {
    pub(crate) fn tokens(&self) -> &TokenSet {
        match self {
            Self::Cookie(tokens) | Self::Stored(_, VersionedTokens { tokens, .. }) => tokens,
        }
    }

    /// Whether another process has failed to refresh the tokens a moment ago.
    fn is_paused(&self, now: i64) -> bool {
        matches!(self, Self::Stored(_, VersionedTokens { paused_until: Some(until), .. }) if *until > now)
    }
}

/// Returns valid tokens for a request that has read the tokens `current`. If the access token does not expire soon,
/// these are the same tokens, otherwise refreshed ones. If the refresh fails, a still valid access token is returned,
/// but never an expired one.
///
/// If a refresh starts, `told` is called with its outcome, even if the client has disconnected.
pub(crate) async fn valid_tokens(
    refreshes: &Arc<Refreshes>,
    http: ProviderClient,
    session: &SessionIdHash,
    current: CurrentTokens,
    told: impl FnOnce(Result<(), &TokenError>) + Send + 'static,
) -> Result<ValidTokens, Arc<TokenError>> {
    let (now, clock) = (http.now(), http.clock());
    let mut fresh = ValidTokens { tokens: Arc::new(current.tokens().clone()), changed: false };
    let connection = (*session, http.provider().id.clone());
    let mut running = {
        let mut memory = refreshes.lock();
        let known = memory.get(&connection, now);
        if let Some(RefreshState::Done(newest)) = &known
            && newest.is_newer_than(&fresh.tokens)
        {
            fresh = ValidTokens { tokens: Arc::clone(newest), changed: true };
        }
        let tokens = &fresh.tokens;
        if !tokens.ends_within(http.provider().refresh_window_seconds, now) {
            return Ok(fresh);
        }
        let must_refresh = tokens.has_expired(now);
        if tokens.refresh_token.is_none() {
            return if must_refresh { Err(Arc::new(TokenError::Expired)) } else { Ok(fresh) };
        }
        match known {
            // If the task of a running refresh was lost, the refresh starts again.
            Some(RefreshState::Running(running)) if running.has_changed().is_ok() || running.borrow().is_some() => {
                running.clone()
            }
            Some(RefreshState::Failed) if !must_refresh => return Ok(fresh),
            _ if current.is_paused(now) => {
                return if must_refresh { Err(Arc::new(TokenError::Paused)) } else { Ok(fresh) };
            }
            _ => {
                let (sender, receiver) = watch::channel(None);
                memory.put(connection.clone(), RefreshState::Running(receiver.clone()), now + REPLAY_SECONDS);
                let current = match current {
                    CurrentTokens::Cookie(_) => CurrentTokens::Cookie((**tokens).clone()),
                    // If the latest tokens could not be written, only this process has them.
                    CurrentTokens::Stored(place, known) => {
                        CurrentTokens::Stored(place, VersionedTokens { tokens: (**tokens).clone(), ..known })
                    }
                };
                start(Arc::clone(refreshes), http, connection, current, sender, told);
                receiver
            }
        }
    };
    let outcome = running.wait_for(Option::is_some).await.ok().and_then(|outcome| (*outcome).clone());
    match outcome.unwrap_or_else(|| Err(Arc::new(TokenError::Lost))) {
        Ok(tokens) => Ok(ValidTokens { tokens, changed: true }),
        Err(error) if matches!(*error, TokenError::RefreshTokenDead { .. }) => Err(error),
        // The access token may have expired while the request waited for the provider.
        Err(_) if !fresh.tokens.has_expired(clock.unix_seconds()) => Ok(fresh),
        Err(error) => Err(error),
    }
}

/// Runs the refresh in its own task. If the provider rotates refresh tokens and the browser disconnects, the only copy
/// of the new refresh token must not be lost.
fn start(
    refreshes: Arc<Refreshes>,
    http: ProviderClient,
    connection: Connection,
    current: CurrentTokens,
    sender: watch::Sender<Option<Outcome>>,
    told: impl FnOnce(Result<(), &TokenError>) + Send + 'static,
) {
    tokio::spawn(async move {
        let refreshed = match current {
            CurrentTokens::Cookie(tokens) => refresh(&http, &tokens).await.map(Refreshed::by_us),
            CurrentTokens::Stored(place, known) => shared_refresh(&place, &http, known).await,
        };
        match &refreshed {
            Ok(Refreshed { by_us: false, .. }) => {}
            refreshed => told(refreshed.as_ref().map(|_| ())),
        }
        let outcome = refreshed.map(|refreshed| Arc::new(refreshed.tokens)).map_err(Arc::new);
        let now = http.now();
        let mut memory = refreshes.lock();
        match &outcome {
            Ok(tokens) => memory.put(connection, RefreshState::Done(Arc::clone(tokens)), now + REPLAY_SECONDS),
            Err(error) if matches!(**error, TokenError::RefreshTokenDead { .. }) => memory.remove(&connection),
            Err(_) => memory.put(connection, RefreshState::Failed, now + PAUSE_SECONDS),
        }
        drop(memory);
        // There may be no receiver any more.
        let _ = sender.send(Some(outcome));
    });
}

impl std::fmt::Debug for Refreshes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Refreshes")
    }
}

/// A session and the id of a provider.
type Connection = (SessionIdHash, String);
type Outcome = Result<Arc<TokenSet>, Arc<TokenError>>;

/// The state of a connection's latest refresh.
enum RefreshState {
    /// The refresh is running.
    Running(watch::Receiver<Option<Outcome>>),
    /// The refresh succeeded.
    Done(Arc<TokenSet>),
    /// The refresh failed.
    Failed,
}
