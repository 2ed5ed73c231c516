//! Sessions that have ended

use aura_auth::store::MemoryStore;
use reqwest::Method;

use super::session_attacks::session_attacks;
use super::test_app::{HTML, JSON, TestApp};

/// Attack: a session after its sign-out: a copy of its cookie that somebody has kept
/// Standards: ASVS 7.4.1
#[tokio::test]
async fn a_copied_session_ends_with_the_sign_out() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    let csrf_token = browser.csrf_token().await;
    let mut thief = app.browser();
    thief.cookies = browser.cookies.clone();
    assert!(thief.session().await.is_some(), "before the sign-out, the copy is a valid session");
    assert_eq!(browser.send_with_csrf(Method::POST, "/auth/signOut", "").await.status, 202);

    // The copy has all cookies that the browser had, but not the list of ended sessions, which the sign-out has set.
    let copied = thief.cookies.clone();
    for (method, path) in [
        (Method::GET, "/auth/session"),
        (Method::PATCH, "/auth/session"),
        (Method::GET, "/auth/providers/bitbucket"),
        (Method::GET, "/auth/providers/bitbucket/tokens"),
        (Method::POST, "/auth/providers/bitbucket/user/refresh"),
    ] {
        thief.cookies.clone_from(&copied);
        let headers = [JSON, ("x-csrf-token", csrf_token.as_str())];
        let answer = thief.send(method.clone(), path, &headers, r#"{"user":{"name":"Mallory"}}"#).await;
        assert_eq!(answer.error_code(), "SESSION_EXPIRED", "{method} {path}");
    }
    thief.cookies.clone_from(&copied);
    let page = thief.send(Method::GET, "/", &[HTML], "").await;
    assert!(!page.body.contains("Ada"), "{}", page.body);
}

/// Attack: a session in a store: a copy of its cookie after the sign-out, a forged or a second cookie, a flow that is used
/// twice or in another browser, a late response, and another session's CSRF token
/// Standards: ASVS 7.2.2, 7.2.4, 7.4.1
#[tokio::test]
async fn a_session_in_a_store_withstands_the_same_attacks() {
    session_attacks(|builder| builder.store(MemoryStore::default())).await;
}
