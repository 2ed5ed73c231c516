//! What prolongs a session, what does not, and what a late response must not do.

use std::time::Duration;

use aura_auth::{Auth, Expiration, Session, SessionConfig};
use axum::Router;
use axum::routing::get;
use reqwest::Method;
use serde_json::json;

use super::app::pages_with;
use super::order::Stop;
use super::test_app::{HTML, JSON, TestApp};

const HOUR: i64 = 3600;

async fn app(expiration: Expiration, max_duration: Option<u64>) -> TestApp {
    let mut config = SessionConfig::default().max_age(Duration::from_secs(3600)).expiration(expiration);
    if let Some(seconds) = max_duration {
        config = config.max_duration(Duration::from_secs(seconds));
    }
    TestApp::configured(|builder| builder.session(config)).await
}

/// Starts an app with a page, `/slow`, that answers only when the test releases it.
async fn app_with_a_slow_page() -> (TestApp, Stop) {
    let stop = Stop::default();
    let at_page = stop.clone();
    let slow = get(async move |session: Option<Session>| {
        at_page.pass().await;
        session.map(|session| session.user.name.unwrap_or_default()).unwrap_or_default()
    });
    let config = SessionConfig::default().max_age(Duration::from_secs(3600)).expiration(Expiration::Rolling);
    let pages = |auth: &Auth| pages_with(auth, Router::new().route("/slow", slow));
    (TestApp::serving(pages, |builder| builder.session(config)).await, stop)
}

/// Standards: ASVS 7.3.1
#[tokio::test]
async fn every_kind_of_page_prolongs_a_rolling_session_once() {
    let app = app(Expiration::Rolling, None).await;
    let mut browser = app.signed_in().await;
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/private"),
        (Method::POST, "/"),
        (Method::GET, "/auth/session"),
        (Method::GET, "/auth/csrfToken"),
    ] {
        app.clock.advance(HOUR / 2);
        let answer = browser.send(method, path, &[HTML, ("sec-fetch-site", "same-origin")], "").await;
        let set = answer.set_cookies();
        let renewed: Vec<_> = set.iter().filter(|line| line.contains(".session_token=")).collect();
        assert_eq!(renewed.len(), 1, "{path} {set:?}");
        assert!(renewed[0].ends_with("Max-Age=3600"), "{path} {renewed:?}");
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
    }
    app.clock.advance(HOUR / 2);
    let answer = browser.get_json("/auth/session").await;
    assert_eq!(
        answer.json()["session"]["expires"],
        "2026-01-01T04:00:00.000Z",
        "the answer says what the cookie holds"
    );
    app.clock.advance(HOUR / 2);
    let answer = browser.get("/static").await;
    assert!(answer.set_cookies().is_empty(), "a page that does not read the session does not extend it");
    app.clock.advance(HOUR);
    assert_eq!(browser.get_json("/auth/session").await.error_code(), "SESSION_EXPIRED");
}

