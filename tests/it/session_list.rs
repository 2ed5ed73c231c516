//! Where a person is signed in: the list of sessions in a store, and how they are ended from elsewhere.

use std::sync::{Arc, Mutex};

use aura_auth::store::{EndReason, MemoryStore};
use aura_auth::testing::TestStore;
use aura_auth::{AuthClient, AuthError, AuthEvent, ClientError};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::log::Log;
use super::test_app::{ADA, Browser, HTML, JSON, TestApp, TestResponse, parameter};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0";
const GRACE: &str = "grace";
const NO_SUCH_ID: &str = "00000000-0000-4000-8000-000000000000";

async fn app() -> TestApp {
    TestApp::configured(|builder| builder.store(MemoryStore::default())).await
}

/// Returns a browser in which this account of the stand-in has signed in.
async fn signed_in_as(app: &TestApp, account: &str) -> Browser {
    let mut browser = app.browser();
    browser.headers.push(("user-agent".into(), FIREFOX.into()));
    let begun = browser.get("/auth/signIn/bitbucket").await;
    let callback = browser.decide(begun.location(), account, "approve").await;
    assert_eq!(browser.get(&callback).await.status, StatusCode::FOUND);
    browser
}

async fn list(browser: &mut Browser) -> Vec<Value> {
    let answer = browser.get_json("/auth/sessions").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()["sessions"].as_array().unwrap().clone()
}

/// Returns the id of the browser's own session.
async fn own_id(browser: &mut Browser) -> String {
    let sessions = list(browser).await;
    let current = sessions.iter().find(|session| session["current"] == true).unwrap();
    current["id"].as_str().unwrap().to_owned()
}

async fn end(browser: &mut Browser, id: &str) -> TestResponse {
    browser.send_with_csrf(Method::DELETE, &format!("/auth/sessions/{id}"), "").await
}

/// Sends a form from the page `/devices`.
async fn send_form(browser: &mut Browser, form: &str, body: &str) -> TestResponse {
    let page = format!("{}/devices", browser.origin);
    let form_type = ("content-type", "application/x-www-form-urlencoded");
    let headers = [HTML, form_type, ("sec-fetch-site", "same-origin"), ("referer", &*page)];
    browser.send(Method::POST, &format!("/auth/sessions/{form}"), &headers, body).await
}

#[tokio::test]
async fn the_list_has_the_sessions_of_the_person_the_newest_first_and_no_token() {
    let app = app().await;
    let mut first = signed_in_as(&app, "ada").await;
    app.clock.advance(60);
    let mut second = signed_in_as(&app, "ada").await;
    signed_in_as(&app, GRACE).await;

    let answer = second.get_json("/auth/sessions").await;
    let ids: Vec<_> = list(&mut second).await.iter().map(|session| session["id"].clone()).collect();
    assert_eq!(
        answer.json(),
        json!({ "success": true, "sessions": [
            {
                "id": ids[0], "current": true, "device": "Firefox on Linux", "address": "127.0.0.1",
                "provider": "bitbucket", "createdAt": "2026-01-01T00:01:00.000Z",
                "lastSeenAt": "2026-01-01T00:01:00.000Z", "expiresAt": "2026-01-16T00:01:00.000Z",
            },
            {
                "id": ids[1], "current": false, "device": "Firefox on Linux", "address": "127.0.0.1",
                "provider": "bitbucket", "createdAt": "2026-01-01T00:00:00.000Z",
                "lastSeenAt": "2026-01-01T00:00:00.000Z", "expiresAt": "2026-01-16T00:00:00.000Z",
            },
        ] })
    );
    for browser in [&first, &second] {
        assert!(!answer.body.contains(&browser.session_token()), "{}", answer.body);
    }
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(own_id(&mut first).await, ids[1]);

    let stranger = app.browser().get_json("/auth/sessions").await;
    assert_eq!(stranger.error_code(), "SESSION_NOT_FOUND");
    assert_eq!(stranger.json()["sessions"], Value::Null);
}

#[tokio::test]
async fn an_expired_session_is_neither_listed_nor_counted() {
    let app = app().await;
    signed_in_as(&app, "ada").await;
    app.clock.advance(14 * 86_400);
    let mut second = signed_in_as(&app, "ada").await;
    assert_eq!(list(&mut second).await.len(), 2);
    app.clock.advance(2 * 86_400);
    assert_eq!(list(&mut second).await.len(), 1);
    let answer = second.send_with_csrf(Method::POST, "/auth/sessions/revoke-others", "").await;
    assert_eq!(answer.json()["ended"], 0, "the person did not see the expired session");
}

