//! A provider's OAuth 2.0 endpoints, as far as a sign-in needs them. The differences between providers are in the
//! [profile](StandInProfile).

mod account;
pub(super) mod api;
mod authorize;
mod avatar;
mod gate;
mod injected_fault;
mod page;
mod profile;
mod store;
mod token;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::routing::{get, post};

pub use self::account::Account;
pub use self::gate::Gate;
pub(super) use self::injected_fault::intervene;
pub use self::injected_fault::{InjectedFault, StandInEndpoint};
pub(super) use self::page::Page;
pub(super) use self::profile::{Denied, Refused};
pub use self::profile::{StandInPkce, StandInProfile, TokenFormat};
pub(super) use self::store::Issued;
use self::store::Store;
pub(super) use self::token::is_basic_of;
use crate::oauth::ProviderBuilder;
use crate::{Clock, SystemClock};

/// A stand-in for a provider, as an axum router with its own state. [`BitbucketStandIn::new`] and
/// [`ProviderStandIn::github`] create one.
///
/// Its consent page has two accounts to sign in with, and a button to deny access. It checks requests as the provider
/// does, and sends the provider's responses and errors. Its [profile](Self::with_profile) can be changed. Tests can
/// also inject [faults](Self::inject_fault) and [hold](Self::hold) requests.
///
/// `Q` holds the settings that only this provider has, as in [`ProviderBuilder`].
///
/// [`BitbucketStandIn::new`]: crate::testing::BitbucketStandIn
pub struct ProviderStandIn<Q = ()> {
    state: Arc<StandIn>,
    provider: fn() -> ProviderBuilder<Q>,
}

impl<Q> Clone for ProviderStandIn<Q> {
    fn clone(&self) -> Self {
        Self { state: Arc::clone(&self.state), provider: self.provider }
    }
}

/// The state that the endpoints share.
pub(super) struct StandIn {
    pub(super) client: Client,
    profile: StandInProfile,
    clock: Arc<dyn Clock>,
    store: Mutex<Store>,
}

/// The OAuth client that is registered with the provider.
pub(super) struct Client {
    pub(super) id: String,
    pub(super) secret: String,
    callback_url: String,
    scopes: Vec<String>,
}

impl<Q> ProviderStandIn<Q> {
    /// Creates a provider with one client, which may have all scopes of the profile.
    pub(super) fn registered(
        profile: StandInProfile,
        provider: fn() -> ProviderBuilder<Q>,
        accounts: Vec<Account>,
        [id, secret, callback_url]: [&str; 3],
    ) -> Self {
        let client = Client {
            id: id.to_owned(),
            secret: secret.to_owned(),
            callback_url: callback_url.to_owned(),
            scopes: profile.scopes.iter().map(|&scope| scope.to_owned()).collect(),
        };
        let store = Mutex::new(Store::new(accounts));
        Self { state: Arc::new(StandIn { client, profile, clock: Arc::new(SystemClock), store }), provider }
    }

    /// Replaces the scopes that the client may have: on Bitbucket the ones selected for the consumer, on GitHub the
    /// ones that a user grants.
    #[must_use]
    pub fn scopes(self, scopes: &[&str]) -> Self {
        let scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
        self.change(|state| state.client.scopes = scopes)
    }

    /// Replaces the clock.
    #[must_use]
    pub fn clock(self, clock: impl Clock) -> Self {
        self.change(|state| state.clock = Arc::new(clock))
    }

    /// Replaces the accounts.
    #[must_use]
    pub fn accounts(self, accounts: Vec<Account>) -> Self {
        self.change(|state| state.store = Mutex::new(Store::new(accounts)))
    }

    /// Changes how the provider behaves.
    ///
    /// ```
    /// use aura_auth::testing::{BitbucketStandIn, StandInPkce};
    ///
    /// let bitbucket = BitbucketStandIn::new("key", "secret", "http://localhost:3000/auth/callback/bitbucket")
    ///     .with_profile(|profile| profile.pkce = StandInPkce::Required);
    /// ```
    #[must_use]
    pub fn with_profile(self, change: impl FnOnce(&mut StandInProfile)) -> Self {
        self.change(|state| change(&mut state.profile))
    }

    fn change(mut self, change: impl FnOnce(&mut StandIn)) -> Self {
        // While the stand-in is being configured, no other reference to its state exists.
        if let Some(state) = Arc::get_mut(&mut self.state) {
            change(state);
        }
        self
    }

