//! Rules for every response under the base path.

use reqwest::Method;
use serde_json::json;

use super::test_app::{HTML, JSON, TestApp};

/// Standards: RFC 9700 4.2, 4.16
#[tokio::test]
async fn every_response_has_the_security_headers_and_none_repeats_the_request() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    let callback = browser.callback_url("/auth/signIn/bitbucket").await;
    for (method, path) in [
        (Method::GET, "/auth/session"),
        (Method::GET, "/auth/csrfToken"),
        (Method::GET, "/auth/sessions"),
        (Method::DELETE, "/auth/sessions/x"),
        (Method::POST, "/auth/sessions/revoke-others"),
        (Method::GET, "/auth/signIn/bitbucket"),
        (Method::GET, "/auth/signIn/bitbucket?redirect=false"),
        (Method::GET, "/auth/signIn/nobody"),
        (Method::GET, "/auth/callback/bitbucket"),
        (Method::GET, &callback),
        (Method::POST, "/auth/signOut"),
        (Method::PUT, "/auth/session"),
        (Method::GET, "/auth/nowhere"),
        (Method::GET, "/auth"),
    ] {
        for accept in [HTML, JSON] {
            let headers = [accept, ("x-probe", "echo-of-the-request"), ("authorization", "Basic echo")];
            let answer = browser.send(method.clone(), path, &headers, "").await;
            for (name, value) in [
                ("cache-control", "no-store"),
                ("pragma", "no-cache"),
                ("expires", "0"),
                ("vary", "Cookie"),
                ("x-content-type-options", "nosniff"),
                ("x-frame-options", "DENY"),
                ("referrer-policy", "strict-origin-when-cross-origin"),
            ] {
                assert_eq!(answer.headers[name], value, "{method} {path}");
            }
            assert!(answer.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
            assert!(!format!("{:?}", answer.headers).contains("echo"), "{method} {path}");
            assert!(!answer.headers.contains_key("cookie"));
        }
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_get_the_common_error_format() {
    let app = TestApp::new().await;
    for (method, path, code) in [
        (Method::GET, "/auth/nowhere", "NOT_FOUND"),
        (Method::GET, "/auth/session/", "NOT_FOUND"),
        (Method::GET, "/auth/%zz", "NOT_FOUND"),
        (Method::DELETE, "/auth/session", "METHOD_NOT_ALLOWED"),
        (Method::GET, "/auth/signOut", "METHOD_NOT_ALLOWED"),
        (Method::POST, "/auth/sessions", "METHOD_NOT_ALLOWED"),
        (Method::GET, "/auth/sessions/x", "METHOD_NOT_ALLOWED"),
        (Method::GET, "/auth/sessions/x/revoke", "METHOD_NOT_ALLOWED"),
        (Method::DELETE, "/auth/sessions/revoke-others", "METHOD_NOT_ALLOWED"),
        (Method::GET, "/auth/sessions/x/y", "NOT_FOUND"),
        (Method::DELETE, "/auth/csrfToken", "METHOD_NOT_ALLOWED"),
        (Method::PATCH, "/auth/signIn/bitbucket", "METHOD_NOT_ALLOWED"),
    ] {
        let answer = app.browser().send(method.clone(), path, &[JSON], "").await;
        assert_eq!(answer.error_code(), code, "{method} {path}");
        let body = answer.json();
        assert_eq!(body["success"], false);
        assert!(body["error"]["message"].as_str().unwrap().ends_with('.'));
        if code == "METHOD_NOT_ALLOWED" {
            assert!(answer.headers.contains_key("allow"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn malformed_input_gets_a_client_error() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    for (path, code) in [
        ("/auth/signIn/bitbucket?redirect=maybe", "UNPROCESSABLE_ENTITY"),
        ("/auth/signIn/bitbucket?redirect=true&redirect=true", "UNPROCESSABLE_ENTITY"),
        ("/auth/signIn/bitbucket?redirectTo=/a&redirectTo=/b", "UNPROCESSABLE_ENTITY"),
        ("/auth/signIn/", "NOT_FOUND"),
    ] {
        assert_eq!(browser.get_json(path).await.error_code(), code, "{path}");
    }
    let form = [JSON, ("content-type", "application/x-www-form-urlencoded")];
    let token = browser.csrf_token().await;
    for (query, body, code) in [
        ("token_type_hint=access_token", &*format!("csrf_token={token}"), "UNPROCESSABLE_ENTITY"),
        ("token_type_hint=access_token", "", "CSRF_TOKEN_MISSING"),
        ("redirect=maybe", "", "CSRF_TOKEN_MISSING"),
        ("", "csrf_token=a&csrf_token=b", "UNPROCESSABLE_ENTITY"),
        ("", &*format!("csrf_token={}", "x".repeat(3 * 1024 * 1024)), "CONTENT_TOO_LARGE"),
    ] {
        let answer = browser.send(Method::POST, &format!("/auth/signOut?{query}"), &form, body).await;
        let found = match answer.headers.get("location") {
            Some(location) => super::test_app::parameter(location.to_str().unwrap(), "error").unwrap(),
            None => answer.error_code(),
        };
        assert_eq!(found, code, "{query} {}", &body[..body.len().min(30)]);
    }
    assert!(browser.session().await.is_some());
}

#[tokio::test]
async fn an_error_response_has_the_endpoint_s_own_members_as_null() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let error = |code: &str, message: &str| json!({ "code": code, "message": message });
    assert_eq!(
        browser.get_json("/auth/signIn/nobody").await.json(),
        json!({
            "success": false, "redirect": false, "signInURL": null,
            "error": error("UNPROCESSABLE_ENTITY", "This app does not sign people in with that provider."),
        })
    );
    let answer = browser.send(Method::POST, "/auth/signOut", &[JSON], "").await;
    assert_eq!(
        answer.json(),
        json!({
            "success": false, "redirect": false, "redirectURL": null,
            "error": error("SESSION_NOT_FOUND", "You are not signed in."),
        })
    );
}
