//! Attacks on sessions, for an app whose sessions are in a store.

use aura_auth::AuthBuilder;
use aura_auth::testing::StandInEndpoint;
use reqwest::{Method, StatusCode};

use super::test_app::{Browser, JSON, TestApp, parameter};

const COOKIE: &str = "aura-auth.stored_session";

/// Runs every attack, each against its own app. `change` sets the store.
pub(crate) async fn session_attacks(change: impl Fn(AuthBuilder) -> AuthBuilder) {
    let app = async || TestApp::configured(&change).await;
    a_copied_session_ends_with_the_sign_out(&app().await).await;
    a_sign_in_ends_the_previous_session(&app().await).await;
    a_late_response_after_the_sign_out_does_not_restore_the_session(&app().await).await;
    a_flow_is_used_once(&app().await).await;
    a_flow_belongs_to_its_browser(&app().await).await;
    a_forged_token_is_rejected(&app().await).await;
    a_second_session_cookie_does_not_replace_the_first(&app().await).await;
    a_csrf_token_of_another_session_is_rejected(&app().await).await;
}

async fn a_copied_session_ends_with_the_sign_out(app: &TestApp) {
    let mut browser = app.signed_in().await;
    let csrf = browser.csrf_token().await;
    let mut thief = browser.clone();
    assert!(thief.session().await.is_some(), "before the sign-out, the copy is a valid session");
    assert_eq!(browser.send_with_csrf(Method::POST, "/auth/signOut", "").await.status, StatusCode::ACCEPTED);
    let copied = thief.cookies.clone();
    for (method, path) in [
        (Method::GET, "/auth/session"),
        (Method::PATCH, "/auth/session"),
        (Method::GET, "/auth/providers/bitbucket"),
        (Method::GET, "/auth/providers/bitbucket/tokens"),
        (Method::POST, "/auth/providers/bitbucket/user/refresh"),
    ] {
        thief.cookies.clone_from(&copied);
        let headers = [JSON, ("x-csrf-token", csrf.as_str())];
        let answer = thief.send(method.clone(), path, &headers, r#"{"user":{"name":"Mallory"}}"#).await;
        assert_eq!(answer.error_code(), "SESSION_EXPIRED", "{method} {path}");
    }
    thief.cookies = copied;
    let page = thief.get("/").await;
    assert!(!page.body.contains("Ada"), "{}", page.body);
}

async fn a_sign_in_ends_the_previous_session(app: &TestApp) {
    let mut browser = app.signed_in().await;
    let mut thief = browser.clone();
    let before = browser.session_token();
    browser.sign_in("/auth/signIn/bitbucket").await;
    assert_ne!(browser.session_token(), before);
    assert_eq!(thief.get_json("/auth/session").await.error_code(), "SESSION_EXPIRED");
    assert!(browser.session().await.is_some());
}

async fn a_late_response_after_the_sign_out_does_not_restore_the_session(app: &TestApp) {
    let mut browser = app.signed_in().await;
    let mut tab = browser.clone();
    app.clock.advance(301);
    let late = tab.get("/").await;
    let renamed = tab.send_with_csrf(Method::PATCH, "/auth/session", r#"{"user":{"name":"Late"}}"#).await;
    assert_eq!(renamed.status, StatusCode::OK);
    browser.send_with_csrf(Method::POST, "/auth/signOut", "").await;
    browser.keep(&late.headers);
    browser.keep(&renamed.headers);
    assert!(browser.session().await.is_none());
}

async fn a_flow_is_used_once(app: &TestApp) {
    let mut browser = app.browser();
    let callback = browser.callback_url("/auth/signIn/bitbucket").await;
    let mut thief = browser.clone();
    assert_eq!(browser.get(&callback).await.location(), "/");
    assert!(begins_again(&mut thief, &callback).await);
    assert!(thief.session().await.is_none());
    assert_eq!(app.bitbucket.requests(StandInEndpoint::Token), 1);
}

async fn a_flow_belongs_to_its_browser(app: &TestApp) {
    let callback = app.browser().callback_url("/auth/signIn/bitbucket").await;
    let mut victim = app.browser();
    assert!(begins_again(&mut victim, &callback).await);
    // The cookie of another flow under the name of this one.
    let (mut first, mut second) = (app.browser(), app.browser());
    first.callback_url("/auth/signIn/bitbucket").await;
    let callback = second.callback_url("/auth/signIn/bitbucket").await;
    second.cookies[0].value.clone_from(&first.cookies[0].value);
    assert!(begins_again(&mut second, &callback).await);
    for browser in [&mut victim, &mut first, &mut second] {
        assert!(browser.session().await.is_none());
    }
    assert_eq!(app.bitbucket.requests(StandInEndpoint::Token), 0);
}

/// Opens a callback, and returns whether the flow starts again and nobody is signed in.
async fn begins_again(browser: &mut Browser, callback: &str) -> bool {
    let answer = browser.get(callback).await;
    answer.status == StatusCode::FOUND && parameter(answer.location(), "state") != parameter(callback, "state")
}

async fn a_forged_token_is_rejected(app: &TestApp) {
    let token = app.signed_in().await.session_token();
    let changed = format!("{}{}", if token.starts_with('A') { 'B' } else { 'A' }, &token[1..]);
    // The last character has unused bits, so it stays.
    let other_case = format!("{}{}", token[..85].to_ascii_uppercase(), &token[85..]);
    for (forged, code) in [
        (changed.as_str(), "SESSION_EXPIRED"),
        (&other_case, "SESSION_EXPIRED"),
        (&token[..85], "SESSION_INVALID"),
        (&format!("{token}A"), "SESSION_INVALID"),
        (&format!("{token}=="), "SESSION_INVALID"),
        ("' OR '1'='1", "SESSION_INVALID"),
        (&"%00".repeat(28), "SESSION_INVALID"),
        (&"x".repeat(3000), "SESSION_INVALID"),
    ] {
        let mut forger = app.browser();
        forger.headers = vec![("cookie".to_owned(), format!("{COOKIE}={forged}"))];
        assert_eq!(forger.get_json("/auth/session").await.error_code(), code, "{forged}");
    }
}

async fn a_second_session_cookie_does_not_replace_the_first(app: &TestApp) {
    let (browser, mallory) = (app.signed_in().await, app.signed_in().await);
    for order in [[&browser, &mallory], [&mallory, &browser]] {
        let cookies = order.map(|browser| format!("{COOKIE}={}", browser.session_token()));
        let mut victim = app.browser();
        victim.headers = vec![("cookie".to_owned(), cookies.join("; "))];
        assert_eq!(victim.get_json("/auth/session").await.error_code(), "SESSION_NOT_PINNED");
    }
}

async fn a_csrf_token_of_another_session_is_rejected(app: &TestApp) {
    let (mut browser, mut mallory) = (app.signed_in().await, app.signed_in().await);
    let token = mallory.csrf_token().await;
    let answer = browser.post_form("/auth/signOut", &[("csrf_token", &token)]).await;
    assert!(answer.location().contains("error=INVALID_CSRF_TOKEN"), "{answer:?}");
    assert!(browser.session().await.is_some());
}