    /// Approves a sign-in as the account with this nickname, as its user does on the consent page. `location` is the
    /// URL of the consent page, to which the app redirects. Returns the URL of the callback, with the authorization
    /// code. The sample accounts are `ada` and `grace`.
    ///
    /// ```
    /// # use aura_auth::testing::BitbucketStandIn;
    /// let bitbucket = BitbucketStandIn::new("key", "secret", "http://localhost:3000/auth/callback/bitbucket");
    /// let location = "http://127.0.0.1:4000/site/oauth2/authorize?response_type=code&client_id=key&state=s";
    /// let callback = bitbucket.approve("ada", location)?;
    /// assert!(callback.starts_with("http://localhost:3000/auth/callback/bitbucket?code="));
    /// # Ok::<(), String>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the sentence of the provider's error page if the provider would show one: for example, if the app's
    /// client id or redirect URI is wrong, or if there is no such account.
    pub fn approve(&self, account: &str, location: &str) -> Result<String, String> {
        authorize::approve(&self.state, account, location).map_err(str::to_owned)
    }

    /// Injects a fault into an endpoint from now on. `None` removes it.
    pub fn inject_fault(&self, endpoint: StandInEndpoint, fault: Option<InjectedFault>) {
        self.state.store().injected_faults.set(endpoint, fault);
    }

    /// Holds the requests that arrive at an endpoint from now on. A test can then run code while a request is pending.
    /// After the release, the endpoint decides what to respond. A second gate at the same endpoint holds only requests
    /// that arrive after it; those at the first gate still wait there.
    ///
    /// ```
    /// use aura_auth::testing::{BitbucketStandIn, StandInEndpoint};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let bitbucket = BitbucketStandIn::new("key", "secret", "http://localhost:3000/auth/callback/bitbucket");
    /// # let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    /// # let url = format!("http://{}/2.0/user", listener.local_addr().unwrap());
    /// # let router: axum::Router = bitbucket.router();
    /// # tokio::spawn(async move { axum::serve(listener, router).await });
    /// let gate = bitbucket.hold(StandInEndpoint::User);
    /// let request = tokio::spawn(reqwest::get(url));
    /// gate.arrived().await;
    /// // Bitbucket has the request and has not answered yet: here something else happens.
    /// assert!(!request.is_finished());
    /// gate.release();
    /// assert_eq!(request.await.unwrap().unwrap().status(), 401);
    /// # }
    /// ```
    pub fn hold(&self, endpoint: StandInEndpoint) -> Gate {
        let (gate, barrier) = gate::gate();
        self.state.store().injected_faults.hold(endpoint, barrier);
        gate
    }

    /// Revokes all tokens, as if the user had removed the app from their account.
    pub fn remove_app(&self) {
        self.state.store().end_all_tokens();
    }

    /// Returns the number of requests that an endpoint has received.
    #[must_use]
    pub fn requests(&self, endpoint: StandInEndpoint) -> u32 {
        self.state.store().injected_faults.requests(endpoint)
    }

    /// Returns a router with the provider's endpoints under their own paths. It can be nested anywhere.
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let profile = &self.state.profile;
        Router::new()
            .route(profile.authorize_path, get(authorize::consent).post(authorize::decide))
            .route(profile.token_path, post(token::token))
            .route(profile.user_path, get(api::user))
            .route(profile.emails_path, get(api::emails))
            .route(avatar::PATH, get(avatar::avatar))
            .merge((profile.more_routes)())
            .with_state(Arc::clone(&self.state))
    }

    /// Returns the provider configuration for this stand-in. `base` is the URL at which the router is nested, like
    /// `http://127.0.0.1:3000/_bitbucket`.
    pub fn provider(&self, base: &str) -> ProviderBuilder<Q> {
        let StandIn { client, profile, .. } = &*self.state;
        let provider = (self.provider)()
            .client_id(&client.id)
            .client_secret(&client.secret)
            .authorize_url(&format!("{base}{}", profile.authorize_path))
            .token_url(&format!("{base}{}", profile.token_path))
            .user_info_url(&format!("{base}{}", profile.user_path))
            .emails_url(&format!("{base}{}", profile.emails_path));
        let provider = match profile.revoke_path {
            Some(path) => provider.revoke_url(&format!("{base}{path}")),
            None => provider,
        };
        match profile.issuer_path {
            Some(path) => provider.issuer(&format!("{base}{path}")),
            None => provider,
        }
    }
}

impl StandIn {
    pub(super) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> i64 {
        self.clock.unix_seconds()
    }
}

impl<Q> std::fmt::Debug for ProviderStandIn<Q> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProviderStandIn").field("name", &self.state.profile.name).finish_non_exhaustive()
    }
}
