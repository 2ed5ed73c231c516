//! A sign-in with a second provider while somebody is signed in. It is rejected unless the person has asked for a link.

use std::sync::{Arc, Mutex};

use aura_auth::testing::StandInEndpoint;
use aura_auth::{
    AuthBuilder, AuthEvent, Identity, LimitedAction, PendingSignIn, RateLimit, RateLimits, SignInDecision, SignInKind,
    TokenStorage, User,
};
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::order::Stop;
use super::test_app::{ADA, Browser, JSON, TestApp, TestResponse};

const LINK: &str = "/auth/signIn/other?intent=link";
/// Another account at the providers.
const GRACE: &str = "{0c8d1f5e-7a36-4f0b-9d2c-5e64b81f3a70}";
const MISMATCH: &str = "OAUTH_ACCOUNT_USER_MISMATCH";

/// Starts a link as a page does, and approves as `account`. Returns the callback URL that the provider redirects to.
async fn link_callback(browser: &mut Browser, url: &str, account: &str) -> String {
    let begun = browser.send_with_csrf(Method::POST, url, "").await;
    assert_eq!(begun.status, StatusCode::FOUND, "{}", begun.body);
    browser.decide(begun.location(), account, "approve").await
}

async fn link(browser: &mut Browser) -> TestResponse {
    let callback = link_callback(browser, LINK, "ada").await;
    browser.get(&callback).await
}

async fn is_connected(browser: &mut Browser, provider: &str) -> bool {
    browser.get_json(&format!("/auth/providers/{provider}")).await.json()["connected"] == true
}

fn deciding(decision: SignInDecision) -> impl FnOnce(AuthBuilder) -> AuthBuilder {
    |builder| {
        builder.on_sign_in(move |sign_in: PendingSignIn| {
            let decision = if sign_in.session.is_some() { decision.clone() } else { SignInDecision::Allow };
            async move { decision }
        })
    }
}

fn user(sub: &str) -> User {
    User::new(sub)
}

#[tokio::test]
async fn a_sign_in_with_a_second_provider_is_rejected_and_keeps_the_session() {
    let allow = async |_| SignInDecision::Allow;
    for app in [TestApp::new().await, TestApp::configured(|builder| builder.on_sign_in(allow)).await] {
        let mut browser = app.signed_in().await;
        let before = browser.session_token();
        let end = browser.sign_in("/auth/signIn/other").await;
        assert_eq!(end.shown_error(), MISMATCH);
        assert_eq!(browser.session_token(), before);
        assert!(is_connected(&mut browser, "bitbucket").await && !is_connected(&mut browser, "other").await);
        // After signing out, the person may sign in with the other provider.
        browser.send_with_csrf(Method::POST, "/auth/signOut", "").await;
        assert_eq!(browser.sign_in("/auth/signIn/other").await.location(), "/");
    }
}

#[tokio::test]
async fn an_account_is_linked_on_request_and_the_session_continues() {
    for app in [
        TestApp::new().await,
        TestApp::configured(deciding(SignInDecision::Allow)).await,
        TestApp::configured(deciding(SignInDecision::Link)).await,
        TestApp::configured(deciding(SignInDecision::AllowAs(user(ADA)))).await,
    ] {
        let mut browser = app.signed_in().await;
        let before = browser.session().await.unwrap();
        app.clock.advance(60);
        let callback = link_callback(&mut browser, &format!("{LINK}&redirectTo=/linked"), "ada").await;
        assert_eq!(browser.get(&callback).await.location(), "/linked");
        let after = browser.session().await.unwrap();
        assert_eq!((after.expires, after.identity), (before.expires, before.identity));
        for provider in ["bitbucket", "other"] {
            let path = format!("/auth/providers/{provider}/tokens");
            assert_eq!(browser.send_with_csrf(Method::GET, &path, "").await.status, 200, "{provider}");
        }
        // The linked provider does not decide who the person is, so it can't refresh the profile.
        let answer = browser.send_with_csrf(Method::POST, "/auth/providers/other/user/refresh", "").await;
        assert_eq!(answer.error_code(), MISMATCH);
        // Signing out removes the tokens of both providers.
        browser.send_with_csrf(Method::POST, "/auth/signOut", "").await;
        assert!(browser.kept().is_empty(), "{:?}", browser.cookies);
    }
}

