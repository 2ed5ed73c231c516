//! The builder of an [`Auth`] and the validation of its settings.

// rustdoc shows the methods in the order of these modules.
mod provider_settings;
mod secret_settings;

mod origin_settings;
mod page_settings;
mod proxy_settings;

mod cross_site_settings;
mod session_settings;
mod store_settings;

mod hook_settings;
mod http_client_settings;
mod limit_settings;

mod environment_settings;

mod validate;

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

use self::validate::{OriginSettings, StoreOptions};
use crate::Secret;
use crate::server::auth::Auth;
use crate::server::auth_state::{AuthState, WarnOnce};
use crate::server::clock::{Clock, SystemClock};
use crate::server::config::ConfigError;
use crate::server::config::Env;
use crate::server::cookies::CookiePolicy;
use crate::server::events::Events;
use crate::server::guard::Isolation;
use crate::server::hooks::Hooks;
use crate::server::jose::{Jose, KeyRing};
use crate::server::limits::{LimitedAction, RateLimiter, RateLimits};
use crate::server::oauth::{FailedExchanges, UsedFlows};
use crate::server::providers::{
    HttpClient, HttpClientSettings, ProviderBudget, ProviderBuilder, Providers, TokenStorage,
};
use crate::server::random::{Random, SystemRandom};
use crate::server::session::{CookieSessions, Import, SessionConfig, Sessions, StoreSettings, StoredSessions};
use crate::server::store::Store;

/// Configures an [`Auth`]. [`Auth::builder`] returns one.
///
/// A setting of the builder has precedence. Next is the environment, where each key is read with the prefixes
/// `AURA_AUTH_`, `AURA_` and `AUTH_`, in this order. Last is the default. An empty value counts as not set.
#[derive(Default)]
#[must_use]
pub struct AuthBuilder {
    env: Env,
    providers: Vec<Result<ProviderBuilder, String>>,
    base_path: Option<String>,
    origins: OriginSettings,
    secret: Option<Secret>,
    salt: Option<Secret>,
    previous_secrets: Option<Vec<Secret>>,
    rate_limits: RateLimits,
    session: SessionConfig,
    provider_tokens: Option<TokenStorage>,
    http_client: HttpClientSettings,
    reveal_refresh_tokens: bool,
    cookie_prefix: Option<String>,
    typescript_sessions: bool,
    isolation: Isolation,
    error_page: Option<String>,
    sign_in_page: Option<String>,
    hooks: Hooks,
    events: Events,
    clock: Option<Arc<dyn Clock>>,
    random: Option<Arc<dyn Random>>,
    store: Option<Arc<dyn Store>>,
    max_sessions: Option<u32>,
    session_cache: Option<Duration>,
    import_cookie_sessions: Option<OffsetDateTime>,
}

impl Auth {
    /// Starts a configuration.
    pub fn builder() -> AuthBuilder {
        AuthBuilder::default()
    }
}

impl std::fmt::Debug for AuthBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuthBuilder")
    }
}

