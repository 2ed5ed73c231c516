//! Configuration errors: all of them are reported at once, each one says how to fix it, and none contains a secret.

use std::time::Duration;

use aura_auth::oauth::{ProviderBuilder, bitbucket};
use aura_auth::{
    Auth, AuthBuilder, ConfigError, Expiration, LimitedAction, RateLimit, RateLimits, SessionConfig, SessionMode, User,
};

use super::test_app::{SALT, SECRET};

fn codes(error: &ConfigError) -> Vec<&'static str> {
    error.problems().iter().map(aura_auth::ConfigProblem::code).collect()
}

fn complete() -> [(&'static str, &'static str); 4] {
    [
        ("AURA_AUTH_SECRET", SECRET),
        ("AURA_AUTH_SALT", SALT),
        ("AURA_AUTH_BITBUCKET_CLIENT_ID", "key"),
        ("AURA_AUTH_BITBUCKET_CLIENT_SECRET", "secret"),
    ]
}

fn configured() -> AuthBuilder {
    Auth::builder().environment(complete()).oauth(["bitbucket"])
}

#[test]
fn variables_with_each_prefix_are_a_complete_configuration() {
    for prefix in ["AURA_AUTH_", "AURA_", "AUTH_"] {
        let auth = Auth::builder().environment(prefixed(prefix)).oauth(["bitbucket"]).build().unwrap();
        assert_eq!(auth.providers().collect::<Vec<_>>(), [("bitbucket", "Bitbucket")]);
    }
}

fn prefixed(prefix: &str) -> [(String, String); 4] {
    complete().map(|(name, value)| (name.replacen("AURA_AUTH_", prefix, 1), value.to_owned()))
}

#[test]
fn variables_without_a_prefix_are_read_only_if_enabled_and_after_prefixed_ones() {
    let error = Auth::builder().environment(prefixed("")).oauth(["bitbucket"]).build().unwrap_err();
    assert_eq!(error.problems().len(), 4, "{error}");
    // Both orders work, because `environment` (for tests) keeps the options that were set before it.
    Auth::builder().environment(prefixed("")).unprefixed_env().oauth(["bitbucket"]).build().unwrap();
    Auth::builder().unprefixed_env().environment(prefixed("")).oauth(["bitbucket"]).build().unwrap();

    let bases = [("BASE_URL", "https://b.example/with/a/path"), ("AUTH_BASE_URL", "https://a.example")];
    let both = || complete().into_iter().chain(bases);
    Auth::builder().environment(both()).unprefixed_env().oauth(["bitbucket"]).build().unwrap();
    let unprefixed = complete().into_iter().chain([bases[0]]);
    let error = Auth::builder().environment(unprefixed).unprefixed_env().oauth(["bitbucket"]).build().unwrap_err();
    assert_eq!(codes(&error), ["CONFIG_INVALID"], "{error}");
}

#[test]
fn all_missing_variables_are_reported_at_once() {
    let error = Auth::builder().environment::<&str, &str>([]).oauth(["bitbucket"]).build().unwrap_err();
    let text = error.to_string();
    for name in
        ["AURA_AUTH_SECRET", "AURA_AUTH_SALT", "AURA_AUTH_BITBUCKET_CLIENT_ID", "AURA_AUTH_BITBUCKET_CLIENT_SECRET"]
    {
        assert!(text.contains(&format!("{name} is not set")), "{text}");
    }
    assert_eq!(text.lines().count(), 4);
    // `main` prints this if it returns the error.
    assert_eq!(format!("{error:?}"), format!("the configuration is not valid:\n{text}"));
}

/// Standards: ASVS 11.2.3, 11.4.4
#[test]
fn sample_secrets_of_the_documentation_are_rejected_and_never_printed() {
    let error = Auth::builder()
        .environment([("AURA_AUTH_SECRET", "your-32-byte-secret"), ("AURA_AUTH_SALT", "your-32-byte-salt")])
        .build()
        .unwrap_err();
    assert_eq!(codes(&error), ["INVALID_SALT_SECRET_VALUE"; 2]);
    let text = format!("{error} {error:?}");
    assert!(text.contains("openssl rand -base64 32") && !text.contains("your-32"), "{text}");
}

fn signed() -> SessionConfig {
    SessionConfig::default().mode(SessionMode::Signed)
}

