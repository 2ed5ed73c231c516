//! The provider's tokens: who gets them, where they are stored, how large they are, and how they are removed.

use std::sync::{Arc, Mutex};

use aura_auth::TokenStorage;
use aura_auth::testing::{InjectedFault, StandInEndpoint};
use axum::Router;
use axum::routing::post;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::test_app::{Browser, HTML, JSON, TestApp, listen, serve};

const TOKENS: &str = "/auth/providers/bitbucket/tokens";

/// Standards: RFC 9700 4.14; ASVS 10.1.1
#[tokio::test]
async fn a_script_gets_the_access_token_but_not_the_refresh_token() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    let answer = browser.send_with_csrf(Method::GET, TOKENS, "").await;
    let tokens = answer.json()["tokens"].clone();
    assert_eq!(tokens["accessToken"].as_str().unwrap().len(), 2500);
    assert_eq!(tokens["scopes"], json!(["account", "email"]));
    assert_eq!((&tokens["tokenType"], &tokens["issuedAt"]), (&json!("Bearer"), &json!(1_767_225_600)));
    assert_eq!(tokens["expiresAt"], 1_767_225_600 + 7200);
    assert!(tokens.get("refreshToken").is_none());

    let revealing = TestApp::configured(aura_auth::AuthBuilder::reveal_refresh_tokens).await;
    let mut browser = revealing.signed_in().await;
    let answer = browser.send_with_csrf(Method::GET, TOKENS, "").await;
    assert_eq!(answer.json()["tokens"]["refreshToken"].as_str().unwrap().len(), 2500);
}

/// Standards: ASVS 3.5.1, 10.1.1
#[tokio::test]
async fn token_operations_require_the_session_and_its_csrf_token() {
    let app = TestApp::new().await;
    let another = app.signed_in().await.csrf_token().await;
    for (method, path, nulls) in [
        (Method::GET, "/auth/providers/bitbucket/tokens", json!({ "tokens": null })),
        (Method::POST, "/auth/providers/bitbucket/user/refresh", json!({ "session": null })),
        (Method::POST, "/auth/providers/bitbucket/tokens/revoke", json!({})),
        (Method::DELETE, "/auth/providers/bitbucket", json!({})),
    ] {
        let mut stranger = app.browser();
        assert_eq!(stranger.send_with_csrf(method.clone(), path, "").await.error_code(), "SESSION_NOT_FOUND");
        let mut browser = app.signed_in().await;
        browser.csrf_token().await;
        for (headers, code) in [
            (vec![JSON], "CSRF_DOUBLE_SUBMIT_FAILED"),
            (vec![JSON, ("x-csrf-token", "x")], "INVALID_CSRF_TOKEN"),
            (vec![JSON, ("x-csrf-token", &*another)], "INVALID_CSRF_TOKEN"),
            (vec![JSON, ("x-csrf-token", &*another), ("x-csrf-token", "x")], "INVALID_CSRF_TOKEN"),
        ] {
            let answer = browser.send(method.clone(), path, &headers, "").await;
            assert_eq!(answer.error_code(), code, "{method} {path}");
            let mut body = answer.json();
            body.as_object_mut().unwrap().remove("error");
            let mut expected = nulls.clone();
            expected["success"] = json!(false);
            assert_eq!(body, expected);
        }
        let unknown = path.replace("bitbucket", "nobody");
        let answer = browser.send_with_csrf(method.clone(), &unknown, "").await;
        assert_eq!(answer.error_code(), "UNPROCESSABLE_ENTITY", "{unknown}");
        assert_eq!(browser.send_with_csrf(Method::GET, TOKENS, "").await.status, StatusCode::OK, "{method} {path}");
    }
}

/// Standards: RFC 9700 4.10; ASVS 9.2.2
#[tokio::test]
async fn provider_tokens_of_another_session_are_ignored() {
    let app = TestApp::new().await;
    let ada = app.signed_in().await;
    let mut grace = app.browser();
    let begun = grace.get("/auth/signIn/bitbucket").await;
    let callback = grace.decide(begun.location(), "grace", "approve").await;
    grace.get(&callback).await;
    let tokens = |browser: &Browser| {
        browser.cookies.iter().filter(|cookie| cookie.name.contains("provider_tokens")).cloned().collect::<Vec<_>>()
    };
    grace.cookies.retain(|cookie| !cookie.name.contains("provider_tokens"));
    grace.cookies.extend(tokens(&ada));
    assert_eq!(grace.get_json("/auth/providers/bitbucket").await.json()["connected"], false);
    assert_eq!(grace.send_with_csrf(Method::GET, TOKENS, "").await.error_code(), "OAUTH_UNLINKED_ACCOUNT_ERROR");
    // The error is the same if there is no cookie with tokens.
    grace.cookies.retain(|cookie| !cookie.name.contains("provider_tokens"));
    assert_eq!(grace.send_with_csrf(Method::GET, TOKENS, "").await.error_code(), "OAUTH_UNLINKED_ACCOUNT_ERROR");
}

