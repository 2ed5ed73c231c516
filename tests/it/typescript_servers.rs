//! This library beside servers of the TypeScript release, with the same secret, behind one https proxy.

use aura_auth::AuthBuilder;
use reqwest::{Method, StatusCode};

use super::test_app::{Browser, JSON, StoredCookie, TestApp, parameter};
use super::typescript;

const CSRF: &str = "__Host-aura-auth.csrf_token";
const SAME_ORIGIN: (&str, &str) = ("sec-fetch-site", "same-origin");

/// Returns a browser that has signed in here. Then a TypeScript server has replaced its CSRF token.
async fn with_their_csrf_token(change: impl FnOnce(AuthBuilder) -> AuthBuilder) -> (TestApp, Browser, String) {
    let (app, browser) = TestApp::behind_https_with(change).await;
    let mut browser = app.signed_in_over_https(browser).await;
    let token = typescript::csrf_token(1_767_225_600);
    put(&mut browser, CSRF, &token, "/");
    (app, browser, token)
}

fn put(browser: &mut Browser, name: &str, value: &str, path: &str) {
    browser.cookies.retain(|cookie| cookie.name != name || cookie.path != path);
    browser.cookies.push(StoredCookie { name: name.to_owned(), value: value.to_owned(), path: path.to_owned() });
}

#[tokio::test]
async fn a_typescript_csrf_token_is_accepted_with_a_same_origin_header() {
    let (_app, browser, token) = with_their_csrf_token(AuthBuilder::typescript_sessions).await;
    let change = async |headers: &[(&str, &str)]| {
        let headers = [&[JSON], headers].concat();
        browser.clone().send(Method::PATCH, "/auth/session", &headers, r#"{"user":{"name":"Countess"}}"#).await
    };
    let their = ("x-csrf-token", &*token);
    for page in [SAME_ORIGIN, ("origin", "https://app.example")] {
        assert_eq!(change(&[their, page]).await.status, StatusCode::OK, "{page:?}");
    }
    // Any page that can plant a cookie can get such a token, so the token alone is not a proof.
    let other = typescript::csrf_token(1_767_225_601);
    for (headers, code) in [
        (vec![their], "INVALID_CSRF_TOKEN"),
        (vec![their, ("sec-fetch-site", "same-site")], "CSRF_ORIGIN_REJECTED"),
        (vec![their, ("sec-fetch-site", "cross-site")], "CSRF_ORIGIN_REJECTED"),
        (vec![("x-csrf-token", &*other), SAME_ORIGIN], "CSRF_TOKEN_MISMATCH"),
        (vec![("x-csrf-token", "x"), SAME_ORIGIN], "INVALID_CSRF_TOKEN"),
        (vec![SAME_ORIGIN], "CSRF_DOUBLE_SUBMIT_FAILED"),
    ] {
        assert_eq!(change(&headers).await.error_code(), code, "{headers:?}");
    }
    let fields = [("csrf_token", &*token), ("name", "Countess")];
    let form = browser.clone().post_form("/auth/session", &fields).await;
    assert_eq!(parameter(form.location(), "error").as_deref(), Some("INVALID_CSRF_TOKEN"));
    assert!(browser.clone().session().await.is_some());
}

/// Attack: a CSRF token that is bound to no session, from a TypeScript server, where none is named
/// Standards: ASVS 3.5.1
#[tokio::test]
async fn a_typescript_csrf_token_is_rejected_if_typescript_servers_are_not_configured() {
    let (_app, mut browser, token) = with_their_csrf_token(|builder| builder).await;
    let headers = [JSON, ("x-csrf-token", &*token), SAME_ORIGIN];
    let answer = browser.send(Method::POST, "/auth/signOut", &headers, "").await;
    assert_eq!(answer.error_code(), "INVALID_CSRF_TOKEN");
    // The browser gets a CSRF token of this library, which both kinds of server accept.
    assert_ne!(browser.csrf_token().await, token);
}

/// Attack: a CSRF token of ours from before the sign-in, beside TypeScript servers, whose tokens are bound to nothing
/// Standards: ASVS 3.5.1, 7.2.4
#[tokio::test]
async fn a_csrf_token_from_before_the_sign_in_is_rejected() {
    let (app, mut browser) = TestApp::behind_https_with(AuthBuilder::typescript_sessions).await;
    let before = browser.csrf_token().await;
    let mut browser = app.signed_in_over_https(browser).await;
    put(&mut browser, CSRF, &before, "/");
    let headers = [JSON, ("x-csrf-token", &*before), SAME_ORIGIN];
    let answer = browser.send(Method::POST, "/auth/signOut", &headers, "").await;
    assert_eq!(answer.error_code(), "INVALID_CSRF_TOKEN");
}

/// Sets the cookies with provider tokens of TypeScript servers and of this library's first release.
fn put_tokens(browser: &mut Browser) {
    for provider in ["bitbucket", "other"] {
        put(browser, &format!("__Secure-aura-auth.access_token.{provider}"), "theirs", "/");
        put(browser, &format!("__Secure-aura-auth.access_token.{provider}"), "older", "/auth/providers");
    }
}

fn tokens(browser: &Browser) -> Vec<String> {
    let kept = browser.kept().into_iter().filter(|cookie| cookie.name.contains("_token"));
    let kept = kept.map(|cookie| format!("{}{}", cookie.path, cookie.name));
    kept.filter(|cookie| !cookie.contains("session") && !cookie.contains("csrf")).collect()
}

#[tokio::test]
async fn provider_token_cookies_do_not_hide_those_of_typescript_servers() {
    let (app, mut browser) = TestApp::behind_https_with(AuthBuilder::typescript_sessions).await;
    put_tokens(&mut browser);
    put(&mut browser, "__Secure-aura-auth.provider_tokens.other", "of_another_session", "/auth/providers");
    put(&mut browser, "__Secure-aura-auth.provider_tokens.bitbucket.3", "of_another_session", "/auth/providers");
    let mut browser = app.signed_in_over_https(browser).await;
    let own = [0, 1].map(|part| format!("/auth/providers__Secure-aura-auth.provider_tokens.bitbucket.{part}"));
    assert_eq!(tokens(&browser), own, "a sign-in clears the other token cookies of all providers");
    put_tokens(&mut browser);
    let path = "/auth/providers/bitbucket/tokens";
    let answer = browser.send_with_csrf(Method::GET, path, "").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(browser.send_with_csrf(Method::DELETE, "/auth/providers/bitbucket", "").await.status, StatusCode::OK);
    assert!(tokens(&browser).iter().all(|cookie| !cookie.contains("bitbucket")), "{:?}", tokens(&browser));
    put_tokens(&mut browser);
    let answer = browser.send_with_csrf(Method::POST, "/auth/signOut?token_type_hint=session_token", "").await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(tokens(&browser), Vec::<String>::new());
}