#[tokio::test]
async fn the_hook_and_the_event_contain_the_linked_account_and_the_session_s_account() {
    let (asked, events) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
    let (hook_log, event_log) = (Arc::clone(&asked), Arc::clone(&events));
    for storage in [TokenStorage::Cookie, TokenStorage::Discard] {
        let (hook_log, event_log) = (Arc::clone(&hook_log), Arc::clone(&event_log));
        let app = TestApp::configured(|builder| {
            builder
                .provider_tokens(storage)
                .on_event(move |event: &AuthEvent| event_log.lock().unwrap().push(serde_json::to_value(event).unwrap()))
                .on_sign_in(move |sign_in: PendingSignIn| {
                    let session = sign_in.session.and_then(|session| session.identity);
                    hook_log.lock().unwrap().push((sign_in.kind, sign_in.identity, session));
                    async { SignInDecision::Allow }
                })
        })
        .await;
        let mut browser = app.signed_in().await;
        asked.lock().unwrap().clear();
        let callback = link_callback(&mut browser, LINK, "grace").await;
        assert_eq!(browser.get(&callback).await.location(), "/");
        let (ada, grace) = (Identity::new("bitbucket", ADA), Identity::new("other", GRACE));
        assert_eq!(std::mem::take(&mut *asked.lock().unwrap()), [(SignInKind::Link, grace.clone(), Some(ada))]);
        let linked = json!({ "event": "account.linked", "provider": "other", "sub": ADA, "identity": grace });
        assert_eq!(events.lock().unwrap().last(), Some(&linked));
        assert_eq!(browser.session().await.unwrap().user.name.as_deref(), Some("Ada Lovelace"));
    }
}

#[tokio::test]
async fn the_hook_may_refuse_a_link_and_the_session_goes_on() {
    let app = TestApp::configured(deciding(SignInDecision::Deny("Not this one.".to_owned()))).await;
    let mut browser = app.signed_in().await;
    let before = browser.session_token();
    assert_eq!(link(&mut browser).await.shown_error(), "AUTH_SIGN_IN_DENIED");
    assert_eq!(browser.session_token(), before);
    assert!(!is_connected(&mut browser, "other").await);
}

#[tokio::test]
async fn a_link_can_change_the_user_s_claims_but_never_the_user_id() {
    let grace = async |decision: SignInDecision| {
        let app = TestApp::configured(deciding(decision)).await;
        let mut browser = app.signed_in().await;
        let callback = link_callback(&mut browser, LINK, "grace").await;
        assert_eq!(browser.get(&callback).await.location(), "/");
        assert!(is_connected(&mut browser, "other").await);
        browser.session().await.unwrap().user
    };
    let linked = grace(SignInDecision::AllowAs(user(ADA).with("github", "grace"))).await;
    assert_eq!((linked.sub.as_str(), linked.get::<String>("github").as_deref()), (ADA, Some("grace")));
    // Some apps make the same decision for a link as for a sign-in. The name, the role and the `sub` of the linked
    // account are then ignored.
    let linked = grace(SignInDecision::AllowAs(user(GRACE).with("role", "admin"))).await;
    assert_eq!((linked.sub.as_str(), linked.name.as_deref()), (ADA, Some("Ada Lovelace")));
    assert_eq!(linked.get::<String>("role"), None);

    // If the app says that the account belongs to another user, the link is rejected.
    let app = TestApp::configured(deciding(SignInDecision::AllowAs(user("user-2")))).await;
    let mut browser = app.signed_in().await;
    let before = browser.session_token();
    assert_eq!(link(&mut browser).await.shown_error(), MISMATCH);
    assert_eq!(browser.session_token(), before);
    assert!(!is_connected(&mut browser, "other").await);
}

/// Attack: a page sends a signed-in person's browser through a sign-in that links the attacker's account
/// Standards: RFC 9700 4.7.1; ASVS 10.1.2
#[tokio::test]
async fn a_sign_in_never_links_an_account_even_if_its_query_or_the_hook_requests_it() {
    let app = TestApp::configured(deciding(SignInDecision::Link)).await;
    for (provider, account) in [("other", "ada"), ("other", "grace"), ("bitbucket", "grace")] {
        let mut browser = app.signed_in().await;
        let before = browser.session_token();
        for query in ["", "?intent=link", "?intent=link&redirect=true"] {
            let begun = browser.get(&format!("/auth/signIn/{provider}{query}")).await;
            let callback = browser.decide(begun.location(), account, "approve").await;
            assert_eq!(browser.get(&callback).await.shown_error(), MISMATCH, "{provider} {account} {query}");
            assert_eq!(browser.session_token(), before);
            assert!(!is_connected(&mut browser, "other").await);
        }
    }
    // A second sign-in with the same account is allowed.
    let mut browser = app.signed_in().await;
    assert_eq!(browser.sign_in("/auth/signIn/bitbucket").await.location(), "/");
    assert!(browser.session().await.is_some());
}

