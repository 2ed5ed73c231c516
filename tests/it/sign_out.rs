//! Signing out, and the CSRF tokens that it needs.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::test_app::{JSON, TestApp};

#[tokio::test]
async fn a_program_signs_out_as_the_typescript_client_does() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    let token = browser.csrf_token().await;
    let url = "/auth/signOut?token_type_hint=session_token&redirectTo=undefined";
    let headers = [JSON, ("x-csrf-token", &*token), ("content-type", "text/plain;charset=UTF-8")];
    let answer = browser.send(Method::POST, url, &headers, "{}").await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(answer.json(), json!({ "success": true, "redirect": false, "redirectURL": null }));
    assert!(browser.kept().is_empty(), "{:?}", browser.cookies);
    assert!(browser.session().await.is_none());
}

#[tokio::test]
async fn the_redirect_target_is_a_location_header_or_a_json_field() {
    let app = TestApp::new().await;
    for (query, status, location, url) in [
        ("redirectTo=/bye", StatusCode::FOUND, Some("/bye"), Value::Null),
        ("redirectTo=/bye&redirect=false", StatusCode::ACCEPTED, None, json!("/bye")),
        ("redirectTo=//evil.example", StatusCode::FOUND, Some("/"), Value::Null),
    ] {
        let mut browser = app.signed_in().await;
        let token = browser.csrf_token().await;
        let url_out = format!("/auth/signOut?token_type_hint=session_token&{query}");
        let answer = browser.send(Method::POST, &url_out, &[JSON, ("x-csrf-token", &token)], "").await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.headers.get("location").map(|value| value.to_str().unwrap()), location);
        assert_eq!(answer.json()["redirectURL"], url);
    }
}

#[tokio::test]
async fn a_browser_stores_at_most_four_ended_sessions() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    for signed_out in 1..=6 {
        browser.send_with_csrf(Method::POST, "/auth/signOut", "").await;
        let ended = browser.cookie("aura-auth.signed_out").unwrap().split('.').count();
        assert_eq!(ended, signed_out.min(4));
        browser.sign_in("/auth/signIn/bitbucket").await;
    }
}

