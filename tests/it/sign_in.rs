//! The flow, from the first request to the session.

use std::time::Duration;

use aura_auth::oauth::{AuthMethod, bitbucket};
use aura_auth::testing::{StandInEndpoint, StandInPkce};
use aura_auth::{AuthError, RedirectOptions, SessionConfig, User};
use axum::http::HeaderMap;
use reqwest::{Method, StatusCode};

use super::test_app::{ADA, HTML, JSON, SALT, SECRET, TestApp, parameter, with_parameter};

/// Standards: ASVS 10.5.2
#[tokio::test]
async fn a_sign_in_creates_a_session_with_the_bitbucket_profile() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let end = browser.sign_in("/auth/signIn/bitbucket?redirectTo=/private").await;
    assert_eq!((end.status, end.location()), (StatusCode::FOUND, "/private"));
    assert_eq!(end.json()["oauth"], "bitbucket");

    let session = browser.session().await.unwrap();
    assert_eq!(session.user.sub, ADA);
    assert_eq!(session.user.name.as_deref(), Some("Ada Lovelace"));
    assert_eq!(session.user.email.as_deref(), Some("ada@example.org"));
    assert_eq!(session.user.image, Some(format!("{}/avatar.svg", app.bitbucket_origin)));
    assert_eq!(session.expires.unix_timestamp(), 1_767_225_600 + 1_296_000);
    assert_eq!(browser.get("/private").await.body, ADA);
    assert_eq!(browser.get("/").await.body, "Hello Ada Lovelace");
}

/// Standards: RFC 9700 2.1.1, 2.3; ASVS 10.2.3
#[tokio::test]
async fn the_authorization_request_uses_the_code_flow_with_pkce_and_state() {
    let app = TestApp::new().await;
    let begun = app.browser().get("/auth/signIn/bitbucket").await;
    let get = |name| parameter(begun.location(), name).unwrap();
    assert_eq!(get("response_type"), "code");
    assert_eq!(get("client_id"), "key of the consumer");
    assert_eq!(get("redirect_uri"), format!("{}/auth/callback/bitbucket", app.origin));
    assert_eq!(get("scope"), "account email");
    assert_eq!(get("code_challenge_method"), "S256");
    assert_eq!(get("code_challenge").len(), 43);
    let body = begun.json();
    assert_eq!((body["success"].as_bool(), body["redirect"].as_bool()), (Some(true), Some(true)));
    assert_eq!(body["signInURL"], begun.location());

    // Each value is different in every flow.
    let again = app.browser().get("/auth/signIn/bitbucket").await;
    for name in ["state", "code_challenge"] {
        assert_ne!(get(name), parameter(again.location(), name).unwrap());
    }
}

/// Attack: PKCE downgrade: the verifier left out
/// Standards: RFC 7636 4.5; RFC 9700 2.1.1, 4.8
#[tokio::test]
async fn the_pkce_verifier_is_sent_with_the_code() {
    let app = TestApp::with(
        |builder| builder,
        |bitbucket| bitbucket.with_profile(|profile| profile.pkce = StandInPkce::Required),
    )
    .await;
    app.signed_in().await;
}

#[tokio::test]
async fn an_app_without_the_e_mail_scope_signs_in_without_an_address() {
    let app = TestApp::with(|builder| builder, |bitbucket| bitbucket.scopes(&["account"])).await;
    let session = app.signed_in().await.session().await.unwrap();
    assert_eq!((session.user.sub.as_str(), session.user.email), (ADA, None));
}

#[tokio::test]
async fn an_unconfirmed_email_address_is_ignored() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let begun = browser.get("/auth/signIn/bitbucket").await;
    let callback = browser.decide(begun.location(), "grace", "approve").await;
    browser.get(&callback).await;
    let user = browser.session().await.unwrap().user;
    assert_eq!((user.name.as_deref(), user.email), (Some("Grace Hopper"), None));
}

#[tokio::test]
async fn with_redirect_false_the_response_contains_the_sign_in_url() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let answer = browser.get_json("/auth/signIn/bitbucket?redirect=false&redirectTo=/a%20b").await;
    let url = format!("{}/auth/signIn/bitbucket?redirectTo=%2Fa%2520b", app.origin);
    assert_eq!((answer.status, answer.json()["signInURL"].as_str()), (StatusCode::OK, Some(&*url)));
    assert!(answer.set_cookies().is_empty());
    assert_eq!(browser.sign_in(&url).await.location(), "/a%20b");
}