impl AuthBuilder {
    /// Validates the configuration and derives the keys.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with all missing, weak or wrong values at once, each with its fix.
    pub fn build(self) -> Result<Auth, ConfigError> {
        let mut problems = Vec::new();
        let env = self.env;

        let from_env = [("SECRET", self.secret.is_none()), ("SALT", self.salt.is_none())];
        let from_env = from_env.into_iter().filter(|(_, is_from_env)| *is_from_env);
        let padded_secrets = from_env.filter_map(|(key, _)| env.padded(key)).collect();
        let secret = validate::secret_or(self.secret, &env, "SECRET", &mut problems);
        let salt = validate::secret_or(self.salt, &env, "SALT", &mut problems);
        validate::check_secrets(secret.as_ref(), salt.as_ref(), &mut problems);
        let previous = validate::previous_secrets(self.previous_secrets, &env, &mut problems);
        let providers = validate::providers(self.providers, &env, &mut problems);
        let base_path = validate::base_path(self.base_path, &mut problems);
        let cors = self.origins.cors;
        let origins = validate::origins(self.origins, &env, &mut problems);
        if !self.rate_limits.is_sound() {
            problems.push(validate::invalid(
                "rate_limits",
                "has a limit of 0 requests or a window of 0 seconds: to remove a limit, use RateLimits::unlimited",
            ));
        }
        let prefix = validate::cookie_prefix(self.cookie_prefix, &env, &mut problems);
        let typescript_sessions = match env.boolean("TYPESCRIPT_SESSIONS") {
            _ if self.typescript_sessions => true,
            None => false,
            Some(Ok(taken)) => taken,
            Some(Err(_)) => {
                problems.push(validate::invalid("AURA_AUTH_TYPESCRIPT_SESSIONS", "is neither true nor false"));
                false
            }
        };
        let provider_calls = self.rate_limits.of_provider_calls(validate::provider_calls_per_hour(&env, &mut problems));
        let sign_in_page = self.sign_in_page.unwrap_or_else(|| "/sign-in".to_owned());
        if !validate::is_plain_path(&sign_in_page) {
            problems.push(validate::invalid("sign_in_page", "is not a path like /sign-in"));
        }
        let error_page = self.error_page.filter(|page| !page.is_empty());
        if error_page.as_deref().is_some_and(|page| !validate::is_plain_path(page)) {
            problems.push(validate::invalid("error_page", "is not a path like /sign-in-failed"));
        }
        let session_format = validate::session_format(&self.session, &env, &mut problems);
        let session = self.session.check(&mut problems);
        let provider_tokens = validate::token_storage(self.provider_tokens, self.store.is_some(), &mut problems);
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock));
        let store_options = StoreOptions {
            max_sessions: self.max_sessions,
            session_cache: self.session_cache,
            import_until: self.import_cookie_sessions.map(OffsetDateTime::unix_timestamp),
        };
        validate::store_options(&store_options, self.store.is_some(), clock.unix_seconds(), &mut problems);
        for (setting, limit) in [
            ("provider_timeout", self.http_client.timeout),
            ("provider_connect_timeout", self.http_client.connect_timeout),
        ] {
            if limit.is_zero() {
                problems.push(validate::invalid(
                    setting,
                    "is 0, so every call to a provider would fail: choose a longer time",
                ));
            }
        }
        let http_client = HttpClient::new(self.http_client).map_err(|error| {
            tracing::error!(%error, "the HTTP client could not be created");
            problems.push(validate::invalid("TLS", "could not be set up: see the log"));
        });
        let keys = match (&secret, &salt) {
            (Some(secret), Some(salt)) => KeyRing::derive(secret, &previous, salt).ok(),
            _ => None,
        };

        ConfigError::check(problems)?;
        let (Ok(http_client), Some(keys), Some(session_format)) = (http_client, keys, session_format) else {
            return Err(ConfigError::of(validate::invalid(
                "AURA_AUTH_SECRET",
                "can't be used to derive keys: replace it with the output of `openssl rand -base64 32`",
            )));
        };
        let random = self.random.unwrap_or_else(|| Arc::new(SystemRandom));
        let jose = Jose::new(keys, session_format, Arc::clone(&clock), random);
        let events = Arc::new(self.events);
        let budget = ProviderBudget::new(provider_calls);
        let cookies = Arc::new(CookiePolicy::new(&prefix, &base_path));
        let session_rules = Arc::new(session);
        let in_cookies = CookieSessions::new(&jose, &cookies, &session_rules, typescript_sessions);
        let sessions = match &self.store {
            None => Sessions::InCookies(in_cookies),
            Some(store) => {
                let settings = StoreSettings {
                    max_sessions: store_options.max_sessions,
                    cache_seconds: store_options.session_cache.and_then(|cache| cache.as_secs().try_into().ok()),
                    import: store_options.import_until.map(|until| Import::new(in_cookies, until)),
                };
                let store = Arc::clone(store);
                Sessions::InStore(Box::new(StoredSessions::new(store, &jose, &cookies, &session_rules, settings)))
            }
        };
        Ok(Auth::new(AuthState {
            app_jose: jose.for_app(),
            jose,
            cookies,
            base_path,
            origins,
            providers: Providers::new(providers, http_client, budget, Arc::clone(&events), clock),
            sessions,
            session_rules,
            typescript_sessions,
            imports_cookie_sessions: store_options.import_until.is_some(),
            error_page,
            sign_in_page,
            used_flows: UsedFlows::default(),
            failed_exchanges: FailedExchanges::new(self.rate_limits.of(LimitedAction::FailedExchange)),
            isolation: self.isolation,
            rate_limiter: RateLimiter::new(self.rate_limits, self.store.clone()),
            warn_once: WarnOnce::default(),
            padded_secrets,
            cors,
            hooks: self.hooks,
            events,
            provider_tokens,
            store: self.store,
            reveals_refresh_tokens: self.reveal_refresh_tokens,
            refreshes: Arc::default(),
        }))
    }
}