#[tokio::test]
async fn a_plain_form_signs_out_and_redirects() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    let token = browser.csrf_token().await;
    // The browser requests a page without the Strict cookie if the provider's redirect opened it.
    browser.cookies.retain(|cookie| !cookie.name.contains("csrf"));
    let answer = browser.post_form("/auth/signOut", &[("csrf_token", &token), ("redirectTo", "/bye")]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/bye"));
    assert!(browser.kept().is_empty());
    // In another tab, the person is already signed out. Nothing happens, and the redirect is the same.
    let answer = browser.post_form("/auth/signOut", &[("csrf_token", &token), ("redirectTo", "/bye")]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/bye"));
}

/// Attack: CSRF tokens that are missing, doubled, of another session or another time
/// Standards: ASVS 3.5.1
#[tokio::test]
async fn an_invalid_csrf_token_is_rejected_and_does_not_sign_out() {
    let app = TestApp::new().await;
    let before_sign_in = app.browser().csrf_token().await;
    let another_session = app.signed_in().await.csrf_token().await;
    let mut browser = app.signed_in().await;
    let own = browser.csrf_token().await;
    let another_of_own = {
        let cookie = browser.cookies.iter().position(|cookie| cookie.name.contains("csrf")).unwrap();
        let kept = browser.cookies.remove(cookie);
        let token = browser.csrf_token().await;
        browser.cookies.retain(|cookie| !cookie.name.contains("csrf"));
        browser.cookies.push(kept);
        token
    };
    let tampered = format!("{}x", &own[..own.len() - 1]);
    for (header, code) in [
        (None, "CSRF_DOUBLE_SUBMIT_FAILED"),
        (Some(""), "INVALID_CSRF_TOKEN"),
        (Some("x"), "INVALID_CSRF_TOKEN"),
        (Some(&*tampered), "INVALID_CSRF_TOKEN"),
        (Some(&*before_sign_in), "INVALID_CSRF_TOKEN"),
        (Some(&*another_session), "INVALID_CSRF_TOKEN"),
        (Some(&*another_of_own), "CSRF_TOKEN_MISMATCH"),
    ] {
        let mut headers = vec![JSON];
        headers.extend(header.map(|header| ("x-csrf-token", header)));
        let answer = browser.send(Method::POST, "/auth/signOut?token_type_hint=session_token", &headers, "").await;
        assert_eq!(answer.error_code(), code, "{header:?}");
    }
    let twice = [JSON, ("x-csrf-token", &*own), ("x-csrf-token", "x")];
    assert_eq!(browser.send(Method::POST, "/auth/signOut", &twice, "").await.error_code(), "INVALID_CSRF_TOKEN");
    for field in ["", "x", &tampered, &before_sign_in, &another_session] {
        let answer = browser.post_form("/auth/signOut", &[("csrf_token", field)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert!(answer.location().starts_with("/failed?error="), "{}", answer.location());
    }
    let without_cookie: Vec<_> = browser.cookies.extract_if(.., |cookie| cookie.name.contains("csrf")).collect();
    let answer = browser.send(Method::POST, "/auth/signOut", &[JSON, ("x-csrf-token", &own)], "").await;
    assert_eq!(answer.error_code(), "CSRF_TOKEN_MISSING");
    browser.cookies.extend(without_cookie);

    app.clock.advance(1_296_000 - 1);
    assert!(browser.session().await.is_some());
    assert_eq!(browser.send(Method::POST, "/auth/signOut", &[JSON, ("x-csrf-token", &own)], "").await.status, 202);
}

/// Attack: sign-out by another site
/// Standards: ASVS 3.5.1, 7.4.1
#[tokio::test]
async fn a_form_of_another_site_cannot_sign_out() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    let token = browser.csrf_token().await;
    for headers in [
        vec![JSON, ("sec-fetch-site", "cross-site"), ("x-csrf-token", &*token)],
        vec![JSON, ("sec-fetch-site", "same-site"), ("x-csrf-token", &*token)],
        vec![JSON, ("origin", "https://evil.example"), ("x-csrf-token", &*token)],
        vec![JSON, ("origin", "null"), ("x-csrf-token", &*token)],
    ] {
        // The check covers the whole app, not only the endpoints.
        for path in ["/auth/signOut?token_type_hint=session_token", "/"] {
            let answer = browser.send(Method::POST, path, &headers, "").await;
            assert_eq!(answer.error_code(), "CSRF_ORIGIN_REJECTED", "{headers:?}");
        }
    }
    assert!(browser.session().await.is_some());
    assert_eq!(browser.send(Method::POST, "/", &[("origin", &app.origin)], "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_csrf_token_is_kept_within_a_session_and_replaced_by_a_sign_in() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let before = browser.csrf_token().await;
    assert_eq!(browser.csrf_token().await, before);
    browser.sign_in("/auth/signIn/bitbucket").await;
    let after = browser.csrf_token().await;
    assert_ne!(after, before);
    assert_eq!(browser.csrf_token().await, after);
    browser.cookies.iter_mut().find(|cookie| cookie.name.contains("csrf")).unwrap().value = before.clone();
    assert_ne!(browser.csrf_token().await, before);
}

#[tokio::test]
async fn sign_out_without_a_session_is_an_error() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let token = browser.csrf_token().await;
    let answer = browser.send(Method::POST, "/auth/signOut", &[JSON, ("x-csrf-token", &token)], "").await;
    assert_eq!(answer.error_code(), "SESSION_NOT_FOUND");
}

#[tokio::test]
async fn sign_out_ends_flows_in_progress() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    browser.get("/auth/signIn/bitbucket").await;
    assert_eq!(browser.flows(), 1);
    let token = browser.csrf_token().await;
    browser.post_form("/auth/signOut", &[("csrf_token", &token)]).await;
    assert!(browser.kept().is_empty());
}
