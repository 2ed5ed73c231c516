//! Limits to how often something may be asked for from one address.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::server::limits::{Network, networks};
use crate::server::recent::Recent;

/// The most addresses that are remembered, each in some 100 bytes.
const MOST: usize = 100_000;

/// How many calls a provider gets. Codes that somebody makes up at 2,000 addresses, one at each, and as
/// many as are let through after that, leave enough for 800 people to sign in within the hour.
const PROVIDER_CALLS: RateLimit = RateLimit::per_minutes(6000, 60);

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitedAction {
    /// Starting a sign-in.
    SignIn,
    /// Ending one.
    Callback,
    /// Asking for a CSRF token.
    CsrfToken,
    /// Changing the session.
    UpdateSession,
    /// Asking for a provider's tokens.
    GetProviderTokens,
    /// Asking the provider anew who the person is.
    RefreshUserInfo,
    /// Revoking a provider's tokens, or disconnecting it.
    RevokeToken,
    /// Asking who is signed in (`GET {base path}/session`).
    GetSession,
    /// Signing out.
    SignOut,
    /// Calling a server function of this library's, beside what it does.
    ServerFunction,
    /// Coming back with a code that the provider refuses. Only what fails counts, and it is counted in
    /// this process's memory, not in the [store](RateLimits::store): it must be known before the
    /// provider is asked what will come of it.
    FailedExchange,
}

impl LimitedAction {
    const ALL: [Self; 11] = [
        Self::SignIn,
        Self::Callback,
        Self::CsrfToken,
        Self::UpdateSession,
        Self::GetProviderTokens,
        Self::RefreshUserInfo,
        Self::RevokeToken,
        Self::GetSession,
        Self::SignOut,
        Self::ServerFunction,
        Self::FailedExchange,
    ];

    /// The name in keys, events and metrics, like `signIn`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "signIn",
            Self::Callback => "callback",
            Self::CsrfToken => "csrfToken",
            Self::UpdateSession => "updateSession",
            Self::GetProviderTokens => "getProviderTokens",
            Self::RefreshUserInfo => "refreshUserInfo",
            Self::RevokeToken => "revokeToken",
            Self::GetSession => "getSession",
            Self::SignOut => "signOut",
            Self::ServerFunction => "serverFunction",
            Self::FailedExchange => "failedExchange",
        }
    }
}

/// So many requests at once, and as many again in a window: they come back evenly, one by one
/// (the generic cell rate algorithm).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// How many.
    pub requests: u32,
    /// In which time all of them have come back, in whole milliseconds.
    pub window: Duration,
}

impl RateLimit {
    /// So many requests in so many minutes.
    #[must_use]
    pub const fn per_minutes(requests: u32, minutes: u64) -> Self {
        Self { requests, window: Duration::from_secs(minutes * 60) }
    }

    /// So many times as many in the same time.
    pub(crate) fn times(self, factor: u32) -> Self {
        Self { requests: self.requests.saturating_mul(factor), ..self }
    }
}

/// What a request found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimitState {
    /// Whether it may go on.
    pub allowed: bool,
    /// How many more may follow at once.
    pub remaining: u32,
    /// After which time the next may come, if this one may not.
    pub retry_after: Duration,
    /// When all have come back, in milliseconds since 1970.
    pub resets_at_milliseconds: i64,
}

/// The answer of a [`RateLimitStore`], later.
pub type RateLimitFuture<'a> = Pin<Box<dyn Future<Output = RateLimitState> + Send + 'a>>;

/// Where it is counted who asked how often. The default counts in this process's memory; several
/// processes that are to count together need a store that they share.
pub trait RateLimitStore: Send + Sync + 'static {
    /// Counts one request under a key, at a time in seconds since 1970. A request that is not
    /// allowed does not count. A store that can't be reached had better allow.
    fn count<'a>(&'a self, key: &'a str, limit: RateLimit, now: i64) -> RateLimitFuture<'a>;
}

