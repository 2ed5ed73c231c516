//! Rate limits for each address.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aura_auth::{AuthEvent, LimitedAction, RateLimit, RateLimitFuture, RateLimitState, RateLimitStore, RateLimits};
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::test_app::{Browser, JSON, TestApp, listen, pages, parameter};

fn limits(action: LimitedAction, requests: u32) -> RateLimits {
    RateLimits::none().limit(action, RateLimit::per_minutes(requests, 1))
}

/// Attack: evasion of rate limits by a spoofed address
/// Standards: RFC 6585 4; ASVS 2.4.1
#[tokio::test]
async fn a_program_over_the_limit_gets_429_with_retry_after() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let app = TestApp::configured(|builder| {
        let told = move |event: &AuthEvent| log.lock().unwrap().push(event.clone());
        builder.rate_limits(limits(LimitedAction::SignIn, 3)).on_event(told)
    })
    .await;
    let mut browser = app.browser();
    for _ in 0..3 {
        assert_eq!(browser.get_json("/auth/signIn/bitbucket").await.status, StatusCode::FOUND);
    }
    let answer = browser.get_json("/auth/signIn/bitbucket").await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.set_cookies().is_empty());
    for (name, value) in [
        ("retry-after", "20"),
        ("x-ratelimit-limit", "3"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", "1767225660"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(answer.headers[name], value, "{name}");
    }
    assert_eq!(
        answer.json(),
        json!({
            "success": false, "redirect": false, "signInURL": null,
            "error": "Too Many Requests", "retryAfter": 20_000, "resetAt": 1_767_225_660_000_i64,
            "code": "RATE_LIMIT_EXCEEDED", "message": "There were too many requests. Please wait a little and try again.",
        })
    );
    assert_eq!(seen.lock().unwrap().last(), Some(&AuthEvent::RateLimited { action: "signIn" }));
    // A header with another client address is trusted only if a trusted proxy sends it.
    for name in ["x-forwarded-for", "cf-connecting-ip", "x-real-ip", "forwarded"] {
        let answer = browser.send(Method::GET, "/auth/signIn/bitbucket", &[JSON, (name, "203.0.113.9")], "").await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{name}");
    }
    app.clock.advance(20);
    assert_eq!(browser.get_json("/auth/signIn/bitbucket").await.status, StatusCode::FOUND);
}

#[tokio::test]
async fn a_person_over_the_limit_sees_the_error_page() {
    let config = RateLimits::none()
        .limit(LimitedAction::SignIn, RateLimit::per_minutes(1, 1))
        .limit(LimitedAction::Callback, RateLimit::per_minutes(1, 1));
    let app = TestApp::configured(|builder| builder.rate_limits(config)).await;
    let mut browser = app.browser();
    browser.sign_in("/auth/signIn/bitbucket").await;
    let answer = browser.get("/auth/signIn/bitbucket?redirectTo=/x").await;
    assert_eq!(answer.shown_error(), "RATE_LIMIT_EXCEEDED");
    assert_eq!(parameter(answer.location(), "redirectTo").as_deref(), Some("/x"));
    assert_eq!(answer.headers["retry-after"], "60");
    let answer = browser.get("/auth/callback/bitbucket?code=x&state=y").await;
    assert_eq!(answer.shown_error(), "RATE_LIMIT_EXCEEDED");
    assert!(browser.session().await.is_some());
}

