//! Errors and missing answers of providers: what ends a connection, what the person sees, and what is logged.

use aura_auth::AuthError;
use aura_auth::testing::{InjectedFault, StandInEndpoint};
use reqwest::{Method, StatusCode};

use super::answers::{SIGN_IN_OWN, TOKENS, error_of, error_with, text, tokens};
use super::log::Log;
use super::test_app::TestApp;

use StandInEndpoint::{Emails, Permission, Token, Workspaces};

#[tokio::test]
async fn an_error_of_the_token_endpoint_is_parsed_for_every_content_type() {
    let app = TestApp::new().await;
    let error = r#"{"error":"invalid_grant","error_description":"Token has been revoked."}"#;
    let odd = r#"{"error":"invalid_grant","error_description":["revoked"],"error_uri":null}"#;
    for (status, content_type, body) in [
        (400, "application/json", error),
        (400, "application/json", odd),
        (400, "text/plain", error),
        (401, "text/plain; charset=utf-8", error),
        (400, "text/html", error),
        (401, "text/html", odd),
        (400, "application/octet-stream", error),
        (400, "text/plain", &format!("\u{FEFF}{error}")),
        (400, "application/x-www-form-urlencoded", "error=invalid_grant&error_description=revoked"),
    ] {
        let mut browser = app.signed_in().await;
        app.clock.advance(7200);
        app.bitbucket.inject_fault(Token, Some(text(status, content_type, body)));
        let answer = browser.send_with_csrf(Method::GET, TOKENS, "").await;
        app.bitbucket.inject_fault(Token, None);
        assert_eq!(answer.error_code(), "OAUTH_INVALID_REFRESH_TOKEN_RESPONSE", "{status} {content_type} {body}");
        let connected = browser.get_json("/auth/providers/bitbucket").await.json()["connected"].clone();
        assert_eq!(connected, false, "{status} {content_type} {body}");
    }
    // Any other error does not end the connection.
    for (status, content_type, body) in [
        (400, "text/plain", "invalid_grant"),
        (400, "text/html", "<h1>Bad Request</h1>"),
        (401, "application/json", r#"{"type":"error","error":{"message":"invalid_grant"}}"#),
        (400, "text/plain", r#"{"error":"invalid_request"}"#),
        (404, "text/plain", error),
        (429, "application/json", error),
        (503, "text/plain", error),
    ] {
        let mut browser = app.signed_in().await;
        app.clock.advance(7200);
        app.bitbucket.inject_fault(Token, Some(text(status, content_type, body)));
        let answer = browser.send_with_csrf(Method::GET, TOKENS, "").await;
        app.bitbucket.inject_fault(Token, None);
        assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{status} {content_type} {body}: {}", answer.body);
        app.clock.advance(11);
        assert!(tokens(&mut browser).await["accessToken"].is_string(), "{status} {content_type} {body}");
    }
}

#[tokio::test]
async fn the_log_contains_the_status_of_every_provider_error() {
    let (log, _guard) = Log::of_this_thread();
    let app = TestApp::new().await;
    let error = r#"{"error":"invalid_client"}"#;
    for (status, content_type, body) in [
        (400, "application/json", error),
        (401, "text/plain", error),
        (400, "application/json", "{}"),
        (400, "application/json", "[]"),
        (401, "application/json", "{"),
        (400, "text/plain", ""),
        (401, "text/html", "<h1>Unauthorized</h1>"),
        (403, "application/json", error),
        (403, "text/html", "<h1>Forbidden</h1>"),
        (404, "application/json", "null"),
        (418, "application/json", ""),
        (429, "application/json", error),
        (500, "application/json", error),
        (503, "text/html", "<h1>Maintenance</h1>"),
    ] {
        for endpoint in [Token, StandInEndpoint::User] {
            let before = log.ours().len();
            let code = error_of(&app, endpoint, text(status, content_type, body)).await;
            let lines = log.ours().split_off(before);
            let line = lines.lines().find(|line| line.contains("an operation failed")).unwrap();
            assert!(line.contains(&format!("status {status}")), "{endpoint:?} {status} {body}: {line}");
            let expected = match (status, endpoint) {
                (429 | 503, _) => "NETWORK_REQUEST_FAILED",
                (_, Token) => "INVALID_OAUTH_ACCESS_TOKEN_RESPONSE",
                _ => "INVALID_OAUTH_USER_INFO_RESPONSE",
            };
            assert_eq!(code, expected, "{endpoint:?} {status} {body}");
            let names_error = endpoint == Token && body == error && status < 429;
            assert_eq!(line.contains("invalid_client"), names_error, "{line}");
        }
    }
    // The log line of a failed refresh contains the status too.
    let mut browser = app.signed_in().await;
    app.clock.advance(7200);
    app.bitbucket.inject_fault(Token, Some(text(400, "text/plain", r#"{"error":"invalid_grant"}"#)));
    let before = log.ours().len();
    browser.send_with_csrf(Method::GET, TOKENS, "").await;
    let lines = log.ours().split_off(before);
    assert!(lines.lines().any(|line| line.contains("invalid_grant") && line.contains("status 400")), "{lines}");
}

#[tokio::test]
async fn an_unavailable_provider_causes_an_error_that_suggests_a_retry() {
    let app = TestApp::configured_with(|builder, provider| {
        builder.oauth([provider.id("own").with_workspaces().require_workspace("analytical-engine")])
    })
    .await;
    for endpoint in [Token, StandInEndpoint::User, Emails, Workspaces, Permission] {
        for status in [429, 502, 503, 504] {
            let answer = text(status, "application/json", r#"{"error":"invalid_grant"}"#);
            let code = error_with(&app, SIGN_IN_OWN, endpoint, answer).await;
            assert_eq!(code, "NETWORK_REQUEST_FAILED", "{endpoint:?} {status}");
        }
    }
    assert!(AuthError::ProviderUnreachable.to_string().contains("try again"));
}

#[tokio::test]
async fn the_log_names_the_document_that_could_not_be_read() {
    let (log, _guard) = Log::of_this_thread();
    let app = TestApp::configured_with(|builder, provider| {
        builder.oauth([provider.id("own").with_workspaces().require_workspace("analytical-engine")])
    })
    .await;
    let origin = &app.bitbucket_origin;
    for (endpoint, name, path) in [
        (Token, "the token response", "/site/oauth2/access_token"),
        (StandInEndpoint::User, "the user information", "/2.0/user"),
        (Emails, "the list of e-mail addresses", "/2.0/user/emails"),
        (Workspaces, "the list of workspaces", "/2.0/user/workspaces"),
        (Permission, "the workspace's permission", "/2.0/user/workspaces/analytical-engine/permission"),
    ] {
        let unreadable = ["", "{", "7", r#"{"uuid":7,"values":7,"permission":7,"access_token":7}"#]
            .map(|json| (InjectedFault::Json(json.to_owned()), "can't be read"));
        let others = [InjectedFault::Html, InjectedFault::Huge, InjectedFault::Broken]
            .map(|page| (page, "could not be fetched"));
        for (answer, what) in unreadable.into_iter().chain(others) {
            let before = log.ours().len();
            error_with(&app, SIGN_IN_OWN, endpoint, answer.clone()).await;
            let lines = log.ours().split_off(before);
            let document = format!("{name} ({origin}{path}) {what}");
            assert!(lines.contains(&document), "{endpoint:?} {answer:?}: {lines}");
        }
    }
}
