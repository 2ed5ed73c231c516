//! Clocks that are changed, and clocks that differ between servers.

use http::{Method, StatusCode};

use super::test_app::TestApp;

#[tokio::test]
async fn a_server_whose_clock_is_a_minute_behind_takes_what_another_one_made() {
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
async fn a_clock_that_is_set_back_loses_no_session() {
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
async fn a_clock_that_is_set_back_keeps_nobody_from_signing_in() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    app.clock.advance(-3600);
    let end = browser.sign_in("/auth/signIn/bitbucket").await;
    assert_eq!((end.status, end.location()), (StatusCode::FOUND, "/"), "{}", end.body);
    assert!(browser.session().await.is_some());
}