/// Attack: another site's page, or a page of another session, begins a link
/// Standards: RFC 9700 4.7.1; ASVS 3.5.1
#[tokio::test]
async fn a_link_starts_only_with_a_session_and_its_csrf_token() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    let mut nobody = app.browser();
    let other = app.signed_in().await.csrf_token().await;
    assert_eq!(nobody.send_with_csrf(Method::POST, LINK, "").await.error_code(), "SESSION_NOT_FOUND");
    for (header, code) in [
        (("x-csrf-token", ""), "INVALID_CSRF_TOKEN"),
        (("x-csrf-token", "x"), "INVALID_CSRF_TOKEN"),
        (("x-csrf-token", &*other), "INVALID_CSRF_TOKEN"),
        (("sec-fetch-site", "cross-site"), "CSRF_ORIGIN_REJECTED"),
        (("sec-fetch-site", "same-origin"), "CSRF_DOUBLE_SUBMIT_FAILED"),
    ] {
        let answer = browser.send(Method::POST, LINK, &[JSON, header], "").await;
        assert_eq!(answer.error_code(), code, "{header:?}");
    }
    for target in ["other", "other?intent=signIn", "other?intent=link&intent=link", "nobody?intent=link"] {
        let answer = browser.send_with_csrf(Method::POST, &format!("/auth/signIn/{target}"), "").await;
        assert_eq!(answer.error_code(), "UNPROCESSABLE_ENTITY", "{target}");
    }
    assert_eq!(browser.flows(), 0);
}

#[tokio::test]
async fn a_link_form_without_scripts_redirects_to_the_provider_or_back_to_its_page() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    let token = browser.csrf_token().await;
    let fields = [("csrf_token", token.as_str()), ("intent", "link"), ("redirectTo", "/linked")];
    let begun = browser.post_form("/auth/signIn/other", &fields).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER);
    let callback = browser.decide(begun.location(), "ada", "approve").await;
    assert_eq!(browser.get(&callback).await.location(), "/linked");

    browser.headers = vec![("referer".to_owned(), format!("{}/account", app.origin))];
    for (fields, code) in [
        (vec![("csrf_token", "x"), ("intent", "link")], "INVALID_CSRF_TOKEN"),
        (vec![("intent", "link")], "CSRF_TOKEN_MISSING"),
        (vec![("csrf_token", token.as_str())], "UNPROCESSABLE_ENTITY"),
    ] {
        let answer = browser.post_form("/auth/signIn/other", &fields).await;
        let expected = format!("/account?error={code}&form=signIn%2Fother");
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, &*expected));
    }
}

#[tokio::test]
async fn a_script_gets_the_url_of_the_link_as_json() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    let answer = browser.send_with_csrf(Method::POST, &format!("{LINK}&redirect=false"), "").await;
    let body = answer.json();
    assert_eq!((answer.status, &body["redirect"]), (StatusCode::OK, &json!(false)));
    assert!(!answer.headers.contains_key("location"));
    let url = body["signInURL"].as_str().unwrap();
    assert!(url.starts_with(&app.bitbucket_origin), "{url}");
    let callback = browser.decide(url, "ada", "approve").await;
    browser.get(&callback).await;
    assert!(is_connected(&mut browser, "other").await);
}

