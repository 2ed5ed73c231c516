use std::net::SocketAddr;
use std::sync::Arc;

use crate::server::auth_state::AuthState;
use crate::server::config::{ConfigError, ConfigProblem, ConfigWarning};
#[cfg(feature = "testing")]
use crate::server::cookies::SetCookies;
use crate::server::jose::Jose;
#[cfg(feature = "testing")]
use crate::server::operations::RoomError as _;
use crate::server::operations::{Api, UserSessions};
#[cfg(feature = "testing")]
use crate::server::origin::Origin;
use crate::server::origin::TrustedProxies;
#[cfg(feature = "testing")]
use crate::server::session::{Device, NewSession, Sessions};
use crate::server::store::StoreError;
#[cfg(feature = "testing")]
use crate::{AuthError, User};

/// Sign-in for one app. This value holds all state; nothing is global. Clones share the state.
///
/// ```
/// use aura_auth::Auth;
/// use axum::Router;
///
/// # let environment = [
/// #     ("AURA_AUTH_SECRET", "Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js+Ua/EoTiNq0="),
/// #     ("AURA_AUTH_SALT", "Zs5Wd8Kf2Jh6Ng9Bv4Cx7Mq1Lp3Rt0Yu+Ea/OiTxQ1="),
/// #     ("AURA_AUTH_BITBUCKET_CLIENT_ID", "key"),
/// #     ("AURA_AUTH_BITBUCKET_CLIENT_SECRET", "secret"),
/// # ];
/// let auth = Auth::builder()
/// #   .environment(environment)
///     .oauth(["bitbucket"])
///     .build()?;
///
/// let app: Router = Router::new()
///     .nest("/auth", auth.handlers())
///     .layer(auth.layer());
/// # Ok::<(), aura_auth::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct Auth(pub(super) Arc<AuthState>);

impl Auth {
    pub(super) fn new(state: AuthState) -> Self {
        Self(Arc::new(state))
    }

    /// Returns the operations, for code on the server.
    #[must_use]
    pub fn api(&self) -> Api {
        Api::new(Arc::clone(&self.0))
    }

    /// Returns the sessions of all users, for an app's administrators. They must be in a
    /// [store](crate::AuthBuilder::store).
    #[must_use]
    pub fn sessions(&self) -> UserSessions {
        UserSessions::new(Arc::clone(&self.0))
    }

    /// Creates and opens the app's own tokens. Their keys differ from the session keys, so no such token is accepted as
    /// a session.
    #[must_use]
    #[expect(clippy::misnamed_getters, reason = "the field of that name makes sessions, and stays in here")]
    pub fn jose(&self) -> &Jose {
        &self.0.app_jose
    }

    /// Returns the path at which the handlers must be nested.
    #[must_use]
    pub fn base_path(&self) -> &str {
        &self.0.base_path
    }

