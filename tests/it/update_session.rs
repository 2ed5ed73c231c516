//! Changing the session.

use aura_auth::{CsrfProof, Expiration, LimitedAction, RateLimits, RedirectOptions, SessionConfig, SessionUpdate};
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::test_app::{ADA, JSON, TestApp};

#[tokio::test]
async fn a_name_is_changed_and_stays_changed() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    let body = json!({ "user": { "name": "Countess Lovelace", "image": null } }).to_string();
    let token = browser.csrf_token().await;
    // The TypeScript client sends the request like this.
    let headers = [JSON, ("x-csrf-token", &*token), ("content-type", "text/plain;charset=UTF-8")];
    let answer = browser.send(Method::PATCH, "/auth/session?redirectTo=undefined", &headers, &body).await;
    assert_eq!(answer.status, StatusCode::OK);
    let json = answer.json();
    assert_eq!(
        (&json["success"], &json["redirect"], &json["redirectURL"]),
        (&json!(true), &json!(false), &Value::Null)
    );
    assert_eq!(json["session"]["user"]["name"], "Countess Lovelace");
    let user = browser.session().await.unwrap().user;
    assert_eq!((user.sub.as_str(), user.image, user.email.as_deref()), (ADA, None, Some("ada@example.org")));
}

/// Attack: mass assignment: a person changes who they are
/// Standards: ASVS 15.3.3
#[tokio::test]
async fn a_change_of_a_field_that_is_not_editable_is_rejected() {
    let app = TestApp::configured(|builder| {
        builder.rate_limits(RateLimits::default().unlimited(LimitedAction::UpdateSession))
    })
    .await;
    let mut browser = app.signed_in().await;
    let before = browser.session().await.unwrap();
    for body in [
        json!({ "user": { "sub": "{someone-else}" } }),
        json!({ "user": { "email": "ceo@example.org" } }),
        json!({ "user": { "role": "admin" } }),
        json!({ "user": { "name": "Fine", "role": "admin" } }),
        json!({ "user": { "name": 7 } }),
        json!({ "user": { "image": "javascript:alert(1)" } }),
        json!({ "expires": "2026-01-01T00:00:00Z" }),
        json!({ "expires": "2020-01-01T00:00:00Z" }),
        json!({ "expires": "2030-01-01T00:00:00Z" }),
    ] {
        let answer = browser.send_with_csrf(Method::PATCH, "/auth/session", &body.to_string()).await;
        assert_eq!(answer.error_code(), "UPDATE_SESSION_INVALID", "{body}");
        assert_eq!(answer.json()["session"], Value::Null);
    }
    for body in ["", "{", "[]", "null", "7", r#"{"user":7}"#, r#"{"expires":"tomorrow"}"#, r#"{"expires":7}"#, "\u{0}"]
    {
        let answer = browser.send_with_csrf(Method::PATCH, "/auth/session", body).await;
        assert_eq!(answer.error_code(), "UNPROCESSABLE_BODY_ENTITY", "{body:?}");
    }
    assert_eq!(browser.session().await.unwrap(), before);
}

#[tokio::test]
async fn a_change_needs_a_session_and_its_csrf_token() {
    let app = TestApp::new().await;
    let body = r#"{"user":{"name":"X"}}"#;
    let mut stranger = app.browser();
    let answer = stranger.send_with_csrf(Method::PATCH, "/auth/session", body).await;
    assert_eq!(answer.error_code(), "SESSION_NOT_FOUND");
    let another = app.signed_in().await.csrf_token().await;
    let mut browser = app.signed_in().await;
    for (headers, code) in [
        (vec![JSON], "CSRF_DOUBLE_SUBMIT_FAILED"),
        (vec![JSON, ("x-csrf-token", "x")], "INVALID_CSRF_TOKEN"),
        (vec![JSON, ("x-csrf-token", &*another)], "INVALID_CSRF_TOKEN"),
    ] {
        let answer = browser.send(Method::PATCH, "/auth/session", &headers, body).await;
        assert_eq!(answer.error_code(), code);
    }
    assert_eq!(browser.session().await.unwrap().user.name.as_deref(), Some("Ada Lovelace"));
}

#[tokio::test]
async fn an_earlier_expiry_is_kept_even_in_a_rolling_session() {
    let config = SessionConfig::default().expiration(Expiration::Rolling);
    let app = TestApp::configured(|builder| builder.session(config)).await;
    let mut browser = app.signed_in().await;
    let body = r#"{"expires":"2026-01-01T01:00:00.000Z"}"#;
    let answer = browser.send_with_csrf(Method::PATCH, "/auth/session", body).await;
    assert_eq!(answer.json()["session"]["expires"], "2026-01-01T01:00:00.000Z");
    app.clock.advance(3599);
    assert_eq!(browser.session().await.unwrap().expires.hour(), 1);
    app.clock.advance(1);
    assert!(browser.session().await.is_none());
}

#[tokio::test]
async fn the_redirect_target_is_a_location_header_or_a_json_field() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    for (query, status, location, url) in [
        ("redirectTo=/profile", StatusCode::FOUND, Some("/profile"), Value::Null),
        ("redirectTo=/profile&redirect=false", StatusCode::OK, None, json!("/profile")),
        ("redirectTo=https://evil.example/", StatusCode::FOUND, Some("/"), Value::Null),
        ("", StatusCode::OK, None, Value::Null),
    ] {
        let url_of = format!("/auth/session?{query}");
        let answer = browser.send_with_csrf(Method::PATCH, &url_of, r#"{"user":{"name":"X"}}"#).await;
        assert_eq!(answer.status, status, "{query}");
        assert_eq!(answer.headers.get("location").map(|value| value.to_str().unwrap()), location);
        assert_eq!(answer.json()["redirectURL"], url);
    }
}

#[tokio::test]
async fn app_code_may_use_the_same_origin_headers_as_csrf_proof() {
    let router = |auth: &aura_auth::Auth| {
        let rename = async |State(auth): State<aura_auth::Auth>, request: axum::extract::Request| {
            let (parts, _) = request.into_parts();
            let options = RedirectOptions::default();
            let update = SessionUpdate::default().set("name", "Countess");
            auth.api().update_session(&parts, &update, &CsrfProof::SameOrigin, options).await
        };
        Router::new()
            .route("/rename", get(rename).post(rename))
            .nest("/auth", auth.handlers())
            .layer(auth.layer())
            .route("/outside", post(rename))
            .with_state(auth.clone())
    };
    let app = TestApp::serving(router, |builder| builder).await;
    let mut browser = app.signed_in().await;
    for (method, path, site) in [
        (Method::POST, "/rename", Some("cross-site")),
        (Method::POST, "/outside", Some("cross-site")),
        (Method::POST, "/rename", None),
        // An image on the app's own page can send a GET request.
        (Method::GET, "/rename", Some("same-origin")),
    ] {
        let headers: Vec<_> = site.map(|site| ("sec-fetch-site", site)).into_iter().chain([JSON]).collect();
        let answer = browser.send(method.clone(), path, &headers, "").await;
        assert_eq!(answer.error_code(), "CSRF_ORIGIN_REJECTED", "{method} {path} {site:?}");
    }
    assert_eq!(browser.session().await.unwrap().user.name.as_deref(), Some("Ada Lovelace"));
    let own = browser.send(Method::POST, "/rename", &[JSON, ("sec-fetch-site", "same-origin")], "").await;
    assert_eq!(own.json()["session"]["user"]["name"], "Countess");
}