#[tokio::test]
async fn every_limited_action_has_its_limit() {
    for (action, method, path) in [
        (LimitedAction::Callback, Method::GET, "/auth/callback/bitbucket?code=x&state=y"),
        (LimitedAction::CsrfToken, Method::GET, "/auth/csrfToken"),
        (LimitedAction::UpdateSession, Method::PATCH, "/auth/session"),
        (LimitedAction::GetProviderTokens, Method::GET, "/auth/providers/bitbucket/tokens"),
        (LimitedAction::RefreshUserInfo, Method::POST, "/auth/providers/bitbucket/user/refresh"),
        (LimitedAction::RevokeToken, Method::POST, "/auth/providers/bitbucket/tokens/revoke"),
        (LimitedAction::RevokeToken, Method::DELETE, "/auth/providers/bitbucket"),
        (LimitedAction::GetSession, Method::GET, "/auth/session"),
        (LimitedAction::GetSessions, Method::GET, "/auth/sessions"),
        (LimitedAction::EndSessions, Method::DELETE, "/auth/sessions/x"),
        (LimitedAction::EndSessions, Method::POST, "/auth/sessions/x/revoke"),
        (LimitedAction::EndSessions, Method::POST, "/auth/sessions/revoke-others"),
    ] {
        // If the limit is for the callback, the CSRF token or the session, the setup already uses one request.
        let before = match action {
            LimitedAction::Callback | LimitedAction::CsrfToken | LimitedAction::GetSession => 1,
            _ => 0,
        };
        let app = TestApp::configured(|builder| builder.rate_limits(limits(action, before + 2))).await;
        let mut browser = app.signed_in().await;
        let token = browser.csrf_token().await;
        for number in 0..3 {
            let headers = [JSON, ("x-csrf-token", &*token)];
            let answer = browser.send(method.clone(), path, &headers, r#"{"user":{"name":"X"}}"#).await;
            let limited = answer.status == StatusCode::TOO_MANY_REQUESTS;
            assert_eq!(limited, number == 2, "{action:?} {method} {path}: {}", answer.body);
        }
        // The limit is per session, so another session with the same address is not limited.
        if !matches!(action, LimitedAction::Callback | LimitedAction::CsrfToken) {
            let mut other = app.signed_in().await;
            let answer = other.send_with_csrf(method, path, r#"{"user":{"name":"X"}}"#).await;
            assert_ne!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
        }
    }
}

#[tokio::test]
async fn the_default_limits_allow_150_sign_ins_from_one_address() {
    let app = TestApp::new().await;
    for _ in 0..150 {
        let mut browser = app.browser();
        assert_eq!(browser.get("/auth/signIn/bitbucket").await.status, StatusCode::FOUND);
        assert_eq!(browser.get_json("/auth/csrfToken").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_request_body_is_read_only_within_the_limit() {
    let app = TestApp::configured(|builder| builder.rate_limits(limits(LimitedAction::UpdateSession, 1))).await;
    let mut browser = app.signed_in().await;
    for code in ["UNPROCESSABLE_BODY_ENTITY", "RATE_LIMIT_EXCEEDED"] {
        let answer = browser.send_with_csrf(Method::PATCH, "/auth/session", "{").await;
        assert!(answer.body.contains(code), "{answer:?}");
    }
}

/// Attack: a forged request uses up the victim's limit
/// Standards: ASVS 2.4.1
#[tokio::test]
async fn a_forged_request_does_not_use_up_the_limit() {
    let app = TestApp::configured(|builder| builder.rate_limits(limits(LimitedAction::UpdateSession, 1))).await;
    let mut browser = app.signed_in().await;
    for _ in 0..5 {
        let answer = browser.send(Method::PATCH, "/auth/session", &[JSON], r#"{"user":{}}"#).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    let answer = browser.send_with_csrf(Method::PATCH, "/auth/session", r#"{"user":{"name":"X"}}"#).await;
    assert_eq!(answer.status, StatusCode::OK);
}

/// Attack: evasion of rate limits by hops that no proxy of one's own has named
/// Standards: ASVS 2.4.1
#[tokio::test]
async fn behind_a_trusted_proxy_the_limit_applies_to_the_forwarded_client() {
    let app = TestApp::configured(|builder| {
        builder
            .rate_limits(limits(LimitedAction::SignIn, 1))
            .trusted_proxy_headers(true)
            .trusted_proxy_hops(2)
            .trusted_origins(["http://127.0.0.1:*"])
    })
    .await;
    let mut browser = app.browser();
    for (forwarded, status) in [
        ("203.0.113.9, 10.0.0.1", StatusCode::FOUND),
        ("203.0.113.9, 10.0.0.1", StatusCode::TOO_MANY_REQUESTS),
        ("198.51.100.1, 203.0.113.9, 10.0.0.1", StatusCode::TOO_MANY_REQUESTS),
        ("203.0.113.10, 10.0.0.1", StatusCode::FOUND),
        ("2001:db8::1, 10.0.0.1", StatusCode::FOUND),
        ("2001:db8::2, 10.0.0.1", StatusCode::TOO_MANY_REQUESTS),
    ] {
        let headers = [JSON, ("x-forwarded-for", forwarded)];
        let answer = browser.send(Method::GET, "/auth/signIn/bitbucket", &headers, "").await;
        assert_eq!(answer.status, status, "{forwarded}: {}", answer.body);
    }
}

/// A store outside the process, which records the keys that it counts.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<String>>>);

impl RateLimitStore for Shared {
    fn count<'a>(&'a self, key: &'a str, limit: RateLimit, now: i64) -> RateLimitFuture<'a> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            let mut keys = self.0.lock().unwrap();
            keys.push(key.to_owned());
            let resets_at_milliseconds = now * 1000 + 7000;
            if keys.len() <= limit.requests as usize {
                RateLimitState::allowed(0, resets_at_milliseconds)
            } else {
                RateLimitState::refused(Duration::from_secs(7), resets_at_milliseconds)
            }
        })
    }
}

#[tokio::test]
async fn processes_with_a_common_store_share_their_limits() {
    let store = Shared::default();
    let config = || limits(LimitedAction::SignIn, 3).store(store.clone());
    let one = TestApp::configured(|builder| builder.rate_limits(config())).await;
    let two = TestApp::configured(|builder| builder.rate_limits(config())).await;
    for (app, status) in [(&one, 302), (&two, 302), (&one, 302), (&two, 429), (&one, 429)] {
        let answer = app.browser().get_json("/auth/signIn/bitbucket").await;
        assert_eq!(answer.status, status);
        if status == 429 {
            assert_eq!(answer.headers["retry-after"], "7");
        }
    }
    assert!(store.0.lock().unwrap().iter().all(|key| key == "rl:signIn:127.0.0.1"));
}

#[tokio::test]
async fn sign_out_has_separate_limits_with_and_without_a_session() {
    let app = TestApp::configured(|builder| builder.rate_limits(limits(LimitedAction::SignOut, 2))).await;
    let mut stranger = app.browser();
    for number in 0..4 {
        let answer = stranger.send(Method::POST, "/auth/signOut", &[JSON], "").await;
        let limited = answer.status == StatusCode::TOO_MANY_REQUESTS;
        assert_eq!(limited, number >= 2, "{}", answer.body);
    }
    // A person who is signed in at the same address can still sign out. Forged requests do not count.
    let mut browser = app.signed_in().await;
    for _ in 0..4 {
        let answer = browser.send(Method::POST, "/auth/signOut", &[JSON], "").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    let copy = browser.clone();
    assert_eq!(browser.send_with_csrf(Method::POST, "/auth/signOut", "").await.status, StatusCode::ACCEPTED);
    drop(copy);
}

#[tokio::test]
async fn the_default_limits_allow_2_000_session_requests() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    for _ in 0..2000 {
        assert_eq!(browser.get_json("/auth/session").await.status, StatusCode::OK);
    }
}

/// Attack: evasion of rate limits where the server does not say who asks
/// Standards: ASVS 2.4.1, 16.5.3
#[tokio::test]
async fn requests_without_a_client_address_share_one_limit() {
    let app = TestApp::configured(|builder| builder.rate_limits(limits(LimitedAction::SignIn, 2))).await;
    let (listener, origin) = listen().await;
    // Without `into_make_service_with_connect_info`, the server does not know the client's address.
    let router = pages(&app.auth);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(Browser::new(&origin).get_json("/auth/signIn/bitbucket").await.status.as_u16());
    }
    assert_eq!(statuses, [302, 302, 429, 429]);
    // Clients whose address is known are not limited.
    assert_eq!(app.browser().get_json("/auth/signIn/bitbucket").await.status, StatusCode::FOUND);
}
