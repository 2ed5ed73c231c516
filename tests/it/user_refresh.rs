//! A refresh of the profile follows the same rules as a sign-in, but without a redirect.

use std::sync::{Arc, Mutex};

use aura_auth::testing::{InjectedFault, StandInEndpoint};
use aura_auth::{AuthEvent, ClaimType, PendingSignIn, SessionConfig, SignInDecision, SignInKind};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::test_app::{ADA, Browser, TestApp, TestResponse};

async fn refresh(browser: &mut Browser, provider: &str) -> TestResponse {
    browser.send_with_csrf(Method::POST, &format!("/auth/providers/{provider}/user/refresh"), "").await
}

/// Returns a browser that has signed in with a provider that accepts only members of a workspace.
async fn in_workspace() -> (TestApp, Browser) {
    let app = TestApp::configured_with(|builder, provider| {
        builder.oauth([provider.id("members").require_workspace("analytical-engine")])
    })
    .await;
    let mut browser = app.browser();
    browser.sign_in("/auth/signIn/members").await;
    assert!(browser.session().await.is_some());
    (app, browser)
}

fn status(code: u16) -> Option<InjectedFault> {
    // The body is that of a rejected token, so only the status makes the difference.
    let body = r#"{"type":"error","error":"invalid_grant","error_description":"Invalid refresh_token"}"#;
    Some(InjectedFault::Status(code, body.to_owned()))
}

#[tokio::test]
async fn the_hook_runs_for_a_refresh_and_knows_that_it_is_one() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    let app = TestApp::configured(|builder| {
        builder.on_sign_in(move |sign_in: PendingSignIn| {
            let session = sign_in.session.as_ref().map(|session| session.user.sub.clone());
            log.lock().unwrap().push((sign_in.kind, sign_in.provider.clone(), session));
            async move { SignInDecision::AllowAs(sign_in.user.with("kind", format!("{:?}", sign_in.kind))) }
        })
    })
    .await;
    let mut browser = app.signed_in().await;
    let answer = refresh(&mut browser, "bitbucket").await;
    assert_eq!(answer.json()["session"]["user"]["kind"], "Refresh", "{}", answer.body);
    assert_eq!(browser.session().await.unwrap().user.get::<String>("kind").as_deref(), Some("Refresh"));
    assert_eq!(
        *asked.lock().unwrap(),
        [
            (SignInKind::SignIn, "bitbucket".to_owned(), None),
            (SignInKind::Refresh, "bitbucket".to_owned(), Some(ADA.to_owned())),
        ]
    );
}

/// Attack: a person that the app no longer admits keeps the session by refreshing it
/// Standards: ASVS 7.4.2, 8.3.2
#[tokio::test]
async fn a_refresh_denied_by_the_hook_ends_the_session() {
    const WORDS: &str = "Your contract has ended.";
    let events = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&events);
    let app = TestApp::configured(|builder| {
        builder
            .on_event(move |event: &AuthEvent| log.lock().unwrap().push(serde_json::to_value(event).unwrap()))
            .on_sign_in(async |sign_in: PendingSignIn| match sign_in.kind {
                SignInKind::Refresh => SignInDecision::Deny(WORDS.to_owned()),
                _ => SignInDecision::Allow,
            })
    })
    .await;
    let mut browser = app.signed_in().await;
    let mut copy = browser.clone();
    // The tokens are refreshed first. Their new cookies must not be set either.
    app.clock.advance(7200);
    let answer = refresh(&mut browser, "bitbucket").await;
    assert_eq!((answer.status, answer.error_code().as_str()), (StatusCode::FORBIDDEN, "AUTH_SIGN_IN_DENIED"));
    assert_eq!(answer.json()["error"]["message"], WORDS);
    assert!(browser.kept().is_empty(), "{:?}", browser.cookies);
    assert!(browser.session().await.is_none());
    assert_eq!(copy.get_json("/auth/session").await.error_code(), "SESSION_EXPIRED", "a copy has ended too");
    let ended =
        json!({ "event": "session.ended", "sub": ADA, "identity": { "provider": "bitbucket", "subject": ADA } });
    assert_eq!(events.lock().unwrap().last(), Some(&ended));

    // A form without scripts is redirected to its page, which shows the error.
    let mut browser = app.signed_in().await;
    let csrf = browser.csrf_token().await;
    browser.headers = vec![("referer".to_owned(), format!("{}/private", app.origin))];
    let answer = browser.post_form("/auth/providers/bitbucket/user/refresh", &[("csrf_token", &csrf)]).await;
    assert!(answer.location().contains("error=AUTH_SIGN_IN_DENIED"), "{answer:?}");
    assert!(browser.kept().is_empty(), "{:?}", browser.cookies);
}

