//! The options that the app may set on the HTTP client for the providers, and the ones that it can't override.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aura_auth::testing::StandInEndpoint;
use axum::Router;
use axum::http::HeaderMap;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::routing::post;
use reqwest::dns::{Name, Resolve, Resolving};
use reqwest::redirect::Policy;

use super::app::serve;
use super::test_app::{TestApp, listen};

const SHORT: Duration = Duration::from_millis(50);
/// 20 seconds are longer than any test waits, and short enough that a test fails and does not hang.
const LONG: Duration = Duration::from_secs(20);

#[tokio::test]
async fn the_app_s_http_client_follows_no_redirects_and_stores_no_cookies() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let (listener, origin) = listen().await;
    let app = TestApp::configured_with(|builder, provider| {
        builder.oauth([provider.id("own").token_url(&format!("{origin}/token"))]).http_client(|client| {
            client.redirect(Policy::limited(10)).cookie_store(true).user_agent("the app's own client")
        })
    })
    .await;
    let location = format!("{}/site/oauth2/access_token", app.bitbucket_origin);
    let token = post(async move |headers: HeaderMap| {
        log.lock().unwrap().push(headers);
        (reqwest::StatusCode::TEMPORARY_REDIRECT, [(LOCATION, location), (SET_COOKIE, "a=b".to_owned())])
    });
    serve(listener, Router::new().route("/token", token));

    for _ in 0..2 {
        assert_eq!(app.browser().sign_in("/auth/signIn/own").await.shown_error(), "NETWORK_REQUEST_FAILED");
    }
    assert_eq!(app.bitbucket.requests(StandInEndpoint::Token), 0);
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 2);
    for headers in &*seen {
        assert_eq!(headers["user-agent"], "the app's own client");
        assert!(!headers.contains_key("cookie"));
    }
}

#[tokio::test]
async fn the_app_s_http_client_uses_the_configured_request_timeout() {
    let start = Instant::now();
    let app =
        TestApp::configured(|builder| builder.provider_timeout(SHORT).http_client(|client| client.timeout(LONG))).await;
    let gate = app.bitbucket.hold(StandInEndpoint::Token);
    assert_eq!(app.browser().sign_in("/auth/signIn/bitbucket").await.shown_error(), "NETWORK_TIMEOUT");
    drop(gate);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

/// A DNS resolver that never answers.
struct Silent;

impl Resolve for Silent {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn the_app_s_http_client_uses_the_configured_connect_timeout() {
    let start = Instant::now();
    let app = TestApp::configured_with(|builder, provider| {
        builder
            .oauth([provider.id("silent").token_url("http://localhost:1/token")])
            .provider_timeout(LONG)
            .provider_connect_timeout(SHORT)
            .http_client(|client| client.dns_resolver(Arc::new(Silent)).connect_timeout(LONG))
    })
    .await;
    assert_eq!(app.browser().sign_in("/auth/signIn/silent").await.shown_error(), "NETWORK_TIMEOUT");
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
}
