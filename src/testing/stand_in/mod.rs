//! Bitbucket, as far as signing in needs it: <https://developer.atlassian.com/cloud/bitbucket/oauth-2/>.

mod account;
mod api;
mod authorize;
mod gate;
mod misbehavior;
mod store;
mod token;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::routing::{get, post};

pub use self::account::Account;
pub use self::gate::Gate;
pub use self::misbehavior::{Misbehavior, StandInEndpoint};
use self::store::Store;
use crate::oauth::{Bitbucket, ProviderBuilder, bitbucket};
use crate::{Clock, SystemClock};

/// A stand-in for Bitbucket Cloud, as an axum router with its own state.
///
/// It does what Bitbucket does: the consumer proves who it is by HTTP Basic and form bodies; a
/// `redirect_uri` must begin with the consumer's callback URL; a code is good once and for ten
/// minutes; tokens have 2,500 characters, an access token lives two hours, a refresh token is
/// replaced at every use and dies ten minutes later; tokens are taken from the `Authorization`
/// header only; a missing scope is a 403 that names it; endpoints that Bitbucket has removed
/// answer 410. It can be told to [misbehave](Self::misbehave).
///
/// ```
/// use aura_auth::testing::BitbucketStandIn;
///
/// let bitbucket = BitbucketStandIn::new("key", "secret", "http://localhost:3000/auth/callback/bitbucket");
/// let app: axum::Router = axum::Router::new().nest("/_bitbucket", bitbucket.router());
/// ```
#[derive(Clone)]
pub struct BitbucketStandIn(Arc<Inner>);

struct Inner {
    consumer: Consumer,
    clock: Arc<dyn Clock>,
    require_pkce: bool,
    punish_reuse: bool,
    notice: String,
    store: Mutex<Store>,
}

struct Consumer {
    client_id: String,
    client_secret: String,
    callback_url: String,
    scopes: Vec<String>,
}

impl BitbucketStandIn {
    /// A Bitbucket with one consumer, two people, and the scopes `account` and `email` ticked.
    #[must_use]
    pub fn new(client_id: &str, client_secret: &str, callback_url: &str) -> Self {
        Self(Arc::new(Inner {
            consumer: Consumer {
                client_id: client_id.to_owned(),
                client_secret: client_secret.to_owned(),
                callback_url: callback_url.to_owned(),
                scopes: vec!["account".to_owned(), "email".to_owned()],
            },
            clock: Arc::new(SystemClock),
            require_pkce: false,
            punish_reuse: false,
            notice: "This is a stand-in for Bitbucket. No real account is involved.".to_owned(),
            store: Mutex::new(Store::new(Account::samples())),
        }))
    }

    /// Other scopes ticked on the consumer.
    #[must_use]
    pub fn scopes(self, scopes: &[&str]) -> Self {
        let scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
        self.change(|inner| inner.consumer.scopes = scopes)
    }

    /// Another clock.
    #[must_use]
    pub fn clock(self, clock: impl Clock) -> Self {
        self.change(|inner| inner.clock = Arc::new(clock))
    }

    /// Whether a code is refused without the verifier of its challenge. Bitbucket does not say
    /// that it checks, so it is off.
    #[must_use]
    pub fn require_pkce(self, required: bool) -> Self {
        self.change(|inner| inner.require_pkce = required)
    }

    /// Whether a second use of a refresh token ends all tokens of its sign-in, as servers do that
    /// take it for theft (RFC 9700, 4.14.2). Bitbucket gives it ten minutes, so it is off.
    #[must_use]
    pub fn punish_reuse(self, punished: bool) -> Self {
        self.change(|inner| inner.punish_reuse = punished)
    }

    /// Other people.
    #[must_use]
    pub fn accounts(self, accounts: Vec<Account>) -> Self {
        self.change(|inner| inner.store = Mutex::new(Store::new(accounts)))
    }

    fn change(self, change: impl FnOnce(&mut Inner)) -> Self {
        // It is being described, so nobody else holds it.
        let mut inner = self.0;
        if let Some(inner) = Arc::get_mut(&mut inner) {
            change(inner);
        }
        Self(inner)
    }

    /// Makes an endpoint misbehave from now on; `None` ends it.
    pub fn misbehave(&self, endpoint: StandInEndpoint, misbehavior: Option<Misbehavior>) {
        self.store().misbehaviors.set(endpoint, misbehavior);
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
        self.store().misbehaviors.hold(endpoint, barrier);
        gate
    }

    /// Ends all tokens, as a person does who removes the app from their account.
    pub fn remove_app(&self) {
        self.store().end_all_tokens();
    }

    /// How many requests an endpoint has had.
    #[must_use]
    pub fn requests(&self, endpoint: StandInEndpoint) -> u32 {
        self.store().misbehaviors.requests(endpoint)
    }

    /// `/site/oauth2/authorize`, `/site/oauth2/access_token` and `/2.0/…`, to be nested anywhere.
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        Router::new()
            .route("/site/oauth2/authorize", get(authorize::consent).post(authorize::decide))
            .route("/site/oauth2/access_token", post(token::token))
            .route("/2.0/user", get(api::user))
            .route("/2.0/user/emails", get(api::emails))
            .route("/2.0/user/workspaces", get(api::workspaces))
            .route("/2.0/user/workspaces/{workspace}/permission", get(api::permission))
            .route("/2.0/workspaces", get(api::removed))
            .route("/2.0/user/permissions/workspaces", get(api::removed))
            .route("/2.0/teams", get(api::removed))
            .with_state(self.clone())
    }

    /// The provider that signs people in here, for a router that is nested at `base`, like
    /// `http://127.0.0.1:3000/_bitbucket`.
    pub fn provider(&self, base: &str) -> ProviderBuilder<Bitbucket> {
        let consumer = &self.0.consumer;
        bitbucket()
            .client_id(&consumer.client_id)
            .client_secret(&consumer.client_secret)
            .authorize_url(&format!("{base}/site/oauth2/authorize"))
            .token_url(&format!("{base}/site/oauth2/access_token"))
            .user_info_url(&format!("{base}/2.0/user"))
            .emails_url(&format!("{base}/2.0/user/emails"))
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.0.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> i64 {
        self.0.clock.unix_seconds()
    }
}

impl std::fmt::Debug for BitbucketStandIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BitbucketStandIn")
    }
}
