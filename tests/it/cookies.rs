//! Cookies over http and behind a trusted https proxy, and which source decides between the two.

use aura_auth::AuthError;
use axum::http::HeaderMap;
use reqwest::{Method, StatusCode};

use super::test_app::{JSON, TestApp, parameter};

fn attributes<'a>(lines: &'a [String], name: &str) -> &'a str {
    let line = lines.iter().find(|line| line.starts_with(&format!("{name}="))).unwrap_or_else(|| panic!("{lines:?}"));
    line.split_once("; ").unwrap().1
}

#[tokio::test]
async fn over_http_cookie_names_have_no_prefix() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let begun = browser.get("/auth/signIn/bitbucket").await;
    let flow = &begun.set_cookies()[0];
    assert!(flow.starts_with("aura-auth.flow."), "{flow}");
    assert!(flow.ends_with("; HttpOnly; SameSite=Lax; Path=/; Max-Age=600"), "{flow}");
    let callback = browser.decide(begun.location(), "ada", "approve").await;
    let set = browser.get(&callback).await.set_cookies();
    assert_eq!(attributes(&set, "aura-auth.session_token"), "HttpOnly; SameSite=Lax; Path=/; Max-Age=1296000");
    assert_eq!(attributes(&set, "aura-auth.csrf_token"), "HttpOnly; SameSite=Strict; Path=/; Max-Age=1296000");
    let tokens = attributes(&set, "aura-auth.provider_tokens.bitbucket.0");
    assert_eq!(tokens, "HttpOnly; SameSite=Lax; Path=/auth/providers; Max-Age=1296000");
}

/// Attack: reading or writing cookies by plain http or script
/// Standards: RFC 6265bis 4.1.3.1, 4.1.3.2; ASVS 3.3.1, 3.3.2, 3.3.4
#[tokio::test]
async fn behind_a_trusted_https_proxy_cookies_are_secure_and_have_a_name_prefix() {
    let (app, mut browser) = TestApp::behind_https().await;
    let begun = browser.get("/auth/signIn/bitbucket").await;
    let flow = &begun.set_cookies()[0];
    assert!(flow.starts_with("__Host-aura-auth.flow."), "{flow}");
    assert!(flow.ends_with("; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=600"), "{flow}");
    let redirect_uri = parameter(begun.location(), "redirect_uri").unwrap();
    assert_eq!(redirect_uri, "https://app.example/auth/callback/bitbucket");

    let callback = browser.decide(begun.location(), "ada", "approve").await;
    let set = browser.get(&callback.replace("https://app.example", &app.origin)).await.set_cookies();
    assert_eq!(
        attributes(&set, "__Secure-aura-auth.session_token"),
        "HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=1296000"
    );
    assert_eq!(
        attributes(&set, "__Host-aura-auth.csrf_token"),
        "HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=1296000"
    );
    let tokens = attributes(&set, "__Secure-aura-auth.provider_tokens.bitbucket.0");
    assert_eq!(tokens, "HttpOnly; SameSite=Lax; Secure; Path=/auth/providers; Max-Age=1296000");
    assert!(browser.session().await.is_some());

    // A request over https does not read a cookie that has the name for http.
    let plain = browser.cookie("__Secure-aura-auth.session_token").unwrap().to_owned();
    browser.cookies.clear();
    browser.headers.push(("cookie".into(), format!("aura-auth.session_token={plain}")));
    assert_eq!(browser.get_json("/auth/session").await.error_code(), "SESSION_NOT_FOUND");
}

/// Attack: `X-Forwarded-*` poisoning without a proxy
/// Standards: RFC 7239 8.1; ASVS 4.1.3
#[tokio::test]
async fn an_unlisted_forwarded_origin_is_rejected_and_untrusted_headers_are_ignored() {
    let trusting =
        TestApp::configured(|builder| builder.trusted_proxy_headers(true).trusted_origins(["https://app.example"]))
            .await;
    let mut browser = trusting.browser();
    browser.headers =
        vec![("x-forwarded-proto".into(), "https".into()), ("x-forwarded-host".into(), "evil.example".into())];
    assert_eq!(browser.get_json("/auth/signIn/bitbucket").await.error_code(), "INVALID_TRUSTED_ORIGIN");

    let app = TestApp::new().await;
    browser = app.browser();
    browser.headers = vec![
        ("x-forwarded-proto".into(), "https".into()),
        ("x-forwarded-host".into(), "evil.example".into()),
        ("forwarded".into(), "proto=https;host=evil.example".into()),
    ];
    let begun = browser.get("/auth/signIn/bitbucket").await;
    let redirect_uri = parameter(begun.location(), "redirect_uri").unwrap();
    assert_eq!(redirect_uri, format!("{}/auth/callback/bitbucket", app.origin));
    assert!(!begun.set_cookies()[0].contains("Secure"));
}