#[test]
fn each_invalid_setting_is_reported_with_its_code() {
    let provider = |url: &str| {
        let user = |_: serde_json::Value| User::default();
        ProviderBuilder::new("own", url, "https://x.example/token", "https://x.example/user", user)
            .client_id("a")
            .client_secret("b")
    };
    let cases: Vec<(AuthBuilder, &str)> = vec![
        (configured().salt(SECRET), "INVALID_SALT_SECRET_VALUE"),
        (configured().oauth(["gitlab"]), "UNSUPPORTED_OAUTH_CONFIGURATION"),
        (configured().oauth(["bitbucket"]), "DUPLICATED_OAUTH_PROVIDER_ID"),
        (configured().oauth([bitbucket().id("Big Bucket")]), "INVALID_OAUTH_PROVIDER_SCHEMA_CONFIG"),
        (
            configured().oauth([provider("https://x.example/a").param("state", "x")]),
            "INVALID_OAUTH_PROVIDER_SCHEMA_CONFIG",
        ),
        (configured().oauth([provider("http://x.example/authorize")]), "INVALID_OAUTH_PROVIDER_URL_CONFIG"),
        (configured().oauth([provider("https://user:pw@x.example/")]), "INVALID_OAUTH_PROVIDER_URL_CONFIG"),
        (configured().oauth([provider("authorize")]), "INVALID_OAUTH_PROVIDER_URL_CONFIG"),
        (configured().trusted_proxy_headers(true), "AUTH_INVALID_PROXY_HEADERS_CONFIG"),
        (configured().trusted_proxies(["10.0.0.0/8"]), "AUTH_INVALID_PROXY_HEADERS_CONFIG"),
        (configured().base_url("https://app.example").trusted_proxies(["10.0.0.0/40"]), "CONFIG_INVALID"),
        (configured().base_url("https://app.example").trusted_proxies(["0.0.0.0/0"]), "CONFIG_INVALID"),
        (configured().base_url("https://app.example").trusted_proxies(["proxy.internal"]), "CONFIG_INVALID"),
        (
            configured().base_url("https://app.example").trusted_proxies(["10.0.0.0/8"]).trusted_proxy_headers(false),
            "CONFIG_INVALID",
        ),
        (configured().allowed_hosts(["app.internal"]), "CONFIG_INVALID"),
        (configured().base_url("https://app.example").allowed_hosts(["*"]), "CONFIG_INVALID"),
        (configured().base_url("https://app.example").allowed_hosts(["https://app.internal"]), "CONFIG_INVALID"),
        (configured().base_url("https://app.example").allowed_hosts(["app.internal:80"]), "CONFIG_INVALID"),
        (configured().trusted_origins(["*"]), "CONFIG_INVALID"),
        (configured().redirect_origins(["*"]), "CONFIG_INVALID"),
        (configured().redirect_origins(["https://*.co.uk"]), "CONFIG_INVALID"),
        (configured().request_origins(["https://*.github.io"]), "CONFIG_INVALID"),
        (configured().base_url("https://app.example").allowed_hosts(["*.herokuapp.com"]), "CONFIG_INVALID"),
        (configured().request_origins(["*"]), "CONFIG_INVALID"),
        (configured().cors(), "CONFIG_INVALID"),
        (configured().redirect_origins(["https://docs.example.com"]).cors(), "CONFIG_INVALID"),
        (configured().base_url("app.example"), "CONFIG_INVALID"),
        (configured().base_url("https://app.example/auth"), "CONFIG_INVALID"),
        (configured().base_path("auth"), "CONFIG_INVALID"),
        (configured().base_path("/auth/"), "CONFIG_INVALID"),
        (configured().base_path("/a;b"), "CONFIG_INVALID"),
        (configured().base_path("/.."), "CONFIG_INVALID"),
        (configured().cookie_prefix("a;b"), "CONFIG_INVALID"),
        (configured().cookie_prefix("__Host-x"), "CONFIG_INVALID"),
        (configured().error_page("//evil.example"), "CONFIG_INVALID"),
        (configured().session(SessionConfig::default().max_age(Duration::ZERO)), "CONFIG_INVALID"),
        (configured().session(SessionConfig::default().max_age(Duration::MAX)), "CONFIG_INVALID"),
        (configured().session(SessionConfig::default().max_duration(Duration::ZERO)), "CONFIG_INVALID"),
        (configured().session(SessionConfig::default().editable(["sub"])), "CONFIG_INVALID"),
        (configured().session(SessionConfig::default().editable(["role"])), "CONFIG_INVALID"),
        (
            configured().session(SessionConfig::default().expiration(Expiration::Sliding { threshold: 1.5 })),
            "INVALID_SLIDING_THRESHOLD_CONFIG_VALUE",
        ),
        // A private key in a mode that does not use one, an invalid private key, and a public key alone.
        (configured().session(SessionConfig::default().signing_key("x")), "INVALID_PEM_KEY_PAIR_MODE_MISMATCH"),
        (configured().session(signed().signing_key("x")), "INVALID_PEM_KEY_PAIR_MODE_MISMATCH"),
        (configured().session(signed().verifying_key("x")), "INVALID_PEM_KEY_PAIR_MODE_MISMATCH"),
        (configured().previous_secrets(["short"]), "INVALID_SALT_SECRET_VALUE"),
        (configured().trusted_proxy_hops(0), "CONFIG_INVALID"),
        (configured().provider_timeout(Duration::ZERO), "CONFIG_INVALID"),
        (configured().provider_connect_timeout(Duration::ZERO), "CONFIG_INVALID"),
        (configured().trusted_proxy_hops(99), "CONFIG_INVALID"),
        (
            configured().rate_limits(RateLimits::none().limit(LimitedAction::SignIn, RateLimit::per_minutes(0, 1))),
            "CONFIG_INVALID",
        ),
    ];
    for (index, (builder, code)) in cases.into_iter().enumerate() {
        let found = builder.build().map(|_| ()).map_err(|error| codes(&error));
        assert!(matches!(&found, Err(found) if found.contains(&code)), "case {index}: {found:?}, not {code}");
    }
    configured().build().unwrap();
}

