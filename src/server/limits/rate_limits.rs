use std::sync::Arc;
use std::time::Duration;

use crate::server::limits::{LimitedAction, RateLimitStore};

/// How many calls a provider gets. Codes that somebody makes up at 2,000 addresses, one at each, and as
/// many as are let through after that, leave enough for 800 people to sign in within the hour.
const PROVIDER_CALLS: RateLimit = RateLimit::per_minutes(6000, 60);

/// So many requests at once, and as many again in a window: they come back evenly, one by one
/// (the generic cell rate algorithm).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimit {
    /// How many.
    pub requests: u32,
    /// In which time all of them have come back, in whole milliseconds.
    pub window: Duration,
}

impl RateLimit {
    /// Allows a burst of `requests`; capacity refills continuously at `requests` per `window` (GCRA).
    #[must_use]
    pub const fn new(requests: u32, window: Duration) -> Self {
        Self { requests, window }
    }

    /// As [`new`](Self::new), with the window in minutes.
    #[must_use]
    pub const fn per_minutes(requests: u32, minutes: u64) -> Self {
        Self::new(requests, Duration::from_secs(minutes * 60))
    }

    /// So many times as many in the same time.
    pub(crate) fn times(self, factor: u32) -> Self {
        Self { requests: self.requests.saturating_mul(factor), ..self }
    }
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
    pub(super) store: Option<Arc<dyn RateLimitStore>>,
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
