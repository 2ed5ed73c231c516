//! Hosts that are not the app's own

use reqwest::{Method, StatusCode};

use super::log::Log;
use super::requests::say;
use super::test_app::{HTML, JSON, TestApp, parameter};

const ALLOWED: [&str; 2] = ["app.internal", "*.preview.example"];

async fn with_base_url() -> TestApp {
    TestApp::configured(|builder| builder.base_url("https://app.example")).await
}

async fn with_allowed_hosts() -> TestApp {
    TestApp::configured(|builder| builder.base_url("https://app.example").allowed_hosts(ALLOWED)).await
}

/// Attack: Host poisoning and DNS rebinding where the app knows its own address
/// Standards: RFC 9110 7.4, 15.5.20; ASVS 4.1.3
#[tokio::test]
async fn with_a_base_url_a_request_for_another_host_gets_421() {
    let app = with_base_url().await;
    for host in ["evil.example", "app.example.evil.example", "app.example:8443", "x.app.example", "10.0.0.1"] {
        for path in ["/", "/auth/session", "/auth/signIn/bitbucket"] {
            let answer = app.browser().send(Method::GET, path, &[JSON, ("host", host)], "").await;
            assert_eq!(answer.error_code(), "MISDIRECTED_REQUEST", "{host} {path}");
        }
    }
    for request in
        ["GET /auth/session HTTP/1.0\r\n\r\n", "GET /auth/session HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n"]
    {
        let answer = say(&app, request.as_bytes()).await;
        let status = answer.split(' ').nth(1).unwrap_or_default();
        assert!(status == "421" || status == "400", "{request:?}: {answer}");
    }
    // A request target in absolute form names a host too.
    let target = "GET http://evil.example/auth/session HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    assert!(say(&app, target.as_bytes()).await.starts_with("HTTP/1.1 421"));
}

/// Attack: an allowed `Host` that moves a redirect, a cookie or the `redirect_uri`
/// Standards: RFC 9700 4.1; ASVS 4.1.3
#[tokio::test]
async fn with_any_allowed_host_redirects_and_cookies_use_the_base_url() {
    let app = with_allowed_hosts().await;
    for host in [
        "app.example",
        "APP.example:443",
        "localhost:3000",
        "127.0.0.1",
        "[::1]:3000",
        "app.internal",
        "app.internal:8080",
        "a.preview.example",
    ] {
        let path = "/auth/signIn/bitbucket?redirectTo=https://app.internal/x";
        let begun = app.browser().send(Method::GET, path, &[JSON, ("host", host)], "").await;
        assert_eq!(begun.status, StatusCode::FOUND, "{host}: {}", begun.body);
        let redirect_uri = parameter(begun.location(), "redirect_uri").unwrap();
        assert_eq!(redirect_uri, "https://app.example/auth/callback/bitbucket", "{host}");
        assert!(begun.set_cookies().iter().all(|line| line.starts_with("__Host-")), "{host}");
    }
    for host in ["preview.example", "a.b.preview.example", "x.app.internal"] {
        let answer = app.browser().send(Method::GET, "/", &[JSON, ("host", host)], "").await;
        assert_eq!(answer.error_code(), "MISDIRECTED_REQUEST", "{host}");
    }
}

/// Attack: markup or line ends in a `Host` that the refusal's page or the log shows
/// Standards: ASVS 1.2.1, 16.4.1
#[tokio::test]
async fn the_421_page_names_a_harmless_host_and_the_variable_that_allows_it() {
    let (log, _guard) = Log::of_this_thread();
    let app = with_base_url().await;
    for (host, shown) in [
        ("moved.example:8080", true),
        ("<b>alert(1)</b>", false),
        ("{{7*7}}", false),
        ("a'b\"c", false),
        (&*"a".repeat(3000), false),
    ] {
        let page = app.browser().send(Method::GET, "/", &[HTML, ("host", host)], "").await;
        assert_eq!(page.status.as_u16(), 421, "{host}");
        for variable in ["AURA_AUTH_BASE_URL", "AURA_AUTH_ALLOWED_HOSTS"] {
            assert!(page.body.contains(variable), "{variable}: {}", page.body);
        }
        assert_eq!(page.body.contains(host), shown, "{}", page.body);
        for (name, value) in [("content-type", "text/html; charset=utf-8"), ("cache-control", "no-store")] {
            assert_eq!(page.headers[name], value);
        }
    }
    let ours = log.ours();
    let line = ours.lines().find(|line| line.contains("moved.example:8080")).unwrap();
    assert!(line.contains("AURA_AUTH_BASE_URL") && line.contains("AURA_AUTH_ALLOWED_HOSTS"), "{line}");
    assert!(!ours.contains(&"a".repeat(100)), "{ours}");
}
