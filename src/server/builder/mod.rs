mod validate;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use self::validate::OriginSettings;
use crate::Session;
use crate::server::auth::Auth;
use crate::server::clock::{Clock, SystemClock};
use crate::server::config::ConfigError;
use crate::server::config::{Env, Variables};
use crate::server::cookies::Cookies;
use crate::server::events::{AuthEvent, Events};
use crate::server::guard::Isolation;
use crate::server::hooks::{Hooks, PendingSignIn, SessionDecision, SessionSeen, SignInDecision, hook};
use crate::server::jose::Secret;
use crate::server::jose::{Jose, KeyRing};
use crate::server::limits::{LimitedAction, RateLimiter, RateLimits};
use crate::server::oauth::{FailedExchanges, UsedFlows};
use crate::server::providers::{
    HttpClient, HttpClientSettings, IntoProvider, ProviderBudget, ProviderBuilder, ProviderTokens, Providers,
};
use crate::server::random::{Random, SystemRandom};
use crate::server::session::{CookieSessions, SessionConfig, SessionSource};
use crate::server::state::{AuthState, Warned};

/// Describes an [`Auth`]; [`Auth::builder`] begins one.
///
/// What is set here wins, then the environment (each key under the prefixes `AURA_AUTH_`, `AURA_` and
/// `AUTH_`, in this order), then the default. An empty value counts as not set.
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
    provider_tokens: ProviderTokens,
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
    #[cfg(feature = "testing")]
    wrap_sessions: Option<WrapSessions>,
}

/// Puts something between requests and their sessions.
#[cfg(feature = "testing")]
pub(crate) type WrapSessions = Box<dyn FnOnce(Arc<dyn SessionSource>) -> Arc<dyn SessionSource> + Send>;

impl Auth {
    /// Begins a configuration.
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
    /// The providers that people can sign in with: names of built-in ones (`"bitbucket"`) or
    /// [descriptions](crate::oauth). Credentials come from the environment unless a description
    /// has them: `AURA_AUTH_BITBUCKET_CLIENT_ID`, `AURA_AUTH_BITBUCKET_CLIENT_SECRET`.
    pub fn oauth<P: IntoProvider>(mut self, providers: impl IntoIterator<Item = P>) -> Self {
        self.providers.extend(providers.into_iter().map(IntoProvider::into_provider));
        self
    }

    /// Where the handlers are nested; `/auth` by default.
    pub fn base_path(mut self, path: &str) -> Self {
        self.base_path = Some(path.to_owned());
        self
    }

    /// The app's own origin, as browsers see it, like `https://app.example.com`
    /// (`AURA_AUTH_BASE_URL`). Redirects, cookies and the providers' `redirect_uri` are this origin's, whatever
    /// host a request names. Requests that name another host are refused (421), but for loopback ones and
    /// those that are [allowed](Self::allowed_hosts).
    ///
    /// Without it only loopback hosts are served, unless a proxy is [trusted](Self::trusted_proxies).
    pub fn base_url(mut self, url: &str) -> Self {
        self.origins.base_url = Some(url.to_owned());
        self
    }

    /// The secret that keys are derived from, at least 32 random bytes as text
    /// (`AURA_AUTH_SECRET`).
    pub fn secret(mut self, secret: &str) -> Self {
        self.secret = Some(Secret::new(secret.to_owned()));
        self
    }

    /// The salt that keys are derived with, at least 32 random bytes as text (`AURA_AUTH_SALT`).
    pub fn salt(mut self, salt: &str) -> Self {
        self.salt = Some(Secret::new(salt.to_owned()));
        self
    }

    /// Secrets that were in use before (`AURA_AUTH_SECRET_PREVIOUS`, separated by commas). What they
    /// sealed is still opened, and a session of theirs gets a new cookie when it is next used. Take
    /// one away once the longest session that it could have made is over.
    pub fn previous_secrets<S: Into<String>>(mut self, secrets: impl IntoIterator<Item = S>) -> Self {
        self.previous_secrets = Some(secrets.into_iter().map(|secret| Secret::new(secret.into())).collect());
        self
    }

