//! `Option<Session>` as an argument of a handler that everybody may call.

use aura_auth::testing::session_cookie;
use aura_auth::{Session, User};
use axum::Router;
use axum::routing::get;
use reqwest::{Method, StatusCode};

use super::test_app::{Browser, HTML, JSON, TestApp, listen, serve};

const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");

/// Returns a browser that also sends this cookie.
fn with_cookie(mut browser: Browser, cookie: &str) -> Browser {
    browser.headers.push(("cookie".to_owned(), cookie.to_owned()));
    browser
}

#[tokio::test]
async fn a_handler_with_an_optional_session_runs_even_if_the_session_is_invalid() {
    let app = TestApp::new().await;
    let (behind_https, neighbour) = TestApp::behind_https().await;
    let user = User::new("mallory");
    let planted = format!("__Secure-{}", session_cookie(&behind_https.auth, user).unwrap());
    let ended = app.signed_in().await;
    app.clock.advance(16 * 24 * 3600);
    for (mut browser, code) in [
        (app.browser(), "SESSION_NOT_FOUND"),
        (ended, "SESSION_EXPIRED"),
        (with_cookie(app.browser(), "aura-auth.session_token=x.y.z"), "SESSION_INVALID"),
        (with_cookie(neighbour, &planted), "SESSION_NOT_PINNED"),
    ] {
        for (method, accept) in [(Method::GET, HTML), (Method::GET, JSON), (Method::POST, HTML), (Method::POST, JSON)] {
            let answer = browser.send(method, "/", &[accept, OWN], "").await;
            assert_eq!((answer.status, &*answer.body), (StatusCode::OK, "Hello stranger"), "{code}");
            assert!(!answer.headers.contains_key("location"), "{answer:?}");
        }
        assert_eq!(browser.get_json("/auth/session").await.error_code(), code);
    }
    assert_eq!(app.signed_in().await.get("/").await.body, "Hello Ada Lovelace");
}

/// If the handler were called, an app without the layer would greet everybody as a stranger.
#[tokio::test]
async fn a_handler_with_an_optional_session_does_not_run_outside_the_layer() {
    let (listener, origin) = listen().await;
    serve(listener, Router::new().route("/", get(async |_: Option<Session>| "Hello stranger")));
    assert_eq!(Browser::new(&origin).get_json("/").await.error_code(), "SERVER_ERROR");
}
