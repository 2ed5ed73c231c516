use http::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};

use super::super::events::AuthEvent;
use super::super::incoming::Incoming;
use super::super::rate_limit::{LimitedAction, RateLimit, RateLimitState};
use super::super::session::Binding;
use super::{Api, Reply};
use crate::AuthError;

/// A request that came too soon.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limited {
    pub(super) limit: RateLimit,
    pub(super) state: RateLimitState,
}

impl Api {
    /// Counts a request of an address, and of a session where one is needed for it. A request
    /// without an address is code's of the app's own, or of a server that does not say: the layer
    /// warns of that.
    pub(super) async fn limit(
        &self,
        incoming: &Incoming,
        action: LimitedAction,
        session: Option<&Binding>,
    ) -> Result<(), Limited> {
        let Some(address) = incoming.address() else { return Ok(()) };
        let session = session.map(Binding::text);
        let counted = self.0.rate_limiter.count(action, address, session.as_deref(), self.0.jose.now());
        counted.await.map_err(|(limit, state)| {
            self.0.events.refuse(&AuthEvent::RateLimited { action: action.as_str() }, Some(address));
            Limited { limit, state }
        })
    }
}

impl Limited {
    /// Whole seconds, upwards.
    pub(super) fn retry_after_seconds(self) -> u128 {
        self.state.retry_after.as_millis().div_ceil(1000).max(1)
    }

    /// The answer (wire contract, 2.6).
    pub(super) fn reply<T>(self) -> Reply<T> {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            (RETRY_AFTER, self.retry_after_seconds().to_string()),
            (HeaderName::from_static("x-ratelimit-limit"), self.limit.requests.to_string()),
            (HeaderName::from_static("x-ratelimit-remaining"), self.state.remaining.to_string()),
            (
                HeaderName::from_static("x-ratelimit-reset"),
                (self.state.resets_at_milliseconds.saturating_add(999) / 1000).to_string(),
            ),
        ] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        Reply { limited: Some(self), ..Reply::of(Err(AuthError::RateLimited), headers) }
    }
}
