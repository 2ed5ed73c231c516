//! Sessions that move from cookies into a store.

use aura_auth::store::{MemoryStore, Store, TokenHash};
use aura_auth::testing::TestStore;
use reqwest::{Method, StatusCode};
use time::OffsetDateTime;

use super::test_app::{ADA, Browser, JSON, TestApp};

const COOKIE: &str = "aura-auth.stored_session";
const NOW: i64 = 1_767_225_600;
const DAY: i64 = 24 * 60 * 60;

/// Starts an app with a store that takes cookie sessions in for a week, and a browser that signed in before.
async fn moving() -> (TestApp, TestStore, Browser) {
    let store = TestStore::new(MemoryStore::default());
    let until = OffsetDateTime::from_unix_timestamp(NOW + 7 * DAY).unwrap();
    let app = TestApp::configured(|builder| builder.store(store.clone()).import_cookie_sessions(until)).await;
    let browser = signed_in_before(&app).await;
    (app, store, browser)
}

async fn signed_in_before(app: &TestApp) -> Browser {
    let before = TestApp::new().await;
    let mut browser = before.signed_in().await;
    browser.origin.clone_from(&app.origin);
    browser.cookies.retain(|cookie| cookie.path == "/");
    browser
}

#[tokio::test]
async fn a_session_in_a_cookie_is_taken_in_and_goes_on() {
    let (app, store, mut browser) = moving().await;
    browser.headers.push(("user-agent".to_owned(), "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0".to_owned()));
    assert_eq!(browser.get("/").await.body, "Hello Ada Lovelace");
    let names: Vec<_> = browser.cookies.iter().map(|cookie| cookie.name.as_str()).collect();
    assert!(names.contains(&COOKIE) && !names.iter().any(|name| name.contains("session_token")), "{names:?}");
    let row = store.session(&TokenHash::of(browser.cookie(COOKIE).unwrap())).await.unwrap().unwrap();
    assert_eq!((row.user.as_str(), row.created_at, row.idle_until), (ADA, NOW, NOW + 15 * DAY));
    assert!(row.content.contains("Firefox on Linux") && row.imported_from.is_some());
    assert!(browser.session().await.is_some());
    assert_eq!(browser.send_with_csrf(Method::POST, "/auth/signOut", "").await.status, StatusCode::ACCEPTED);
    assert!(browser.session().await.is_none());
    let _ = app;
}

#[tokio::test]
async fn requests_at_the_same_time_take_it_in_once_and_set_the_same_cookie() {
    let (app, store, browser) = moving().await;
    store.set_delay(std::time::Duration::from_millis(20));
    let requests: Vec<_> = (0..20)
        .map(|_| {
            let mut tab = browser.clone();
            tokio::spawn(async move {
                let page = tab.get("/").await;
                (page.body, tab.session_token())
            })
        })
        .collect();
    let mut seen = Vec::new();
    for request in requests {
        seen.push(request.await.unwrap());
    }
    assert!(seen.iter().all(|one| *one == seen[0]) && seen[0].0 == "Hello Ada Lovelace", "{seen:?}");
    assert_eq!(store.sessions_of(ADA, NOW).await.unwrap().len(), 1);
    let _ = app;
}

/// Attack: a copy of a cookie from before a store was used, after the sign-out
/// Standards: ASVS 7.4.1
#[tokio::test]
async fn a_copy_of_the_cookie_is_not_taken_in_after_the_sign_out_or_the_clean_up() {
    let (app, store, mut browser) = moving().await;
    let mut copy = browser.clone();
    browser.get("/").await;
    browser.send_with_csrf(Method::POST, "/auth/signOut", "").await;
    let sealed = copy.cookies.clone();
    assert_eq!(copy.get_json("/auth/session").await.error_code(), "SESSION_EXPIRED");
    // What the clean-up deletes in the week in which cookies are taken in.
    app.clock.advance(7 * DAY - 1);
    let now = NOW + 7 * DAY - 1;
    store.delete_expired(now, now - 15 * DAY, 500).await.unwrap();
    copy.cookies = sealed;
    assert_eq!(copy.get_json("/auth/session").await.error_code(), "SESSION_EXPIRED");
    assert_eq!(store.sessions_of(ADA, now).await.unwrap().len(), 0);
}

#[tokio::test]
async fn after_the_last_day_a_session_in_a_cookie_is_nobody_s() {
    let (app, store, mut browser) = moving().await;
    app.clock.advance(7 * DAY);
    let before = store.statements();
    assert_eq!(browser.get_json("/auth/session").await.error_code(), "SESSION_NOT_FOUND");
    assert_eq!(store.statements(), before);
}

#[tokio::test]
async fn a_session_that_was_ended_or_changed_in_the_browser_is_not_taken_in() {
    let (app, store, mut browser) = moving().await;
    let other = browser.cookie("aura-auth.session_token").unwrap().to_owned();
    for (cookie, code) in [
        (format!("aura-auth.session_token={}x", &other[..other.len() - 1]), "SESSION_INVALID"),
        ("aura-auth.session_token=x".to_owned(), "SESSION_INVALID"),
    ] {
        let mut forger = app.browser();
        forger.headers = vec![("cookie".to_owned(), cookie.clone())];
        assert_eq!(forger.get_json("/auth/session").await.error_code(), code, "{cookie}");
    }
    assert_eq!(store.calls("create_session"), 0);
    let stored = browser.send(Method::GET, "/auth/session", &[JSON], "").await;
    assert_eq!(stored.status, StatusCode::OK);
    assert_eq!(store.calls("create_session"), 1);
}
