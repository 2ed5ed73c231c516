//! Reading the session: the endpoint, the layer, the extractors.

use aura_auth::testing::session_cookie;
use aura_auth::{Session, User};
use axum::Router;
use axum::routing::get;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::test_app::{Browser, HTML, TestApp, listen, serve};
use super::typescript;

fn with_session_cookie(app: &TestApp, token: &str) -> Browser {
    let mut browser = app.browser();
    browser.headers = vec![("cookie".to_owned(), format!("aura-auth.session_token={token}"))];
    browser
}

#[tokio::test]
async fn a_request_without_a_session_gets_401_with_a_reason() {
    let app = TestApp::new().await;
    let answer = app.browser().get_json("/auth/session").await;
    assert_eq!(answer.error_code(), "SESSION_NOT_FOUND");
    let body = answer.json();
    assert_eq!((&body["success"], &body["session"]), (&json!(false), &Value::Null));
    assert_eq!(app.browser().get_json("/private").await.error_code(), "SESSION_NOT_FOUND");
    assert_eq!(app.browser().get("/").await.body, "Hello stranger");
}

#[tokio::test]
async fn a_session_of_the_typescript_release_is_read() {
    let app = TestApp::new().await;
    let vectors: Value = serde_json::from_str(include_str!("../vectors.json")).unwrap();
    let mut browser = with_session_cookie(&app, vectors["vectors"][0]["token"].as_str().unwrap());
    let session = browser.session().await.unwrap();
    assert_eq!(session.user.name.as_deref(), Some("Ada Lovelace"));
    let body = browser.get_json("/auth/session").await.json();
    assert_eq!(body["success"], true);
    assert_eq!(body["session"]["expires"], "2026-01-16T00:00:00.000Z");
    assert_eq!(body["session"]["user"]["email"], Value::Null);
}

/// Attack: a session with a character changed, each in turn
/// Standards: ASVS 9.1.1, 11.3.3
#[tokio::test]
async fn a_session_cookie_with_any_changed_character_is_rejected() {
    let app = TestApp::new().await;
    let user = User::new("x");
    let cookie = session_cookie(&app.auth, user).unwrap();
    let token = cookie.split_once('=').unwrap().1;
    assert!(with_session_cookie(&app, token).session().await.is_some());
    for at in (0..token.len()).filter(|&at| &token[at..=at] != ".") {
        let mut changed = token.to_owned();
        changed.replace_range(at..=at, if &token[at..=at] == "A" { "B" } else { "A" });
        let answer = with_session_cookie(&app, &changed).get_json("/auth/session").await;
        assert_eq!(answer.error_code(), "SESSION_INVALID", "character {at}");
    }
}

/// Standards: ASVS 9.2.1
#[tokio::test]
async fn session_claims_must_follow_the_wire_contract() {
    let app = TestApp::new().await;
    let now = 1_767_225_600;
    let with = |change: Value| {
        let mut claims = json!({ "sub": "x", "iat": now, "nbf": now, "exp": now + 60, "jti": "j" });
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        typescript::seal(&claims)
    };
    for accepted in [
        json!({}),
        json!({ "name": null, "image": null, "email": "a@example.org" }),
        json!({ "aud": "app", "iss": "https://auth.example", "mexp": now + 1 }),
        json!({ "aud": ["app", "other"], "extra": { "deep": [1, 2] } }),
        // The clock of the server that created the token may be up to 60 seconds ahead.
        json!({ "nbf": now + 60 }),
        json!({ "nbf": -1e300 }),
    ] {
        let mut browser = with_session_cookie(&app, &with(accepted.clone()));
        assert!(browser.session().await.is_some(), "{accepted}");
    }
    for (refused, code) in [
        (json!({ "sub": 7 }), "SESSION_INVALID"),
        (json!({ "sub": null }), "SESSION_INVALID"),
        (json!({ "jti": 7 }), "SESSION_INVALID"),
        (json!({ "iat": "x" }), "SESSION_INVALID"),
        (json!({ "nbf": now + 61 }), "SESSION_INVALID"),
        (json!({ "nbf": 1e300 }), "SESSION_INVALID"),
        (json!({ "exp": "x" }), "SESSION_INVALID"),
        (json!({ "exp": now }), "SESSION_EXPIRED"),
        (json!({ "exp": now - 1 }), "SESSION_EXPIRED"),
        (json!({ "mexp": now - 1 }), "SESSION_EXPIRED"),
        (json!({ "mexp": "x" }), "SESSION_INVALID"),
        (json!({ "email": "not an address" }), "SESSION_INVALID"),
        (json!({ "name": 7 }), "SESSION_INVALID"),
        (json!({ "aud": 7 }), "SESSION_INVALID"),
        (json!({ "iss": ["x"] }), "SESSION_INVALID"),
    ] {
        let answer = with_session_cookie(&app, &with(refused.clone())).get_json("/auth/session").await;
        assert_eq!(answer.error_code(), code, "{refused}");
    }
}

