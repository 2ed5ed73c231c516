use std::sync::Arc;

use crate::server::clock::Clock;
use crate::server::events::Events;
use crate::server::providers::http_client::HttpClient;
use crate::server::providers::provider::Provider;
use crate::server::providers::provider_budget::ProviderBudget;
use crate::server::providers::provider_client::ProviderClient;

/// The configured providers in their order, and what all calls to them share.
pub(crate) struct Providers {
    list: Vec<Arc<Provider>>,
    calls: Arc<Calls>,
}

/// What all calls to providers share.
pub(super) struct Calls {
    pub(super) http: HttpClient,
    pub(super) budget: ProviderBudget,
    pub(super) events: Arc<Events>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Calls {
    pub(super) fn now(&self) -> i64 {
        self.clock.unix_seconds()
    }
}

impl Providers {
    pub(crate) fn new(
        list: Vec<Provider>,
        http: HttpClient,
        budget: ProviderBudget,
        events: Arc<Events>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let list = list.into_iter().map(Arc::new).collect();
        Self { list, calls: Arc::new(Calls { http, budget, events, clock }) }
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Arc<Provider>> {
        self.list.iter().find(|provider| provider.id == id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Provider>> {
        self.list.iter()
    }

    /// Returns a client for one operation's calls to a provider. It assumes a signed-in user or an address without
    /// failed exchanges; otherwise use [`ProviderClient::of_suspect`].
    pub(crate) fn client(&self, provider: &Arc<Provider>) -> ProviderClient {
        ProviderClient::new(Arc::clone(&self.calls), Arc::clone(provider))
    }

    /// The number of seconds until the provider's budget allows another call.
    pub(crate) fn retry_after_seconds(&self, provider: &Provider) -> u128 {
        self.calls.budget.retry_after_seconds(&provider.id, self.calls.now())
    }
}