#[test]
fn values_set_in_code_override_the_environment_and_empty_values_are_ignored() {
    let environment = [("AURA_AUTH_SECRET", ""), ("AURA_SECRET", SECRET), ("AURA_AUTH_SALT", "short")];
    let auth = Auth::builder().environment(environment).secret("").salt(SALT).base_path("").build().unwrap();
    assert_eq!(auth.base_path(), "/auth");
}

#[test]
fn a_public_address_requires_a_base_url() {
    let public = ([0, 0, 0, 0], 3000).into();
    let loopback = ([127, 0, 0, 1], 3000).into();
    let auth = configured().build().unwrap();
    auth.check_address(loopback).unwrap();
    let error = auth.check_address(public).unwrap_err();
    assert_eq!(codes(&error), ["CONFIG_BASE_URL_MISSING"]);
    assert!(error.to_string().contains("AURA_AUTH_BASE_URL"));
    configured().base_url("https://app.example").build().unwrap().check_address(public).unwrap();
}

/// `docker run --env-file` keeps quotes and comments as part of the value.
#[test]
fn quotes_comments_and_white_space_in_a_value_are_reported_with_the_variable() {
    let quoted_secret = format!("\"{SECRET}\"");
    let commented_salt = format!("{SALT} # made today");
    for (name, value, reason) in [
        ("AURA_AUTH_SECRET", &*quoted_secret, "is in quotes"),
        ("AURA_AUTH_SALT", &*commented_salt, "has a comment"),
        ("AURA_AUTH_BITBUCKET_CLIENT_ID", "'key'", "is in quotes"),
        ("AURA_AUTH_BITBUCKET_CLIENT_SECRET", "se cret", "has white space"),
        ("AURA_AUTH_BASE_URL", "\"https://app.example\"", "is in quotes"),
        ("AURA_AUTH_BASE_URL", "https://app.example # ours", "has a comment"),
        ("AURA_AUTH_BITBUCKET_URL", "\"https://bitbucket.example\"", "is in quotes"),
        ("AURA_AUTH_BITBUCKET_API_URL", "https://api.example # ours", "has a comment"),
        ("AURA_AUTH_ALLOWED_HOSTS", "'app.internal'", "is in quotes"),
        ("AURA_AUTH_TRUSTED_PROXIES", "10.0.0.1 # nginx", "has a comment"),
        ("AURA_AUTH_TRUSTED_ORIGINS", "\"https://a.example, https://b.example\"", "is in quotes"),
        ("AURA_AUTH_TRUSTED_ORIGINS", "https://a.example, https://b.example # ours", "has a comment"),
        ("AURA_AUTH_REQUEST_ORIGINS", "https://a.example https://b.example", "has white space"),
    ] {
        let kept = complete().into_iter().filter(|&(other, _)| other != name);
        let error = Auth::builder().environment(kept.chain([(name, value)])).oauth(["bitbucket"]).build().unwrap_err();
        let text = error.to_string();
        assert!(text.contains(&format!("{name} {reason}")), "{name}={value}: {text}");
        assert!(codes(&error).contains(&"INVALID_ENVIRONMENT_CONFIGURATION"), "{text}");
        assert!(!text.contains(SECRET) && !text.contains(SALT) && !text.contains("se cret"), "{text}");
    }
    // A `#` without white space before it is part of the value. Spaces around the items of a list are allowed.
    let fine = [("AURA_AUTH_TRUSTED_ORIGINS", " https://a.example , https://b.example ")];
    let environment = complete().map(|(name, value)| if value == "secret" { (name, "a#b") } else { (name, value) });
    Auth::builder().environment(environment.into_iter().chain(fine)).oauth(["bitbucket"]).build().unwrap();
}