/// Attack: a cache keeps a private page
/// Standards: RFC 9111 5.2; ASVS 14.3.2
#[tokio::test]
async fn pages_of_signed_in_people_are_not_cached() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    let page = browser.get("/").await;
    assert_eq!(
        (&page.headers["cache-control"], &page.headers["vary"]),
        (&"no-store".parse().unwrap(), &"Cookie".parse().unwrap())
    );
    let stranger = app.browser().get("/").await;
    assert!(!stranger.headers.contains_key("cache-control"));
    assert_eq!(stranger.headers["vary"], "Cookie");
    // This handler does not read the session, so its response does not depend on it.
    let same = browser.get("/static").await;
    assert!(!same.headers.contains_key("cache-control") && !same.headers.contains_key("vary"));
}

/// JavaScript can cut a string in the middle of a character, which leaves half of a surrogate pair.
#[tokio::test]
async fn a_lone_surrogate_in_a_name_does_not_invalidate_the_session() {
    let app = TestApp::new().await;
    let times = r#""iat":1767225600,"nbf":1767225600,"exp":1767229200,"jti":"j""#;
    let token =
        typescript::seal_text(&format!(r#"{{"sub":"x","name":"Ada \ud83d","team":"\ude00\ud83d\ude00",{times}}}"#));
    let user = with_session_cookie(&app, &token).session().await.unwrap().user;
    assert_eq!(user.name.as_deref(), Some("Ada \u{FFFD}"));
    assert_eq!(user.get::<String>("team").as_deref(), Some("\u{FFFD}\u{1F600}"));
    let malformed = typescript::seal_text(r#"{"sub":"x","name":"\ud8"}"#);
    assert_eq!(with_session_cookie(&app, &malformed).get_json("/auth/session").await.error_code(), "SESSION_INVALID");
}

#[tokio::test]
async fn a_handler_that_requires_a_session_redirects_a_person_and_rejects_a_program() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let answer = browser.get("/private?a=b").await;
    let location = "/sign-in?redirectTo=%2Fprivate%3Fa%3Db";
    assert_eq!((answer.status, answer.location(), &*answer.body), (StatusCode::SEE_OTHER, location, ""));
    assert_eq!(answer.headers["vary"], "Cookie");
    // After a form, the person is sent back to the form's page, because the form's action may not be a page.
    let referer = format!("{}/form", app.origin);
    let headers = [HTML, ("referer", &*referer), ("sec-fetch-site", "same-origin")];
    let answer = browser.send(Method::POST, "/private", &headers, "").await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/sign-in?redirectTo=%2Fform"));
    assert_eq!(browser.get_json("/private").await.error_code(), "SESSION_NOT_FOUND");
}

/// Standards: ASVS 16.5.3
#[tokio::test]
async fn a_handler_outside_the_layer_returns_a_server_error() {
    let (listener, origin) = listen().await;
    serve(listener, Router::new().route("/", get(async |session: Session| session.user.sub)));
    assert_eq!(Browser::new(&origin).get_json("/").await.error_code(), "SERVER_ERROR");
}

#[tokio::test]
async fn a_cookie_with_arbitrary_bytes_does_not_hide_the_session() {
    let app = TestApp::new().await;
    let cookie = session_cookie(&app.auth, User::new("x")).unwrap();
    let mut headers = axum::http::HeaderMap::new();
    let line =
        [b"city=Z\xc3\xbcrich; raw=\xff\xfe; empty; =; ", cookie.as_bytes(), b"; aura-auth.flow.\xff=x"].concat();
    headers.insert("cookie", axum::http::HeaderValue::from_bytes(&line).unwrap());
    headers.insert("host", "localhost".parse().unwrap());
    let session = app.auth.api().get_session(&headers).await.into_result().unwrap();
    assert_eq!(session.user.sub, "x");
    let token = app.auth.api().form_csrf_token(&headers).await.unwrap();
    let (csrf, options) = (aura_auth::CsrfProof::Field(token), aura_auth::RedirectOptions::default());
    assert!(app.auth.api().sign_out(&headers, &csrf, options).await.into_result().is_ok());
}