#[tokio::test]
async fn without_redirect_to_the_sign_in_returns_to_the_referring_page() {
    let app = TestApp::new().await;
    for (referer, expected) in [
        (format!("{}/articles/7?x=1", app.origin), "/articles/7?x=1"),
        ("https://evil.example/articles/7".to_owned(), "/"),
    ] {
        let mut browser = app.browser();
        browser.headers = vec![("referer".to_owned(), referer)];
        assert_eq!(browser.sign_in("/auth/signIn/bitbucket").await.location(), expected);
    }
}

/// Attack: a page that begins sign-ins until the browser's cookies are full
/// Standards: RFC 6265 6.1; ASVS 3.3.5
#[tokio::test]
async fn five_flows_work_at_once_and_a_sixth_evicts_the_oldest() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let mut callbacks = Vec::new();
    for tab in 0..6 {
        callbacks.push(browser.callback_url(&format!("/auth/signIn/bitbucket?redirectTo=/tab/{tab}")).await);
        app.clock.advance(1);
        assert!(browser.flows() <= 5);
    }
    for (tab, callback) in callbacks.iter().enumerate().skip(1) {
        assert_eq!(browser.get(callback).await.location(), format!("/tab/{tab}"));
    }
    assert_eq!(browser.flows(), 0);
    // The cookie of the oldest flow was evicted, so this flow starts again. It still has its redirect target.
    let begun = browser.get(&callbacks[0]).await;
    let callback = browser.decide(begun.location(), "ada", "approve").await;
    assert_eq!(browser.get(&callback).await.location(), "/tab/0");
}

#[tokio::test]
async fn a_person_who_denies_access_sees_the_reason_and_can_retry() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let begun = browser.get("/auth/signIn/bitbucket?redirectTo=/private").await;
    let callback = browser.decide(begun.location(), "ada", "deny").await;
    let end = browser.get(&callback).await;
    assert_eq!(end.shown_error(), "OAUTH_ACCESS_DENIED");
    assert_eq!(parameter(end.location(), "redirectTo").as_deref(), Some("/private"));
    assert_eq!(parameter(end.location(), "provider").as_deref(), Some("bitbucket"));
    assert_eq!(parameter(end.location(), "reference").unwrap().len(), 8);
    assert_eq!(browser.flows(), 0);
    assert!(browser.session().await.is_none());
    assert_eq!(app.bitbucket.requests(StandInEndpoint::Token), 0);
}

#[tokio::test]
async fn a_denial_after_the_flow_expired_does_not_restart_the_flow() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let begun = browser.get("/auth/signIn/bitbucket").await;
    let callback = browser.decide(begun.location(), "ada", "deny").await;
    app.clock.advance(600);
    assert_eq!(browser.get(&callback).await.shown_error(), "AUTH_TRANSACTION_EXPIRED");
}

#[tokio::test]
async fn a_program_gets_json_if_a_sign_in_fails() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let begun = browser.get("/auth/signIn/bitbucket").await;
    let callback = browser.decide(begun.location(), "ada", "deny").await;
    let end = browser.get_json(&callback).await;
    assert_eq!(end.error_code(), "OAUTH_ACCESS_DENIED");
    assert_eq!(end.json()["success"], false);
    assert_eq!(browser.flows(), 0);
    // A program can't follow a flow that starts again, so a stale flow is an error at once.
    assert_eq!(browser.get_json(&callback).await.error_code(), "COOKIE_NOT_FOUND");
}

#[tokio::test]
async fn an_app_without_an_error_page_shows_the_built_in_one() {
    let app = TestApp::configured(|builder| builder.error_page("")).await;
    let end = app.browser().get("/auth/callback/bitbucket?code=x").await;
    assert_eq!(end.status, StatusCode::BAD_REQUEST);
    assert!(end.body.contains("AUTH_CALLBACK_MISSING_PARAMETERS") && end.body.contains("Try again"), "{}", end.body);
    assert_eq!(end.headers["content-type"], "text/html; charset=utf-8");
}

/// Standards: ASVS 9.2.1
#[tokio::test]
async fn an_expired_flow_restarts_once() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let callback = browser.callback_url("/auth/signIn/bitbucket?redirectTo=/private").await;
    app.clock.advance(600);
    let begun = browser.get(&callback).await;
    assert!(begun.location().contains("/site/oauth2/authorize"), "{begun:?}");
    assert_eq!(browser.flows(), 1);
    let callback = browser.decide(begun.location(), "ada", "approve").await;
    app.clock.advance(600);
    assert_eq!(browser.get(&callback).await.shown_error(), "AUTH_TRANSACTION_EXPIRED");
    assert_eq!(app.bitbucket.requests(StandInEndpoint::Token), 0);
}

