//! Forwarding headers from a proxy, and from a client that pretends to be one.

use aura_auth::{LimitedAction, RateLimit, RateLimits};
use reqwest::{Method, StatusCode};

use super::log::Log;
use super::test_app::{JSON, TestApp, parameter};

async fn behind(hops: usize) -> TestApp {
    TestApp::configured(|builder| {
        builder
            .trusted_proxy_headers(true)
            .trusted_proxy_hops(hops)
            .trusted_origins_by(|origin| matches!(origin, "https://app.example" | "https://www.example"))
    })
    .await
}

#[tokio::test]
async fn the_entry_of_the_outermost_trusted_proxy_is_used() {
    for (hops, headers, redirect_uri) in [
        (
            1,
            vec![("x-forwarded-proto", "http, https"), ("x-forwarded-host", "www.example, app.example")],
            "app.example",
        ),
        (
            2,
            vec![("x-forwarded-proto", "https, http"), ("x-forwarded-host", "www.example, app.example")],
            "www.example",
        ),
        (2, vec![("x-forwarded-proto", "https"), ("x-forwarded-host", "app.example")], "app.example"),
        (1, vec![("forwarded", "proto=https;host=app.example")], "app.example"),
        (1, vec![("forwarded", "proto=http;host=evil.example, proto=https;host=\"app.example\"")], "app.example"),
        (1, vec![("forwarded", "proto=https;host=app.example"), ("x-forwarded-host", "app.example")], "app.example"),
    ] {
        let mut browser = behind(hops).await.browser();
        browser.headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let begun = browser.get("/auth/signIn/bitbucket").await;
        assert_eq!(begun.status, StatusCode::FOUND, "{headers:?} {}", begun.body);
        let found = parameter(begun.location(), "redirect_uri").unwrap();
        assert_eq!(found, format!("https://{redirect_uri}/auth/callback/bitbucket"), "{headers:?}");
    }
}

/// Attack: the client's own `Forwarded` or `X-Forwarded-*` through a trusted proxy
/// Standards: RFC 7239 8.1; RFC 9700 4.13; ASVS 4.1.3
#[tokio::test]
async fn untrusted_or_contradictory_forwarding_headers_are_rejected() {
    for headers in [
        vec![("x-forwarded-proto", "https"), ("x-forwarded-host", "evil.example")],
        vec![("x-forwarded-proto", "javascript"), ("x-forwarded-host", "app.example")],
        vec![("x-forwarded-proto", "https"), ("x-forwarded-host", "app.example:evil")],
        vec![("x-forwarded-proto", "https"), ("x-forwarded-host", "app.example%2fevil")],
        // A proxy that writes X-Forwarded-* may pass on the client's own `Forwarded`.
        vec![
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "app.example"),
            ("forwarded", "proto=https;host=www.example"),
        ],
        vec![("x-forwarded-proto", "https"), ("x-forwarded-host", "app.example"), ("forwarded", "proto=http")],
    ] {
        let mut browser = behind(1).await.browser();
        browser.headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let answer = browser.get_json("/auth/signIn/bitbucket").await;
        assert_eq!(answer.error_code(), "INVALID_TRUSTED_ORIGIN", "{headers:?}");
        assert!(!format!("{answer:?}").contains("evil"), "{answer:?}");
    }
}

/// Starts an app with a list of trusted proxies and a limit of one sign-in a minute for each address.
async fn with_list(proxies: &[&str], trust_all: Option<bool>) -> TestApp {
    let limits = RateLimits::none().limit(LimitedAction::SignIn, RateLimit::per_minutes(1, 1));
    TestApp::configured(|builder| {
        let builder = builder.rate_limits(limits).trusted_origins(["https://app.example", "https://other.example"]);
        let builder = builder.trusted_proxies(proxies.iter().copied());
        trust_all.into_iter().fold(builder, aura_auth::AuthBuilder::trusted_proxy_headers)
    })
    .await
}

