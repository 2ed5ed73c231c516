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

/// A request that exceeded a rate limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RateLimitExceeded {
    pub(super) limit: RateLimit,
    pub(super) state: RateLimitState,
}

impl Api {
    /// Counts a request: only for the session if `session` is given, else for the address. A request has no address if
    /// the app's own code made it, or if the server does not give the address. In the second case, the layer logs a
    /// warning.
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
    /// Counts a request for an action that needs no session.
    pub(super) async fn limit_anybody(
        &self,
        context: &RequestContext,
        action: LimitedAction,
    ) -> Result<(), RateLimitExceeded> {
        self.limit(context, action, context.session().await.ok().map(|record| &record.id_hash)).await
    }

    /// Counts a call of a server function. If there are too many, the error is a reply that says when to retry.
    #[cfg(feature = "ssr")]
    pub(crate) async fn limit_server_function(&self, request: &(impl RequestHead + Sync)) -> Result<(), Reply<()>> {
        let context = RequestContext::of(&self.0, request);
        self.limit_anybody(&context, LimitedAction::ServerFunction)
            .await
            .map_err(|limited| Reply::of(&context, Err(limited)))
    }

    /// Begins to exchange an authorization code. Fails if the provider has rejected too many codes from this address.
    pub(super) fn begin_exchange(&self, context: &RequestContext) -> Result<Attempt<'_>, RateLimitExceeded> {
        self.0.failed_exchanges.begin(context.address(), self.0.jose.now()).map_err(|(limit, state)| {
            let event = AuthEvent::RateLimited { action: LimitedAction::FailedExchange.as_str() };
            self.0.events.refuse(&event, context.address());
            RateLimitExceeded { limit, state }
        })
    }

    /// Adds `Retry-After` to the reply if the provider's budget of calls is used up.
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
    /// Returns the whole seconds until a retry, rounded up.
    pub(super) fn retry_after_seconds(self) -> u128 {
        self.state.retry_after.as_millis().div_ceil(1000).max(1)
    }

    /// Returns the headers of the response (wire contract, 2.6).
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
