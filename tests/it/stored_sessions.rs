//! Sessions in a store: what the browser has, and what the store is asked.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aura_auth::store::{EndReason, MemoryStore, Store, StoredSession, TokenHash};
use aura_auth::testing::{InjectedFault, StandInEndpoint, TestStore};
use aura_auth::{Auth, AuthBuilder, AuthEvent, ClaimType, Expiration, SessionConfig, TokenStorage};
use axum::http::HeaderMap;
use reqwest::{Method, StatusCode};

use super::test_app::{ADA, Browser, JSON, SALT, SECRET, TestApp};

pub(super) const COOKIE: &str = "aura-auth.stored_session";

/// Starts an app whose sessions are in a store.
pub(super) async fn stored(change: impl FnOnce(AuthBuilder) -> AuthBuilder) -> (TestApp, TestStore) {
    let store = TestStore::new(MemoryStore::default());
    let app = TestApp::configured(|builder| change(builder.store(store.clone()))).await;
    (app, store)
}

/// Another process of the app, with the same store.
fn another_process(app: &TestApp, store: &TestStore) -> Auth {
    let provider = app.bitbucket.provider(&app.bitbucket_origin);
    let builder = Auth::builder().environment::<&str, &str>([]).secret(SECRET).salt(SALT).clock(app.clock.clone());
    builder.oauth([provider]).base_url(&app.origin).store(store.clone()).build().unwrap()
}

async fn row(store: &TestStore, browser: &Browser) -> StoredSession {
    store.session(&TokenHash::of(browser.cookie(COOKIE).unwrap())).await.unwrap().unwrap()
}

fn headers(app: &TestApp, browser: &Browser) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("host", app.origin.trim_start_matches("http://").parse().unwrap());
    headers.insert("cookie", browser.cookie_header("/").unwrap().parse().unwrap());
    headers
}

#[tokio::test]
async fn over_https_the_cookie_is_a_random_token_that_no_other_host_can_set() {
    let store = MemoryStore::default();
    let (app, browser) = TestApp::behind_https_with(|builder| builder.store(store.clone())).await;
    let browser = app.signed_in_over_https(browser).await;
    let names: Vec<_> = browser.cookies.iter().map(|cookie| cookie.name.as_str()).collect();
    assert_eq!(names, ["__Host-aura-auth.stored_session", "__Host-aura-auth.csrf_token"]);
    let token = &browser.cookies[0].value;
    assert_eq!(token.len(), 86, "64 bytes in base64url");
    let row = store.session(&TokenHash::of(token)).await.unwrap().unwrap();
    assert_eq!((row.user.as_str(), row.providers), (ADA, vec!["bitbucket".to_owned()]));
    assert!(!row.content.contains(token) && !row.id.to_string().contains(token));
}

