//! The refresh of the provider's tokens: when it happens, how often, and what a failure causes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aura_auth::Auth;
use aura_auth::testing::{BitbucketStandIn, InjectedFault, StandInEndpoint};
use reqwest::{Method, StatusCode};

use super::order::Visits;
use super::test_app::{Browser, JSON, TestApp, TestResponse, pages};

const TOKENS: &str = "/auth/providers/bitbucket/tokens";

async fn strict() -> TestApp {
    TestApp::with(|builder| builder, |bitbucket| bitbucket.with_profile(|profile| profile.punish_reuse = true)).await
}

/// The requests for tokens are counted.
async fn strict_and_counted() -> (TestApp, Visits) {
    let visits = Visits::of(TOKENS);
    let strict = |bitbucket: BitbucketStandIn| bitbucket.with_profile(|profile| profile.punish_reuse = true);
    (TestApp::start(|builder, _| builder, strict, |auth| visits.count(pages(auth))).await, visits)
}

fn access_token(answer: &TestResponse) -> String {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()["tokens"]["accessToken"].as_str().unwrap().to_owned()
}

async fn token(browser: &mut Browser) -> String {
    access_token(&browser.send_with_csrf(Method::GET, TOKENS, "").await)
}

fn token_requests(app: &TestApp) -> u32 {
    app.bitbucket.requests(StandInEndpoint::Token)
}

#[tokio::test]
async fn tokens_are_refreshed_inside_the_window_and_not_before() {
    let app = strict().await;
    let mut browser = app.signed_in().await;
    let first = token(&mut browser).await;
    app.clock.advance(7200 - 301);
    assert_eq!(token(&mut browser).await, first);
    assert_eq!(token_requests(&app), 1);
    app.clock.advance(1);
    let second = token(&mut browser).await;
    assert_ne!(second, first);
    assert_eq!(token_requests(&app), 2);
    // The browser has the rotated refresh token, so the next refresh works too.
    app.clock.advance(7200);
    assert_ne!(token(&mut browser).await, second);
    assert_eq!(token_requests(&app), 3);
}

#[tokio::test]
async fn the_app_can_configure_the_refresh_window() {
    let app = TestApp::configured_with(|builder, provider| {
        builder.oauth([provider.id("eager").refresh_window(Duration::from_secs(3600))])
    })
    .await;
    let mut browser = app.browser();
    browser.sign_in("/auth/signIn/eager").await;
    app.clock.advance(3600);
    browser.send_with_csrf(Method::GET, "/auth/providers/eager/tokens", "").await;
    assert_eq!(token_requests(&app), 2);
}

/// Standards: RFC 9700 2.2.2, 4.14
#[tokio::test]
async fn fifty_concurrent_requests_cause_one_token_refresh() {
    let (app, visits) = strict_and_counted().await;
    let mut browser = app.signed_in().await;
    let csrf = browser.csrf_token().await;
    app.clock.advance(7200);
    let gate = app.bitbucket.hold(StandInEndpoint::Token);
    let requests: Vec<_> = (0..50)
        .map(|_| {
            let (mut tab, csrf) = (browser.clone(), csrf.clone());
            tokio::spawn(async move {
                let answer = tab.send(Method::GET, TOKENS, &[JSON, ("x-csrf-token", &csrf)], "").await;
                (access_token(&answer), tab)
            })
        })
        .collect();
    gate.arrived().await;
    visits.begun(50).await;
    gate.release();
    let mut answers = Vec::new();
    for request in requests {
        answers.push(request.await.unwrap());
    }
    assert_eq!(token_requests(&app), 2);
    let (newest, tab) = answers.pop().unwrap();
    assert!(answers.iter().all(|(token, _)| *token == newest));

    // For a minute, a request that still sends the old tokens gets the same new ones.
    app.clock.advance(59);
    assert_eq!(token(&mut browser.clone()).await, newest);
    assert_eq!(token_requests(&app), 2);
    // Whichever response the browser stored last, it has the valid refresh token.
    let mut tab = tab;
    app.clock.advance(7200);
    assert_ne!(token(&mut tab).await, newest);
    assert_eq!(token_requests(&app), 3);
}

#[tokio::test]
async fn if_the_browser_disconnects_the_refreshed_tokens_are_not_lost() {
    let (app, visits) = strict_and_counted().await;
    let mut browser = app.signed_in().await;
    let csrf = browser.csrf_token().await;
    app.clock.advance(7200);
    let gate = app.bitbucket.hold(StandInEndpoint::Token);
    let mut gone = browser.clone();
    let request =
        tokio::spawn(async move { gone.send(Method::GET, TOKENS, &[JSON, ("x-csrf-token", &csrf)], "").await });
    gate.arrived().await;
    request.abort();
    visits.ended().await;
    gate.release();
    token(&mut browser).await;
    assert_eq!(token_requests(&app), 2);
}