/// Standards: ASVS 7.4.1, 7.5.2
#[tokio::test]
async fn a_browser_whose_session_is_ended_is_signed_out_at_its_next_request() {
    let app = app().await;
    let (mut here, mut there) = (signed_in_as(&app, "ada").await, signed_in_as(&app, "ada").await);
    let id = own_id(&mut there).await;
    let answer = end(&mut here, &id).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.json(), json!({ "success": true, "ended": 1, "current": false }));

    for path in ["/auth/sessions", "/auth/session"] {
        let answer = there.get_json(path).await;
        assert_eq!((answer.status, answer.error_code().as_str()), (StatusCode::UNAUTHORIZED, "SESSION_EXPIRED"));
    }
    assert!(there.kept().iter().all(|cookie| !cookie.name.contains("session")), "{:?}", there.cookies);
    assert!(here.session().await.is_some());
    assert_eq!(list(&mut here).await.len(), 1);
}

/// Attack: another person's session is ended by its id, or an answer tells which ids exist
/// Standards: ASVS 7.5.2, 8.2.2
#[tokio::test]
async fn only_own_sessions_can_be_ended_and_all_other_ids_get_the_same_answer() {
    let app = app().await;
    let (mut ada, mut other) = (signed_in_as(&app, "ada").await, signed_in_as(&app, "ada").await);
    let mut grace = signed_in_as(&app, GRACE).await;
    let (grace_s, ended) = (own_id(&mut grace).await, own_id(&mut other).await);
    assert_eq!(end(&mut ada, &ended).await.status, StatusCode::OK);

    let unknown = end(&mut ada, NO_SUCH_ID).await;
    assert_eq!(unknown.error_code(), "ACTIVE_SESSION_NOT_FOUND");
    let upper = grace_s.to_uppercase();
    for id in [grace_s.as_str(), &ended, &upper, "x", "%00", "%ff", "%2e%2e%2fsession", "'%20or%201=1--"] {
        let answer = end(&mut ada, id).await;
        assert_eq!((answer.status, &answer.body), (unknown.status, &unknown.body), "{id}");
        let token = ada.csrf_token().await;
        let by_form = send_form(&mut ada, &format!("{id}/revoke"), &format!("csrf_token={token}")).await;
        assert_eq!(parameter(by_form.location(), "error").as_deref(), Some("ACTIVE_SESSION_NOT_FOUND"), "{id}");
    }
    assert!(grace.session().await.is_some());
    assert_eq!(list(&mut grace).await.len(), 1);
    assert!(ada.session().await.is_some());
}

#[tokio::test]
async fn ending_the_current_session_is_a_sign_out() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (log, told) = (Arc::clone(&seen), Arc::new(Mutex::new(0)));
    let calls = Arc::clone(&told);
    let app = TestApp::configured(|builder| {
        let on_event = move |event: &AuthEvent| log.lock().unwrap().push(event.name());
        let on_sign_out = move |_| {
            *calls.lock().unwrap() += 1;
            async {}
        };
        builder.store(MemoryStore::default()).on_event(on_event).on_sign_out(on_sign_out)
    })
    .await;
    let mut browser = signed_in_as(&app, "ada").await;
    let copy = browser.clone();
    let id = own_id(&mut browser).await;
    let answer = end(&mut browser, &id).await;
    assert_eq!(answer.json(), json!({ "success": true, "ended": 1, "current": true }));
    assert!(browser.kept().is_empty(), "{:?}", browser.cookies);
    let by_copy = copy.clone().get_json("/auth/session").await;
    assert_eq!(by_copy.error_code(), "SESSION_EXPIRED");
    assert_eq!(seen.lock().unwrap().last(), Some(&"sign_out"));
    assert_eq!(*told.lock().unwrap(), 1);
}

#[tokio::test]
async fn ending_all_others_keeps_the_current_session_and_the_sessions_of_other_people() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let app = TestApp::configured(|builder| {
        let on_event = move |event: &AuthEvent| log.lock().unwrap().push(serde_json::to_value(event).unwrap());
        builder.store(MemoryStore::default()).on_event(on_event)
    })
    .await;
    let mut here = signed_in_as(&app, "ada").await;
    let (mut second, mut third) = (signed_in_as(&app, "ada").await, signed_in_as(&app, "ada").await);
    let mut grace = signed_in_as(&app, GRACE).await;
    let answer = here.send_with_csrf(Method::POST, "/auth/sessions/revoke-others", "").await;
    assert_eq!(answer.json(), json!({ "success": true, "ended": 2, "current": false }));
    let event = json!({ "event": "sessions.revoked", "sub": ADA, "count": 2, "reason": "all_sessions_revoked" });
    assert_eq!(seen.lock().unwrap().last(), Some(&event));
    for other in [&mut second, &mut third] {
        assert_eq!(other.get_json("/auth/session").await.error_code(), "SESSION_EXPIRED");
    }
    assert!(here.session().await.is_some() && grace.session().await.is_some());
    // There is nothing left to end, which is no error and no event.
    let events = seen.lock().unwrap().len();
    let answer = here.send_with_csrf(Method::POST, "/auth/sessions/revoke-others", "").await;
    assert_eq!((answer.status, &answer.json()["ended"]), (StatusCode::OK, &json!(0)));
    assert_eq!(seen.lock().unwrap().len(), events);
}