    /// Returns the ids and names of the providers, in the order of the configuration.
    pub fn providers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.providers.iter().map(|provider| (provider.id.as_str(), provider.name.as_str()))
    }

    /// Checks whether this configuration may be served on `address`. If the address is not loopback, the app's own
    /// origin must be known, from `base_url` or from a trusted proxy.
    ///
    /// # Errors
    ///
    /// [`ConfigProblem::PublicAddress`] if the origin is not known.
    pub fn check_address(&self, address: SocketAddr) -> Result<(), ConfigError> {
        let origins = &self.0.origins;
        let known = origins.base_url.is_some() || origins.proxies.any();
        if known || address.ip().is_loopback() {
            return Ok(());
        }
        Err(ConfigError::of(ConfigProblem::PublicAddress { address }))
    }

    /// Checks whether the store answers and has what it needs, for a readiness probe. This takes the store's time limit at
    /// most. Without a store, there is nothing to check.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # let environment = [
    /// #     ("AURA_AUTH_SECRET", "Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js+Ua/EoTiNq0="),
    /// #     ("AURA_AUTH_SALT", "Zs5Wd8Kf2Jh6Ng9Bv4Cx7Mq1Lp3Rt0Yu+Ea/OiTxQ1="),
    /// #     ("AURA_AUTH_BITBUCKET_CLIENT_ID", "key"),
    /// #     ("AURA_AUTH_BITBUCKET_CLIENT_SECRET", "secret"),
    /// # ];
    /// use aura_auth::{Auth, store::MemoryStore};
    ///
    /// let auth = Auth::builder()
    /// #   .environment(environment)
    ///     .oauth(["bitbucket"])
    ///     .store(MemoryStore::default())
    ///     .build()?;
    /// assert!(auth.check_store().await.is_ok());
    /// # Ok::<(), aura_auth::ConfigError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store does not answer in time or lacks its tables.
    pub async fn check_store(&self) -> Result<(), StoreError> {
        match &self.0.store {
            Some(store) => store.check().await,
            None => Ok(()),
        }
    }

    /// Returns a warning for each setting that is less safe than it could be if the app is served on `address`.
    #[must_use]
    pub fn config_warnings(&self, address: SocketAddr) -> Vec<ConfigWarning> {
        let origins = &self.0.origins;
        let mut warnings = Vec::new();
        if matches!(origins.proxies, TrustedProxies::Hops(_)) && !address.ip().is_loopback() {
            warnings.push(ConfigWarning::EveryPeerTrusted { address });
        }
        if let Some(base_url) = origins.base_url.as_ref().filter(|url| !url.is_https() && !url.is_loopback()) {
            warnings.push(ConfigWarning::PlainHttp { base_url: base_url.as_str().to_owned() });
        }
        let padded = self.0.padded_secrets.iter().cloned();
        warnings.extend(padded.map(|variable| ConfigWarning::PaddedSecret { variable }));
        warnings
    }
}

#[cfg(feature = "testing")]
impl Auth {
    /// Returns the `Cookie` header of a browser with a session of `user` in its cookies.
    pub(crate) fn session_cookie(&self, user: User) -> Result<String, AuthError> {
        match &self.0.sessions {
            Sessions::InCookies(sessions) => {
                sessions.cookie_header(user, self.is_secure()).map_err(|error| error.public())
            }
            Sessions::InStore(_) => Err(AuthError::ServerError),
        }
    }

    /// Begins a session, and returns the `Cookie` header of its browser.
    pub(crate) async fn begin_session(&self, user: User) -> Result<String, AuthError> {
        let (auth, secure) = (&self.0, self.is_secure());
        let brought = auth.cookies.of_request(Vec::new());
        let mut cookies = SetCookies::new(&auth.cookies, secure);
        let begin = async {
            let session = auth.sessions.create(user, None)?;
            let new = NewSession { session: &session, replaces: None, device: Device::default() };
            auth.sessions.begin(&mut cookies, &brought, new, secure).await
        };
        begin.await.map_err(|error| error.public())?;
        let pairs: Vec<_> = cookies.pairs().map(|(name, value)| format!("{name}={value}")).collect();
        Ok(pairs.join("; "))
    }

    fn is_secure(&self) -> bool {
        self.0.origins.base_url.as_ref().is_some_and(Origin::is_https)
    }
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Auth").field("base_path", &self.0.base_path).finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use crate::store::MemoryStore;
    use crate::testing::TestStore;
    use crate::{Auth, SystemRandom, generate_secret};

    #[tokio::test]
    async fn the_check_of_the_store_fails_while_the_store_is_down() {
        let builder = || {
            let secret = || generate_secret(&SystemRandom).unwrap();
            Auth::builder().environment([("", "")]).secret(secret()).salt(secret())
        };
        let store = TestStore::new(MemoryStore::default());
        let auth = builder().store(store.clone()).build().unwrap();
        assert!(auth.check_store().await.is_ok());
        store.set_down(true);
        assert!(auth.check_store().await.is_err());
        store.set_down(false);
        assert!(auth.check_store().await.is_ok());

        let without_store = builder().build().unwrap();
        assert!(without_store.check_store().await.is_ok());
    }
}