    /// Other origins that people may be sent to, after signing in or out (`AURA_AUTH_TRUSTED_ORIGINS`,
    /// separated by commas): `https://docs.example.com`, `https://*.example.com` for one label,
    /// `http://localhost:*` for any port. Behind a trusted proxy and without a
    /// [`base_url`](Self::base_url) also the app's own, which the proxy names.
    ///
    /// Their pages may not send requests: those are the [`request_origins`](Self::request_origins).
    pub fn redirect_origins<S: Into<String>>(mut self, origins: impl IntoIterator<Item = S>) -> Self {
        self.origins.redirect_origins = Some(origins.into_iter().map(Into::into).collect());
        self
    }

    /// The same as [`redirect_origins`](Self::redirect_origins), by its name in the environment.
    pub fn trusted_origins<S: Into<String>>(self, origins: impl IntoIterator<Item = S>) -> Self {
        self.redirect_origins(origins)
    }

    /// Sends people also to what this function says yes to, beside the [list](Self::redirect_origins). It is
    /// given an origin as browsers write it, like `https://docs.example.com`, and may be asked at every
    /// request, so it had better look into memory only.
    ///
    /// ```
    /// # use aura_auth::Auth;
    /// let tenants = ["https://acme.example", "https://globex.example"];
    /// let auth = Auth::builder().trusted_origins_by(move |origin| tenants.contains(&origin));
    /// ```
    pub fn trusted_origins_by(mut self, trusts: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.origins.redirect_origins_by = Some(Arc::new(trusts));
        self
    }

    /// Other origins whose pages may send requests that change something, without the layer refusing them
    /// as cross-site requests (`AURA_AUTH_REQUEST_ORIGINS`, separated by commas, as
    /// [`redirect_origins`](Self::redirect_origins); none by default). List only origins all of whose pages
    /// may act for the person. The session endpoints want a CSRF token of them too, and this crate's server
    /// functions refuse them: those want a page of the app's own.
    pub fn request_origins<S: Into<String>>(mut self, origins: impl IntoIterator<Item = S>) -> Self {
        self.origins.request_origins = Some(origins.into_iter().map(Into::into).collect());
        self
    }

    /// Lets pages of the [request origins](Self::request_origins) read and use the session endpoints
    /// (`/session`, `/csrfToken`, `/signOut`) by `fetch` with credentials (CORS). Cookies are `SameSite`, so
    /// that works for origins of the same site, like `https://docs.example.com` and
    /// `https://app.example.com`.
    pub fn cors(mut self) -> Self {
        self.origins.cors = true;
        self
    }

    /// How often an address may ask for what, and how many calls a provider gets.
    pub fn rate_limits(mut self, limits: RateLimits) -> Self {
        self.rate_limits = limits;
        self
    }

    /// Other hosts that requests may name, beside the one of [`base_url`](Self::base_url)
    /// (`AURA_AUTH_ALLOWED_HOSTS`, separated by commas; none by default): `app.internal`, on any port, or
    /// `*.example.com` for one label. Behind a trusted proxy the forwarded host is what counts.
    pub fn allowed_hosts<S: Into<String>>(mut self, hosts: impl IntoIterator<Item = S>) -> Self {
        self.origins.allowed_hosts = Some(hosts.into_iter().map(Into::into).collect());
        self
    }

    /// The proxies whose `Forwarded` and `X-Forwarded-*` headers are believed: addresses and ranges like
    /// `10.0.0.0/8` (`AURA_AUTH_TRUSTED_PROXIES`, separated by commas). The headers of any other peer are
    /// ignored. The chain of addresses in the headers is followed from the right while they are in this list;
    /// the first one that is not is the client, and the entry that names it says what the app's origin is.
    ///
    /// List the proxies alone and no network that clients are in. The server must say who its peers are
    /// (`into_make_service_with_connect_info`).
    pub fn trusted_proxies<S: Into<String>>(mut self, proxies: impl IntoIterator<Item = S>) -> Self {
        self.origins.proxies = Some(proxies.into_iter().map(Into::into).collect());
        self
    }

    /// Believes the `Forwarded` and `X-Forwarded-*` headers of every peer
    /// (`AURA_AUTH_TRUSTED_PROXY_HEADERS`). Only for a server that nothing but the proxy reaches;
    /// [`trusted_proxies`](Self::trusted_proxies) names the proxies instead, and wins where both are set.
    pub fn trusted_proxy_headers(mut self, trusted: bool) -> Self {
        self.origins.trust_proxy = Some(trusted);
        self
    }

