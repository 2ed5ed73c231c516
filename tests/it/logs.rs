//! What the log contains, and what it must never contain.

use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aura_auth::testing::{InjectedFault, StandInEndpoint};
use aura_auth::{Auth, AuthError, AuthEvent, LimitedAction, RateLimit, RateLimits, RequestId, SystemRandom};
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use tower_layer::Layer as _;
use tracing::Instrument as _;

use super::log::{Log, Secrets};
use super::test_app::{JSON, SALT, SECRET, TestApp, pages, parameter};

/// Attack: secrets read from the log
/// Standards: ASVS 16.2.5
#[tokio::test]
async fn the_log_contains_no_secret_of_a_sign_in_and_the_reference_of_a_failure() {
    let (log, _guard) = Log::of_this_thread();
    let app = TestApp::configured(aura_auth::AuthBuilder::reveal_refresh_tokens).await;
    let mut browser = app.browser();
    let begun = browser.get("/auth/signIn/bitbucket").await;
    let callback = browser.decide(begun.location(), "ada", "approve").await;
    let flow = browser.cookies[0].value.clone();
    browser.get(&callback).await;
    let mut secrets: Vec<String> = browser.cookies.iter().map(|cookie| cookie.value.clone()).collect();
    let token: String =
        (0..8).map_while(|part| browser.cookie(&format!("aura-auth.provider_tokens.bitbucket.{part}"))).collect();
    secrets.push(token);
    let tokens = browser.send_with_csrf(reqwest::Method::GET, "/auth/providers/bitbucket/tokens", "").await;
    secrets
        .extend(["accessToken", "refreshToken"].map(|name| tokens.json()["tokens"][name].as_str().unwrap().to_owned()));
    secrets.extend(["code", "state"].map(|name| parameter(&callback, name).unwrap()));
    secrets.extend([flow, SECRET.to_owned(), SALT.to_owned(), "se:cr&t%".to_owned()]);

    let mut other = app.browser();
    let begun = other.get("/auth/signIn/bitbucket").await;
    let callback = other.decide(begun.location(), "ada", "deny").await;
    let failed = other.get(&callback).await;
    let reference = parameter(failed.location(), "reference").unwrap();

    let ours = log.ours();
    assert!(ours.contains("OAUTH_ACCESS_DENIED") && ours.contains(&reference), "{ours}");
    for secret in secrets {
        assert!(!ours.contains(&secret), "{secret} is in the log: {ours}");
    }
}

#[tokio::test]
async fn a_provider_failure_is_one_log_line_with_code_provider_and_cause() {
    let (log, _guard) = Log::of_this_thread();
    let app = TestApp::new().await;
    let forged = "invalid_grant\n2026-01-01 ERROR forged line";
    for (endpoint, fault, code, cause) in [
        (
            StandInEndpoint::User,
            InjectedFault::Html,
            "OAUTH_INVALID_CONTENT_TYPE",
            "the response is not JSON (status 200)",
        ),
        (StandInEndpoint::User, InjectedFault::Truncated, "INVALID_OAUTH_USER_INFO_RES_FORMAT", "at line 1, column"),
        (
            StandInEndpoint::Token,
            InjectedFault::Status(400, serde_json::json!({ "error": forged }).to_string()),
            "INVALID_OAUTH_ACCESS_TOKEN_RESPONSE",
            r"the token endpoint rejected the request: invalid_grant\\n2026-01-01",
        ),
    ] {
        app.bitbucket.inject_fault(endpoint, Some(fault));
        let before = log.ours().lines().count();
        assert_eq!(app.browser().sign_in("/auth/signIn/bitbucket").await.shown_error(), code);
        app.bitbucket.inject_fault(endpoint, None);
        let ours = log.ours();
        let lines: Vec<_> =
            ours.lines().skip(before).filter(|line| line.contains("aura_auth::server::operations::failure")).collect();
        let [line] = lines[..] else { panic!("{lines:?}") };
        for part in [code, "provider=\"bitbucket\"", cause] {
            assert!(line.contains(part), "{part} is not in {line}");
        }
        assert!(!ours.lines().any(|line| line.starts_with("2026-01-01 ERROR")), "{ours}");
    }
}

