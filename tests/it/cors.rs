//! Pages of the request origins, and pages of all other origins.

use reqwest::{Method, StatusCode};

use super::test_app::{JSON, TestApp};

const DOCS: &str = "https://docs.example.com";

async fn app(cors: bool) -> TestApp {
    TestApp::configured(|builder| {
        let builder = builder.request_origins(["https://*.example.com"]);
        if cors { builder.cors() } else { builder }
    })
    .await
}

/// Attack: another origin's page reads the session
/// Standards: ASVS 3.4.2, 3.5.2
#[tokio::test]
async fn without_cors_enabled_no_other_origin_may_read_responses() {
    let app = app(false).await;
    let answer = app.browser().send(Method::GET, "/auth/session", &[JSON, ("origin", DOCS)], "").await;
    assert!(!answer.headers.keys().any(|name| name.as_str().starts_with("access-control")), "{answer:?}");
    let answer = app.browser().send(Method::OPTIONS, "/auth/session", &[("origin", DOCS)], "").await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_request_origin_may_read_the_session_endpoints_and_no_others() {
    let app = app(true).await;
    for (origin, path, allowed) in [
        (DOCS, "/auth/session", true),
        (DOCS, "/auth/csrfToken", true),
        (DOCS, "/auth/signOut", true),
        (DOCS, "/auth/sessions", true),
        (DOCS, "/auth/sessions/x", true),
        (DOCS, "/auth/sessions/revoke-others", true),
        (DOCS, "/auth/providers/bitbucket/tokens", false),
        (DOCS, "/auth/signIn/bitbucket", false),
        ("https://evil.example", "/auth/session", false),
        ("https://docs.example.com.evil.example", "/auth/session", false),
        ("null", "/auth/session", false),
        ("http://docs.example.com", "/auth/session", false),
    ] {
        let preflight = [
            ("origin", origin),
            ("access-control-request-method", "PATCH"),
            ("access-control-request-headers", "x-csrf-token,content-type"),
        ];
        let asked = app.browser().send(Method::OPTIONS, path, &preflight, "").await;
        let answered = app.browser().send(Method::GET, path, &[JSON, ("origin", origin)], "").await;
        for answer in [&asked, &answered] {
            let found = answer.headers.get("access-control-allow-origin").map(|value| value.to_str().unwrap());
            assert_eq!(found, allowed.then_some(origin), "{origin} {path}");
        }
        if allowed {
            assert_eq!(asked.headers["access-control-allow-credentials"], "true");
            assert!(asked.headers["access-control-allow-headers"].to_str().unwrap().contains("x-csrf-token"));
            let vary: Vec<_> = answered.headers.get_all("vary").iter().map(|line| line.to_str().unwrap()).collect();
            let vary = vary.join(",").to_ascii_lowercase();
            assert!(vary.contains("origin") && vary.contains("cookie"), "{vary}");
        }
    }
}

/// Attack: another origin's page changes the session where CORS is on
/// Standards: ASVS 3.4.2, 3.5.1
#[tokio::test]
async fn with_cors_only_a_request_origin_may_change_the_session() {
    let app = app(true).await;
    let mut browser = app.signed_in().await;
    let token = browser.csrf_token().await;
    for (origin, status) in [("https://evil.example", StatusCode::FORBIDDEN), (DOCS, StatusCode::OK)] {
        let headers = [JSON, ("origin", origin), ("sec-fetch-site", "cross-site"), ("x-csrf-token", &*token)];
        let answer = browser.send(Method::PATCH, "/auth/session", &headers, r#"{"user":{"name":"X"}}"#).await;
        assert_eq!(answer.status, status, "{origin} {}", answer.body);
    }
}
