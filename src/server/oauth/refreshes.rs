use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::TokenSet;
use crate::server::expiring_cache::ExpiringCache;
use crate::server::oauth::error::TokenError;
use crate::server::oauth::refresh::refresh;
use crate::server::providers::ProviderClient;
use crate::server::session::SessionIdHash;

/// For how long, in seconds, a request that still carries the old tokens gets the new ones.
const REPLAY_SECONDS: i64 = 60;
/// For how long, in seconds, a provider that failed is not asked again while the access token is
/// still good.
const PAUSE_SECONDS: i64 = 10;
/// The most sessions whose refreshes are remembered; each is a few kilobytes.
const MAX_ENTRIES: usize = 2_000;

/// A session's connection with a provider.
type Connection = (SessionIdHash, String);
type Outcome = Result<Arc<TokenSet>, Arc<TokenError>>;

/// What is known of a connection's refreshes.
enum RefreshState {
    /// One is under way.
    Running(watch::Receiver<Option<Outcome>>),
    /// One has ended well.
    Done(Arc<TokenSet>),
    /// One has failed.
    Failed,
}

/// Refreshes of this process: at most one at a time for a session and provider, whose result all
/// get that ask meanwhile or carry the old tokens a little later.
pub(crate) struct Refreshes(Mutex<ExpiringCache<Connection, RefreshState>>);

/// Tokens that are good for a request.
pub(crate) struct ValidTokens {
    pub(crate) tokens: Arc<TokenSet>,
    /// Whether they are others than the browser's.
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

    /// Forgets a connection that has ended.
    pub(crate) fn forget(&self, session: &SessionIdHash, provider: &str) {
        self.lock().remove(&(*session, provider.to_owned()));
    }
}

/// The tokens to use in place of those that a request brought: the same, if they are good for a
/// while; else refreshed ones. A still valid access token is given where the refresh fails, an
/// expired one never. Where there is a refresh, `told` is told what came of it, even if nobody waits any more.
pub(crate) async fn valid_tokens(
    refreshes: &Arc<Refreshes>,
    http: ProviderClient,
    session: &SessionIdHash,
    brought: TokenSet,
    told: impl FnOnce(Result<(), &TokenError>) + Send + 'static,
) -> Result<ValidTokens, Arc<TokenError>> {
    let (now, clock) = (http.now(), http.clock());
    let mut fresh = ValidTokens { tokens: Arc::new(brought), changed: false };
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
            // A task that was lost leaves nothing to wait for.
            Some(RefreshState::Running(running)) if running.has_changed().is_ok() || running.borrow().is_some() => {
                running.clone()
            }
            Some(RefreshState::Failed) if !must_refresh => return Ok(fresh),
            _ => {
                let (sender, receiver) = watch::channel(None);
                memory.put(connection.clone(), RefreshState::Running(receiver.clone()), now + REPLAY_SECONDS);
                start(Arc::clone(refreshes), http, connection, Arc::clone(tokens), sender, told);
                receiver
            }
        }
    };
    let outcome = running.wait_for(Option::is_some).await.ok().and_then(|outcome| (*outcome).clone());
    match outcome.unwrap_or_else(|| Err(Arc::new(TokenError::Lost))) {
        Ok(tokens) => Ok(ValidTokens { tokens, changed: true }),
        Err(error) if matches!(*error, TokenError::RefreshTokenDead { .. }) => Err(error),
        // The clock went on while the provider was waited for.
        Err(_) if !fresh.tokens.has_expired(clock.unix_seconds()) => Ok(fresh),
        Err(error) => Err(error),
    }
}

/// Refreshes in a task of its own: a browser that goes away must not take the only copy of a
/// rotated refresh token with it.
fn start(
    refreshes: Arc<Refreshes>,
    http: ProviderClient,
    connection: Connection,
    tokens: Arc<TokenSet>,
    sender: watch::Sender<Option<Outcome>>,
    told: impl FnOnce(Result<(), &TokenError>) + Send + 'static,
) {
    tokio::spawn(async move {
        let outcome = refresh(&http, &tokens).await.map(Arc::new).map_err(Arc::new);
        told(outcome.as_ref().map(|_| ()).map_err(|error| &**error));
        let now = http.now();
        let mut memory = refreshes.lock();
        match &outcome {
            Ok(tokens) => memory.put(connection, RefreshState::Done(Arc::clone(tokens)), now + REPLAY_SECONDS),
            Err(error) if matches!(**error, TokenError::RefreshTokenDead { .. }) => memory.remove(&connection),
            Err(_) => memory.put(connection, RefreshState::Failed, now + PAUSE_SECONDS),
        }
        drop(memory);
        // Nobody may be waiting any more.
        let _ = sender.send(Some(outcome));
    });
}

impl std::fmt::Debug for Refreshes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Refreshes")
    }
}