/// The limits of an app.
///
/// The defaults are strict where a request costs something, and out of reach of a whole office
/// behind one address where it doesn't: 600 sign-ins and callbacks and 3,000 CSRF tokens in a
/// quarter of an hour, and 6,000 each of `GET /session`, sign-outs and calls of server functions, which
/// no page comes near.
///
/// What a signed-in person does is counted for their session alone, whatever address it comes from: 10
/// changes in ten minutes; in a quarter of an hour 300 looks at a provider's tokens, and 10 each of asking
/// the provider anew and of revoking or disconnecting; and the 6,000 above.
///
/// Without a session an IPv4 address counts, or an IPv6 /64, which is one person's. The /56 and the /48
/// that it is in count too, with 4 and 16 times the limit. All requests of which nobody says where they
/// come from count as one address: see the log's warning if there are such.
///
/// After 10 codes that the provider refused, in a
/// quarter of an hour, it is not asked for that address any more; an IPv6 /56, an IPv6 /48 and an IPv4 /24
/// have 40, 160 and 160 together.
///
/// ```
/// use aura_auth::{Auth, LimitedAction, RateLimit, RateLimits};
///
/// let limits = RateLimits::default().limit(LimitedAction::SignIn, RateLimit::per_minutes(20, 1));
/// let auth = Auth::builder().rate_limits(limits);
/// ```
#[derive(Clone)]
#[must_use]
pub struct RateLimits {
    limits: [Option<RateLimit>; LimitedAction::ALL.len()],
    provider_calls: ProviderCalls,
    store: Option<Arc<dyn RateLimitStore>>,
}

/// What is set of the calls to a provider.
#[derive(Clone, Copy, Debug)]
enum ProviderCalls {
    /// Nothing: the environment says, or else the default counts.
    Unset,
    Limited(RateLimit),
    Unlimited,
}

impl Default for RateLimits {
    fn default() -> Self {
        let limits = LimitedAction::ALL.map(|action| {
            Some(match action {
                LimitedAction::SignIn | LimitedAction::Callback => RateLimit::per_minutes(600, 15),
                LimitedAction::CsrfToken => RateLimit::per_minutes(3000, 15),
                LimitedAction::UpdateSession => RateLimit::per_minutes(10, 10),
                LimitedAction::GetProviderTokens => RateLimit::per_minutes(300, 15),
                LimitedAction::RefreshUserInfo | LimitedAction::RevokeToken => RateLimit::per_minutes(10, 15),
                LimitedAction::FailedExchange => RateLimit::per_minutes(10, 15),
                LimitedAction::GetSession | LimitedAction::SignOut | LimitedAction::ServerFunction => {
                    RateLimit::per_minutes(6000, 15)
                }
            })
        });
        Self { limits, provider_calls: ProviderCalls::Unset, store: None }
    }
}

impl RateLimits {
    /// No limits: for an app whose proxy has them.
    pub fn none() -> Self {
        Self { limits: [None; LimitedAction::ALL.len()], provider_calls: ProviderCalls::Unlimited, store: None }
    }

    /// Another limit for an action.
    pub fn limit(mut self, action: LimitedAction, limit: RateLimit) -> Self {
        self.limits[action as usize] = Some(limit);
        self
    }

    /// No limit for an action.
    pub fn unlimited(mut self, action: LimitedAction) -> Self {
        self.limits[action as usize] = None;
        self
    }

    /// How many calls each provider gets from this process, from all people together: codes and tokens
    /// exchanged, profiles, addresses and workspaces asked for, revocations. 6,000 in an hour by default;
    /// the environment's `AURA_AUTH_PROVIDER_CALLS_PER_HOUR` is another number.
    ///
    /// A sign-in with Bitbucket takes three calls, or four where a workspace is required. A quarter of the
    /// calls is all that addresses get from which a code was refused lately. When there are none left,
    /// what needs the provider fails with [`ProviderBusy`](crate::AuthError::ProviderBusy), 503.
    ///
    /// Bitbucket counts calls of its API for each person, 1,000 in an hour
    /// (<https://support.atlassian.com/bitbucket-cloud/docs/api-request-limits/>), and documents no number
    /// for exchanges, which an app makes for all of its people. If yours is told one, set it here.
    ///
    /// ```
    /// use aura_auth::{Auth, RateLimit, RateLimits};
    ///
    /// // 1,000 calls in 60 minutes.
    /// let limits = RateLimits::default().provider_calls(RateLimit::per_minutes(1000, 60));
    /// let auth = Auth::builder().rate_limits(limits);
    /// ```
    pub fn provider_calls(mut self, limit: RateLimit) -> Self {
        self.provider_calls = ProviderCalls::Limited(limit);
        self
    }

