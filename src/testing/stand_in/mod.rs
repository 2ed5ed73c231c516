//! A provider's OAuth 2.0 endpoints, as far as signing in needs them. What differs from one provider to another is
//! its [profile](StandInProfile).

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
/// [`ProviderStandIn::github`] make one.
///
/// It has a consent page with two people to sign in as and a way to deny. It checks what the provider checks, and
/// answers as the provider does, with its errors; what in that can be changed is its [profile](Self::with_profile).
/// Besides, it can be told to inject [faults](Self::inject_fault), and to [wait](Self::hold).
///
/// `Q` is what only this provider can be told, as in [`ProviderBuilder`].
///
/// [`BitbucketStandIn::new`]: super::BitbucketStandIn
pub struct ProviderStandIn<Q = ()> {
    state: Arc<StandIn>,
    provider: fn() -> ProviderBuilder<Q>,
}

impl<Q> Clone for ProviderStandIn<Q> {
    fn clone(&self) -> Self {
        Self { state: Arc::clone(&self.state), provider: self.provider }
    }
}

/// What the endpoints share.
pub(super) struct StandIn {
    pub(super) client: Client,
    profile: StandInProfile,
    clock: Arc<dyn Clock>,
    store: Mutex<Store>,
}

/// The app that is registered with the provider.
pub(super) struct Client {
    pub(super) id: String,
    pub(super) secret: String,
    callback_url: String,
    scopes: Vec<String>,
}

impl<Q> ProviderStandIn<Q> {
    /// A provider with one client, who may have all scopes of the profile.
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

    /// Other scopes that the client may have: those ticked on Bitbucket's consumer, or what a person grants.
    #[must_use]
    pub fn scopes(self, scopes: &[&str]) -> Self {
        let scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
        self.change(|state| state.client.scopes = scopes)
    }

    /// Another clock.
    #[must_use]
    pub fn clock(self, clock: impl Clock) -> Self {
        self.change(|state| state.clock = Arc::new(clock))
    }

    /// Other people.
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
        // It is being described, so nobody else holds it.
        if let Some(state) = Arc::get_mut(&mut self.state) {
            change(state);
        }
        self
    }

    /// Makes an endpoint misbehave from now on; `None` ends it.
    pub fn inject_fault(&self, endpoint: StandInEndpoint, fault: Option<InjectedFault>) {
        self.state.store().injected_faults.set(endpoint, fault);
    }

    /// Holds the requests that come to an endpoint from now on, so that a test says what happens while one is under
    /// way. What the endpoint does is decided after the release. A second gate at the same endpoint holds the
    /// requests that come after it; those at the first one still wait there.
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

    /// Ends all tokens, as a person does who removes the app from their account.
    pub fn remove_app(&self) {
        self.state.store().end_all_tokens();
    }

    /// How many requests an endpoint has had.
    #[must_use]
    pub fn requests(&self, endpoint: StandInEndpoint) -> u32 {
        self.state.store().injected_faults.requests(endpoint)
    }

    /// The provider's endpoints under their own paths, to be nested anywhere.
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

    /// The provider that signs people in here, for a router that is nested at `base`, like
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
