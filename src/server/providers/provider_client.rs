use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::StatusCode;
use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use serde::de::DeserializeOwned;
use url::Url;

use crate::TokenSet;
use crate::server::clock::Clock;
use crate::server::events::AuthEvent;
use crate::server::providers::http_client::HttpError;
use crate::server::providers::provider::Provider;
use crate::server::providers::provider_error::{Document, ProviderError};
use crate::server::providers::provider_list::Calls;
use crate::server::providers::token_response::standardized;

/// The HTTP client for one operation's calls to a provider. Each call counts against the provider's budget.
///
/// If the budget is used up, the first call fails. Later calls of the same operation also count, but never fail for
/// this reason: an incomplete sign-in would waste the calls already made.
pub(crate) struct ProviderClient {
    calls: Arc<Calls>,
    provider: Arc<Provider>,
    is_suspect: bool,
    has_begun: AtomicBool,
}

impl ProviderClient {
    pub(super) fn new(calls: Arc<Calls>, provider: Arc<Provider>) -> Self {
        Self { calls, provider, is_suspect: false, has_begun: AtomicBool::new(false) }
    }

    /// Sets whether the client's address has a failed exchange.
    pub(crate) fn of_suspect(self, is_suspect: bool) -> Self {
        Self { is_suspect, ..self }
    }

    pub(crate) fn provider(&self) -> &Provider {
        &self.provider
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.calls.clock)
    }

    /// The current time, in seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.calls.now()
    }

    async fn get(&self, url: &Url, access_token: &str) -> Result<HttpResponse, HttpError> {
        self.spend()?;
        self.calls.http.get(url, access_token).await
    }

    /// Gets JSON with an access token. Errors name the response `of`.
    pub(super) async fn get_json<T: DeserializeOwned>(
        &self,
        of: &'static str,
        url: &Url,
        tokens: &TokenSet,
    ) -> Result<T, ProviderError> {
        let of = || Document::new(of, url);
        let answer = self
            .get(url, tokens.access_token.expose())
            .await
            .map_err(|source| ProviderError::Http { of: of(), source })?;
        let status = answer.status();
        if !status.is_success() {
            return Err(ProviderError::Refused { of: of(), status });
        }
        serde_json::from_slice(answer.body())
            .map_err(|error| ProviderError::Unreadable { of: of(), source: error.into() })
    }

    /// Sends a request whose response matters only by its status.
    pub(crate) async fn status(&self, request: HttpRequest) -> Result<StatusCode, HttpError> {
        self.spend()?;
        self.calls.http.status(request).await
    }

    fn spend(&self) -> Result<(), HttpError> {
        let provider = &self.provider.id;
        let allowed = self.calls.budget.spend(provider, self.is_suspect, self.calls.now());
        if self.has_begun.load(Ordering::Relaxed) || allowed {
            self.has_begun.store(true, Ordering::Relaxed);
            return Ok(());
        }
        self.calls.events.emit(&AuthEvent::ProviderBudgetUsedUp { provider: provider.clone() });
        Err(HttpError::BudgetUsedUp)
    }
}

/// Requests of the `oauth2` crate count against the same budget.
impl<'c> AsyncHttpClient<'c> for ProviderClient {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            self.spend()?;
            let answer = self.calls.http.send(request).await?;
            standardized(&self.provider, answer)
        })
    }
}