#[tokio::test]
async fn the_row_has_the_device_and_the_address_of_the_sign_in() {
    let (app, store) = stored(|builder| builder).await;
    let mut browser = app.browser();
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    browser.headers.push(("user-agent".to_owned(), agent.to_owned()));
    browser.sign_in("/auth/signIn/bitbucket").await;
    let row = row(&store, &browser).await;
    assert_eq!((row.user_agent.as_deref(), row.address.as_deref()), (Some(agent), Some("127.0.0.1")));
    assert!(row.content.contains(r#""device":"Firefox on Linux""#), "{}", row.content);
    assert_eq!(row.created_at, 1_767_225_600);
    assert_eq!(row.idle_until, row.created_at + 15 * 24 * 60 * 60);
}

#[tokio::test]
async fn a_request_reads_its_session_with_one_query_and_other_requests_with_none() {
    let (app, store) = stored(|builder| builder).await;
    let mut browser = app.signed_in().await;
    for (path, statements) in [("/", 1), ("/private", 1), ("/auth/session", 1), ("/static", 1), ("/nowhere.css", 0)] {
        let before = store.statements();
        browser.send(Method::GET, path, &[JSON], "").await;
        assert_eq!(store.statements() - before, statements, "{path}");
    }
    let mut stranger = app.browser();
    let token = browser.cookie(COOKIE).unwrap().to_owned();
    for cookie in ["", "x", &token[1..], &format!("{token}="), &"é".repeat(43), "%41"] {
        stranger.headers = vec![("cookie".to_owned(), format!("{COOKIE}={cookie}"))];
        let before = store.statements();
        assert_eq!(stranger.get_json("/private").await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(store.statements(), before, "{cookie} can't be a token");
    }
}

#[tokio::test]
async fn a_sign_in_takes_at_most_ten_statements() {
    let (app, store) = stored(|builder| builder).await;
    let mut browser = app.signed_in().await;
    let before = store.statements();
    browser.sign_in("/auth/signIn/bitbucket").await;
    let statements = store.statements() - before;
    assert_eq!(statements, 8, "count, write the flow; count, take it, read, create, write tokens, end the earlier one");
}

#[tokio::test]
async fn the_use_of_a_session_is_written_once_in_five_minutes() {
    let (app, store) = stored(|builder| builder).await;
    let mut browser = app.signed_in().await;
    app.clock.advance(299);
    let touches = store.calls("touch_session");
    browser.get("/").await;
    assert_eq!(row(&store, &browser).await.last_seen_at, 1_767_225_600);
    assert_eq!(store.calls("touch_session"), touches, "it is not due");
    app.clock.advance(1);
    let requests: Vec<_> = (0..20)
        .map(|_| {
            let mut tab = browser.clone();
            tokio::spawn(async move { tab.get("/").await.status })
        })
        .collect();
    for request in requests {
        assert_eq!(request.await.unwrap(), StatusCode::OK);
    }
    store.finished("touch_session", 1).await;
    assert_eq!(row(&store, &browser).await.last_seen_at, 1_767_225_900);
    browser.get("/").await;
    assert_eq!(store.calls("touch_session") - touches, 1);
}

#[tokio::test]
async fn a_rolling_session_and_its_cookie_are_prolonged_together() {
    let config = SessionConfig::default().expiration(Expiration::Rolling).max_age(Duration::from_secs(3600));
    let (app, store) = stored(|builder| builder.session(config)).await;
    let mut browser = app.signed_in().await;
    assert!(browser.get("/").await.set_cookies().is_empty());
    app.clock.advance(600);
    let page = browser.get("/").await;
    let [cookie] = page.set_cookies().try_into().unwrap();
    assert!(cookie.starts_with(COOKIE) && cookie.ends_with("Max-Age=3600"), "{cookie}");
    store.finished("touch_session", 1).await;
    assert_eq!(row(&store, &browser).await.idle_until, 1_767_225_600 + 600 + 3600);
    app.clock.advance(3599);
    assert!(browser.session().await.is_some());
    app.clock.advance(3600);
    assert_eq!(browser.get_json("/auth/session").await.error_code(), "SESSION_EXPIRED");
}

#[tokio::test]
async fn a_late_touch_does_not_bring_an_ended_session_back() {
    let (app, store) = stored(|builder| builder).await;
    let mut browser = app.signed_in().await;
    app.clock.advance(300);
    let ended = row(&store, &browser).await;
    let mut page = browser.clone();
    page.get("/").await;
    store.end_session(ended.id, EndReason::AdminAction, 1_767_225_900).await.unwrap();
    store.finished("touch_session", 1).await;
    assert_eq!(page.get_json("/auth/session").await.error_code(), "SESSION_EXPIRED");
    assert_eq!(browser.get_json("/auth/session").await.error_code(), "SESSION_EXPIRED");
}

#[tokio::test]
async fn a_sign_out_ends_the_session_in_every_process_at_once() {
    let (app, store) = stored(|builder| builder).await;
    let mut browser = app.signed_in().await;
    let other = another_process(&app, &store);
    let copy = headers(&app, &browser);
    assert!(other.api().get_session(&copy).await.session().is_some());
    let signed_out = browser.send_with_csrf(Method::POST, "/auth/signOut", "").await;
    assert_eq!(signed_out.status, StatusCode::ACCEPTED);
    assert!(browser.cookies.is_empty(), "there is no list of ended sessions: {:?}", browser.cookies);
    let seen = other.api().get_session(&copy).await;
    assert_eq!(seen.as_result().unwrap_err().code(), "SESSION_EXPIRED");
}

#[tokio::test]
async fn two_changes_at_the_same_time_are_both_kept() {
    let config = SessionConfig::default().editable_claims([("theme", ClaimType::Text), ("size", ClaimType::Integer)]);
    let (app, store) = stored(|builder| builder.session(config)).await;
    let mut browser = app.signed_in().await;
    let csrf = browser.csrf_token().await;
    // Both requests have read the session before one of them writes.
    store.set_delay(Duration::from_millis(50));
    let changes = [r#"{"user":{"theme":"dark"}}"#, r#"{"user":{"size":7}}"#].map(|body| {
        let (mut tab, csrf) = (browser.clone(), csrf.clone());
        tokio::spawn(async move {
            tab.send(Method::PATCH, "/auth/session", &[JSON, ("x-csrf-token", &csrf)], body).await.status
        })
    });
    for change in changes {
        assert_eq!(change.await.unwrap(), StatusCode::OK);
    }
    let user = browser.session().await.unwrap().user;
    assert_eq!((user.get::<String>("theme").as_deref(), user.get::<i64>("size")), (Some("dark"), Some(7)));
}

#[tokio::test]
async fn content_that_cannot_be_read_is_a_signed_out_person_and_an_event() {
    let events = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&events);
    let on_event = move |event: &AuthEvent| told.lock().unwrap().push(event.clone());
    let (app, store) = stored(|builder| builder.on_event(on_event)).await;
    let mut browser = app.signed_in().await;
    let kept = row(&store, &browser).await;
    let end = kept.idle_until;
    let later = kept.content.replacen('{', r#"{"later":[1],"#, 1);
    store.update_session(kept.id, 0, &later, end, None).await.unwrap();
    let renamed = browser.send_with_csrf(Method::PATCH, "/auth/session", r#"{"user":{"name":"Countess"}}"#).await;
    assert_eq!(renamed.status, StatusCode::OK);
    let content = row(&store, &browser).await.content;
    assert!(content.contains(r#""later":[1]"#) && content.contains("Countess"), "{content}");

    store.update_session(kept.id, 2, &content.replace(r#""v":1"#, r#""v":2"#), end, None).await.unwrap();
    assert_eq!(browser.get_json("/auth/session").await.error_code(), "SESSION_INVALID");
    assert_eq!(browser.get("/").await.body, "Hello stranger");
    let refused = AuthEvent::RequestRefused { error: aura_auth::AuthError::SessionInvalid };
    assert!(events.lock().unwrap().contains(&refused));
}

#[tokio::test]
async fn a_sign_in_beyond_the_limit_ends_the_oldest_session() {
    let (app, store) = stored(|builder| builder.max_sessions(2)).await;
    let mut browsers = Vec::new();
    for _ in 0..3 {
        browsers.push(app.signed_in().await);
        app.clock.advance(1);
    }
    let mut seen = Vec::new();
    for browser in &mut browsers {
        seen.push(browser.session().await.is_some());
    }
    assert_eq!(seen, [false, true, true]);
    assert_eq!(row(&store, &browsers[1]).await.ended, None);
    assert_eq!(store.sessions_of(ADA, 1_767_225_610).await.unwrap().len(), 2);
    // A browser that signs in again replaces its own session, and not the oldest one.
    browsers[2].sign_in("/auth/signIn/bitbucket").await;
    assert!(browsers[1].session().await.is_some());
}

#[tokio::test]
async fn every_request_has_the_provider_s_tokens_and_the_browser_none() {
    let (app, store) = stored(|builder| builder).await;
    let mut browser = app.signed_in().await;
    let has_cookie = |browser: &Browser| browser.cookies.iter().any(|cookie| cookie.name.contains("provider_tokens"));
    assert!(!has_cookie(&browser));
    // A page's request, which is not below `/auth/providers`.
    let mut request = axum::http::Request::new(());
    *request.headers_mut() = headers(&app, &browser);
    let token = app.auth.api().access_token(&request, "bitbucket").await.into_result().unwrap();
    let row = row(&store, &browser).await;
    let sealed = store.tokens(row.id, "bitbucket").await.unwrap().unwrap().sealed;
    assert!(!String::from_utf8(sealed).unwrap().contains(token.expose()), "the tokens are encrypted");

    let disconnected = browser.send_with_csrf(Method::POST, "/auth/providers/bitbucket/disconnect", "").await;
    assert_eq!(disconnected.status, StatusCode::OK);
    let connected = browser.get_json("/auth/providers/bitbucket").await;
    assert_eq!(connected.json()["connected"], false);
    let answer = browser.send_with_csrf(Method::GET, "/auth/providers/bitbucket/tokens", "").await;
    assert_eq!(answer.error_code(), "OAUTH_UNLINKED_ACCOUNT_ERROR");
}

/// Attack: somebody who can write into the database gives a session the tokens of another one
/// Standards: ASVS 11.3.3
#[tokio::test]
async fn tokens_in_the_row_of_another_session_or_provider_are_not_used() {
    let (app, store) = stored(|builder| builder).await;
    let (mut ada, mut other) = (app.signed_in().await, app.signed_in().await);
    let (from, to) = (row(&store, &ada).await.id, row(&store, &other).await.id);
    let sealed = store.tokens(from, "bitbucket").await.unwrap().unwrap().sealed;
    store.put_tokens(to, "bitbucket", &sealed, None).await.unwrap();
    store.put_tokens(from, "other", &sealed, None).await.unwrap();
    for (browser, path) in
        [(&mut other, "/auth/providers/bitbucket/tokens"), (&mut ada, "/auth/providers/other/tokens")]
    {
        let answer = browser.send_with_csrf(Method::GET, path, "").await;
        assert_eq!(answer.error_code(), "OAUTH_UNLINKED_ACCOUNT_ERROR", "{path}");
    }
}

#[tokio::test]
async fn with_a_cache_an_end_in_this_process_counts_at_once_and_elsewhere_after_its_time() {
    let (app, store) = stored(|builder| builder.session_cache(Duration::from_secs(10))).await;
    let (mut browser, mut copy) = (app.signed_in().await, app.browser());
    copy.cookies.clone_from(&browser.cookies);
    browser.get("/").await;
    let before = store.calls("session");
    browser.get("/").await;
    assert_eq!(store.calls("session"), before);
    browser.send_with_csrf(Method::POST, "/auth/signOut", "").await;
    assert!(copy.session().await.is_none());

    let mut browser = app.signed_in().await;
    let id = row(&store, &browser).await.id;
    store.end_session(id, EndReason::AdminAction, 1_767_225_600).await.unwrap();
    assert!(browser.session().await.is_some(), "this process does not know it yet");
    app.clock.advance(10);
    assert!(browser.session().await.is_none());
}

#[tokio::test]
async fn an_app_that_begins_to_use_a_store_clears_the_cookies_of_before() {
    let (app, _) = stored(|builder| builder).await;
    let mut browser = TestApp::new().await.signed_in().await;
    browser.origin.clone_from(&app.origin);
    assert!(browser.cookie("aura-auth.session_token").is_some());
    browser.sign_in("/auth/signIn/bitbucket").await;
    let mut names: Vec<_> = browser.cookies.iter().map(|cookie| cookie.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["aura-auth.csrf_token", COOKIE]);
}

#[tokio::test]
async fn settings_that_contradict_each_other_are_all_reported() {
    let hour = Duration::from_secs(3600);
    let far = time::OffsetDateTime::now_utc() + time::Duration::days(16);
    let complete = || Auth::builder().environment::<&str, &str>([]).secret(SECRET).salt(SALT);
    let builder = complete().max_sessions(1).session_cache(hour).import_cookie_sessions(far);
    let error = builder.provider_tokens(TokenStorage::Store).build().unwrap_err().to_string();
    assert_eq!(error.matches("set one with `store`").count(), 4, "{error}");
    let builder = complete().store(MemoryStore::default()).max_sessions(0).session_cache(hour);
    let builder = builder.import_cookie_sessions(far).provider_tokens(TokenStorage::Cookie);
    assert_eq!(builder.build().unwrap_err().problems().len(), 4);
}

#[tokio::test]
async fn a_page_without_the_layer_reads_the_session_too() {
    let (app, store) = stored(|builder| builder).await;
    let browser = app.signed_in().await;
    let headers = headers(&app, &browser);
    app.clock.advance(600);
    let before = store.statements();
    assert!(app.auth.api().get_session(&headers).await.session().is_some());
    assert_eq!(store.statements() - before, 1, "nothing writes the use without a response");
}

/// Attack: somebody who has left the workspace keeps their session
/// Standards: ASVS 7.4.2
#[tokio::test]
async fn membership_is_checked_once_an_hour_and_a_refusal_ends_the_session() {
    let store = TestStore::new(MemoryStore::default());
    let shared = store.clone();
    let app = TestApp::configured_with(|builder, provider| {
        let members = provider.id("members").require_workspace("analytical-engine");
        builder.store(shared).oauth([members])
    })
    .await;
    let mut browser = app.browser();
    browser.sign_in("/auth/signIn/members").await;
    let checks = || app.bitbucket.requests(StandInEndpoint::Permission);
    assert_eq!(checks(), 1, "at the sign-in");
    app.clock.advance(3599);
    browser.get("/").await;
    store.finished("touch_session", 1).await;
    assert_eq!(store.calls("take_lease"), 0, "the sign-in was less than an hour ago");
    app.clock.advance(301);
    let gate = app.bitbucket.hold(StandInEndpoint::Permission);
    assert_eq!(browser.get("/").await.body, "Hello Ada Lovelace", "no response waits for the provider");
    gate.arrived().await;
    gate.release();
    app.clock.advance(301);
    browser.get("/").await;
    store.finished("take_lease", 2).await;
    assert_eq!(checks(), 2, "another process or request has checked in this hour");

    // A provider that is down ends nobody, and the next request tries again.
    app.bitbucket.inject_fault(StandInEndpoint::Permission, Some(InjectedFault::ServerError));
    app.clock.advance(3600);
    browser.get("/").await;
    // The token has expired too: one lease is that of its refresh.
    store.finished("release_lease", 2).await;
    assert!(browser.session().await.is_some());
    let refused = InjectedFault::Status(403, r#"{"type":"error","error":{"message":"not a member"}}"#.to_owned());
    app.bitbucket.inject_fault(StandInEndpoint::Permission, Some(refused));
    app.clock.advance(301);
    browser.get("/").await;
    store.finished("end_session", 1).await;
    let ended = row(&store, &browser).await.ended.unwrap();
    assert_eq!(ended.1, EndReason::AccountSuspended);
    assert_eq!(browser.get_json("/auth/session").await.error_code(), "SESSION_EXPIRED");
}
