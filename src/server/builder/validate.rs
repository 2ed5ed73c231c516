//! Validates and converts the settings of an [`AuthBuilder`](crate::server::AuthBuilder).

use std::time::Duration;

use crate::Secret;
use crate::server::config::ConfigProblem;
use crate::server::config::Env;
use crate::server::jose::weakness;
use crate::server::jose::{KeyPair, PemProblem, SessionFormat};
use crate::server::origin::HostPattern;
use crate::server::origin::TrustedProxies;
use crate::server::origin::{Origin, OriginPattern, OriginPredicate, Origins};
use crate::server::providers::{Provider, ProviderBuilder, TokenStorage};
use crate::server::session::{SessionConfig, SessionMode};

pub(crate) fn invalid(setting: &'static str, reason: &str) -> ConfigProblem {
    ConfigProblem::Invalid { setting, reason: reason.to_owned() }
}

pub(crate) fn secret_or(
    set: Option<Secret>,
    env: &Env,
    key: &str,
    problems: &mut Vec<ConfigProblem>,
) -> Option<Secret> {
    set.filter(|secret| !secret.expose().trim().is_empty()).or_else(|| env.word(key, problems).map(Secret::from))
}

pub(crate) fn check_secrets(secret: Option<&Secret>, salt: Option<&Secret>, problems: &mut Vec<ConfigProblem>) {
    for (setting, value, missing) in [
        ("AURA_AUTH_SECRET", secret, ConfigProblem::SecretMissing),
        ("AURA_AUTH_SALT", salt, ConfigProblem::SaltMissing),
    ] {
        match value.map(weakness) {
            None => problems.push(missing),
            Some(Some(weakness)) => problems.push(ConfigProblem::Weak { setting, reason: weakness.to_string() }),
            Some(None) => {}
        }
    }
    if let (Some(secret), Some(salt)) = (secret, salt)
        && secret == salt
    {
        problems.push(ConfigProblem::SecretIsSalt);
    }
}

pub(crate) fn previous_secrets(set: Option<Vec<Secret>>, env: &Env, problems: &mut Vec<ConfigProblem>) -> Vec<Secret> {
    let secrets = set.unwrap_or_else(|| {
        env.list("SECRET_PREVIOUS", problems).unwrap_or_default().into_iter().map(Secret::from).collect()
    });
    for weakness in secrets.iter().filter_map(weakness) {
        problems.push(ConfigProblem::Weak { setting: "AURA_AUTH_SECRET_PREVIOUS", reason: weakness.to_string() });
    }
    secrets
}

/// Returns the format of sessions, with the key pair if there is one.
pub(crate) fn session_format(
    session: &SessionConfig,
    env: &Env,
    problems: &mut Vec<ConfigProblem>,
) -> Option<SessionFormat> {
    const PRIVATE: &str = "AURA_AUTH_SIGNING_PRIVATE_KEY";
    const PUBLIC: &str = "AURA_AUTH_SIGNING_PUBLIC_KEY";
    let mut wrong = |setting, reason| problems.push(ConfigProblem::SigningKey { setting, reason });
    let private_key = session.signing_key.clone().or_else(|| env.get("SIGNING_PRIVATE_KEY").map(Secret::from));
    let public_key = session.verifying_key.clone().or_else(|| env.get("SIGNING_PUBLIC_KEY"));
    let Some(private_key) = private_key else {
        if public_key.is_some() {
            wrong(PUBLIC, "is set without AURA_AUTH_SIGNING_PRIVATE_KEY: set both, or neither");
            return None;
        }
        return Some(match session.session_mode() {
            SessionMode::Sealed => SessionFormat::Sealed,
            SessionMode::Signed => SessionFormat::Signed,
            SessionMode::Encrypted => SessionFormat::Encrypted,
        });
    };
    if session.session_mode() != SessionMode::Signed {
        wrong(
            PRIVATE,
            "is set, but the session's mode is not SessionMode::Signed: choose this mode, or remove the key",
        );
        return None;
    }
    match KeyPair::from_pem(private_key.expose(), public_key.as_deref()) {
        Ok(pair) => return Some(SessionFormat::SignedWith(Box::new(pair))),
        Err(PemProblem::Private) => wrong(
            PRIVATE,
            "is not a private key in PEM (PKCS #8) for RSA with at least 2048 bits, P-256 or Ed25519: create one with `openssl genpkey -algorithm ed25519`",
        ),
        Err(PemProblem::Public) => {
            wrong(PUBLIC, "is not a public key in PEM: create it with `openssl pkey -pubout`, or remove it");
        }
        Err(PemProblem::Mismatch) => {
            wrong(PUBLIC, "does not belong to AURA_AUTH_SIGNING_PRIVATE_KEY: create it with `openssl pkey -pubout`");
        }
    }
    None
}