#[test]
fn an_http_base_url_causes_a_warning_except_on_loopback_hosts() {
    let warned = |url: &str| {
        let auth = configured().base_url(url).build().unwrap();
        auth.config_warnings(([127, 0, 0, 1], 3000).into())
            .iter()
            .map(aura_auth::ConfigWarning::code)
            .collect::<Vec<_>>()
    };
    assert_eq!(warned("http://intranet.example"), ["BASE_URL_NOT_HTTPS"]);
    for url in ["https://app.example", "http://localhost:3000", "http://127.0.0.1", "http://[::1]:3000"] {
        assert!(warned(url).is_empty(), "{url}");
    }
}

#[test]
fn white_space_around_a_secret_causes_a_warning() {
    for (variable, code) in [("AURA_AUTH_SECRET", true), ("AURA_AUTH_SALT", true), ("AURA_AUTH_BASE_URL", false)] {
        let environment = complete().into_iter().chain([("AURA_AUTH_BASE_URL", "https://app.example")]);
        let environment = environment
            .map(|(name, value)| (name, if name == variable { format!("{value}\n") } else { value.to_owned() }));
        let auth = Auth::builder().environment(environment).oauth(["bitbucket"]).build().unwrap();
        let warnings = auth.config_warnings(([127, 0, 0, 1], 3000).into());
        let codes: Vec<_> = warnings.iter().map(aura_auth::ConfigWarning::code).collect();
        assert_eq!(codes, if code { &["SECRET_HAS_WHITE_SPACE"][..] } else { &[] }, "{variable}");
        assert!(warnings.iter().all(|warning| warning.to_string().contains(variable)));
    }
}

#[test]
fn trusted_proxies_are_read_from_the_environment() {
    let listed = |list: &'static str| {
        let environment = complete()
            .into_iter()
            .chain([("AURA_AUTH_TRUSTED_PROXIES", list), ("AURA_AUTH_BASE_URL", "https://app.example")]);
        Auth::builder().environment(environment).oauth(["bitbucket"]).build()
    };
    listed("10.0.0.0/8, 192.0.2.1;2001:db8::/32").unwrap();
    let error = listed("10.0.0.0/8, 10.0.0.300").unwrap_err().to_string();
    assert!(error.contains("AURA_AUTH_TRUSTED_PROXIES has `10.0.0.300`"), "{error}");
}

/// Standards: ASVS 16.2.5
#[test]
fn debug_output_contains_no_secret() {
    let auth = configured().build().unwrap();
    let printed = format!("{auth:?} {:?} {:?} {:?}", auth.jose(), auth.api(), bitbucket().client_secret("se:cr&t"));
    for secret in [SECRET, SALT, "se:cr&t"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[test]
fn an_invalid_limit_of_provider_calls_is_rejected() {
    for value in ["0", "-1", "many", "1.5", "99999999999"] {
        let environment = complete().into_iter().chain([("AURA_AUTH_PROVIDER_CALLS_PER_HOUR", value)]);
        let error = Auth::builder().environment(environment).oauth(["bitbucket"]).build().unwrap_err();
        assert_eq!(codes(&error), ["CONFIG_INVALID"], "{value}");
        assert!(error.to_string().contains("AURA_AUTH_PROVIDER_CALLS_PER_HOUR"), "{error}");
    }
    let limits = RateLimits::default().provider_calls(RateLimit::per_minutes(0, 60));
    assert_eq!(codes(&configured().rate_limits(limits).build().unwrap_err()), ["CONFIG_INVALID"]);
}

#[test]
fn providers_of_different_types_can_be_combined() {
    let own = || {
        let url = "https://id.example.com/x";
        ProviderBuilder::new("own", url, url, url, |user: aura_auth::User| user).client_id("k").client_secret("s")
    };
    let bitbucket = || bitbucket().client_id("key").client_secret("secret").require_workspace("acme");
    let ids = |builder: AuthBuilder| {
        let auth = builder.build().unwrap();
        auth.providers().map(|(id, _)| id.to_owned()).collect::<Vec<_>>()
    };
    let builder = || Auth::builder().environment::<&str, &str>([]).secret(SECRET).salt(SALT);
    assert_eq!(ids(builder().oauth([bitbucket()]).oauth([own()])), ["bitbucket", "own"]);
    assert_eq!(ids(builder().oauth([own(), bitbucket().into()])), ["own", "bitbucket"]);
    let listed: Vec<ProviderBuilder> = vec![bitbucket().into(), own()];
    assert_eq!(ids(builder().oauth(listed)), ["bitbucket", "own"]);
}
