//! Work that an unknown client makes the server do

use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::test_app::{HTML, JSON, TestApp};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// Every endpoint that reads a body.
const WITH_BODY: [(Method, &str); 9] = [
    (Method::PATCH, "/auth/session"),
    (Method::POST, "/auth/session"),
    (Method::POST, "/auth/signOut"),
    (Method::DELETE, "/auth/sessions/x"),
    (Method::POST, "/auth/sessions/x/revoke"),
    (Method::POST, "/auth/sessions/revoke-others"),
    (Method::POST, "/auth/providers/bitbucket/user/refresh"),
    (Method::POST, "/auth/providers/bitbucket/tokens/revoke"),
    (Method::POST, "/auth/providers/bitbucket/disconnect"),
];

fn fields(count: usize) -> String {
    (0..count).map(|number| format!("f{number}=1&")).collect()
}

/// Attack: a form with thousands of fields, each of which the server looks for among all others
/// Standards: RFC 9110 15.5.14; ASVS 4.1.3, 13.1.3
#[tokio::test]
async fn a_form_has_at_most_16_kilobytes_and_a_hundred_fields() {
    let app = TestApp::new().await;
    for signed_in in [false, true] {
        let mut browser = if signed_in { app.signed_in().await } else { app.browser() };
        for (method, path) in WITH_BODY {
            let large = browser.send(method.clone(), path, &[JSON, FORM], &fields(20_000)).await;
            // `PATCH` checks the session and the CSRF token before it reads the body.
            let late = if signed_in { "CSRF_DOUBLE_SUBMIT_FAILED" } else { "SESSION_NOT_FOUND" };
            let expected = if method == Method::PATCH { late } else { "CONTENT_TOO_LARGE" };
            assert_eq!(large.error_code(), expected, "{method} {path}");
            if method != Method::PATCH {
                let many = browser.send(method, path, &[JSON, FORM], &fields(101)).await;
                assert_eq!(many.error_code(), "UNPROCESSABLE_ENTITY", "{path}");
            }
        }
    }
    let hundred = app.browser().send(Method::POST, "/auth/session", &[JSON, FORM], &fields(100)).await;
    assert_eq!(hundred.error_code(), "SESSION_NOT_FOUND");
    let mut browser = app.signed_in().await;
    let [before, after] = [r#"{"user":{"name":""#, r#""}}"#];
    for (length, code) in [(16 * 1024, "UPDATE_SESSION_INVALID"), (16 * 1024 + 1, "CONTENT_TOO_LARGE")] {
        let json = format!("{before}{}{after}", "x".repeat(length - before.len() - after.len()));
        let answer = browser.send_with_csrf(Method::PATCH, "/auth/session", &json).await;
        assert_eq!(answer.error_code(), code, "{length} bytes");
    }
}

/// Attack: a query with thousands of parameters
/// Standards: ASVS 4.1.3, 13.1.3
#[tokio::test]
async fn a_query_has_at_most_a_hundred_parameters() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    let query = fields(101);
    assert_eq!(browser.get_json(&format!("/auth/signIn/bitbucket?{query}")).await.error_code(), "UNPROCESSABLE_ENTITY");
    let update = browser.send_with_csrf(Method::PATCH, &format!("/auth/session?{query}"), "{}").await;
    assert_eq!(update.error_code(), "UNPROCESSABLE_ENTITY");
    // Together with `code` and `state`, these are 101 parameters, and then 100.
    let callback = browser.callback_url("/auth/signIn/bitbucket").await;
    let many = browser.get_json(&format!("{callback}&{}", fields(99))).await;
    assert_eq!(many.error_code(), "AUTH_CALLBACK_MISSING_PARAMETERS");
    assert_eq!(browser.get(&format!("{callback}&{}", fields(98))).await.location(), "/");
    let sign_out = browser.send_with_csrf(Method::POST, &format!("/auth/signOut?{query}"), "").await;
    assert_eq!(sign_out.error_code(), "UNPROCESSABLE_ENTITY");
}

/// Attack: a sign-out with thousands of cookies is answered with as many that clear them
/// Standards: RFC 6265 6.1; ASVS 13.1.3
#[tokio::test]
async fn a_response_clears_at_most_ten_flow_cookies() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let flows: String = (0..1_000).map(|flow| format!("aura-auth.flow.{flow:022}=x; ")).collect();
    browser.headers.push(("cookie".to_owned(), flows[..flows.len().min(28 * 1024)].to_owned()));
    for (method, path, body) in
        [(Method::POST, "/auth/signOut", "csrf_token=x"), (Method::GET, "/auth/signIn/bitbucket", "")]
    {
        let answer = browser.send(method, path, &[HTML, FORM], body).await;
        let size: usize = answer.set_cookies().iter().map(String::len).sum();
        assert!(size < 8 * 1024, "{path}: {size} bytes of Set-Cookie");
        // A browser has at most five flows at a time. The response clears these, and at most five that have ended.
        let flows = answer.set_cookies().iter().filter(|line| line.contains(".flow.000")).count();
        assert_eq!(flows, 10, "{path}");
    }
}

/// Attack: a request line whose target is no path makes the renderer panic
/// Standards: RFC 9112 3.2; ASVS 4.1.3, 16.5.2
#[tokio::test]
async fn a_request_target_that_is_not_a_path_is_rejected() {
    let app = TestApp::new().await;
    let host = app.origin.strip_prefix("http://").unwrap();
    // `fields` ends with a separator, so there is one more parameter, which has no name.
    for (line, status) in [
        ("GET a HTTP/1.1".to_owned(), "400"),
        ("POST a:80 HTTP/1.1".to_owned(), "400"),
        ("GET * HTTP/1.1".to_owned(), "400"),
        (format!("GET http://{host}/ HTTP/1.1"), "200"),
        (format!("GET http://{host} HTTP/1.1"), "200"),
        (format!("GET /?{} HTTP/1.1", fields(999)), "200"),
        (format!("GET /?{} HTTP/1.1", fields(1_000)), "400"),
    ] {
        let mut stream = TcpStream::connect(host).await.unwrap();
        let request =
            format!("{line}\r\nhost: {}\r\nconnection: close\r\n\r\n", if line.contains(" a") { "a" } else { host });
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer.split(' ').nth(1), Some(status), "{line}: {answer}");
    }
}
