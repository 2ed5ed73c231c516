//! The library's own server functions: their paths and what they do.

use aura_auth::leptos::server_functions::{
    CheckProviderConnection, DisconnectProvider, FetchAccessToken, FetchProviderTokens, FetchSession, RefreshUserInfo,
    RevokeToken, StartSignIn, UpdateSession,
};
use aura_auth::{AuthError, ClaimType, SessionConfig};
use leptos::server_fn::ServerFn;
use leptos::server_fn::axum::server_fn_paths;
use reqwest::StatusCode;

use crate::calls::{OWN, app, call, paths};
use crate::test_app::{JSON, TestApp};
use crate::{open_app, router, sign_in};

/// "Sign out" in a tab that was opened before an upgrade got a 404, because the path ended in a hash of the crate's
/// folder and version.
#[test]
fn paths_are_the_same_in_every_build() {
    let mut found: Vec<_> = paths().collect();
    found.sort_unstable();
    let expected = [
        "/api/aura-auth/disconnect_provider",
        "/api/aura-auth/get_session",
        "/api/aura-auth/get_sessions",
        "/api/aura-auth/link_account",
        "/api/aura-auth/revoke_other_sessions",
        "/api/aura-auth/revoke_session",
        "/api/aura-auth/sign_in",
        "/api/aura-auth/sign_out",
        "/api/aura-auth/update_session",
        "/auth/providers/access_token",
        "/auth/providers/is_provider_connected",
        "/auth/providers/provider_tokens",
        "/auth/providers/refresh_user_info",
        "/auth/providers/revoke_token",
    ];
    assert_eq!(found, expected);
    // The functions of these tests have longer paths.
    let is_ours = |path: &&str| match path.rsplit_once('/') {
        Some((prefix, _)) => ["/api/aura-auth", "/auth/providers"].contains(&prefix),
        None => false,
    };
    let mut registered: Vec<_> = server_fn_paths().map(|(path, _)| path).filter(is_ours).collect();
    registered.sort_unstable();
    assert_eq!(registered, expected, "the list of these tests is complete");
}

#[tokio::test]
async fn a_plain_form_redirects_to_the_provider_and_a_script_gets_the_url() {
    let (_, mut browser) = open_app().await;
    let url = StartSignIn::url();
    let answer = browser.post_form(url, &[("provider", "bitbucket"), ("redirect_to", "/private")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(answer.location().starts_with("https://bitbucket.org/site/oauth2/authorize?"));
    assert_eq!(browser.flows(), 1);

    let answer = call(&mut browser, url, &[JSON], "provider=bitbucket").await;
    assert_eq!(answer.status, StatusCode::OK);
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert!(body["signInURL"].as_str().unwrap().starts_with("https://bitbucket.org/"));
    assert!(!answer.headers.contains_key("location") && browser.flows() == 2);

    for body in ["provider=nobody", "provider=", ""] {
        let answer = call(&mut browser, url, &[JSON], body).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (422, "\"UNPROCESSABLE_ENTITY\""));
    }
}

#[tokio::test]
async fn get_session_returns_the_session_or_null_with_status_200() {
    let (auth, mut browser) = open_app().await;
    let answer = call(&mut browser, FetchSession::url(), &[JSON], "").await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "null"));
    sign_in(&auth, &mut browser);
    let answer = call(&mut browser, FetchSession::url(), &[JSON], "").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains("\"sub\":\"x\""), "{answer:?}");
    assert_eq!(answer.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn an_update_converts_changed_fields_clears_empty_ones_and_keeps_missing_ones() {
    let claims = [("theme", ClaimType::Text), ("newsletter", ClaimType::Boolean), ("age", ClaimType::Integer)];
    let config = SessionConfig::default().editable_claims(claims);
    let app = TestApp::serving(router, |builder| builder.session(config)).await;
    let mut browser = app.signed_in().await;
    for (body, user) in [
        ("theme=dark&newsletter=on&age=36", serde_json::json!({ "theme": "dark", "newsletter": true, "age": 36 })),
        // A field that is missing does not change the value.
        ("name=Countess", serde_json::json!({ "name": "Countess", "theme": "dark", "newsletter": true, "age": 36 })),
        // An empty field removes the value.
        ("theme=&newsletter=false&name=", serde_json::json!({ "name": null, "newsletter": false, "age": 36 })),
    ] {
        let answer = call(&mut browser, UpdateSession::url(), &[JSON, OWN], body).await;
        assert_eq!(answer.status, StatusCode::OK, "{body} {}", answer.body);
        let found: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        for (name, value) in user.as_object().unwrap() {
            assert_eq!(&found["user"][name], value, "{body}: {name}");
        }
        assert_eq!(found["user"].get("theme").is_some(), user.get("theme").is_some(), "{body}");
        assert!(found["user"].get("from_page").is_none());
    }
    for body in ["age=old", "role=admin", "sub=y", "newsletter=perhaps", "exp=1", "name=%00"] {
        let answer = call(&mut browser, UpdateSession::url(), &[JSON, OWN], body).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (400, "\"UPDATE_SESSION_INVALID\""), "{body}");
    }
    let answer = call(&mut app.browser(), UpdateSession::url(), &[JSON, OWN], "age=old").await;
    assert_eq!(answer.body, "\"SESSION_NOT_FOUND\"", "the session is checked before the input");
}