#[tokio::test]
async fn a_provider_is_connected_until_it_is_disconnected() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    let connected = json!({ "success": true, "connected": true });
    assert_eq!(browser.get_json("/auth/providers/bitbucket").await.json(), connected);
    assert_eq!(browser.get_json("/auth/providers/other").await.json()["connected"], false);
    assert_eq!(browser.get_json("/auth/providers/nobody").await.error_code(), "UNPROCESSABLE_ENTITY");
    assert_eq!(
        app.browser().get_json("/auth/providers/bitbucket").await.json()["connected"],
        false,
        "a stranger has none"
    );

    let answer = browser.send_with_csrf(Method::DELETE, "/auth/providers/bitbucket", "").await;
    assert_eq!((answer.status, answer.json()), (StatusCode::OK, json!({ "success": true })));
    assert!(!browser.cookies.iter().any(|cookie| cookie.name.contains("provider_tokens")), "{:?}", browser.cookies);
    assert_eq!(browser.get_json("/auth/providers/bitbucket").await.json()["connected"], false);
    assert!(browser.session().await.is_some(), "the session goes on");
    let again = browser.send_with_csrf(Method::DELETE, "/auth/providers/bitbucket", "").await;
    assert_eq!(again.error_code(), "OAUTH_UNLINKED_ACCOUNT_ERROR");
    assert_eq!(app.bitbucket.requests(StandInEndpoint::Token), 1, "the provider is not asked");
}

#[tokio::test]
async fn discarded_provider_tokens_are_not_stored() {
    let app = TestApp::configured(|builder| builder.provider_tokens(TokenStorage::Discard)).await;
    let mut browser = app.signed_in().await;
    assert!(!browser.cookies.iter().any(|cookie| cookie.name.contains("provider_tokens")));
    assert_eq!(browser.get_json("/auth/providers/bitbucket").await.json()["connected"], false);
    assert_eq!(browser.send_with_csrf(Method::GET, TOKENS, "").await.error_code(), "OAUTH_UNLINKED_ACCOUNT_ERROR");
}