/// Attack: what should be counted hides behind a log that has one line of it
/// Standards: ASVS 16.3.3, 16.4.1
#[tokio::test]
async fn many_rejections_are_logged_once_and_each_one_is_an_event() {
    let (log, _guard) = Log::of_this_thread();
    let refusals = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&refusals);
    let app = TestApp::configured(|builder| {
        builder.on_event(move |event: &AuthEvent| {
            let is_refusal = *event == AuthEvent::RequestRefused { error: AuthError::CsrfOriginRejected };
            count.fetch_add(usize::from(is_refusal), Ordering::Relaxed);
        })
    })
    .await;
    let mut browser = app.browser();
    for _ in 0..40 {
        let headers = [JSON, ("sec-fetch-site", "cross-site")];
        browser.send(reqwest::Method::POST, "/auth/signOut", &headers, "").await;
    }
    assert_eq!(refusals.load(Ordering::Relaxed), 40);
    let ours = log.ours();
    let lines = ours.lines().filter(|line| line.contains("CSRF_ORIGIN_REJECTED")).count();
    assert!((1..20).contains(&lines), "{ours}");
}

#[tokio::test]
async fn the_limit_for_made_up_codes_is_logged_once_a_second_and_each_hit_is_an_event() {
    let (log, _guard) = Log::of_this_thread();
    let refusals = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&refusals);
    let app = TestApp::configured(|builder| {
        let one = RateLimits::none().limit(LimitedAction::FailedExchange, RateLimit::per_minutes(1, 15));
        builder.rate_limits(one).on_event(move |event: &AuthEvent| {
            let is_refusal = *event == AuthEvent::RateLimited { action: "failedExchange" };
            count.fetch_add(usize::from(is_refusal), Ordering::Relaxed);
        })
    })
    .await;
    for number in 0..41 {
        let mut browser = app.browser();
        let begun = browser.get("/auth/signIn/bitbucket").await;
        let state = parameter(begun.location(), "state").unwrap();
        let answer = browser.get_json(&format!("/auth/callback/bitbucket?code=made-up&state={state}")).await;
        assert_eq!(answer.status.as_u16(), if number == 0 { 502 } else { 429 }, "{answer:?}");
    }
    assert_eq!(refusals.load(Ordering::Relaxed), 40);
    let ours = log.ours();
    for event in ["rate_limit.hit", "sign_in.failed"] {
        let lines: Vec<&str> = ours.lines().filter(|line| line.contains(event)).collect();
        assert!((1..20).contains(&lines.len()), "{ours}");
    }
    assert!(ours.contains("action=\"failedExchange\""), "{ours}");
}

/// Every test searches the log for the secrets that it has seen. This test logs a made-up secret to check the search.
#[test]
fn the_search_finds_a_secret_in_the_log() {
    let token = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..nobody.made.this.one.and.it.opens.nothing";
    let secrets = ManuallyDrop::new(Secrets::new());
    secrets.note(token);
    assert!(secrets.lines().is_empty());
    tracing::debug!(target: "aura_auth", whole = token);
    tracing::debug!(target: "aura_auth", part = &token[20..token.len() - 20]);
    assert_eq!(secrets.lines().len(), 2);
    // The search includes the logs of tests that have their own subscriber.
    let (_, _guard) = Log::of_this_thread();
    tracing::debug!(target: "aura_auth", whole = token);
    assert_eq!(secrets.lines().len(), 3);
}