#[tokio::test]
async fn a_valid_token_is_served_when_the_refresh_fails_and_an_expired_one_never() {
    use InjectedFault::{Html, Json, ServerError, Truncated};
    for fault in [ServerError, Html, Truncated, Json("{}".to_owned()), Json(r#"{"access_token":""}"#.to_owned())] {
        let app = strict().await;
        let mut browser = app.signed_in().await;
        let first = token(&mut browser).await;
        app.clock.advance(7200 - 100);
        app.bitbucket.inject_fault(StandInEndpoint::Token, Some(fault.clone()));
        assert_eq!(token(&mut browser).await, first, "{fault:?}");
        let requests = token_requests(&app);
        assert_eq!(token(&mut browser).await, first);
        assert_eq!(token_requests(&app), requests, "a provider that is down is not asked at every request");
        app.clock.advance(100);
        let answer = browser.send_with_csrf(Method::GET, TOKENS, "").await;
        assert!(answer.status.is_server_error(), "{fault:?} {}", answer.body);
        assert!(answer.json()["tokens"].is_null());
        // The old refresh token was kept, and works when the provider is available again.
        app.bitbucket.inject_fault(StandInEndpoint::Token, None);
        app.clock.advance(10);
        assert_ne!(token(&mut browser).await, first, "{fault:?}");
    }
}

/// Standards: RFC 9700 4.14; ASVS 7.6.1
#[tokio::test]
async fn a_revoked_refresh_token_disconnects_the_provider_and_returns_an_error() {
    let app = strict().await;
    let mut browser = app.signed_in().await;
    app.bitbucket.remove_app();
    app.clock.advance(7200);
    let answer = browser.send_with_csrf(Method::GET, TOKENS, "").await;
    assert_eq!(answer.error_code(), "OAUTH_INVALID_REFRESH_TOKEN_RESPONSE");
    assert!(!browser.cookies.iter().any(|cookie| cookie.name.contains("provider_tokens")));
    assert_eq!(browser.get_json("/auth/providers/bitbucket").await.json()["connected"], false);
    assert!(browser.session().await.is_some());
    let requests = token_requests(&app);
    assert_eq!(browser.send_with_csrf(Method::GET, TOKENS, "").await.error_code(), "OAUTH_UNLINKED_ACCOUNT_ERROR");
    assert_eq!(token_requests(&app), requests);
    // The person has to sign in again.
    browser.sign_in("/auth/signIn/bitbucket").await;
    token(&mut browser).await;
}

#[tokio::test]
async fn a_rejected_refresh_token_disconnects_the_provider_only_once() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let visits = Visits::of(TOKENS);
    let pages = |auth: &Auth| visits.count(pages(auth));
    let app =
        TestApp::serving(pages, |builder| builder.on_event(move |event| log.lock().unwrap().push(event.name()))).await;
    let mut browser = app.signed_in().await;
    let csrf = browser.csrf_token().await;
    app.bitbucket.remove_app();
    app.clock.advance(7200);
    let gate = app.bitbucket.hold(StandInEndpoint::Token);
    let requests: Vec<_> = (0..20)
        .map(|_| {
            let (mut tab, csrf) = (browser.clone(), csrf.clone());
            tokio::spawn(async move {
                let answer = tab.send(Method::GET, TOKENS, &[JSON, ("x-csrf-token", &csrf)], "").await;
                assert_eq!(answer.error_code(), "OAUTH_INVALID_REFRESH_TOKEN_RESPONSE");
                assert!(!tab.cookies.iter().any(|cookie| cookie.name.contains("provider_tokens")));
                assert!(tab.session().await.is_some());
            })
        })
        .collect();
    gate.arrived().await;
    visits.begun(20).await;
    gate.release();
    for request in requests {
        request.await.unwrap();
    }
    assert_eq!(token_requests(&app), 2);
    let ended = seen.lock().unwrap().iter().filter(|name| **name == "provider.disconnected").count();
    assert_eq!(ended, 1);
}

