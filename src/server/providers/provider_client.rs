use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};

use http::StatusCode;
use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use url::Url;

use crate::server::events::AuthEvent;
use crate::server::providers::http_client::HttpError;
use crate::server::providers::provider::Provider;
use crate::server::state::AuthState;

/// The HTTP client for the calls of one operation to a provider: each is taken from the provider's
/// budget.
///
/// The first call is refused where the budget is used up. Those that follow it count as long as there is
/// budget, and are not refused: half a sign-in would have cost the calls before it for nothing.
pub(crate) struct ProviderClient<'a> {
    auth: &'a AuthState,
    provider: &'a Provider,
    is_suspect: bool,
    has_begun: AtomicBool,
}

impl<'a> ProviderClient<'a> {
    /// For somebody who is signed in, or whose address has no failed exchange.
    pub(crate) fn new(auth: &'a AuthState, provider: &'a Provider) -> Self {
        Self { auth, provider, is_suspect: false, has_begun: AtomicBool::new(false) }
    }

    /// For somebody whose address may have a failed exchange.
    pub(crate) fn of_suspect(self, is_suspect: bool) -> Self {
        Self { is_suspect, ..self }
    }

    pub(crate) async fn get(&self, url: &Url, access_token: &str) -> Result<HttpResponse, HttpError> {
        self.spend()?;
        self.auth.http_client.get(url, access_token).await
    }

    pub(crate) async fn post_form(
        &self,
        url: &Url,
        form: &[(&str, &str)],
        basic: Option<(&str, &str)>,
    ) -> Result<StatusCode, HttpError> {
        self.spend()?;
        self.auth.http_client.post_form(url, form, basic).await
    }

    fn spend(&self) -> Result<(), HttpError> {
        let provider = &self.provider.id;
        let allowed = self.auth.provider_budget.spend(provider, self.is_suspect, self.auth.jose.now());
        if self.has_begun.load(Ordering::Relaxed) || allowed {
            self.has_begun.store(true, Ordering::Relaxed);
            return Ok(());
        }
        self.auth.events.emit(&AuthEvent::ProviderBudgetUsedUp { provider: provider.clone() });
        Err(HttpError::BudgetUsedUp)
    }
}

/// The `oauth2` crate's requests go the same way.
impl<'c> AsyncHttpClient<'c> for ProviderClient<'_> {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            self.spend()?;
            self.auth.http_client.send(request).await
        })
    }
}