/// Attack: a link that was begun in one session ends in another
/// Standards: RFC 9700 4.7.1; ASVS 10.1.2
#[tokio::test]
async fn a_link_completes_only_in_the_session_that_started_it() {
    let app = TestApp::new().await;
    let mut grace = app.browser();
    let begun = grace.get("/auth/signIn/bitbucket").await;
    let as_grace = grace.decide(begun.location(), "grace", "approve").await;
    grace.get(&as_grace).await;
    // The callback arrives with another person's session, with another session of the same person, and without one.
    for (mut other, code) in
        [(grace, MISMATCH), (app.signed_in().await, MISMATCH), (app.browser(), "SESSION_NOT_FOUND")]
    {
        let mut browser = app.signed_in().await;
        let callback = link_callback(&mut browser, LINK, "ada").await;
        let flow = browser.cookies.iter().find(|cookie| cookie.name.contains(".flow.")).unwrap();
        let session = other.cookie("aura-auth.session_token").map(str::to_owned);
        other.cookies.push(flow.clone());
        let exchanged = app.bitbucket.requests(StandInEndpoint::Token);
        assert_eq!(other.get(&callback).await.shown_error(), code);
        assert_eq!(
            app.bitbucket.requests(StandInEndpoint::Token),
            exchanged,
            "no code is exchanged if the link can't succeed"
        );
        assert_eq!(other.cookie("aura-auth.session_token").map(str::to_owned), session);
        assert_eq!(other.flows(), 0);
    }
}

#[tokio::test]
async fn a_stale_link_does_not_restart_automatically() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    let callback = link_callback(&mut browser, LINK, "ada").await;
    browser.cookies.retain(|cookie| !cookie.name.contains(".flow."));
    let end = browser.get(&callback).await;
    assert_eq!(end.shown_error(), "COOKIE_NOT_FOUND");
    assert!(browser.flows() == 0 && !is_connected(&mut browser, "other").await);

    let callback = link_callback(&mut browser, LINK, "ada").await;
    app.clock.advance(600);
    assert_eq!(browser.get(&callback).await.shown_error(), "AUTH_TRANSACTION_EXPIRED");
}

#[tokio::test]
async fn the_session_s_own_account_can_be_reconnected_but_another_of_its_provider_is_rejected() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    browser.send_with_csrf(Method::DELETE, "/auth/providers/bitbucket", "").await;
    assert!(!is_connected(&mut browser, "bitbucket").await);
    let own = "/auth/signIn/bitbucket?intent=link";
    let second = link_callback(&mut browser, own, "grace").await;
    assert_eq!(browser.get(&second).await.shown_error(), MISMATCH);
    assert!(!is_connected(&mut browser, "bitbucket").await);
    let first = link_callback(&mut browser, own, "ada").await;
    assert_eq!(browser.get(&first).await.location(), "/");
    assert!(is_connected(&mut browser, "bitbucket").await);
}

#[tokio::test]
async fn the_sign_in_rate_limit_applies_to_links() {
    let limits = RateLimits::none().limit(LimitedAction::SignIn, RateLimit::per_minutes(2, 1));
    let app = TestApp::configured(|builder| builder.rate_limits(limits)).await;
    let mut browser = app.signed_in().await;
    // A rejected request does not count towards the limit.
    browser.send(Method::POST, LINK, &[JSON], "").await;
    for status in [StatusCode::FOUND, StatusCode::FOUND, StatusCode::TOO_MANY_REQUESTS] {
        assert_eq!(browser.send_with_csrf(Method::POST, LINK, "").await.status, status);
    }
}

#[tokio::test]
async fn a_sign_in_with_another_account_of_the_same_provider_replaces_the_session() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    let begun = browser.get("/auth/signIn/bitbucket").await;
    let callback = browser.decide(begun.location(), "grace", "approve").await;
    assert_eq!(browser.get(&callback).await.location(), "/");
    assert_eq!(browser.session().await.unwrap().user.name.as_deref(), Some("Grace Hopper"));
}

#[tokio::test]
async fn a_link_that_completes_after_sign_out_does_not_sign_in() {
    let stop = Stop::default();
    let at_hook = stop.clone();
    let app = TestApp::configured(|builder| {
        builder.on_sign_in(move |sign_in: PendingSignIn| {
            let stop = at_hook.clone();
            async move {
                if sign_in.provider == "other" {
                    stop.pass().await;
                }
                SignInDecision::Link
            }
        })
    })
    .await;
    let mut browser = app.signed_in().await;
    let callback = link_callback(&mut browser, LINK, "ada").await;
    let mut slow = browser.clone();
    let under_way = tokio::spawn(async move { slow.get(&callback).await });
    stop.arrived().await;
    browser.send_with_csrf(Method::POST, "/auth/signOut", "").await;
    stop.release();
    let late = under_way.await.unwrap();
    assert_eq!(late.shown_error(), "SESSION_EXPIRED");
    browser.keep(&late.headers);
    assert!(browser.kept().is_empty(), "{:?}", browser.cookies);
}