#[tokio::test]
async fn an_expired_token_without_a_refresh_token_is_not_served() {
    let app = TestApp::new().await;
    let only_access = r#"{"access_token":"abc","expires_in":100,"token_type":"bearer","scopes":"account"}"#;
    let mut browser = app.browser();
    let callback = browser.callback_url("/auth/signIn/bitbucket").await;
    let profile = r#"{"uuid":"{x}","display_name":"X","email":"x@example.org"}"#;
    app.bitbucket.inject_fault(StandInEndpoint::Token, Some(InjectedFault::Json(only_access.to_owned())));
    app.bitbucket.inject_fault(StandInEndpoint::User, Some(InjectedFault::Json(profile.to_owned())));
    app.bitbucket.inject_fault(StandInEndpoint::Emails, Some(InjectedFault::Json(r#"{"values":[]}"#.to_owned())));
    assert_eq!(browser.get(&callback).await.location(), "/");
    assert_eq!(token(&mut browser).await, "abc", "the token is in the refresh window and still valid");
    app.clock.advance(100);
    assert_eq!(browser.send_with_csrf(Method::GET, TOKENS, "").await.error_code(), "INVALID_ACCESS_TOKEN");
}

#[tokio::test]
async fn every_operation_that_refreshes_tokens_sends_them_to_the_browser() {
    let app = strict().await;
    let mut browser = app.signed_in().await;
    let first = token(&mut browser).await;
    app.clock.advance(7200);
    let answer = browser.send_with_csrf(Method::POST, "/auth/providers/bitbucket/user/refresh", "").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    // The server remembers a refresh for 60 seconds. After that, only the browser's cookie counts.
    app.clock.advance(61);
    let second = token(&mut browser).await;
    assert_ne!(second, first);
    assert_eq!(token_requests(&app), 2);

    // The browser also gets the new tokens if the operation fails after the refresh.
    app.clock.advance(7200);
    app.bitbucket.inject_fault(StandInEndpoint::User, Some(InjectedFault::ServerError));
    let answer = browser.send_with_csrf(Method::POST, "/auth/providers/bitbucket/user/refresh", "").await;
    assert_eq!(answer.error_code(), "INVALID_OAUTH_USER_INFO_RESPONSE");
    app.clock.advance(61);
    assert_ne!(token(&mut browser).await, second);
    assert_eq!(token_requests(&app), 3);
}

#[tokio::test]
async fn a_late_token_response_after_sign_out_or_disconnection_is_discarded() {
    let app = strict().await;
    for end in [(Method::POST, "/auth/signOut"), (Method::DELETE, "/auth/providers/bitbucket")] {
        let mut browser = app.signed_in().await;
        let csrf = browser.csrf_token().await;
        app.clock.advance(7200);
        let gate = app.bitbucket.hold(StandInEndpoint::Token);
        let mut slow = browser.clone();
        let under_way =
            tokio::spawn(async move { slow.send(Method::GET, TOKENS, &[JSON, ("x-csrf-token", &csrf)], "").await });
        gate.arrived().await;
        let ended = browser.send_with_csrf(end.0, end.1, "").await;
        assert!(ended.status.is_success(), "{}", ended.body);
        gate.release();
        let late = under_way.await.unwrap();
        assert!(late.set_cookies().is_empty(), "{:?}", late.set_cookies());
        browser.keep(&late.headers);
        assert!(!browser.cookies.iter().any(|cookie| cookie.name.contains("provider_tokens")), "{}", end.1);
    }
}

#[tokio::test]
async fn newer_tokens_are_used_if_the_browser_sends_an_older_cookie() {
    let app = strict().await;
    let mut browser = app.signed_in().await;
    let old = browser.clone();
    app.clock.advance(7200);
    let newest = token(&mut browser).await;
    // The browser still has the old cookie, as if an older response had arrived last.
    browser.cookies.clone_from(&old.cookies);
    assert_eq!(token(&mut browser).await, newest);
    assert_eq!(token_requests(&app), 2);
}

#[tokio::test]
async fn a_slow_profile_refresh_neither_restores_the_session_nor_overwrites_a_change() {
    let app = TestApp::new().await;
    for (method, path, body) in
        [(Method::POST, "/auth/signOut", ""), (Method::PATCH, "/auth/session", r#"{"user":{"image":null}}"#)]
    {
        let mut browser = app.signed_in().await;
        let csrf = browser.csrf_token().await;
        let gate = app.bitbucket.hold(StandInEndpoint::User);
        let mut slow = browser.clone();
        let under_way = tokio::spawn(async move {
            let headers = [JSON, ("x-csrf-token", &*csrf)];
            slow.send(Method::POST, "/auth/providers/bitbucket/user/refresh", &headers, "").await
        });
        gate.arrived().await;
        assert!(browser.send_with_csrf(method.clone(), path, body).await.status.is_success());
        gate.release();
        let late = under_way.await.unwrap();
        browser.keep(&late.headers);
        if method == Method::POST {
            assert_eq!(late.error_code(), "SESSION_EXPIRED");
            assert!(browser.kept().is_empty(), "{:?}", browser.cookies);
        } else {
            // The later response has the newer state, because it contains the change.
            assert_eq!(late.status, StatusCode::OK);
            assert!(browser.session().await.unwrap().user.image.is_some());
        }
    }
}