    /// As many calls to a provider as there are.
    pub fn unlimited_provider_calls(mut self) -> Self {
        self.provider_calls = ProviderCalls::Unlimited;
        self
    }

    /// A store that several processes share.
    pub fn store(mut self, store: impl RateLimitStore) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// The settings that say nothing.
    pub(crate) fn is_sound(&self) -> bool {
        let provider_calls = match &self.provider_calls {
            ProviderCalls::Limited(limit) => Some(limit),
            ProviderCalls::Unset | ProviderCalls::Unlimited => None,
        };
        let mut limits = self.limits.iter().flatten().chain(provider_calls);
        limits.all(|limit| limit.requests > 0 && limit.window.as_millis() > 0)
    }

    pub(crate) fn of(&self, action: LimitedAction) -> Option<RateLimit> {
        self.limits[action as usize]
    }

    /// The limit of calls to a provider; `in_an_hour` is what the environment says.
    pub(crate) fn of_provider_calls(&self, in_an_hour: Option<u32>) -> Option<RateLimit> {
        match self.provider_calls {
            ProviderCalls::Limited(limit) => Some(limit),
            ProviderCalls::Unlimited => None,
            ProviderCalls::Unset => {
                Some(in_an_hour.map_or(PROVIDER_CALLS, |requests| RateLimit::per_minutes(requests, 60)))
            }
        }
    }
}

impl std::fmt::Debug for RateLimits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let provider_calls = &self.provider_calls;
        f.debug_struct("RateLimits")
            .field("limits", &self.limits)
            .field("provider_calls", provider_calls)
            .finish_non_exhaustive()
    }
}

/// The limits at work.
pub(crate) struct RateLimiter {
    limits: RateLimits,
    memory: Memory,
}

impl RateLimiter {
    pub(crate) fn new(limits: RateLimits) -> Self {
        Self { limits, memory: Memory::default() }
    }

    /// Counts a request; what it found, with its limit, if it may not go on.
    pub(crate) async fn count(
        &self,
        action: LimitedAction,
        client: Client<'_>,
        now: i64,
    ) -> Result<(), (RateLimit, RateLimitState)> {
        let Some(limit) = self.limits.of(action) else { return Ok(()) };
        let keys = match client {
            Client::Session(session) => vec![Network { key: format!("session:{session}"), factor: 1 }],
            Client::Address(address) => networks(address),
        };
        // The smallest network first: what it refuses must not use up its neighbors' share.
        for Network { key, factor } in keys {
            let (key, limit) = (format!("rl:{}:{key}", action.as_str()), limit.times(factor));
            let state = match &self.limits.store {
                Some(store) => store.count(&key, limit, now).await,
                None => self.memory.take(&key, limit, now),
            };
            if !state.allowed {
                return Err((limit, state));
            }
        }
        Ok(())
    }
}

/// Whose requests are counted together.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Client<'a> {
    /// A signed-in person's, from wherever.
    Session(&'a str),
    /// Those of an address and its networks; all that have none are one.
    Address(Option<IpAddr>),
}

/// For each key, when all of its requests will have come back, in milliseconds since 1970.
pub(crate) struct Memory(Mutex<Recent<String, i64>>);

impl Default for Memory {
    fn default() -> Self {
        Self(Mutex::new(Recent::new(MOST)))
    }
}

impl Memory {
    /// Counts a request, if it is allowed.
    pub(crate) fn take(&self, key: &str, limit: RateLimit, now: i64) -> RateLimitState {
        self.find(key, limit, now, true)
    }

    /// What a request would find. `remaining` is how many may come now.
    pub(crate) fn look(&self, key: &str, limit: RateLimit, now: i64) -> RateLimitState {
        self.find(key, limit, now, false)
    }

