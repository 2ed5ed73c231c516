//! Bitbucket is down, is slow, or sends wrong answers.

use std::time::{Duration, Instant};

use aura_auth::testing::{InjectedFault, StandInEndpoint};
use tokio::net::TcpListener;

use super::test_app::TestApp;

const PROFILE: &str = r#"{"uuid":"{x}","display_name":"X","#;

/// Attack: a provider that lies, floods or redirects the server elsewhere (SSRF)
/// Standards: ASVS 1.3.6, 16.5.2
#[tokio::test]
async fn every_fault_of_the_provider_ends_at_the_error_page() {
    use InjectedFault::{Broken, Html, Huge, Json, Redirect, ServerError, Truncated};
    use StandInEndpoint::{Emails, Token, User};

    let app = TestApp::new().await;
    let json = |text: &str| Json(text.to_owned());
    let elsewhere = || Redirect(format!("{}/2.0/user", app.bitbucket_origin));
    for (endpoint, fault, code) in [
        (Token, ServerError, "INVALID_OAUTH_ACCESS_TOKEN_RESPONSE"),
        (Token, Html, "OAUTH_INVALID_CONTENT_TYPE"),
        (Token, Huge, "NETWORK_REQUEST_FAILED"),
        (Token, Truncated, "INVALID_OAUTH_ACCESS_TOKEN_RES_FORMAT"),
        (Token, Broken, "NETWORK_REQUEST_FAILED"),
        (Token, elsewhere(), "NETWORK_REQUEST_FAILED"),
        (Token, json(r#"{"error":"invalid_grant"}"#), "INVALID_OAUTH_ACCESS_TOKEN_RES_FORMAT"),
        (Token, json(r#"{"access_token":""}"#), "INVALID_OAUTH_ACCESS_TOKEN_RES_FORMAT"),
        (Token, json(r#"{"access_token":"t","token_type":"mac"}"#), "INVALID_OAUTH_ACCESS_TOKEN_RES_FORMAT"),
        (Token, json(""), "INVALID_OAUTH_ACCESS_TOKEN_RES_FORMAT"),
        (Token, json("[]"), "INVALID_OAUTH_ACCESS_TOKEN_RES_FORMAT"),
        (User, ServerError, "INVALID_OAUTH_USER_INFO_RESPONSE"),
        (User, Html, "OAUTH_INVALID_CONTENT_TYPE"),
        (User, Huge, "NETWORK_REQUEST_FAILED"),
        (User, Truncated, "INVALID_OAUTH_USER_INFO_RES_FORMAT"),
        (User, Broken, "NETWORK_REQUEST_FAILED"),
        (User, elsewhere(), "NETWORK_REQUEST_FAILED"),
        (User, json(r#"{"error":"nobody"}"#), "INVALID_OAUTH_USER_INFO_RES_FORMAT"),
        (User, json("[]"), "INVALID_OAUTH_USER_INFO_RES_FORMAT"),
        (User, json("{}"), "INVALID_USER_INFO"),
        (User, json(r#"{"uuid":"","display_name":"X"}"#), "INVALID_USER_INFO"),
        (User, json(r#"{"uuid":7}"#), "INVALID_OAUTH_USER_INFO_RES_FORMAT"),
        (Emails, ServerError, "INVALID_OAUTH_USER_INFO_RESPONSE"),
        (Emails, Html, "OAUTH_INVALID_CONTENT_TYPE"),
        (Emails, Truncated, "INVALID_OAUTH_USER_INFO_RES_FORMAT"),
    ] {
        let mut browser = app.browser();
        app.bitbucket.inject_fault(endpoint, Some(fault.clone()));
        let end = browser.sign_in("/auth/signIn/bitbucket?redirectTo=/private").await;
        app.bitbucket.inject_fault(endpoint, None);
        assert_eq!(end.shown_error(), code, "{endpoint:?} {fault:?}");
        assert!(browser.cookies.is_empty(), "{endpoint:?} {fault:?} left {:?}", browser.cookies);
        // Without the fault, the sign-in works again.
        assert_eq!(browser.sign_in("/auth/signIn/bitbucket").await.location(), "/");
    }
}

#[tokio::test]
async fn sign_in_works_without_profile_links_or_a_valid_email_address() {
    let app = TestApp::new().await;
    for (profile, emails) in [
        (format!("{PROFILE}\"links\":{{}}}}"), r#"{"values":[]}"#),
        (
            format!("{PROFILE}\"extra\":[1]}}"),
            r#"{"values":[{"email":"not an address","is_primary":true,"is_confirmed":true}]}"#,
        ),
        (format!("{PROFILE}\"links\":{{\"avatar\":{{}}}}}}"), r#"{"values":[{"email":"x@example.org"}]}"#),
    ] {
        app.bitbucket.inject_fault(StandInEndpoint::User, Some(InjectedFault::Json(profile)));
        app.bitbucket.inject_fault(StandInEndpoint::Emails, Some(InjectedFault::Json(emails.to_owned())));
        let user = app.signed_in().await.session().await.unwrap().user;
        assert_eq!((user.sub.as_str(), user.email, user.image), ("{x}", None, None));
    }
}

/// Attack: markup in a name from the provider
/// Standards: ASVS 1.2.1, 3.2.2
#[tokio::test]
async fn a_name_with_markup_is_stored_unchanged() {
    let app = TestApp::new().await;
    let name = "</script>\\\"'\u{1F600}&amp;";
    let profile = serde_json::json!({ "uuid": "{x}", "display_name": name }).to_string();
    app.bitbucket.inject_fault(StandInEndpoint::User, Some(InjectedFault::Json(profile)));
    assert_eq!(app.signed_in().await.session().await.unwrap().user.name.as_deref(), Some(name));
}

#[tokio::test]
async fn a_rejected_code_is_not_sent_again() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    browser.sign_in("/auth/signIn/bitbucket").await;
    app.bitbucket.inject_fault(StandInEndpoint::Authorize, Some(InjectedFault::ReusedCode));
    let mut other = app.browser();
    // The stand-in decides without showing its authorization page.
    let begun = other.get("/auth/signIn/bitbucket").await;
    let callback = other.decide(begun.location(), "ada", "approve").await;
    let before = app.bitbucket.requests(StandInEndpoint::Token);
    assert_eq!(other.get(&callback).await.shown_error(), "INVALID_OAUTH_ACCESS_TOKEN_RESPONSE");
    assert_eq!(app.bitbucket.requests(StandInEndpoint::Token), before + 1);
}

/// Attack: a provider that holds requests
/// Standards: ASVS 16.5.2
#[tokio::test]
async fn a_provider_that_exceeds_the_time_limit_causes_a_timeout_error() {
    let start = Instant::now();
    let app = TestApp::configured(|builder| builder.provider_timeout(Duration::from_millis(50))).await;
    let gate = app.bitbucket.hold(StandInEndpoint::Token);
    let end = app.browser().sign_in("/auth/signIn/bitbucket").await;
    assert_eq!(end.shown_error(), "NETWORK_TIMEOUT");
    gate.release();
    // The limit also applies to a response whose body never ends.
    app.bitbucket.inject_fault(StandInEndpoint::Token, Some(InjectedFault::Stalled));
    let end = app.browser().sign_in("/auth/signIn/bitbucket").await;
    assert_eq!(end.shown_error(), "NETWORK_TIMEOUT");
    assert!(start.elapsed() < Duration::from_secs(5), "the builder's limit was not used");
}

#[tokio::test]
async fn a_late_provider_response_within_the_time_limit_is_accepted() {
    let app = TestApp::new().await;
    let gate = app.bitbucket.hold(StandInEndpoint::Token);
    let mut browser = app.browser();
    let under_way = tokio::spawn(async move { browser.sign_in("/auth/signIn/bitbucket").await });
    gate.arrived().await;
    assert!(!under_way.is_finished());
    gate.release();
    assert_eq!(under_way.await.unwrap().location(), "/");
}

#[tokio::test]
async fn a_provider_that_refuses_connections_causes_a_network_error() {
    // This port was free a moment ago, so nothing listens on it.
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let app = TestApp::configured_with(|builder, provider| {
        builder.oauth([provider.id("down").token_url(&format!("http://{closed}/token"))])
    })
    .await;
    assert_eq!(app.browser().sign_in("/auth/signIn/down").await.shown_error(), "NETWORK_REQUEST_FAILED");
}

#[tokio::test]
async fn a_provider_error_does_not_count_as_a_failed_exchange() {
    let app = TestApp::new().await;
    let busy = InjectedFault::Status(503, r#"{"error":"invalid_grant"}"#.to_owned());
    let wrong_secret = InjectedFault::Status(401, r#"{"error":"invalid_client"}"#.to_owned());
    for fault in [busy, wrong_secret, InjectedFault::ServerError, InjectedFault::Html, InjectedFault::Broken] {
        app.bitbucket.inject_fault(StandInEndpoint::Token, Some(fault.clone()));
        for _ in 0..12 {
            let end = app.browser().sign_in("/auth/signIn/bitbucket").await;
            assert_ne!(end.shown_error(), "RATE_LIMIT_EXCEEDED", "{fault:?}");
        }
    }
    app.bitbucket.inject_fault(StandInEndpoint::Token, None);
    assert_eq!(app.browser().sign_in("/auth/signIn/bitbucket").await.location(), "/");
}
