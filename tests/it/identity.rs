//! The account that a session belongs to, independent of the app's own user id.

use std::sync::{Arc, Mutex};

use aura_auth::testing::{InjectedFault, StandInEndpoint};
use aura_auth::{AuthBuilder, Identity, PendingSignIn, SessionConfig, SessionMode, SignInDecision, SignInKind};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::test_app::{ADA, Browser, TestApp, TestResponse};
use super::typescript;

const REFRESH: &str = "/auth/providers/bitbucket/user/refresh";

fn account() -> Identity {
    Identity::new("bitbucket", ADA)
}

/// An app with its own users, in which Ada is `user-1`.
fn own_users(builder: AuthBuilder) -> AuthBuilder {
    builder.on_sign_in(async |sign_in: PendingSignIn| {
        let sub = if sign_in.identity == account() { "user-1" } else { "user-2" };
        SignInDecision::AllowAs(sign_in.user.with_sub(sub))
    })
}

async fn refresh(browser: &mut Browser) -> TestResponse {
    browser.send_with_csrf(Method::POST, REFRESH, "").await
}

/// Returns the claims of the session's token. They must not be encrypted.
fn claims(browser: &Browser) -> Value {
    let token = browser.session_token();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

fn signed(builder: AuthBuilder) -> AuthBuilder {
    builder.session(SessionConfig::default().mode(SessionMode::Signed))
}

#[tokio::test]
async fn a_session_contains_the_account_of_the_sign_in() {
    let app = TestApp::configured(signed).await;
    let mut browser = app.signed_in().await;
    assert_eq!(browser.session().await.unwrap().identity, Some(account()));
    let claims = claims(&browser);
    assert_eq!(claims["aura_auth_rs"], json!({ "provider": "bitbucket", "tokens": { "bitbucket": 2 } }));
    let answer = browser.send_with_csrf(Method::PATCH, "/auth/session", r#"{"user":{"name":"X"}}"#).await;
    assert_eq!(answer.json()["session"]["identity"], json!({ "provider": "bitbucket", "subject": ADA }));
}

#[tokio::test]
async fn a_session_of_another_release_is_read() {
    let app = TestApp::new().await;
    let known = |subject: &str| Some(Identity::new("bitbucket", subject));
    for (claims, identity) in [
        // From the TypeScript release, which does not store the account of the sign-in.
        (json!({}), None),
        (json!({ "auth_subject": "y" }), None),
        // From this library's first release.
        (json!({ "auth_provider": "bitbucket" }), known("x")),
        (json!({ "auth_provider": "bitbucket", "auth_subject": "y", "auth_version": 2 }), known("y")),
        (json!({ "auth_provider": "bitbucket", "provider_tokens": { "bitbucket": 2 } }), known("x")),
        // From this release.
        (json!({ "aura_auth_rs": { "provider": "bitbucket" } }), known("x")),
        (json!({ "aura_auth_rs": { "provider": "bitbucket", "subject": "y", "later": [] } }), known("y")),
        // A value of the wrong type is ignored.
        (json!({ "aura_auth_rs": "x" }), None),
        (json!({ "aura_auth_rs": { "provider": 7, "subject": "y" } }), None),
        (json!({ "aura_auth_rs": { "provider": "bitbucket", "tokens": "x", "version": -1 } }), known("x")),
    ] {
        let mut all =
            json!({ "sub": "x", "iat": 1_767_225_600, "nbf": 1_767_225_600, "exp": 1_767_229_200, "jti": "j" });
        all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        let mut browser = app.browser();
        browser.headers = vec![("cookie".to_owned(), format!("aura-auth.session_token={}", typescript::seal(&all)))];
        let answer = browser.get_json("/auth/session").await.json();
        let has_member = answer["session"].as_object().unwrap().contains_key("identity");
        assert_eq!(has_member, identity.is_some(), "{claims}: {answer}");
        let session = browser.session().await.unwrap();
        assert_eq!((session.identity, session.user.claims.as_map().len()), (identity, 0), "{claims}");
    }
}

#[tokio::test]
async fn an_app_s_claims_may_use_the_names_that_the_first_release_used_internally() {
    let app = TestApp::configured(|builder| {
        builder.on_sign_in(async |sign_in: PendingSignIn| {
            let user = sign_in.user.with("auth_provider", "ldap").with("auth_version", 7).with("sid", "of the app");
            SignInDecision::AllowAs(user.with("provider_tokens", json!({ "bitbucket": 1 })))
        })
    })
    .await;
    let mut browser = app.signed_in().await;
    let session = browser.session().await.unwrap();
    assert_eq!((session.identity, session.user.claims.as_map().len()), (Some(account()), 4));
    // If TypeScript servers have written a claim with one of these names, but with a type that the first release did
    // not use, it is the app's claim.
    let all = json!({
        "sub": "x", "iat": 1_767_225_600, "nbf": 1_767_225_600, "exp": 1_767_229_200, "jti": "j",
        "auth_provider": 7, "auth_version": "2.1", "provider_tokens": "x", "sid": "y"
    });
    let mut browser = app.browser();
    browser.headers = vec![("cookie".to_owned(), format!("aura-auth.session_token={}", typescript::seal(&all)))];
    let session = browser.session().await.unwrap();
    assert_eq!((session.identity, session.user.claims.as_map().len()), (None, 4));
}

#[tokio::test]
async fn a_profile_refresh_compares_the_account_and_keeps_the_app_s_user_id() {
    let app = TestApp::configured(|builder| own_users(signed(builder))).await;
    let mut browser = app.signed_in().await;
    let claims = claims(&browser);
    assert_eq!((&claims["sub"], &claims["aura_auth_rs"]["subject"]), (&json!("user-1"), &json!(ADA)));
    assert_eq!(refresh(&mut browser).await.status, StatusCode::OK);
    let session = browser.session().await.unwrap();
    assert_eq!((session.user.sub.as_str(), session.identity), ("user-1", Some(account())));
}

#[tokio::test]
async fn if_the_hook_allows_a_refresh_unchanged_the_app_s_user_id_is_kept() {
    let app = TestApp::configured(|builder| {
        builder.on_sign_in(async |sign_in: PendingSignIn| match sign_in.kind {
            SignInKind::Refresh => SignInDecision::Allow,
            _ => SignInDecision::AllowAs(sign_in.user.with_sub("user-1")),
        })
    })
    .await;
    let mut browser = app.signed_in().await;
    let answer = refresh(&mut browser).await;
    assert_eq!((answer.status, &answer.json()["session"]["user"]["sub"]), (StatusCode::OK, &json!("user-1")));
}

/// Attack: tokens of another account in a session, whose profile a refresh takes over
/// Standards: ASVS 10.5.2
#[tokio::test]
async fn a_refresh_with_another_account_s_profile_is_rejected_before_the_hook_runs() {
    let asked = Arc::new(Mutex::new(0));
    let count = Arc::clone(&asked);
    let app = TestApp::configured(|builder| {
        builder.on_sign_in(move |sign_in: PendingSignIn| {
            *count.lock().unwrap() += 1;
            // This app gives every account the same user id.
            async move { SignInDecision::AllowAs(sign_in.user.with_sub("user-1")) }
        })
    })
    .await;
    let mut browser = app.signed_in().await;
    let other = json!({ "uuid": "{0d2f3c6a-0000-4000-8000-000000000000}", "display_name": "Mallory" }).to_string();
    app.bitbucket.inject_fault(StandInEndpoint::User, Some(InjectedFault::Json(other)));
    assert_eq!(refresh(&mut browser).await.error_code(), "OAUTH_ACCOUNT_USER_MISMATCH");
    assert_eq!(*asked.lock().unwrap(), 1, "the hook ran only at the sign-in");
    let session = browser.session().await.unwrap();
    assert_eq!((session.user.name.as_deref(), session.identity), (Some("Ada Lovelace"), Some(account())));
}
