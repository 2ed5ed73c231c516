use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use crate::server::builder::AuthBuilder;
use crate::server::config::{ConfigError, ConfigProblem, ConfigWarning};
use crate::server::cookies::Cookies;
use crate::server::events::Events;
use crate::server::guard::Isolation;
use crate::server::hooks::Hooks;
use crate::server::jose::Jose;
use crate::server::limits::RateLimiter;
use crate::server::oauth::{FailedExchanges, Refreshes, UsedFlows};
use crate::server::operations::Api;
use crate::server::origin::Origins;
use crate::server::origin::TrustedProxies;
use crate::server::providers::{Provider, ProviderTokens, Providers};
use crate::server::session::{SessionChanges, SessionRules};

/// Sign-in for one app: everything hangs off it, nothing is global. A clone is the same one.
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
pub struct Auth(pub(super) Arc<Shared>);

/// What every clone shares; all of it is built once, at start.
pub(crate) struct Shared {
    pub(crate) jose: Jose,
    /// What the app makes tokens of its own with.
    pub(crate) app_jose: Jose,
    pub(crate) cookies: Cookies,
    pub(crate) base_path: String,
    pub(crate) origins: Origins,
    pub(crate) providers: Providers,
    pub(crate) session: SessionRules,
    /// Whether there are servers that set no session pin, and whose sessions are taken on https.
    pub(crate) typescript_sessions: bool,
    pub(crate) changes: SessionChanges,
    pub(crate) error_page: Option<String>,
    pub(crate) sign_in_page: String,
    pub(crate) used_flows: UsedFlows,
    pub(crate) failed_exchanges: FailedExchanges,
    pub(crate) isolation: Isolation,
    pub(crate) rate_limiter: RateLimiter,
    pub(crate) warned: Warned,
    /// Whether pages of the request origins may read the session endpoints.
    pub(crate) cors: bool,
    pub(crate) hooks: Hooks,
    pub(crate) events: Arc<Events>,
    pub(crate) provider_tokens: ProviderTokens,
    /// Whether page code gets refresh tokens.
    pub(crate) reveals_refresh_tokens: bool,
    pub(crate) refreshes: Arc<Refreshes>,
}

/// What the log has been told once; to say it at every request would bury the rest.
#[derive(Debug, Default)]
pub(crate) struct Warned {
    /// The server does not say who asks.
    pub(crate) no_peer: OnceLock<()>,
    /// Requests come through a proxy that is not trusted.
    pub(crate) forwarded: OnceLock<()>,
}

impl Shared {
    pub(crate) fn provider(&self, id: &str) -> Option<&Arc<Provider>> {
        self.providers.get(id)
    }

    /// Whether browsers send the cookies of provider tokens to this path.
    pub(crate) fn is_under_providers(&self, path: &str) -> bool {
        let rest = path.strip_prefix(&*self.base_path).and_then(|rest| rest.strip_prefix("/providers"));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl Auth {
    pub(super) fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    /// Begins a configuration.
    pub fn builder() -> AuthBuilder {
        AuthBuilder::default()
    }

    /// The operations, for code on the server.
    #[must_use]
    pub fn api(&self) -> Api {
        Api::new(Arc::clone(&self.0))
    }

    /// Makes and opens tokens of the app's own. Their keys are not those of sessions, so none of them
    /// is a session.
    #[must_use]
    #[expect(clippy::misnamed_getters, reason = "the field of that name makes sessions, and stays in here")]
    pub fn jose(&self) -> &Jose {
        &self.0.app_jose
    }

    /// Where the handlers are to be nested.
    #[must_use]
    pub fn base_path(&self) -> &str {
        &self.0.base_path
    }

    /// Ids and names of the providers, in the order in which they were configured.
    pub fn providers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.providers.iter().map(|provider| (provider.id.as_str(), provider.name.as_str()))
    }

    /// Whether this configuration may answer on `address`: on a public one the app's own origin
    /// must be known.
    ///
    /// # Errors
    ///
    /// [`ConfigProblem::PublicAddress`] when it is not.
    pub fn check_address(&self, address: SocketAddr) -> Result<(), ConfigError> {
        let origins = &self.0.origins;
        let known = origins.base_url.is_some() || origins.proxies.any();
        if known || address.ip().is_loopback() {
            return Ok(());
        }
        Err(ConfigError::of(ConfigProblem::PublicAddress { address }))
    }

    /// What is less safe than it could be in this configuration, served on `address`.
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
        warnings
    }
}

#[cfg(feature = "testing")]
impl Auth {
    /// The `Cookie` header of a browser with a session of `user`.
    pub(crate) fn session_cookie(&self, user: crate::User) -> Result<String, crate::AuthError> {
        use crate::server::cookies::Kind;
        use crate::server::session;

        let auth = &self.0;
        let session = session::create(&auth.jose, &auth.session, user, None);
        let sealed = session.and_then(|session| Ok((session.seal(&auth.jose, &auth.session)?, session.binding)));
        let (token, binding) = sealed.map_err(|_| crate::AuthError::SealFailed)?;
        let secure = auth.origins.base_url.as_ref().is_some_and(crate::server::origin::Origin::is_https);
        let cookie = format!("{}={token}", auth.cookies.name(Kind::Session, secure));
        Ok(if secure {
            format!("{cookie}; {}={}", auth.cookies.name(Kind::SessionPin, secure), binding.text())
        } else {
            cookie
        })
    }
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Auth").field("base_path", &self.0.base_path).finish_non_exhaustive()
    }
}