#[tokio::test]
async fn debug_output_of_a_reply_hides_cookies() {
    let app = TestApp::new().await;
    let mut headers = axum::http::HeaderMap::new();
    headers.insert("host", "localhost".parse().unwrap());
    let reply = app.auth.api().csrf_token(&headers).await;
    let cookie = reply.headers()["set-cookie"].to_str().unwrap().to_owned();
    let value = cookie.split(['=', ';']).nth(1).unwrap();
    for printed in [format!("{reply:?}"), format!("{:?}", reply.headers())] {
        assert!(!value.is_empty() && !printed.contains(value), "{printed}");
    }
}

#[tokio::test]
async fn an_untrusted_proxy_causes_one_warning() {
    let (log, _guard) = Log::of_this_thread();
    let app = TestApp::new().await;
    let mut browser = app.browser();
    browser.headers = vec![("x-forwarded-for".to_owned(), "203.0.113.9".to_owned())];
    for _ in 0..3 {
        browser.get("/").await;
    }
    let warnings = log.ours().lines().filter(|line| line.contains("AURA_AUTH_TRUSTED_PROXY_HEADERS")).count();
    assert_eq!(warnings, 1, "{}", log.ours());
}

/// An app's own layer may create a span for each request and write its access log inside this span.
#[tokio::test]
async fn the_request_id_and_span_of_an_outer_layer_are_reused() {
    let (log, _guard) = Log::of_this_thread();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let ids = Arc::clone(&seen);
    let app = TestApp::serving(
        |auth| {
            pages(auth).layer(from_fn(move |mut request: Request, next: Next| {
                let id = RequestId::new(&SystemRandom);
                ids.lock().unwrap().push(id.to_string());
                let span = tracing::info_span!("outer", %id);
                request.extensions_mut().insert(id);
                next.run(request).instrument(span)
            }))
        },
        |builder| builder,
    )
    .await;
    let failed = app.browser().get("/auth/callback/bitbucket?error=access_denied").await;
    let reference = parameter(failed.location(), "reference").unwrap();
    assert_eq!(seen.lock().unwrap().join(","), reference);
    let ours = log.ours();
    let line = ours.lines().find(|line| line.contains("an error is shown to a person")).unwrap();
    assert!(line.contains(&format!("outer{{id={reference}}}")) && !line.contains("request{"), "{line}");
    // Any client can write headers, so an id in a header is ignored.
    let mut browser = app.browser();
    browser.headers = vec![("x-request-id".to_owned(), "forged01".to_owned())];
    let failed = browser.get("/auth/callback/bitbucket?error=access_denied").await;
    assert_eq!(parameter(failed.location(), "reference"), seen.lock().unwrap().pop());
}

/// Links, forms and the provider's redirect expect the endpoints at the base path.
#[tokio::test]
async fn endpoints_outside_the_base_path_cause_one_warning() {
    let nested = |auth: &Auth| Router::new().nest("/api/auth", auth.handlers()).layer(auth.layer());
    for (path, said) in [
        ("/auth/signIn/bitbucket", r#"there are no endpoints at the base path"#),
        ("/api/auth/signIn/bitbucket", r#"nested_at="/api/auth" base_path="/auth""#),
    ] {
        let (log, _guard) = Log::of_this_thread();
        let app = TestApp::serving(nested, |builder| builder).await;
        for _ in 0..2 {
            app.browser().get(path).await;
        }
        let ours = log.ours();
        assert_eq!(ours.matches("nest `auth.handlers()` there").count(), 1, "{ours}");
        assert!(ours.contains(said), "{ours}");
    }
    // If the endpoints are at the right path, no request causes the warning.
    let (log, _guard) = Log::of_this_thread();
    let around = |auth: &Auth| Router::new().fallback_service(auth.layer().layer(pages(auth)));
    for app in [TestApp::new().await, TestApp::serving(around, |builder| builder).await] {
        for path in ["bitbucket", "nobody", "a/b", ""] {
            app.browser().get(&format!("/auth/signIn/{path}")).await;
        }
    }
    assert!(!log.ours().contains("auth.handlers()"), "{}", log.ours());
}
