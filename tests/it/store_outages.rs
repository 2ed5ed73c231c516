//! Sessions in a store that does not answer.

use aura_auth::testing::StandInEndpoint;
use reqwest::{Method, StatusCode};

use super::stored_sessions::{COOKIE, stored};
use super::test_app::JSON;

/// Attack: a store that can't be reached signs people out, or lets an ended session pass
/// Standards: ASVS 16.5.2, 16.5.3
#[tokio::test]
async fn while_the_store_is_down_nothing_is_known_and_nobody_is_signed_out() {
    let (app, store) = stored(|builder| builder).await;
    let mut browser = app.signed_in().await;
    let csrf = browser.csrf_token().await;
    let cookies = browser.cookies.clone();
    store.set_down(true);
    let json = [JSON, ("x-csrf-token", csrf.as_str())];
    for (method, path) in [
        (Method::GET, "/auth/session"),
        (Method::PATCH, "/auth/session"),
        (Method::POST, "/auth/signOut"),
        (Method::GET, "/auth/csrfToken"),
        (Method::GET, "/auth/providers/bitbucket"),
        (Method::GET, "/auth/providers/bitbucket/tokens"),
        (Method::POST, "/auth/providers/bitbucket/user/refresh"),
        (Method::POST, "/auth/providers/bitbucket/disconnect"),
        (Method::GET, "/private"),
        (Method::GET, "/"),
        (Method::POST, "/"),
    ] {
        let answer = browser.send(method.clone(), path, &json, r#"{"user":{"name":"X"}}"#).await;
        assert_eq!(answer.error_code(), "SESSION_STORE_UNAVAILABLE", "{method} {path}");
        assert!(answer.set_cookies().is_empty(), "{method} {path}: {:?}", answer.set_cookies());
    }
    for path in ["/private", "/"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(page.body.contains("Try again") && page.body.contains("SESSION_STORE_UNAVAILABLE"), "{}", page.body);
        assert_eq!(page.headers["retry-after"], "5", "{path}");
        assert_eq!(page.headers["cache-control"], "no-store", "{path}");
        assert!(page.set_cookies().is_empty(), "{path}");
    }
    assert_eq!(browser.get("/static").await.status, StatusCode::OK, "this page does not depend on the session");
    let fields = [("csrf_token", csrf.as_str())];
    let form = browser.post_form("/auth/signOut", &fields).await;
    assert!(form.location().contains("error=SESSION_STORE_UNAVAILABLE"), "{form:?}");
    // Somebody without a session sees the app.
    let mut stranger = app.browser();
    assert_eq!(stranger.get("/").await.body, "Hello stranger");
    let begun = stranger.get_json("/auth/signIn/bitbucket").await;
    assert_eq!(begun.error_code(), "SESSION_STORE_UNAVAILABLE");

    store.set_down(false);
    assert_eq!(browser.cookies, cookies);
    assert_eq!(browser.get("/").await.body, "Hello Ada Lovelace");
}

#[tokio::test]
async fn a_sign_in_that_cannot_be_stored_fails_before_the_code_is_used() {
    let (app, store) = stored(|builder| builder).await;
    let mut browser = app.browser();
    let callback = browser.callback_url("/auth/signIn/bitbucket").await;
    store.set_down(true);
    let failed = browser.get(&callback).await;
    assert_eq!(failed.shown_error(), "SESSION_STORE_UNAVAILABLE");
    assert_eq!(app.bitbucket.requests(StandInEndpoint::Token), 0, "the provider has not seen the code");
    assert!(browser.cookie(COOKIE).is_none());
}