#[tokio::test]
async fn a_browser_without_cookies_gets_an_error_instead_of_a_redirect_loop() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let callback = browser.callback_url("/auth/signIn/bitbucket").await;
    browser.cookies.clear();
    let begun = browser.get(&callback).await;
    let callback = browser.decide(begun.location(), "ada", "approve").await;
    browser.cookies.clear();
    let end = browser.get(&callback).await;
    assert_eq!(end.shown_error(), "COOKIE_NOT_FOUND");
    assert!(AuthError::FlowCookieNotFound.message().contains("cookie"));
}

/// Standards: RFC 6265bis 4.1.2.2; ASVS 9.2.1
#[tokio::test]
async fn the_session_and_its_cookies_expire_as_configured() {
    let hour = SessionConfig::default().max_age(Duration::from_secs(3600));
    let app = TestApp::configured(|builder| builder.session(hour)).await;
    let mut browser = app.browser();
    let end = browser.sign_in("/auth/signIn/bitbucket").await;
    for name in ["session_token", "provider_tokens.bitbucket.0"] {
        let lines = end.set_cookies();
        let line = lines.iter().find(|line| line.starts_with(&format!("aura-auth.{name}="))).unwrap();
        assert!(line.contains("Max-Age=3600"), "{line}");
    }
    app.clock.advance(3599);
    assert!(browser.session().await.is_some());
    app.clock.advance(1);
    let answer = browser.get_json("/auth/session").await;
    assert_eq!(answer.error_code(), "SESSION_EXPIRED");
    assert!(browser.cookie("aura-auth.session_token").is_none());
}

#[tokio::test]
async fn the_cookie_header_of_a_page_request_stays_under_2_kilobytes() {
    let app = TestApp::new().await;
    let browser = app.signed_in().await;
    let page = browser.cookie_header("/").unwrap();
    assert!(page.len() < 2048, "{} bytes", page.len());
    assert!(!page.contains("provider_tokens"));
    let providers = browser.cookie_header("/auth/providers/bitbucket").unwrap();
    assert!(providers.len() > 5000, "tokens of 2,500 characters each are there: {} bytes", providers.len());
}

/// Standards: RFC 6265bis 8.3; RFC 9700 4.14; ASVS 10.1.1
#[tokio::test]
async fn the_provider_s_tokens_are_sealed_and_the_session_stores_their_cookie_count() {
    let app = TestApp::new().await;
    let browser = app.signed_in().await;
    let parts = (0..8).map_while(|part| browser.cookie(&format!("aura-auth.provider_tokens.bitbucket.{part}")));
    // The tokens are sealed with a key of their own, so the app's JOSE keys can't open them.
    let tokens = parts.collect::<String>();
    for jose in [app.auth.jose(), &app.auth.jose().compatible()] {
        assert!(jose.decode_jwt(&tokens).is_err());
    }

    let session = app.auth.jose().compatible().decode_jwt(browser.cookie("aura-auth.session_token").unwrap()).unwrap();
    assert_eq!(
        session["aura_auth_rs"]["tokens"]["bitbucket"], 2,
        "two cookies of 4 KB hold 5,000 characters of tokens"
    );
    assert_eq!(session["aura_auth_rs"]["provider"], "bitbucket");
}

#[tokio::test]
async fn the_settings_of_a_built_in_provider_can_be_changed() {
    let auth = aura_auth::Auth::builder()
        .environment([("AURA_AUTH_BITBUCKET_URL", "https://staging.example/bb/")])
        .secret(SECRET)
        .salt(SALT)
        .base_url("https://app.example")
        .oauth([bitbucket()
            .client_id("key")
            .client_secret("secret")
            .scope("account")
            .param("prompt", "login")
            .auth_method(AuthMethod::Body)
            .profile(|profile: aura_auth::oauth::BitbucketProfile| User::new(profile.uuid))])
        .build()
        .unwrap();
    let options = RedirectOptions::default().redirect_to("https://app.example/dashboard");
    let reply = auth.api().sign_in(&HeaderMap::new(), "bitbucket", options).await;
    let location = reply.location().unwrap();
    assert!(location.starts_with("https://staging.example/bb/site/oauth2/authorize?"), "{location}");
    assert_eq!(parameter(location, "scope").as_deref(), Some("account"));
    assert_eq!(parameter(location, "prompt").as_deref(), Some("login"));
    assert_eq!(parameter(location, "redirect_uri").as_deref(), Some("https://app.example/auth/callback/bitbucket"));
}

#[tokio::test]
async fn without_a_base_url_or_host_header_the_origin_is_unknown() {
    let app = TestApp::new().await;
    let reply = app.auth.api().sign_in(&HeaderMap::new(), "bitbucket", RedirectOptions::default()).await;
    assert_eq!(reply.into_result().unwrap_err(), AuthError::OriginUnknown);
}