pub(crate) fn providers(
    described: Vec<Result<ProviderBuilder, String>>,
    env: &Env,
    problems: &mut Vec<ConfigProblem>,
) -> Vec<Provider> {
    let mut providers: Vec<Provider> = Vec::new();
    for described in described {
        match described.map(|builder| builder.build(env, problems)) {
            Err(id) => problems.push(ConfigProblem::UnknownProvider { id }),
            Ok(None) => {}
            Ok(Some(provider)) if providers.iter().any(|other| other.id == provider.id) => {
                problems.push(ConfigProblem::DuplicateProvider { id: provider.id });
            }
            Ok(Some(provider)) => providers.push(provider),
        }
    }
    providers
}

/// Whether a path needs no escaping in a `Location`, in a route and in a cookie's attributes.
pub(crate) fn is_plain_path(path: &str) -> bool {
    let plain = |segment: &str| {
        !segment.is_empty()
            && !segment.chars().all(|char| char == '.')
            && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte))
    };
    path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(plain))
}

pub(crate) fn base_path(set: Option<String>, problems: &mut Vec<ConfigProblem>) -> String {
    let path = set.filter(|path| !path.is_empty()).unwrap_or_else(|| "/auth".to_owned());
    if !is_plain_path(&path) {
        problems.push(invalid("base_path", "is not a path like /auth, without a slash at its end"));
    }
    path
}

pub(crate) fn cookie_prefix(set: Option<String>, env: &Env, problems: &mut Vec<ConfigProblem>) -> String {
    let set = set.filter(|prefix| !prefix.is_empty()).or_else(|| env.get("COOKIE_PREFIX"));
    let prefix = set.unwrap_or_else(|| "aura-auth".to_owned());
    let fits = prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) && prefix.len() <= 64;
    if !fits || prefix.starts_with("__") {
        problems.push(invalid(
            "AURA_AUTH_COOKIE_PREFIX",
            "is not valid: use at most 64 letters, digits, - and _, and do not start with __",
        ));
    }
    prefix
}

/// The unvalidated settings for the app's own origin and for trusted origins, hosts and proxies.
#[derive(Default)]
pub(crate) struct OriginSettings {
    pub(crate) base_url: Option<String>,
    pub(crate) redirect_origins: Option<Vec<String>>,
    pub(crate) redirect_origins_by: Option<OriginPredicate>,
    pub(crate) request_origins: Option<Vec<String>>,
    /// Whether pages of the request origins may read the session endpoints.
    pub(crate) cors: bool,
    pub(crate) allowed_hosts: Option<Vec<String>>,
    pub(crate) proxies: Option<Vec<String>>,
    pub(crate) trust_proxy: Option<bool>,
    pub(crate) proxy_hops: Option<usize>,
}