    fn find(&self, key: &str, limit: RateLimit, now: i64, takes: bool) -> RateLimitState {
        let milliseconds = |number: u128| i64::try_from(number).unwrap_or(i64::MAX / 4);
        let window = milliseconds(limit.window.as_millis());
        let step = (window / i64::from(limit.requests)).max(1);
        let now_milliseconds = now.saturating_mul(1000);
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // What is later than any count makes it is of before the clock was set back.
        let before = memory.get(key, now).map_or(0, |resets_at| *resets_at);
        let before = if before > now_milliseconds + window { 0 } else { before }.max(now_milliseconds);
        let after = before + step;
        let over = after - now_milliseconds - window;
        let allowed = over <= 0;
        let resets_at_milliseconds = if allowed && takes { after } else { before };
        if allowed && takes {
            memory.put(key.to_owned(), after, after / 1000 + 1);
        }
        drop(memory);
        let remaining = (window - (resets_at_milliseconds - now_milliseconds)) / step;
        RateLimitState {
            allowed,
            remaining: u32::try_from(remaining).unwrap_or(0),
            retry_after: Duration::from_millis(u64::try_from(over).unwrap_or(0)),
            resets_at_milliseconds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn allowed(limiter: &RateLimiter, address: &str, now: i64) -> bool {
        limiter.count(LimitedAction::SignIn, Client::Address(Some(address.parse().unwrap())), now).await.is_ok()
    }

    fn limiter(requests: u32) -> RateLimiter {
        let limit = RateLimit { requests, window: Duration::from_secs(60) };
        RateLimiter::new(RateLimits::none().limit(LimitedAction::SignIn, limit))
    }

    #[tokio::test]
    async fn requests_come_back_one_by_one_and_refused_ones_do_not_count() {
        let limiter = limiter(3);
        for _ in 0..3 {
            assert!(allowed(&limiter, "192.0.2.1", 1000).await);
        }
        for _ in 0..50 {
            assert!(!allowed(&limiter, "192.0.2.1", 1000).await);
        }
        let client = Client::Address(Some("192.0.2.1".parse().unwrap()));
        let (_, state) = limiter.count(LimitedAction::SignIn, client, 1005).await.unwrap_err();
        assert_eq!((state.remaining, state.retry_after), (0, Duration::from_secs(15)));
        assert_eq!(state.resets_at_milliseconds, 1_060_000);
        assert!(!allowed(&limiter, "192.0.2.1", 1019).await);
        assert!(allowed(&limiter, "192.0.2.1", 1020).await);
        assert!(!allowed(&limiter, "192.0.2.1", 1020).await);
        assert!(allowed(&limiter, "192.0.2.2", 1000).await, "another address is another matter");
    }

    #[tokio::test]
    async fn an_ipv6_network_is_one_address_and_a_mapped_one_is_the_old_one() {
        let limiter = limiter(1);
        assert!(allowed(&limiter, "2001:db8:1:2::1", 0).await);
        assert!(!allowed(&limiter, "2001:db8:1:2:ffff::9", 0).await);
        assert!(allowed(&limiter, "2001:db8:1:3::1", 0).await);
        assert!(allowed(&limiter, "192.0.2.1", 0).await);
        assert!(!allowed(&limiter, "::ffff:192.0.2.1", 0).await);
    }

    #[tokio::test]
    async fn larger_ipv6_networks_have_an_end_too_and_one_person_does_not_use_up_the_neighbors_share() {
        let limiter = limiter(3);
        // One /64 asks for more than it may, again and again.
        for number in 0..100 {
            assert_eq!(allowed(&limiter, "2001:db8:1:100::1", 0).await, number < 3);
        }
        // The others in its /56 have the rest of 12, those in its /48 the rest of 48.
        let mut of_56 = 0;
        for number in 0x101..0x180 {
            of_56 += usize::from(allowed(&limiter, &format!("2001:db8:1:{number:x}::1"), 0).await);
        }
        assert_eq!(of_56, 12 - 3);
        let mut of_48 = 0;
        for number in 0x200..0xfff {
            of_48 += usize::from(allowed(&limiter, &format!("2001:db8:1:{number:x}::1"), 0).await);
        }
        assert_eq!(of_48, 48 - 12);
        assert!(allowed(&limiter, "2001:db8:2:100::1", 0).await);
    }

    /// Attack: memory growth under a flood of addresses
    /// Standards: ASVS 2.4.1, 13.1.3
    #[tokio::test]
    async fn a_flood_of_addresses_takes_no_more_memory_than_is_set_aside() {
        let limiter = limiter(1);
        for number in 0..300_000_u32 {
            assert!(allowed(&limiter, &std::net::Ipv4Addr::from_bits(number).to_string(), 0).await);
        }
        assert!(limiter.memory.0.lock().unwrap().len() <= MOST);
    }
}