/// Standards: RFC 9700 2.5
#[tokio::test]
async fn client_credentials_are_sent_in_the_body_if_configured() {
    // The stand-in accepts only HTTP Basic, as Bitbucket does. So this error means that the body was used.
    let app = TestApp::configured_with(|builder, provider| {
        builder.oauth([provider.id("body").auth_method(AuthMethod::Body)])
    })
    .await;
    let end = app.browser().sign_in("/auth/signIn/body").await;
    assert_eq!(end.shown_error(), "INVALID_OAUTH_ACCESS_TOKEN_RESPONSE");
}

/// Attack: mix-up: the response says that it is of another issuer
/// Standards: RFC 9207 2.4; RFC 9700 4.4.2; ASVS 10.2.2
#[tokio::test]
async fn iss_is_checked_when_it_is_sent() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let callback = browser.callback_url("/auth/signIn/bitbucket").await;
    let wrong = with_parameter(&callback, "iss", Some("https://evil.example"));
    assert_eq!(browser.get(&wrong).await.shown_error(), "AUTH_PROVIDER_MISMATCH");

    let callback = browser.callback_url("/auth/signIn/bitbucket").await;
    let right = with_parameter(&callback, "iss", Some(&app.bitbucket_origin));
    assert_eq!(browser.get(&right).await.location(), "/");
    assert!(browser.session().await.is_some());
}

/// Attack: a page that frames the sign-in starts flows in the person's browser
/// Standards: ASVS 3.5.8; RFC 9700 4.16
#[tokio::test]
async fn a_sign_in_inside_a_frame_shows_a_link_to_a_new_tab() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let url = "/auth/signIn/bitbucket?redirectTo=%2Fa%22%3E%3Cscript%3E";
    for destination in ["iframe", "frame", "fencedframe", "embed", "object"] {
        let answer = browser.send(Method::GET, url, &[HTML, ("sec-fetch-dest", destination)], "").await;
        assert_eq!(answer.status, StatusCode::OK, "{destination}");
        assert!(answer.set_cookies().is_empty());
        assert!(
            answer.body.contains(r#"href="/auth/signIn/bitbucket?redirectTo=%2Fa%22%3E%3Cscript%3E" target="_blank""#)
        );
        // Any page may frame this response, and it contains nothing that runs.
        assert!(!answer.headers.contains_key("x-frame-options"));
        assert_eq!(answer.headers["content-security-policy"], "default-src 'none'; base-uri 'none'");
        // A program that only requests the URL of a sign-in shows nothing in the frame.
        let asked = format!("{url}&redirect=false");
        let answer = browser.send(Method::GET, &asked, &[JSON, ("sec-fetch-dest", destination)], "").await;
        assert!(answer.json()["signInURL"].is_string(), "{destination}: {answer:?}");
    }
    let nobody = browser.send(Method::GET, "/auth/signIn/x", &[HTML, ("sec-fetch-dest", "iframe")], "").await;
    assert_eq!(nobody.error_code(), "UNPROCESSABLE_ENTITY");
    for destination in ["document", "empty"] {
        let answer = browser.send(Method::GET, url, &[HTML, ("sec-fetch-dest", destination)], "").await;
        assert_eq!(answer.status, StatusCode::FOUND, "{destination}");
    }
}

#[tokio::test]
async fn a_request_for_an_unknown_provider_gets_an_error_page_or_json() {
    let app = TestApp::new().await;
    for path in [
        "/auth/signIn/nobody",
        "/auth/callback/nobody?code=a&state=b",
        "/auth/signIn/%00",
        "/auth/signIn/%ff",
        "/auth/callback/%ff",
    ] {
        let mut browser = app.browser();
        assert_eq!(browser.get(path).await.shown_error(), "UNPROCESSABLE_ENTITY", "{path}");
        let answer = browser.get_json(path).await;
        assert_eq!(answer.error_code(), "UNPROCESSABLE_ENTITY", "{path}");
        assert!(answer.body.contains("does not sign people in with that provider"), "{path}: {}", answer.body);
    }
    // A program that requests the URL of a sign-in gets JSON, whatever its `Accept` header is.
    let answer = app.browser().get("/auth/signIn/nobody?redirect=false").await;
    assert_eq!(answer.error_code(), "UNPROCESSABLE_ENTITY");

    let app = TestApp::configured(|builder| builder.error_page("")).await;
    let page = app.browser().get("/auth/signIn/nobody").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    assert!(
        page.body.contains("with that provider")
            && page.body.contains("UNPROCESSABLE_ENTITY · ")
            && !page.body.contains("nobody"),
        "{}",
        page.body
    );
}