    /// How many proxies stand in a row where the headers of [every peer](Self::trusted_proxy_headers) are
    /// believed, one by default (`AURA_AUTH_TRUSTED_PROXY_HOPS`). Each proxy appends an entry on the right;
    /// entries left of those are controlled by the client and ignored.
    pub fn trusted_proxy_hops(mut self, hops: usize) -> Self {
        self.origins.proxy_hops = Some(hops);
        self
    }

    /// What sessions are and how long they live.
    pub fn session(mut self, session: SessionConfig) -> Self {
        self.session = session;
        self
    }

    /// What becomes of the providers' tokens; they are kept in cookies by default.
    pub fn provider_tokens(mut self, storage: ProviderTokens) -> Self {
        self.provider_tokens = storage;
        self
    }

    /// Changes the HTTP client that calls the providers: a proxy, a root certificate, a name server. It begins as
    /// reqwest's own client, which uses the proxies of the system and of `HTTPS_PROXY`;
    /// `no_proxy()` turns those off.
    ///
    /// The function gets and gives a [`ClientBuilder`](reqwest::ClientBuilder), not a client, because a finished
    /// client keeps its redirect policy: one that follows redirects would send authorization codes and secrets to
    /// wherever a provider points. The library finishes the client, and sets these last, whatever the function
    /// has set: no redirects, no cookie store, and the limits of [`provider_timeout`](Self::provider_timeout) and
    /// [`provider_connect_timeout`](Self::provider_connect_timeout). Set no retry policy: an authorization code and
    /// a refresh token may be sent only once.
    ///
    /// ```
    /// # use aura_auth::Auth;
    /// let proxy = reqwest::Proxy::https("http://proxy.internal:3128")?;
    /// let auth = Auth::builder().http_client(|client| client.proxy(proxy));
    /// # Ok::<_, reqwest::Error>(())
    /// ```
    pub fn http_client(mut self, change: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder) -> Self {
        self.http_client.client = change(self.http_client.client);
        self
    }

    /// How long a call to a provider may take, from its beginning to the end of its answer; 10 seconds by default.
    /// Then the operation fails with [`AuthError::ProviderTimeout`](crate::AuthError::ProviderTimeout).
    ///
    /// ```
    /// # use aura_auth::Auth;
    /// use std::time::Duration;
    ///
    /// let auth = Auth::builder()
    ///     .provider_timeout(Duration::from_secs(4))
    ///     .provider_connect_timeout(Duration::from_secs(1));
    /// ```
    pub fn provider_timeout(mut self, limit: Duration) -> Self {
        self.http_client.timeout = limit;
        self
    }

    /// How long it may take to connect to a provider; 5 seconds by default. It is a part of the time of the
    /// [whole call](Self::provider_timeout).
    pub fn provider_connect_timeout(mut self, limit: Duration) -> Self {
        self.http_client.connect_timeout = limit;
        self
    }

    /// Gives page code refresh tokens too, and not only access tokens. Whoever has one can act for
    /// the person long after they have signed out; code on the server never needs this.
    pub fn reveal_refresh_tokens(mut self) -> Self {
        self.reveal_refresh_tokens = true;
        self
    }

    /// Lets other sites' pages navigate to the app's pages, and load nothing of them as an image, a script or by
    /// `fetch` (Fetch Metadata: `Sec-Fetch-Site`, `Sec-Fetch-Mode`). For the endpoints and the library's server
    /// functions that is always so. Paths below the exempt ones stay open: the site's assets, say.
    ///
    /// ```
    /// # use aura_auth::Auth;
    /// let auth = Auth::builder().fetch_metadata_isolation(["/pkg"]);
    /// ```
    pub fn fetch_metadata_isolation<S: Into<String>>(mut self, exempt: impl IntoIterator<Item = S>) -> Self {
        self.isolation.app = Some(exempt.into_iter().map(Into::into).collect());
        self
    }