/// Attack: another site's page ends a person's sessions
/// Standards: ASVS 3.5.1
#[tokio::test]
async fn sessions_are_not_ended_without_a_csrf_token() {
    let app = app().await;
    let (mut here, mut there) = (signed_in_as(&app, "ada").await, signed_in_as(&app, "ada").await);
    let id = own_id(&mut there).await;
    let foreign = there.csrf_token().await;
    let revoke = format!("/auth/sessions/{id}/revoke");
    let by_id = format!("/auth/sessions/{id}");
    for (method, path) in
        [(Method::DELETE, &*by_id), (Method::POST, &*revoke), (Method::POST, "/auth/sessions/revoke-others")]
    {
        let answer = here.send(method.clone(), path, &[JSON], "").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path} {}", answer.body);
        let answer = here.send(method.clone(), path, &[JSON, ("x-csrf-token", &foreign)], "").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path} {}", answer.body);
    }
    for form in [format!("{id}/revoke"), "revoke-others".to_owned()] {
        for (token, code) in [("", "CSRF_TOKEN_MISSING"), (&*foreign, "INVALID_CSRF_TOKEN")] {
            let answer = send_form(&mut here, &form, &format!("csrf_token={token}")).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER);
            let encoded = form.replace('/', "%2F");
            assert_eq!(answer.location(), format!("/devices?error={code}&form=sessions%2F{encoded}"));
        }
    }
    assert_eq!(list(&mut there).await.len(), 2);
}

#[tokio::test]
async fn sessions_can_be_ended_by_forms_without_scripts() {
    let app = app().await;
    let mut here = signed_in_as(&app, "ada").await;
    let token = here.csrf_token().await;
    let csrf = format!("csrf_token={token}");
    let mut there = signed_in_as(&app, "ada").await;
    let id = own_id(&mut there).await;
    let answer = send_form(&mut here, &format!("{id}/revoke"), &csrf).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/devices"));
    assert_eq!(there.get_json("/auth/session").await.error_code(), "SESSION_EXPIRED");

    let mut there = signed_in_as(&app, "ada").await;
    let answer = send_form(&mut here, "revoke-others", &format!("{csrf}&redirectTo=%2Fdone")).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/done"));
    assert_eq!(there.get_json("/auth/session").await.error_code(), "SESSION_EXPIRED");

    let own = own_id(&mut here).await;
    for (redirect_to, expected) in [("", "/"), ("&redirectTo=%2Fbye", "/bye"), ("&redirectTo=%2F%2Fevil.example", "/")]
    {
        let mut here = here.clone();
        if here.session().await.is_none() {
            here = signed_in_as(&app, "ada").await;
        }
        let (token, own) = (here.csrf_token().await, own_id(&mut here).await);
        let body = format!("csrf_token={token}{redirect_to}");
        let answer = send_form(&mut here, &format!("{own}/revoke"), &body).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, expected));
        assert!(here.kept().is_empty(), "{:?}", here.cookies);
    }
    assert!(here.get_json(&format!("/auth/sessions/{own}")).await.status == StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn sessions_in_cookies_can_be_neither_listed_nor_ended() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    let answer = browser.get_json("/auth/sessions").await;
    assert_eq!((answer.status.as_u16(), answer.error_code().as_str()), (501, "SESSIONS_NOT_STORED"));
    assert_eq!(end(&mut browser, NO_SUCH_ID).await.error_code(), "SESSIONS_NOT_STORED");
    let answer = browser.send_with_csrf(Method::POST, "/auth/sessions/revoke-others", "").await;
    assert_eq!(answer.error_code(), "SESSIONS_NOT_STORED");
    let token = browser.csrf_token().await;
    let answer = send_form(&mut browser, "revoke-others", &format!("csrf_token={token}")).await;
    assert_eq!(answer.location(), "/devices?error=SESSIONS_NOT_STORED&form=sessions%2Frevoke-others");
    assert!(browser.session().await.is_some());

    let sessions = app.auth.sessions();
    let error = AuthError::SessionsNotStored;
    assert_eq!(sessions.of_user(ADA).await, Err(error));
    assert_eq!(sessions.end(NO_SUCH_ID, EndReason::AdminAction).await, Err(error));
    assert_eq!(sessions.end_all_of(ADA, EndReason::AdminAction).await, Err(error));
}