/// Standards: ASVS 7.3.2
#[tokio::test]
async fn absolute_and_fixed_sessions_are_never_prolonged() {
    for expiration in [Expiration::Absolute, Expiration::Fixed] {
        let app = app(expiration, None).await;
        let mut browser = app.signed_in().await;
        let before = browser.session().await.unwrap().expires;
        app.clock.advance(HOUR - 100);
        browser.get("/").await;
        let answer = browser.send_with_csrf(Method::PATCH, "/auth/session", r#"{"user":{"name":"A"}}"#).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let line = answer.set_cookies().into_iter().find(|line| line.contains(".session_token=")).unwrap();
        assert!(line.ends_with("Max-Age=100"), "{line}");
        assert_eq!(browser.session().await.unwrap().expires, before);
        app.clock.advance(100);
        assert!(browser.session().await.is_none(), "{expiration:?}");
    }
}

/// Standards: ASVS 7.3.1
#[tokio::test]
async fn a_sliding_session_is_prolonged_below_its_threshold() {
    let app = app(Expiration::Sliding { threshold: 0.25 }, None).await;
    let mut browser = app.signed_in().await;
    let token = browser.session_token();
    app.clock.advance(2700);
    browser.get("/").await;
    assert_eq!(browser.session_token(), token, "900 of 3,600 seconds are not less than a quarter");
    app.clock.advance(1);
    browser.get("/").await;
    assert_ne!(browser.session_token(), token);
    app.clock.advance(HOUR - 1);
    assert!(browser.session().await.is_some());
}

/// Standards: ASVS 7.3.2
#[tokio::test]
async fn no_session_exceeds_its_maximum_duration() {
    let app = app(Expiration::Rolling, Some(5400)).await;
    let mut browser = app.signed_in().await;
    app.clock.advance(3000);
    let answer = browser.get("/").await;
    assert!(answer.set_cookies()[0].ends_with("Max-Age=2400"), "{:?}", answer.set_cookies());
    app.clock.advance(2400);
    assert_eq!(browser.get_json("/auth/session").await.error_code(), "SESSION_EXPIRED");
}

/// Standards: ASVS 7.4.1
#[tokio::test]
async fn a_slow_response_does_not_bring_a_session_back_after_sign_out() {
    let (app, page) = app_with_a_slow_page().await;
    let mut browser = app.signed_in().await;
    app.clock.advance(60);
    let mut slow = browser.clone();
    let under_way = tokio::spawn(async move { slow.get("/slow").await });
    page.arrived().await;
    browser.send_with_csrf(Method::POST, "/auth/signOut", "").await;
    page.release();
    let late = under_way.await.unwrap();
    assert_eq!(late.body, "Ada Lovelace", "the request started in the session");
    browser.keep(&late.headers);
    assert!(browser.kept().is_empty(), "{:?}", browser.cookies);
}

/// Standards: ASVS 7.4.1
#[tokio::test]
async fn a_late_response_after_sign_out_does_not_restore_the_session() {
    let app = app(Expiration::Rolling, None).await;
    let mut browser = app.signed_in().await;
    app.clock.advance(60);
    // The response left the server before the sign-out, and arrives after it.
    let late = browser.clone().get("/").await;
    browser.send_with_csrf(Method::POST, "/auth/signOut", "").await;
    browser.keep(&late.headers);
    assert_eq!(browser.kept().len(), 1, "the browser has the cookie");
    // Another process, which does not know about the sign-out.
    let other = TestApp::configured(|builder| {
        builder.session(SessionConfig::default().max_age(Duration::from_secs(3600)).expiration(Expiration::Rolling))
    })
    .await;
    other.clock.advance(60);
    let mut elsewhere = other.browser();
    elsewhere.cookies = browser.cookies.clone();
    for browser in [&mut browser, &mut elsewhere] {
        assert_eq!(browser.get("/").await.body, "Hello stranger");
        assert_eq!(browser.get_json("/auth/session").await.error_code(), "SESSION_EXPIRED");
        assert!(browser.kept().is_empty(), "the cookie is cleared: {:?}", browser.cookies);
    }
    // A new sign-in works. If the old response then arrives, it does not restore the old session.
    browser.sign_in("/auth/signIn/bitbucket").await;
    assert!(browser.session().await.is_some());
    browser.keep(&late.headers);
    assert!(browser.session().await.is_none(), "the late cookie restores no session");
}

#[tokio::test]
async fn an_older_response_does_not_undo_a_change() {
    let (app, page) = app_with_a_slow_page().await;
    let mut browser = app.signed_in().await;
    app.clock.advance(60);
    let mut slow = browser.clone();
    let under_way = tokio::spawn(async move { slow.get("/slow").await });
    page.arrived().await;
    let kept_by_the_network = browser.clone().get("/").await;
    browser.send_with_csrf(Method::PATCH, "/auth/session", r#"{"user":{"name":"Countess"}}"#).await;

    page.release();
    let late = under_way.await.unwrap();
    assert!(late.set_cookies().is_empty(), "{:?}", late.set_cookies());
    browser.keep(&kept_by_the_network.headers);
    assert_eq!(browser.get("/").await.body, "Hello Countess");
    assert_eq!(browser.session().await.unwrap().user.name.as_deref(), Some("Countess"));
    // The browser's cookie contains the newer name again, so this no longer depends on the server's memory.
    let claims = app.auth.jose().compatible().decode_jwt(&browser.session_token()).unwrap();
    assert_eq!(claims["name"], json!("Countess"));
}

/// Standards: ASVS 7.2.4
#[tokio::test]
async fn a_new_sign_in_ends_the_previous_session() {
    let app = app(Expiration::Rolling, None).await;
    let mut browser = app.signed_in().await;
    let old = browser.session_token();
    browser.sign_in("/auth/signIn/bitbucket").await;
    let mut thief = app.browser();
    thief.headers = vec![("cookie".to_owned(), format!("aura-auth.session_token={old}"))];
    assert_eq!(thief.send(Method::GET, "/auth/session", &[JSON], "").await.error_code(), "SESSION_EXPIRED");
}

#[tokio::test]
async fn a_forged_list_of_ended_sessions_is_discarded() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    let junk = format!("{}.x.{}", "y".repeat(3000), "z".repeat(21));
    browser.headers = vec![("cookie".to_owned(), format!("aura-auth.signed_out={junk}"))];
    browser.send_with_csrf(Method::POST, "/auth/signOut", "").await;
    assert_eq!(browser.cookie("aura-auth.signed_out").unwrap().len(), 22);

    // The list contains at most four sessions.
    let mut browser = app.browser();
    for _ in 0..6 {
        browser.sign_in("/auth/signIn/bitbucket").await;
    }
    assert_eq!(browser.cookie("aura-auth.signed_out").unwrap().len(), 4 * 22 + 3);
}