    /// Takes sessions of TypeScript servers on https too (`AURA_AUTH_TYPESCRIPT_SESSIONS`). They set no
    /// `__Host-` pin, so a session is taken without one where the browser sent no pin, and gets one. It costs the protection against other hosts of the site: one that fills the browser's
    /// cookies until the pin is gone can then plant a session of its own.
    pub fn typescript_sessions(mut self) -> Self {
        self.typescript_sessions = true;
        self
    }

    /// What our cookies' names begin with (`AURA_AUTH_COOKIE_PREFIX`); `aura-auth` by default. Two apps on one
    /// host, on two ports say, need two prefixes: browsers send cookies to every port of a host.
    pub fn cookie_prefix(mut self, prefix: &str) -> Self {
        self.cookie_prefix = Some(prefix.to_owned());
        self
    }

    /// The app's page for failed sign-ins. It gets `error` (a code of
    /// [`AuthError`](crate::AuthError)), `reference` (for support: it is in the log), `provider`
    /// and `redirectTo` in the query, and `reason`, sealed, where the app's own words say why
    /// ([`Api::denial_reason`](crate::Api::denial_reason) reads it). Without it the callback answers with a bare page of its own.
    pub fn error_page(mut self, path: &str) -> Self {
        self.error_page = Some(path.to_owned());
        self
    }

    /// The path of the app's sign-in page; `/sign-in` by default. Protected routes and `require_session()` of
    /// the Leptos side send people there, with the page that they are on as `redirectTo`. They take the path
    /// from here alone: every rendered page has it, static ones too.
    pub fn sign_in_page(mut self, path: &str) -> Self {
        self.sign_in_page = Some(path.to_owned());
        self
    }

    /// Decides about every sign-in, once the provider has said who the person is; about every account that
    /// is to be [linked](crate::Api::link_account); and about every refresh of the profile, which is a sign-in
    /// without the redirect: its [`kind`](PendingSignIn::kind) says which it is. A refusal of a refresh ends
    /// the session.
    ///
    /// ```
    /// use aura_auth::{Auth, PendingSignIn, SignInDecision};
    ///
    /// async fn admit(sign_in: PendingSignIn) -> SignInDecision {
    ///     match sign_in.user.email.as_deref() {
    ///         Some(email) if email.ends_with("@example.org") => {
    ///             SignInDecision::AllowAs(sign_in.user.with("role", "staff"))
    ///         }
    ///         _ => SignInDecision::Deny("This app is for people of example.org.".to_owned()),
    ///     }
    /// }
    ///
    /// let auth = Auth::builder().oauth(["bitbucket"]).on_sign_in(admit);
    /// ```
    pub fn on_sign_in<F, R>(mut self, decide: F) -> Self
    where
        F: Fn(PendingSignIn) -> R + Send + Sync + 'static,
        R: Future<Output = SignInDecision> + Send + 'static,
    {
        self.hooks.on_sign_in = Some(hook(decide));
        self
    }

    /// Decides about the session that a request brings, once a request: whether its person was suspended
    /// since, for example. [`Auth::layer`](crate::Auth::layer) asks before a page is rendered, that is, where a
    /// route is there or a browser loads a page. Otherwise the first code that asks for the session waits for
    /// the decision. A request for an asset does not wait.
    ///
    /// ```
    /// use aura_auth::{Auth, SessionDecision};
    ///
    /// let auth = Auth::builder().oauth(["bitbucket"]).on_session(async |seen| {
    ///     match seen.session.user.get::<bool>("suspended") {
    ///         Some(true) => SessionDecision::End,
    ///         _ => SessionDecision::Keep,
    ///     }
    /// });
    /// ```
    pub fn on_session<F, R>(mut self, decide: F) -> Self
    where
        F: Fn(SessionSeen) -> R + Send + Sync + 'static,
        R: Future<Output = SessionDecision> + Send + 'static,
    {
        self.hooks.on_session = Some(hook(decide));
        self
    }

