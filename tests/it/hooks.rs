//! The app's hooks, and the events for an audit.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aura_auth::{AuthEvent, Identity, PendingSignIn, SessionDecision, SignInDecision, User};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::test_app::{HTML, JSON, TestApp, parameter};

type Seen<T> = Arc<Mutex<Vec<T>>>;

#[tokio::test]
async fn the_sign_in_hook_sees_the_whole_sign_in_and_can_change_the_user() {
    let seen = Seen::<PendingSignIn>::default();
    let log = Arc::clone(&seen);
    let app = TestApp::configured(|builder| {
        builder.on_sign_in(move |sign_in| {
            log.lock().unwrap().push(sign_in.clone());
            async move { SignInDecision::AllowAs(sign_in.user.with("role", "admin")) }
        })
    })
    .await;
    let mut browser = app.signed_in().await;
    let session = browser.session().await.unwrap();
    assert_eq!(session.user.get::<String>("role").as_deref(), Some("admin"));
    let seen = seen.lock().unwrap();
    let [sign_in] = seen.as_slice() else { panic!("{seen:?}") };
    assert_eq!((sign_in.provider.as_str(), sign_in.user.name.as_deref()), ("bitbucket", Some("Ada Lovelace")));
    assert_eq!(sign_in.identity, Identity::new("bitbucket", super::test_app::ADA));
    assert_eq!(sign_in.profile["nickname"], "ada");
    assert_eq!(sign_in.tokens.access_token.expose().len(), 2500);
    assert!(sign_in.session.is_none() && sign_in.headers.contains_key("cookie"));
    let printed = format!("{sign_in:?}");
    assert!(!printed.contains(sign_in.tokens.access_token.expose()) && !printed.contains("flow"), "{printed}");
}

#[tokio::test]
async fn a_claim_set_by_the_hook_survives_an_edit_and_a_profile_refresh() {
    let app = TestApp::configured(|builder| {
        builder.on_sign_in(async |sign_in: PendingSignIn| SignInDecision::AllowAs(sign_in.user.with("role", "admin")))
    })
    .await;
    let mut browser = app.signed_in().await;
    browser.send_with_csrf(Method::PATCH, "/auth/session", r#"{"user":{"name":"X"}}"#).await;
    browser.send_with_csrf(Method::POST, "/auth/providers/bitbucket/user/refresh", "").await;
    assert_eq!(browser.session().await.unwrap().user.get::<String>("role").as_deref(), Some("admin"));
}

#[tokio::test]
async fn a_denied_person_sees_the_reason_that_the_app_gives() {
    const WORDS: &str = "Only <staff> & friends.";
    let deny = async |_| SignInDecision::Deny(WORDS.to_owned());
    let app = TestApp::configured(|builder| builder.on_sign_in(deny)).await;
    let mut browser = app.browser();
    let end = browser.sign_in("/auth/signIn/bitbucket").await;
    assert_eq!(end.shown_error(), "AUTH_SIGN_IN_DENIED");
    assert!(browser.cookies.is_empty(), "{:?}", browser.cookies);
    let sealed = parameter(end.location(), "reason").unwrap();
    assert!(!sealed.contains("staff"));
    assert_eq!(app.auth.api().denial_reason(&sealed).as_deref(), Some(WORDS));
    assert_eq!(app.auth.api().denial_reason("Call 0800 123 now"), None, "anybody can write a URL");
    app.clock.advance(600);
    assert_eq!(app.auth.api().denial_reason(&sealed), None);

    let callback = browser.callback_url("/auth/signIn/bitbucket").await;
    let answer = browser.get_json(&callback).await;
    assert_eq!(answer.error_code(), "AUTH_SIGN_IN_DENIED");
    assert_eq!(answer.json()["error"]["message"], WORDS);

    let plain = TestApp::configured(|builder| builder.on_sign_in(deny).error_page("")).await;
    let answer = plain.browser().sign_in("/auth/signIn/bitbucket").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.body.contains("Only &lt;staff&gt; &amp; friends."), "{}", answer.body);
}

#[tokio::test]
async fn a_user_without_an_identifier_is_not_signed_in() {
    let nobody = async |_| SignInDecision::AllowAs(User::default());
    let app = TestApp::configured(|builder| builder.on_sign_in(nobody)).await;
    let end = app.browser().sign_in("/auth/signIn/bitbucket").await;
    assert_eq!(end.shown_error(), "SERVER_ERROR");
}