/// Attack: somebody who has left the workspace keeps their session by refreshing it
/// Standards: ASVS 7.4.2, 8.3.2
#[tokio::test]
async fn a_refresh_by_a_former_workspace_member_ends_the_session() {
    for code in [403, 404] {
        let (app, mut browser) = in_workspace().await;
        assert_eq!(refresh(&mut browser, "members").await.status, StatusCode::OK);
        app.bitbucket.inject_fault(StandInEndpoint::Permission, status(code));
        let answer = refresh(&mut browser, "members").await;
        assert_eq!(answer.error_code(), "AUTH_SIGN_IN_DENIED");
        let words = answer.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(words.contains("workspace analytical-engine."), "{words}");
        assert!(browser.kept().is_empty(), "{:?}", browser.cookies);
        assert!(browser.session().await.is_none());
    }
}

#[tokio::test]
async fn workspace_membership_is_checked_before_the_hook_runs() {
    let asked = Arc::new(Mutex::new(0));
    let count = Arc::clone(&asked);
    let app = TestApp::configured_with(|builder, provider| {
        builder.oauth([provider.id("members").require_workspace("analytical-engine")]).on_sign_in(move |_| {
            *count.lock().unwrap() += 1;
            async { SignInDecision::Allow }
        })
    })
    .await;
    let mut browser = app.browser();
    browser.sign_in("/auth/signIn/members").await;
    app.bitbucket.inject_fault(StandInEndpoint::Permission, status(403));
    assert_eq!(refresh(&mut browser, "members").await.error_code(), "AUTH_SIGN_IN_DENIED");
    assert_eq!(*asked.lock().unwrap(), 1, "the hook ran only at the sign-in");
}

#[tokio::test]
async fn an_unavailable_provider_does_not_end_the_session() {
    use InjectedFault::{Broken, Html, Huge, Json, ServerError, Truncated};
    use StandInEndpoint::{Emails, Permission, Token, User};

    let (app, mut browser) = in_workspace().await;
    for endpoint in [Token, User, Emails, Permission] {
        let faults = [429, 500, 502, 503, 504].map(|code| status(code).unwrap());
        let json = Json("{}".to_owned());
        for fault in faults.into_iter().chain([ServerError, Html, Huge, Broken, Truncated, json]) {
            // The tokens have expired, so that they are refreshed too.
            app.clock.advance(7200);
            app.bitbucket.inject_fault(endpoint, Some(fault.clone()));
            let answer = refresh(&mut browser, "members").await;
            app.bitbucket.inject_fault(endpoint, None);
            assert!(answer.status.is_server_error(), "{endpoint:?} {fault:?}: {}", answer.body);
            let session = browser.session().await;
            assert!(session.is_some(), "{endpoint:?} {fault:?}");
            // The provider is still connected. After a failed refresh, the next one is allowed after 10 seconds.
            app.clock.advance(11);
            let again = refresh(&mut browser, "members").await;
            assert_eq!(again.status, StatusCode::OK, "{endpoint:?} {fault:?}: {}", again.body);
        }
        // After 900 seconds, the window of the rate limit for refreshes, all requests are allowed again.
        app.clock.advance(900);
    }
}

/// Attack: a role that was taken away at the app outlives a refresh
/// Standards: ASVS 8.3.2
#[tokio::test]
async fn a_refresh_replaces_all_claims_except_the_editable_ones() {
    let admin = Arc::new(Mutex::new(true));
    let flag = Arc::clone(&admin);
    let editable = SessionConfig::default().editable_claims([("theme", ClaimType::Text)]);
    let app = TestApp::configured(|builder| {
        builder.session(editable).on_sign_in(move |sign_in: PendingSignIn| {
            let admin = *flag.lock().unwrap();
            async move {
                if admin { SignInDecision::AllowAs(sign_in.user.with("role", "admin")) } else { SignInDecision::Allow }
            }
        })
    })
    .await;
    let mut browser = app.signed_in().await;
    browser.send_with_csrf(Method::PATCH, "/auth/session", r#"{"user":{"theme":"dark"}}"#).await;
    *admin.lock().unwrap() = false;
    assert_eq!(refresh(&mut browser, "bitbucket").await.status, StatusCode::OK);
    let claims = browser.session().await.unwrap().user.claims;
    assert_eq!(Value::Object(claims.as_map().clone()), json!({ "theme": "dark" }));
}

#[tokio::test]
async fn a_refresh_with_another_user_id_from_the_hook_is_rejected() {
    let id = Arc::new(Mutex::new("user-1"));
    let current = Arc::clone(&id);
    let app = TestApp::configured(|builder| {
        builder.on_sign_in(move |sign_in: PendingSignIn| {
            let sub = (*current.lock().unwrap()).to_owned();
            async move { SignInDecision::AllowAs(sign_in.user.with_sub(sub)) }
        })
    })
    .await;
    let mut browser = app.signed_in().await;
    assert_eq!(refresh(&mut browser, "bitbucket").await.status, StatusCode::OK);
    assert_eq!(browser.session().await.unwrap().user.sub, "user-1");
    *id.lock().unwrap() = "user-2";
    assert_eq!(refresh(&mut browser, "bitbucket").await.error_code(), "OAUTH_ACCOUNT_USER_MISMATCH");
    assert_eq!(browser.session().await.unwrap().user.sub, "user-1");
}