    /// Is told of every sign-out; the answer waits for it.
    pub fn on_sign_out<F, R>(mut self, told: F) -> Self
    where
        F: Fn(Session) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        self.hooks.on_sign_out = Some(hook(told));
        self
    }

    /// Is told of everything that an audit wants to know, at once: what takes long belongs into a
    /// task of its own.
    ///
    /// ```
    /// use aura_auth::{Auth, AuthEvent};
    ///
    /// let (events, audit) = std::sync::mpsc::channel();
    /// let auth = Auth::builder().oauth(["bitbucket"]).on_event(move |event: &AuthEvent| {
    ///     let _ = events.send(serde_json::to_string(event));
    /// });
    /// ```
    pub fn on_event(mut self, told: impl Fn(&AuthEvent) + Send + Sync + 'static) -> Self {
        self.events = Events::told(told);
        self
    }

    /// Reads variables without a prefix too (`SECRET`, `SALT`, `BASE_URL`, …), after those with one. The
    /// TypeScript release of Aura Auth always reads them. Use it where a deployment sets these names for a
    /// TypeScript server already; other programs read such common names too, so it is off by default.
    ///
    /// ```
    /// use aura_auth::Auth;
    ///
    /// let auth = Auth::builder().oauth(["bitbucket"]).unprefixed_env();
    /// ```
    pub fn unprefixed_env(mut self) -> Self {
        self.env.unprefixed = true;
        self
    }

    /// Another clock, for tests.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Another source of randomness, for tests.
    pub fn random(mut self, random: impl Random) -> Self {
        self.random = Some(Arc::new(random));
        self
    }

    /// Other environment variables than the process's, for tests.
    pub fn environment<K: Into<String>, V: Into<String>>(
        mut self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        self.env.variables = Variables::Fixed(variables.collect());
        self
    }

    #[cfg(feature = "testing")]
    pub(crate) fn wrap_sessions(mut self, wrap: WrapSessions) -> Self {
        self.wrap_sessions = Some(wrap);
        self
    }

    /// Checks everything and derives the keys.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with every missing, weak or wrong value at once, each with its fix.
    pub fn build(self) -> Result<Auth, ConfigError> {
        let mut problems = Vec::new();
        let env = self.env;

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
                "has a limit of nothing or in no time: use RateLimits::unlimited instead",
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
        for (setting, limit) in [
            ("provider_timeout", self.http_client.timeout),
            ("provider_connect_timeout", self.http_client.connect_timeout),
        ] {
            if limit.is_zero() {
                problems.push(validate::invalid(setting, "is no time at all: every call to a provider would fail"));
            }
        }
        let http_client = HttpClient::new(self.http_client).map_err(|error| {
            tracing::error!(%error, "the HTTP client could not be made");
            problems.push(validate::invalid("TLS", "could not be set up: see the log"));
        });
        let keys = match (&secret, &salt) {
            (Some(secret), Some(salt)) => KeyRing::derive(secret, &previous, salt).ok(),
            _ => None,
        };

        ConfigError::check(problems)?;
        let (Ok(http_client), Some(keys), Some(session_format)) = (http_client, keys, session_format) else {
            return Err(ConfigError::of(validate::invalid("AURA_AUTH_SECRET", "gives no keys")));
        };
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock));
        let random = self.random.unwrap_or_else(|| Arc::new(SystemRandom));
        let jose = Jose::new(keys, session_format, Arc::clone(&clock), random);
        let events = Arc::new(self.events);
        let budget = ProviderBudget::new(provider_calls);
        let cookies = Arc::new(Cookies::new(&prefix, &base_path));
        let sessions = Arc::new(CookieSessions::new(&jose, &cookies, session, typescript_sessions));
        let session_source: Arc<dyn SessionSource> = Arc::clone(&sessions) as _;
        #[cfg(feature = "testing")]
        let session_source = match self.wrap_sessions {
            Some(wrap) => wrap(session_source),
            None => session_source,
        };
        Ok(Auth::new(AuthState {
            app_jose: jose.for_app(),
            jose,
            cookies,
            base_path,
            origins,
            providers: Providers::new(providers, http_client, budget, Arc::clone(&events), clock),
            sessions,
            session_source,
            error_page,
            sign_in_page,
            used_flows: UsedFlows::default(),
            failed_exchanges: FailedExchanges::new(self.rate_limits.of(LimitedAction::FailedExchange)),
            isolation: self.isolation,
            rate_limiter: RateLimiter::new(self.rate_limits),
            warned: Warned::default(),
            cors,
            hooks: self.hooks,
            events,
            provider_tokens: self.provider_tokens,
            reveals_refresh_tokens: self.reveal_refresh_tokens,
            refreshes: Arc::default(),
        }))
    }
}
