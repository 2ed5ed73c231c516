use http::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};

use crate::AuthError;
use crate::server::events::AuthEvent;
use crate::server::limits::{Client, LimitedAction, RateLimit, RateLimitState};
use crate::server::oauth::Attempt;
use crate::server::operations::{Api, Reply};
use crate::server::request::RequestContext;
#[cfg(feature = "ssr")]
use crate::server::request::RequestHead;
use crate::server::session::SessionIdHash;

/// A request that came too soon.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RateLimitExceeded {
    pub(super) limit: RateLimit,
    pub(super) state: RateLimitState,
}

impl Api {
    /// Counts a request: for the session alone where somebody is signed in, else for the address. A
    /// request without an address is code's of the app's own, or of a server that does not say: the
    /// layer warns of that.
    pub(super) async fn limit(
        &self,
        context: &RequestContext,
        action: LimitedAction,
        session: Option<&SessionIdHash>,
    ) -> Result<(), RateLimitExceeded> {
        let session = session.map(SessionIdHash::text);
        let client = session.as_deref().map_or(Client::Address(context.address()), Client::Session);
        self.0.rate_limiter.count(action, client, self.0.jose.now()).await.map_err(|(limit, state)| {
            self.0.events.refuse(&AuthEvent::RateLimited { action: action.as_str() }, context.address());
            RateLimitExceeded { limit, state }
        })
    }
}

impl Api {
    /// Counts a request for something that people without a session may ask for too.
    pub(super) async fn limit_anybody(
        &self,
        context: &RequestContext,
        action: LimitedAction,
    ) -> Result<(), RateLimitExceeded> {
        self.limit(context, action, context.session().await.ok().map(|record| &record.id_hash)).await
    }

    /// Counts a call of a server function; a reply that says when to come back, if it comes too often.
    #[cfg(feature = "ssr")]
    pub(crate) async fn limit_server_function(&self, request: &(impl RequestHead + Sync)) -> Result<(), Reply<()>> {
        let context = RequestContext::of(&self.0, request);
        self.limit_anybody(&context, LimitedAction::ServerFunction)
            .await
            .map_err(|limited| Reply::of(&context, Err(limited)))
    }

    /// Begins to exchange a code that came from an address, unless too many of its codes were refused.
    pub(super) fn begin_exchange(&self, context: &RequestContext) -> Result<Attempt<'_>, RateLimitExceeded> {
        self.0.failed_exchanges.begin(context.address(), self.0.jose.now()).map_err(|(limit, state)| {
            self.0.events.emit(&AuthEvent::RateLimited { action: LimitedAction::FailedExchange.as_str() });
            RateLimitExceeded { limit, state }
        })
    }

    /// Says when a provider may be asked again whose budget is used up.
    pub(super) fn with_retry_after<T>(&self, provider: &str, mut reply: Reply<T>) -> Reply<T> {
        if matches!(reply.result, Err(AuthError::ProviderBusy))
            && let Some(provider) = self.0.provider(provider)
        {
            let seconds = self.0.providers.retry_after_seconds(provider);
            if let Ok(value) = HeaderValue::from_str(&seconds.to_string()) {
                reply.headers.insert(RETRY_AFTER, value);
            }
        }
        reply
    }
}

impl RateLimitExceeded {
    /// Whole seconds, upwards.
    pub(super) fn retry_after_seconds(self) -> u128 {
        self.state.retry_after.as_millis().div_ceil(1000).max(1)
    }

    /// The headers of the answer (wire contract, 2.6).
    pub(super) fn headers(self) -> HeaderMap {
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
        headers
    }
}