#[tokio::test]
async fn the_provider_functions_do_what_the_endpoints_do() {
    let app = app().await;
    let mut browser = app.signed_in().await;
    let provider = "provider=bitbucket";
    let answer = call(&mut browser, FetchProviderTokens::url(), &[JSON, OWN], provider).await;
    let tokens: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(tokens["accessToken"].as_str().map(str::len), Some(2500), "{answer:?}");
    assert!(tokens.get("refreshToken").is_none());
    let answer = call(&mut browser, FetchAccessToken::url(), &[JSON, OWN], provider).await;
    assert_eq!(answer.body, tokens["accessToken"].to_string());
    assert_eq!(call(&mut browser, CheckProviderConnection::url(), &[JSON, OWN], provider).await.body, "true");
    let answer = call(&mut browser, RefreshUserInfo::url(), &[JSON, OWN], provider).await;
    assert!(answer.body.contains("Ada Lovelace"), "{answer:?}");
    let answer = call(&mut browser, RevokeToken::url(), &[JSON, OWN], provider).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (501, "\"OAUTH_INVALID_REVOKE_TOKEN_CONFIG\""));

    let answer = browser.post_form(DisconnectProvider::url(), &[("provider", "bitbucket")]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"));
    assert_eq!(call(&mut browser, CheckProviderConnection::url(), &[JSON, OWN], provider).await.body, "false");
    let answer = call(&mut browser, FetchAccessToken::url(), &[JSON, OWN], provider).await;
    assert_eq!(answer.body, "\"OAUTH_UNLINKED_ACCOUNT_ERROR\"");
    for url in [FetchProviderTokens::url(), RefreshUserInfo::url(), RevokeToken::url(), DisconnectProvider::url()] {
        let answer = call(&mut app.browser(), url, &[JSON, OWN], provider).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (401, "\"SESSION_NOT_FOUND\""), "{url}");
    }
}

/// The browser sends the cookies of the provider's tokens to `/auth/providers` only. So page requests and other server
/// functions do not receive them, and they reported that a connected person is not connected.
#[tokio::test]
async fn tokens_that_the_browser_did_not_send_have_their_own_error() {
    let app = app().await;
    let mut browser = app.signed_in().await;
    let answer = call(&mut browser, crate::TokenLengthElsewhere::url(), &[JSON, OWN], "").await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (400, "\"OAUTH_TOKENS_NOT_SENT\""));
    assert!(AuthError::ProviderTokensNotSent.message().contains("/auth/providers"));
}
