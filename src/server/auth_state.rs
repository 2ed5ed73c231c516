use std::sync::{Arc, OnceLock};

use crate::server::cookies::CookiePolicy;
use crate::server::events::Events;
use crate::server::guard::Isolation;
use crate::server::hooks::Hooks;
use crate::server::jose::Jose;
use crate::server::limits::RateLimiter;
use crate::server::oauth::{FailedExchanges, Refreshes, UsedFlows};
use crate::server::origin::Origins;
use crate::server::providers::{Provider, Providers, TokenStorage};
use crate::server::session::{SessionRules, Sessions};
use crate::server::store::Store;

/// State that all clones of an [`Auth`](crate::Auth) share. It is built once, at start.
pub(crate) struct AuthState {
    pub(crate) jose: Jose,
    /// Creates and opens the app's own tokens.
    pub(crate) app_jose: Jose,
    pub(crate) cookies: Arc<CookiePolicy>,
    pub(crate) base_path: String,
    pub(crate) origins: Origins,
    pub(crate) providers: Providers,
    pub(crate) sessions: Sessions,
    pub(crate) session_rules: Arc<SessionRules>,
    /// Whether TypeScript servers share the secret. If so, their CSRF tokens are accepted although they are bound to no
    /// session.
    pub(crate) typescript_sessions: bool,
    /// Whether sessions move from cookies into the store.
    pub(crate) imports_cookie_sessions: bool,
    /// Where sessions, provider tokens, flows and limits are, unless they are in cookies and in memory.
    pub(crate) store: Option<Arc<dyn Store>>,
    pub(crate) error_page: Option<String>,
    pub(crate) sign_in_page: String,
    pub(crate) used_flows: UsedFlows,
    pub(crate) failed_exchanges: FailedExchanges,
    pub(crate) isolation: Isolation,
    pub(crate) rate_limiter: RateLimiter,
    pub(crate) warn_once: WarnOnce,
    /// Names of environment variables whose secret has white space around it.
    pub(crate) padded_secrets: Vec<String>,
    /// Whether pages of the request origins may read the session endpoints (CORS).
    pub(crate) cors: bool,
    pub(crate) hooks: Hooks,
    pub(crate) events: Arc<Events>,
    pub(crate) provider_tokens: TokenStorage,
    /// Whether code on pages gets refresh tokens.
    pub(crate) reveals_refresh_tokens: bool,
    pub(crate) refreshes: Arc<Refreshes>,
}

/// Warnings that are logged only once. At every request they would bury the rest of the log.
#[derive(Debug, Default)]
pub(crate) struct WarnOnce {
    /// The server does not give the address of the client.
    pub(crate) no_peer: OnceLock<()>,
    /// Requests come through a proxy that is not trusted.
    pub(crate) forwarded: OnceLock<()>,
    /// The endpoints are not nested at the base path.
    pub(crate) misplaced: OnceLock<()>,
}

impl AuthState {
    pub(crate) fn provider(&self, id: &str) -> Option<&Arc<Provider>> {
        self.providers.get(id)
    }

    /// Whether reading a session needs the request's headers.
    pub(crate) fn needs_headers(&self) -> bool {
        self.hooks.on_session.is_some() || self.imports_cookie_sessions
    }

    /// Whether browsers send the cookies of provider tokens to this path.
    pub(crate) fn is_under_providers(&self, path: &str) -> bool {
        let rest = path.strip_prefix(&*self.base_path).and_then(|rest| rest.strip_prefix("/providers"));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}