pub(crate) fn origins(set: OriginSettings, env: &Env, problems: &mut Vec<ConfigProblem>) -> Origins {
    let proxies = proxies(&set, env, problems);
    let base_url =
        set.base_url.filter(|url| !url.is_empty()).or_else(|| env.word("BASE_URL", problems)).and_then(|url| {
            let origin = Origin::parse(&url);
            if origin.is_none() {
                problems.push(invalid(
                "AURA_AUTH_BASE_URL",
                "is not an origin like https://app.example.com, without a path (the base path is a separate setting)",
            ));
            }
            origin
        });
    let redirect_origins =
        origin_list(set.redirect_origins, env, ("TRUSTED_ORIGINS", "AURA_AUTH_TRUSTED_ORIGINS"), problems);
    let request_origins =
        origin_list(set.request_origins, env, ("REQUEST_ORIGINS", "AURA_AUTH_REQUEST_ORIGINS"), problems);
    if set.cors && request_origins.is_empty() {
        problems.push(invalid(
            "cors",
            "is on, but AURA_AUTH_REQUEST_ORIGINS is empty: list the origins whose pages may read the session there, or \
             in request_origins(…)",
        ));
    }
    if proxies.any() && redirect_origins.is_empty() && set.redirect_origins_by.is_none() && base_url.is_none() {
        problems.push(ConfigProblem::ProxyWithoutOrigins);
    }
    let allowed_hosts = allowed_hosts(set.allowed_hosts, env, problems);
    if !allowed_hosts.is_empty() && base_url.is_none() {
        problems.push(invalid(
            "AURA_AUTH_ALLOWED_HOSTS",
            "is set without AURA_AUTH_BASE_URL: set both, because redirects go to AURA_AUTH_BASE_URL",
        ));
    }
    Origins {
        base_url,
        redirect_origins,
        redirect_origins_by: set.redirect_origins_by,
        request_origins,
        allowed_hosts,
        proxies,
        ..Origins::default()
    }
}