/// Attack: a client that writes a chain of proxies to hide its address or to choose the app's origin
/// Standards: RFC 7239 8.1; ASVS 2.4.1, 4.1.3
#[tokio::test]
async fn the_client_is_the_first_unlisted_address_from_the_right() {
    let app = with_list(&["127.0.0.1", "10.0.0.0/8"], None).await;
    let mut browser = app.browser();
    for (name, value, host, status) in [
        ("x-forwarded-for", "203.0.113.1", None, 302),
        ("x-forwarded-for", "6.6.6.1, 203.0.113.1", None, 429),
        ("x-forwarded-for", "6.6.6.2, 203.0.113.1, 10.0.0.7", None, 429),
        ("x-forwarded-for", "6.6.6.3, 203.0.113.1, 10.1.0.7, 10.0.0.7:4711", None, 429),
        ("x-forwarded-for", "10.0.0.7, 203.0.113.1", None, 429),
        (
            "forwarded",
            "for=6.6.6.4;host=other.example;proto=https, for=203.0.113.2;host=app.example;proto=https",
            Some("app.example"),
            302,
        ),
        (
            "forwarded",
            "for=6.6.6.5;host=other.example, for=203.0.113.3;host=app.example;proto=https, for=10.0.0.7;host=inner",
            Some("app.example"),
            302,
        ),
    ] {
        let mut headers = vec![JSON, (name, value)];
        if host.is_none() {
            headers.extend([("x-forwarded-proto", "https"), ("x-forwarded-host", "app.example")]);
        }
        let answer = browser.send(Method::GET, "/auth/signIn/bitbucket", &headers, "").await;
        assert_eq!(answer.status.as_u16(), status, "{value}: {}", answer.body);
        if status == 302 {
            let redirect_uri = parameter(answer.location(), "redirect_uri").unwrap();
            assert_eq!(redirect_uri, "https://app.example/auth/callback/bitbucket", "{value}");
        }
    }
}

/// Attack: forwarding headers from a peer that is no proxy of the app's own
/// Standards: RFC 7239 8.1; ASVS 2.4.1, 4.1.3
#[tokio::test]
async fn forwarding_headers_of_an_unlisted_peer_are_ignored_and_logged_once() {
    let (log, _guard) = Log::of_this_thread();
    for trust_all in [None, Some(true)] {
        let app = with_list(&["192.0.2.1", "10.0.0.0/8"], trust_all).await;
        let mut browser = app.browser();
        for (index, (name, value)) in [
            ("x-forwarded-for", "203.0.113.1"),
            ("x-forwarded-for", "10.0.0.7"),
            ("forwarded", "for=203.0.113.2;proto=https;host=other.example"),
            ("forwarded", "this does not parse"),
        ]
        .into_iter()
        .enumerate()
        {
            let headers = [JSON, (name, value), ("x-forwarded-host", "app.example"), ("x-forwarded-proto", "https")];
            let answer = browser.send(Method::GET, "/auth/signIn/bitbucket", &headers, "").await;
            if index == 0 {
                let redirect_uri = parameter(answer.location(), "redirect_uri").unwrap();
                assert_eq!(redirect_uri, format!("{}/auth/callback/bitbucket", app.origin));
            } else {
                assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{value}");
            }
        }
    }
    let ours = log.ours();
    let warnings = ours.lines().filter(|line| line.contains("not in AURA_AUTH_TRUSTED_PROXIES"));
    assert_eq!(warnings.clone().count(), 2, "one for each server: {ours}");
    assert!(warnings.into_iter().all(|line| line.contains("127.0.0.1")), "{ours}");
}

#[tokio::test]
async fn a_malformed_forwarding_header_is_logged_once_without_its_value() {
    let (log, _guard) = Log::of_this_thread();
    let app = behind(1).await;
    for _ in 0..3 {
        let headers = [JSON, ("forwarded", "for=evil")];
        let answer = app.browser().send(Method::GET, "/auth/session", &headers, "").await;
        assert_eq!(answer.error_code(), "MALFORMED_FORWARDED_HEADER");
    }
    let ours = log.ours();
    assert_eq!(ours.lines().filter(|line| line.contains("`forwarded` can't be parsed")).count(), 1, "{ours}");
    assert!(!ours.contains("evil"), "{ours}");
}