/// Attack: a cookie without a prefix, which a neighbour can set, where the app's own origin is not known
/// Standards: ASVS 3.3.1, 3.3.3
#[tokio::test]
async fn if_the_origin_is_unknown_cookies_without_a_prefix_are_ignored() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    let mut headers = HeaderMap::new();
    headers.insert("cookie", browser.cookie_header("/").unwrap().parse().unwrap());
    let read = async |headers: &HeaderMap| app.auth.api().get_session(headers).await.into_result();
    assert_eq!(read(&headers).await.unwrap_err(), AuthError::SessionNotFound);
    headers.insert("host", "evil.example".parse().unwrap());
    assert_eq!(read(&headers).await.unwrap_err(), AuthError::SessionNotFound);
    headers.insert("host", "localhost".parse().unwrap());
    assert!(read(&headers).await.is_ok());
    assert!(browser.session().await.is_some());
}

/// Attack: Host poisoning
/// Standards: RFC 9110 7.4; ASVS 4.1.3
#[tokio::test]
async fn a_request_for_another_host_gets_421_for_every_path() {
    let app = TestApp::new().await;
    for host in ["evil.example", "localhost.evil.example", "10.0.0.1", "[2001:db8::1]:3000"] {
        for path in ["/", "/static", "/auth/session", "/auth/signIn/bitbucket"] {
            let answer = app.browser().send(Method::GET, path, &[JSON, ("host", host)], "").await;
            assert_eq!(answer.error_code(), "MISDIRECTED_REQUEST", "{host} {path}");
            assert!(!format!("{answer:?}").contains(host), "{answer:?}");
        }
    }
    let answer = app.browser().send(Method::GET, "/", &[("host", "localhost:3000")], "").await;
    assert_eq!(answer.status, StatusCode::OK);
}

/// Attack: a header moves the `redirect_uri`
/// Standards: RFC 9700 4.1; ASVS 4.1.3
#[tokio::test]
async fn with_a_base_url_no_header_changes_the_redirect_uri() {
    let app = TestApp::configured(|builder| builder.base_url("https://app.example")).await;
    for (name, value) in
        [("host", "localhost:3000"), ("x-forwarded-host", "evil.example"), ("forwarded", "host=evil.example")]
    {
        let begun = app.browser().send(Method::GET, "/auth/signIn/bitbucket", &[(name, value)], "").await;
        let redirect_uri = parameter(begun.location(), "redirect_uri").unwrap();
        assert_eq!(redirect_uri, "https://app.example/auth/callback/bitbucket");
        assert!(begun.set_cookies()[0].starts_with("__Host-"));
    }
}

#[tokio::test]
async fn http_and_https_requests_do_not_affect_each_other_s_cookies() {
    // The TypeScript release stores whether a request is secure in a variable that all requests share.
    let app = TestApp::configured(|builder| {
        builder.trusted_proxy_headers(true).trusted_origins(["https://app.example", "http://app.example"])
    })
    .await;
    let api = app.auth.api();
    let headers = |proto: &str| {
        let mut headers = HeaderMap::new();
        headers.insert("host", "app.example".parse().unwrap());
        headers.insert("x-forwarded-proto", proto.parse().unwrap());
        headers
    };
    for _ in 0..3 {
        for (proto, start) in [("https", "__Host-aura-auth."), ("http", "aura-auth.")] {
            let reply = api.csrf_token(&headers(proto)).await;
            assert!(reply.headers()["set-cookie"].to_str().unwrap().starts_with(start));
        }
    }
}

#[tokio::test]
async fn cookie_names_start_with_the_configured_prefix() {
    let app = TestApp::configured(|builder| builder.cookie_prefix("my_app").base_path("/account/auth")).await;
    let mut browser = app.browser();
    let begun = browser.get("/account/auth/signIn/bitbucket").await;
    assert!(begun.set_cookies()[0].starts_with("my_app.flow."));
    assert!(parameter(begun.location(), "redirect_uri").unwrap().ends_with("/account/auth/callback/bitbucket"));
}