/// Returns a list of origins, from the builder or the environment. `key` is the environment key without its prefix, and
/// `setting` the name of the setting for errors.
fn origin_list(
    set: Option<Vec<String>>,
    env: &Env,
    (key, setting): (&str, &'static str),
    problems: &mut Vec<ConfigProblem>,
) -> Vec<OriginPattern> {
    let mut origins = Vec::new();
    for text in set.or_else(|| env.list(key, problems)).unwrap_or_default() {
        match OriginPattern::parse(&text) {
            Some(pattern) => origins.push(pattern),
            None => problems.push(ConfigProblem::Invalid {
                setting,
                reason: format!(
                    "has `{text}`, which is not an origin like https://docs.example.com or https://*.example.com \
                     (a wildcard is not allowed on a public suffix like co.uk or github.io)"
                ),
            }),
        }
    }
    origins
}

fn allowed_hosts(set: Option<Vec<String>>, env: &Env, problems: &mut Vec<ConfigProblem>) -> Vec<HostPattern> {
    let mut hosts = Vec::new();
    for text in set.or_else(|| env.list("ALLOWED_HOSTS", problems)).unwrap_or_default() {
        match HostPattern::parse(&text) {
            Some(host) => hosts.push(host),
            None => problems.push(ConfigProblem::Invalid {
                setting: "AURA_AUTH_ALLOWED_HOSTS",
                reason: format!("has `{text}`, which is not a host like app.internal or *.example.com, without a port (a wildcard is not allowed on a public suffix like co.uk or github.io)"),
            }),
        }
    }
    hosts
}

/// A list of proxies has precedence over the other settings. Without one, `TRUSTED_PROXY_HEADERS` trusts all peers.
fn proxies(set: &OriginSettings, env: &Env, problems: &mut Vec<ConfigProblem>) -> TrustedProxies {
    let hops = proxy_hops(set.proxy_hops, env, problems);
    let trust_all = match set.trust_proxy.map(Ok).or_else(|| env.boolean("TRUSTED_PROXY_HEADERS")) {
        Some(Err(_)) => {
            problems.push(invalid("AURA_AUTH_TRUSTED_PROXY_HEADERS", "is neither true nor false"));
            None
        }
        trust_all => trust_all.and_then(Result::ok),
    };
    let listed = set.proxies.clone().or_else(|| env.list("TRUSTED_PROXIES", problems)).unwrap_or_default();
    if listed.is_empty() {
        return if trust_all == Some(true) { TrustedProxies::Hops(hops) } else { TrustedProxies::Nobody };
    }
    if trust_all == Some(false) {
        problems.push(invalid(
            "AURA_AUTH_TRUSTED_PROXIES",
            "lists proxies, but AURA_AUTH_TRUSTED_PROXY_HEADERS is false: remove one of the two",
        ));
    }
    let mut networks = Vec::new();
    for text in listed {
        match TrustedProxies::parse_network(&text) {
            Some(network) => networks.push(network),
            None => problems.push(ConfigProblem::Invalid {
                setting: "AURA_AUTH_TRUSTED_PROXIES",
                reason: format!(
                    "has `{text}`, which is not an address like 10.0.0.1 or a range like 10.0.0.0/8 (to trust \
                     all addresses, set AURA_AUTH_TRUSTED_PROXY_HEADERS instead)"
                ),
            }),
        }
    }
    TrustedProxies::Listed(networks)
}

/// Returns the number of calls to a provider per hour, if the environment sets it.
pub(crate) fn provider_calls_per_hour(env: &Env, problems: &mut Vec<ConfigProblem>) -> Option<u32> {
    let calls = env.get("PROVIDER_CALLS_PER_HOUR")?.parse().ok().filter(|calls| *calls > 0);
    if calls.is_none() {
        problems.push(invalid("AURA_AUTH_PROVIDER_CALLS_PER_HOUR", "is not a whole number of at least 1, like 6000"));
    }
    calls
}

fn proxy_hops(set: Option<usize>, env: &Env, problems: &mut Vec<ConfigProblem>) -> usize {
    let hops = set.or_else(|| env.get("TRUSTED_PROXY_HOPS").map(|text| text.parse().unwrap_or(0))).unwrap_or(1);
    if !(1..=10).contains(&hops) {
        problems.push(invalid("AURA_AUTH_TRUSTED_PROXY_HOPS", "is not a whole number from 1 to 10"));
    }
    hops
}

/// Decides where the providers' tokens are kept.
pub(super) fn token_storage(
    wanted: Option<TokenStorage>,
    has_store: bool,
    problems: &mut Vec<ConfigProblem>,
) -> TokenStorage {
    let default = if has_store { TokenStorage::Store } else { TokenStorage::Cookie };
    let storage = wanted.unwrap_or(default);
    match storage {
        TokenStorage::Cookie if has_store => problems.push(invalid(
            "provider_tokens",
            "is `Cookie`, but sessions are in a store: remove the setting, and the tokens are in the store too",
        )),
        TokenStorage::Store if !has_store => {
            problems.push(invalid("provider_tokens", "is `Store`, but there is no store: set one with `store`"));
        }
        _ => {}
    }
    storage
}

/// The settings that need a store.
pub(super) struct StoreOptions {
    pub(super) max_sessions: Option<u32>,
    pub(super) session_cache: Option<Duration>,
    /// In seconds since 1970.
    pub(super) import_until: Option<i64>,
}

/// The longest time for which a session is cached, in seconds.
const MAX_CACHE_SECONDS: u64 = 300;
/// The longest time for which sessions are taken in from cookies, in seconds.
const MAX_IMPORT_SECONDS: i64 = 15 * 24 * 60 * 60;

/// Checks the settings that need a store.
pub(super) fn store_options(options: &StoreOptions, has_store: bool, now: i64, problems: &mut Vec<ConfigProblem>) {
    let StoreOptions { max_sessions, session_cache, import_until } = options;
    for (setting, is_set) in [
        ("max_sessions", max_sessions.is_some()),
        ("session_cache", session_cache.is_some()),
        ("import_cookie_sessions", import_until.is_some()),
    ] {
        if is_set && !has_store {
            problems.push(invalid(setting, "needs sessions in a store: set one with `store`"));
        }
    }
    if *max_sessions == Some(0) {
        problems.push(invalid("max_sessions", "is 0, so nobody could sign in: allow at least one session"));
    }
    if session_cache.is_some_and(|cache| !(1..=MAX_CACHE_SECONDS).contains(&cache.as_secs())) {
        problems.push(invalid("session_cache", "is not between 1 second and 5 minutes: choose a time in this range"));
    }
    if import_until.is_some_and(|until| until - now > MAX_IMPORT_SECONDS) {
        problems.push(invalid("import_cookie_sessions", "is more than 15 days ahead: choose an earlier day"));
    }
}