/// Each of Bitbucket's tokens has 2,500 characters or more. nginx accepts 8 KB for a header line.
#[tokio::test]
async fn no_header_line_is_too_large_for_a_proxy() {
    const LINE: usize = 8 * 1024;
    let (app, mut browser) = TestApp::behind_https().await;
    // Four other flows are under way, and the cookie names have the longest prefixes.
    for _ in 0..4 {
        browser.get("/auth/signIn/bitbucket").await;
    }
    let begun = browser.get("/auth/signIn/bitbucket").await;
    let callback = browser.decide(begun.location(), "ada", "approve").await;
    let with_flows = browser.cookie_header("/auth/callback/bitbucket").unwrap().len();
    let answer = browser.get(&callback.replace("https://app.example", &app.origin)).await;
    assert_eq!(answer.location(), "/");
    let set = answer.set_cookies();
    assert!(set.iter().all(|line| line.len() <= 4096));
    let page = browser.cookie_header("/dashboard").unwrap().len();
    let tokens = browser.cookie_header("/auth/providers/bitbucket/tokens").unwrap().len();
    browser.cookies.retain(|cookie| !cookie.name.contains(".flow."));
    let page_later = browser.cookie_header("/dashboard").unwrap().len();
    let tokens_later = browser.cookie_header("/auth/providers/bitbucket/tokens").unwrap().len();
    println!(
        "bytes of Cookie: callback {with_flows}, page {page}, tokens {tokens}; later: page {page_later}, tokens \
         {tokens_later}; of Set-Cookie: {:?}",
        set.iter().map(String::len).collect::<Vec<_>>()
    );
    assert!(page_later < 2048, "a page's cookies have {page_later} bytes");
    assert!(with_flows < LINE && page < LINE && tokens_later < LINE, "{with_flows} {page} {tokens_later}");
    let answer = browser.send_with_csrf(Method::GET, TOKENS, "").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

#[tokio::test]
async fn a_profile_refresh_updates_the_session() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    browser.send_with_csrf(Method::PATCH, "/auth/session", r#"{"user":{"name":"Somebody"}}"#).await;
    let expires = browser.session().await.unwrap().expires;
    app.clock.advance(60);
    let answer = browser.send_with_csrf(Method::POST, "/auth/providers/bitbucket/user/refresh", "").await;
    assert_eq!(answer.json()["session"]["user"]["name"], "Ada Lovelace");
    let session = browser.session().await.unwrap();
    assert_eq!((session.user.name.as_deref(), session.expires), (Some("Ada Lovelace"), expires));

    // The provider now returns another person for this token.
    let other = InjectedFault::Json(r#"{"uuid":"{other}","display_name":"Mallory"}"#.to_owned());
    app.bitbucket.inject_fault(StandInEndpoint::User, Some(other));
    let answer = browser.send_with_csrf(Method::POST, "/auth/providers/bitbucket/user/refresh", "").await;
    assert_eq!(answer.error_code(), "OAUTH_ACCOUNT_USER_MISMATCH");
    app.bitbucket.inject_fault(StandInEndpoint::User, Some(InjectedFault::ServerError));
    let answer = browser.send_with_csrf(Method::POST, "/auth/providers/bitbucket/user/refresh", "").await;
    assert_eq!(answer.error_code(), "INVALID_OAUTH_USER_INFO_RESPONSE");
    assert_eq!(browser.session().await.unwrap().user.name.as_deref(), Some("Ada Lovelace"));
}

#[tokio::test]
async fn revoking_a_bitbucket_token_returns_an_error() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    let answer = browser.send_with_csrf(Method::POST, "/auth/providers/bitbucket/tokens/revoke", "").await;
    assert_eq!(answer.error_code(), "OAUTH_INVALID_REVOKE_TOKEN_CONFIG");
    assert_eq!(browser.get_json("/auth/providers/bitbucket").await.json()["connected"], true);
}

#[tokio::test]
async fn both_tokens_are_revoked_at_the_provider() {
    type Seen = Arc<Mutex<Vec<(String, String)>>>;
    let seen = Seen::default();
    let status = Arc::new(Mutex::new(StatusCode::OK));
    let (listener, origin) = listen().await;
    let (log, answer) = (Arc::clone(&seen), Arc::clone(&status));
    serve(
        listener,
        Router::new().route(
            "/revoke",
            post(async move |headers: axum::http::HeaderMap, body: String| {
                let authorization = headers["authorization"].to_str().unwrap().to_owned();
                log.lock().unwrap().push((authorization, body));
                *answer.lock().unwrap()
            }),
        ),
    );
    let app = TestApp::configured_with(|builder, provider| {
        builder.oauth([provider.id("revoking").revoke_url(&format!("{origin}/revoke"))])
    })
    .await;
    let mut browser = app.browser();
    browser.sign_in("/auth/signIn/revoking").await;
    let url = "/auth/providers/revoking/tokens/revoke";

    *status.lock().unwrap() = StatusCode::SERVICE_UNAVAILABLE;
    let answer = browser.send_with_csrf(Method::POST, url, "").await;
    assert_eq!(answer.error_code(), "OAUTH_INVALID_REVOKE_TOKEN_PROCESS");
    assert_eq!(
        browser.get_json("/auth/providers/revoking").await.json()["connected"],
        true,
        "the provider is still connected"
    );

    *status.lock().unwrap() = StatusCode::OK;
    seen.lock().unwrap().clear();
    let answer = browser.send_with_csrf(Method::POST, url, "").await;
    assert_eq!(answer.json(), json!({ "success": true }));
    assert_eq!(browser.get_json("/auth/providers/revoking").await.json()["connected"], false);
    let seen = seen.lock().unwrap().clone();
    let hints: Vec<_> = seen.iter().map(|(_, body)| body.split("token_type_hint=").nth(1).unwrap()).collect();
    assert_eq!(hints, ["refresh_token", "access_token"]);
    // RFC 6749, 2.3.1: the id and the secret are form-encoded before they are used for Basic authentication.
    use base64::Engine as _;
    let basic = base64::engine::general_purpose::STANDARD.encode("key+of+the+consumer:se%3Acr%26t%25");
    assert!(seen.iter().all(|(authorization, _)| *authorization == format!("Basic {basic}")), "{seen:?}");
}

#[tokio::test]
async fn token_responses_are_json_and_not_cached() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    for (method, path) in [(Method::GET, TOKENS), (Method::GET, "/auth/providers/bitbucket")] {
        let token = browser.csrf_token().await;
        let answer = browser.send(method, path, &[HTML, ("x-csrf-token", &token)], "").await;
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert!(answer.headers.get("cookie").is_none());
        assert!(serde_json::from_str::<Value>(&answer.body).is_ok());
    }
}