/// Standards: ASVS 7.4.2, 7.4.5
#[tokio::test]
async fn the_session_hook_can_end_a_session_for_every_kind_of_request() {
    let suspended = Arc::new(Mutex::new(false));
    let asked = Arc::new(Mutex::new(0));
    let (flag, count) = (Arc::clone(&suspended), Arc::clone(&asked));
    let app = TestApp::configured(|builder| {
        builder.on_session(move |seen| {
            *count.lock().unwrap() += 1;
            assert!(!seen.session.user.sub.is_empty() && seen.headers.contains_key("cookie"));
            let decision = if *flag.lock().unwrap() { SessionDecision::End } else { SessionDecision::Keep };
            async move { decision }
        })
    })
    .await;
    let mut browser = app.signed_in().await;
    *asked.lock().unwrap() = 0;
    assert_eq!(browser.get("/private").await.status, StatusCode::OK);
    assert_eq!(*asked.lock().unwrap(), 1, "the hook runs once in a request");
    assert!(!browser.get("/static").await.headers.contains_key("cache-control"), "a public page stays cacheable");
    // The hook also decides without the layer.
    let mut headers = axum::http::HeaderMap::new();
    headers.insert("host", "localhost".parse().unwrap());
    headers.insert("cookie", browser.cookie_header("/").unwrap().parse().unwrap());
    *asked.lock().unwrap() = 0;
    assert!(app.auth.api().get_session(&headers).await.session().is_some());
    assert_eq!(*asked.lock().unwrap(), 1);

    *suspended.lock().unwrap() = true;
    let alone = app.auth.api().get_session(&headers).await;
    assert_eq!(alone.as_result().unwrap_err(), aura_auth::AuthError::SessionExpired);
    let before = browser.clone();
    let page = browser.get("/").await;
    assert_eq!(page.body, "Hello stranger");
    assert!(page.set_cookies().is_empty(), "the person may have signed in in another tab meanwhile: {page:?}");
    assert_eq!(browser.get_json("/private").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(*asked.lock().unwrap(), 2, "for ten minutes, the hook is not asked about an ended session");
    app.clock.advance(600);
    assert_eq!(browser.get("/").await.body, "Hello stranger");
    assert_eq!(*asked.lock().unwrap(), 3);
    assert_eq!(browser.get_json("/auth/session").await.error_code(), "SESSION_EXPIRED");
    assert!(browser.kept().iter().all(|cookie| !cookie.name.contains("session_token")), "{:?}", browser.cookies);
    let mut again = before;
    let answer = again.send(Method::PATCH, "/auth/session", &[JSON], r#"{"user":{"name":"X"}}"#).await;
    assert_eq!(answer.error_code(), "SESSION_EXPIRED");
}

/// Standards: ASVS 16.3.1, 16.3.2, 16.3.3
#[tokio::test]
async fn the_event_hook_receives_all_events_in_order() {
    let seen = Seen::<Value>::default();
    let log = Arc::clone(&seen);
    let signed_out = Seen::<String>::default();
    let told = Arc::clone(&signed_out);
    let app = TestApp::configured(|builder| {
        builder
            .on_event(move |event: &AuthEvent| log.lock().unwrap().push(serde_json::to_value(event).unwrap()))
            .on_sign_out(move |session| {
                told.lock().unwrap().push(session.user.sub);
                async {}
            })
    })
    .await;
    let taken = || std::mem::take(&mut *seen.lock().unwrap());
    let sub = super::test_app::ADA;

    let mut browser = app.browser();
    let begun = browser.get("/auth/signIn/bitbucket?redirectTo=https://evil.example/").await;
    let denied = browser.decide(begun.location(), "ada", "deny").await;
    browser.get(&denied).await;
    assert_eq!(
        taken(),
        [
            json!({ "event": "redirect.refused" }),
            json!({ "event": "sign_in.started", "provider": "bitbucket" }),
            json!({ "event": "sign_in.denied", "provider": "bitbucket", "code": "OAUTH_ACCESS_DENIED" }),
        ]
    );
    browser.get("/auth/callback/bitbucket?code=x&state=y").await;
    assert_eq!(
        taken(),
        [json!({ "event": "sign_in.failed", "provider": "bitbucket", "code": "AUTH_CALLBACK_STATE_INVALID" })]
    );
    browser.sign_in("/auth/signIn/bitbucket").await;
    let identity = json!({ "provider": "bitbucket", "subject": sub });
    let succeeded = json!({ "event": "sign_in.succeeded", "provider": "bitbucket", "sub": sub, "identity": identity });
    assert_eq!(taken(), [json!({ "event": "sign_in.started", "provider": "bitbucket" }), succeeded]);

    browser.send(Method::POST, "/", &[HTML, ("sec-fetch-site", "cross-site")], "").await;
    browser.send(Method::POST, "/auth/signOut", &[JSON], "").await;
    assert_eq!(
        taken(),
        [
            json!({ "event": "request.refused", "code": "CSRF_ORIGIN_REJECTED" }),
            json!({ "event": "request.refused", "code": "CSRF_DOUBLE_SUBMIT_FAILED" }),
        ]
    );
    app.clock.advance(7200);
    browser.send_with_csrf(Method::GET, "/auth/providers/bitbucket/tokens", "").await;
    browser.send_with_csrf(Method::PATCH, "/auth/session", r#"{"user":{"name":"X"}}"#).await;
    browser.send_with_csrf(Method::DELETE, "/auth/providers/bitbucket", "").await;
    browser.send_with_csrf(Method::POST, "/auth/signOut", "").await;
    assert_eq!(
        taken(),
        [
            json!({ "event": "tokens.refreshed", "provider": "bitbucket" }),
            json!({ "event": "session.updated", "sub": sub, "identity": identity }),
            json!({ "event": "provider.disconnected", "provider": "bitbucket", "sub": sub, "identity": identity }),
            json!({ "event": "sign_out", "sub": sub, "identity": identity }),
        ]
    );
    assert_eq!(*signed_out.lock().unwrap(), [sub]);
}

/// The TypeScript client sends `redirectTo=undefined` if a sign-in has no target page.
#[tokio::test]
async fn an_empty_redirect_to_redirects_to_the_front_page_and_causes_no_event() {
    let refused = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&refused);
    let app = TestApp::configured(|builder| {
        builder.on_event(move |event: &AuthEvent| {
            count.fetch_add(usize::from(event.name() == "redirect.refused"), Ordering::Relaxed);
        })
    })
    .await;
    for (query, expected) in [("", 0), ("undefined", 0), ("https://evil.example/", 1)] {
        let end = app.browser().sign_in(&format!("/auth/signIn/bitbucket?redirectTo={query}")).await;
        assert_eq!((end.location(), refused.load(Ordering::Relaxed)), ("/", expected), "{query}");
    }
}