/// Standards: ASVS 7.4.5
#[tokio::test]
async fn the_app_s_administrators_list_and_end_sessions_of_any_user() {
    let store = TestStore::new(MemoryStore::default());
    let used = store.clone();
    let app = TestApp::configured(|builder| builder.store(used)).await;
    let (mut first, mut second) = (signed_in_as(&app, "ada").await, signed_in_as(&app, "ada").await);
    let mut grace = signed_in_as(&app, GRACE).await;
    let sessions = app.auth.sessions();
    let of_ada = sessions.of_user(ADA).await.unwrap();
    assert_eq!(of_ada.len(), 2);
    assert!(of_ada.iter().all(|session| !session.current && session.device.as_deref() == Some("Firefox on Linux")));

    let id = own_id(&mut first).await;
    assert_eq!(sessions.end(&id, EndReason::AdminAction).await, Ok(true));
    assert_eq!(first.get_json("/auth/session").await.error_code(), "SESSION_EXPIRED");
    for id in [&*id, NO_SUCH_ID, "x", ""] {
        assert_eq!(sessions.end(id, EndReason::AdminAction).await, Ok(false), "{id}");
    }
    assert!(second.session().await.is_some());
    assert_eq!(sessions.end_all_of(ADA, EndReason::AccountSuspended).await, Ok(1));
    assert_eq!(second.get_json("/auth/session").await.error_code(), "SESSION_EXPIRED");
    assert_eq!(sessions.of_user(ADA).await, Ok(Vec::new()));
    assert!(grace.session().await.is_some());
    // A database rejects the last two, so it is not asked.
    for (nobody, is_asked) in [("", true), ("nobody", true), ("\0", false), (&*"x".repeat(513), false)] {
        let before = store.statements();
        assert_eq!(sessions.of_user(nobody).await, Ok(Vec::new()));
        assert_eq!(sessions.end_all_of(nobody, EndReason::AdminAction).await, Ok(0));
        assert_eq!(store.statements() > before, is_asked, "{nobody:.10}");
    }
}

#[tokio::test]
async fn while_the_store_is_down_nothing_ends_and_only_the_log_has_the_cause() {
    let store = TestStore::new(MemoryStore::default());
    let used = store.clone();
    let app = TestApp::configured(|builder| builder.store(used)).await;
    let mut browser = signed_in_as(&app, "ada").await;
    let token = browser.csrf_token().await;
    store.set_down(true);
    let (log, _guard) = Log::of_this_thread();
    for (method, path) in [
        (Method::GET, "/auth/sessions"),
        (Method::DELETE, "/auth/sessions/x"),
        (Method::POST, "/auth/sessions/revoke-others"),
    ] {
        let answer = browser.send(method, path, &[JSON, ("x-csrf-token", &token)], "").await;
        assert_eq!(answer.error_code(), "SESSION_STORE_UNAVAILABLE", "{path}");
        assert!(answer.set_cookies().is_empty(), "{path}");
    }
    assert_eq!(app.auth.sessions().of_user(ADA).await, Err(AuthError::StoreUnavailable));
    assert!(log.ours().contains("the session store failed"));
    store.set_down(false);
    assert_eq!(list(&mut browser).await.len(), 1);
}

#[tokio::test]
async fn the_client_lists_and_ends_sessions() {
    let app = app().await;
    let (here, mut there) = (signed_in_as(&app, "ada").await, signed_in_as(&app, "ada").await);
    let mut third = signed_in_as(&app, "ada").await;
    let client = AuthClient::new(&format!("{}/auth", app.origin)).unwrap();
    for cookie in &here.cookies {
        client.add_cookie(&format!("{}={}", cookie.name, cookie.value));
    }
    let sessions = client.sessions().await.unwrap();
    assert_eq!(sessions.iter().filter(|session| session.current).count(), 1);
    let ended = client.end_session(&own_id(&mut there).await).await.unwrap();
    assert_eq!((ended.ended, ended.current), (1, false));
    assert!(there.session().await.is_none());
    for id in [NO_SUCH_ID, "../signOut", "", "x?y", "."] {
        let Err(ClientError::Refused { code, status, .. }) = client.end_session(id).await else { panic!("{id}") };
        assert_eq!((&*code, status), ("ACTIVE_SESSION_NOT_FOUND", 404), "{id}");
    }
    assert_eq!(client.end_other_sessions().await.unwrap().ended, 1);
    assert!(third.session().await.is_none());
    let current = &client.sessions().await.unwrap()[0];
    assert!(client.end_session(&current.id).await.unwrap().current);
    assert_eq!(client.get_session().await.unwrap(), None);
}
