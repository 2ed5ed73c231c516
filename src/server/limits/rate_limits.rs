use std::sync::Arc;
use std::time::Duration;

use crate::server::limits::{LimitedAction, RateLimitStore};

/// How many calls a provider gets. If an attacker sends one made-up code from each of 2,000 addresses, these take 2,000
/// calls, and after that all suspect addresses share a quarter of 6,000 calls. The other 2,500 calls are enough for 800
/// people to sign in within the hour, with three calls each.
const PROVIDER_CALLS: RateLimit = RateLimit::per_minutes(6000, 60);

/// A burst of `requests`, and a capacity that refills continuously at `requests` per `window` (the generic cell rate
/// algorithm, GCRA).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimit {
    /// How many requests are allowed at once.
    pub requests: u32,
    /// The time in which the whole capacity refills, in whole milliseconds.
    pub window: Duration,
}

impl RateLimit {
    /// Allows a burst of `requests`; capacity refills continuously at `requests` per `window` (GCRA).
    #[must_use]
    pub const fn new(requests: u32, window: Duration) -> Self {
        Self { requests, window }
    }

    /// Like [`new`](Self::new), with the window in minutes.
    #[must_use]
    pub const fn per_minutes(requests: u32, minutes: u64) -> Self {
        Self::new(requests, Duration::from_secs(minutes * 60))
    }

    /// Returns a limit of `factor` times as many requests in the same time.
    pub(crate) fn times(self, factor: u32) -> Self {
        Self { requests: self.requests.saturating_mul(factor), ..self }
    }
}

/// The rate limits of an app.
///
/// The defaults are strict if a request costs something. Otherwise, even a whole office behind one address does not
/// reach them.
///
/// These requests count for the address:
///
/// - 600 sign-ins and 600 callbacks in 15 minutes;
/// - 3,000 CSRF tokens in 15 minutes.
///
/// These requests count for the session alone, whatever address they come from:
///
/// - 10 changes of the session in 10 minutes;
/// - 300 requests for a provider's tokens in 15 minutes;
/// - 600 requests for where one is signed in, and 60 requests to end these sessions in 15 minutes;
/// - 10 refreshes of the profile in 15 minutes;
/// - 10 requests to revoke a provider's tokens or to disconnect it in 15 minutes;
/// - 600 starts of a flow that links an account in 15 minutes.
///
/// These requests count for the session if there is one, else for the address. No page comes near the limit:
///
/// - 6,000 each of `GET /session`, sign-outs and calls of server functions in 15 minutes.
///
/// An address is an IPv4 address or an IPv6 /64, which one person has. The /56 and the /48 around it count too, with 4
/// and 16 times the limit. All requests without an address count as one address. If there are any, the log has a
/// warning.
///
/// If the provider rejects 10 codes from an address in 15 minutes, it is not asked for this address until the limit
/// refills. An IPv6 /56 may cause 40 such failures, and an IPv6 /48 or an IPv4 /24 may cause 160.
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
    pub(super) store: Option<Arc<dyn RateLimitStore>>,
}

/// The setting for the calls to a provider.
#[derive(Clone, Copy, Debug)]
enum ProviderCalls {
    /// Not set. The environment decides, or else the default.
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
                LimitedAction::GetSessions => RateLimit::per_minutes(600, 15),
                LimitedAction::EndSessions => RateLimit::per_minutes(60, 15),
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
    /// No limits, for an app whose proxy has limits.
    pub fn none() -> Self {
        Self { limits: [None; LimitedAction::ALL.len()], provider_calls: ProviderCalls::Unlimited, store: None }
    }

    /// Sets the limit of an action.
    pub fn limit(mut self, action: LimitedAction, limit: RateLimit) -> Self {
        self.limits[action as usize] = Some(limit);
        self
    }

    /// Removes the limit of an action.
    pub fn unlimited(mut self, action: LimitedAction) -> Self {
        self.limits[action as usize] = None;
        self
    }

    /// Sets how many calls each provider gets from this process, for all people together: exchanges of codes and
    /// tokens, requests for profiles, e-mail addresses and workspaces, and revocations. The default is 6,000 in an
    /// hour, or the number in the environment's `AURA_AUTH_PROVIDER_CALLS_PER_HOUR`.
    ///
    /// A sign-in with Bitbucket takes three calls, or four if a workspace is required. Addresses from which a code was
    /// rejected lately share a quarter of the calls. If no calls are left, every operation that needs the provider
    /// fails with [`ProviderBusy`](crate::AuthError::ProviderBusy), 503.
    ///
    /// Bitbucket allows each person 1,000 calls of its API in an hour
    /// (<https://support.atlassian.com/bitbucket-cloud/docs/api-request-limits/>). It documents no number for
    /// exchanges, which an app makes for all of its people. If you learn the number for your app, set it here.
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

    /// Removes the limit of calls to a provider.
    pub fn unlimited_provider_calls(mut self) -> Self {
        self.provider_calls = ProviderCalls::Unlimited;
        self
    }

    /// Sets a store that several processes share. If sessions are in a [store](crate::AuthBuilder::store), it is not
    /// needed: that store then counts sign-ins, callbacks, changes of the session, profile refreshes and revocations.
    pub fn store(mut self, store: impl RateLimitStore) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Checks that every limit allows at least one request and has a window of at least one millisecond.
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

    /// Returns the limit of calls to a provider. `in_an_hour` is the number from the environment.
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
