//! Clocks that are changed, and clocks that differ between servers.

use http::{Method, StatusCode};

use super::test_app::TestApp;

#[tokio::test]
async fn a_server_whose_clock_is_60_seconds_behind_accepts_another_server_s_tokens() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    browser.csrf_token().await;
    app.clock.advance(-60);
    assert_eq!(browser.session().await.unwrap().user.name.as_deref(), Some("Ada Lovelace"));
    let answer = browser.send_with_csrf(Method::POST, "/auth/signOut", "").await;
    assert!(answer.status.is_success(), "{} {}", answer.status, answer.body);
    assert!(browser.session().await.is_none());
}

#[tokio::test]
async fn a_session_cookie_is_not_cleared_when_the_clock_is_set_back() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    app.clock.advance(-3600);
    let answer = browser.get_json("/auth/session").await;
    assert_eq!((answer.status, answer.error_code().as_str()), (StatusCode::UNAUTHORIZED, "SESSION_INVALID"));
    assert!(answer.set_cookies().is_empty(), "{:?}", answer.set_cookies());
    app.clock.advance(3600);
    assert!(browser.session().await.is_some());
}

#[tokio::test]
async fn people_can_sign_in_after_the_clock_is_set_back() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    app.clock.advance(-3600);
    let end = browser.sign_in("/auth/signIn/bitbucket").await;
    assert_eq!((end.status, end.location()), (StatusCode::FOUND, "/"), "{}", end.body);
    assert!(browser.session().await.is_some());
}
