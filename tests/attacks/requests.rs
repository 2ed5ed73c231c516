//! Requests that no browser sends

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::test_app::TestApp;

/// Sends these bytes and returns everything that the server answers until it closes the connection. The server must
/// close the connection after a request with `Connection: close`, or after one that it can't parse.
pub(crate) async fn say(app: &TestApp, bytes: &[u8]) -> String {
    let address = app.origin.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    // If the server closes the connection while the request is still being sent, reading ends with an error.
    let read = timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "the server keeps the connection: {}", String::from_utf8_lossy(&answer));
    String::from_utf8_lossy(&answer).into_owned()
}

/// Attack: request smuggling: a request whose end two servers see in two places
/// Standards: RFC 9112 6.1, 6.3, 11.2; ASVS 4.2.1, 4.2.2
#[tokio::test]
async fn a_request_with_ambiguous_framing_is_not_read_as_two() {
    let app = TestApp::new().await;
    let host = app.origin.strip_prefix("http://").unwrap();
    let hidden = format!("GET /auth/csrfToken HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let length = hidden.len();
    for head in [
        "Content-Length: 3\r\nContent-Length: 4\r\n".to_owned(),
        format!("Content-Length: 0\r\nContent-Length: {length}\r\n"),
        "Content-Length: +3\r\n".to_owned(),
        "Content-Length: 0x3\r\n".to_owned(),
        "Content-Length: 3, 4\r\n".to_owned(),
        "Content-Length: -1\r\n".to_owned(),
        "Content-Length: 99999999999999999999\r\n".to_owned(),
        "Transfer-Encoding: xchunked\r\n".to_owned(),
        "Transfer-Encoding: chunked, identity\r\n".to_owned(),
        "Transfer-Encoding : chunked\r\n".to_owned(),
        "Transfer-Encoding: chunked\r\n folded\r\n".to_owned(),
        " Transfer-Encoding: chunked\r\n".to_owned(),
        "X: y\r\n\0Transfer-Encoding: chunked\r\n".to_owned(),
    ] {
        let request = format!("POST /auth/signOut HTTP/1.1\r\nHost: {host}\r\n{head}\r\n{hidden}");
        let answer = say(&app, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{head:?}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{head:?}: what was hidden was answered: {answer}");
    }
    // If both framings are present, RFC 9112 allows a server to use the chunks if it then closes the connection.
    let both = format!(
        "POST /auth/signOut HTTP/1.1\r\nHost: {host}\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n\
         0\r\n\r\n{hidden}"
    );
    let answer = say(&app, both.as_bytes()).await;
    assert!(!answer.contains("csrfToken"), "{answer}");
}

/// Attack: two hosts, no host, or a host inside the target that is another than the header's
/// Standards: RFC 9112 3.2; ASVS 4.2.1
#[tokio::test]
async fn a_request_without_exactly_one_host_is_rejected() {
    let app = TestApp::new().await;
    let host = app.origin.strip_prefix("http://").unwrap();
    for request in [
        format!(
            "GET /auth/signIn/bitbucket HTTP/1.1\r\nHost: {host}\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
        ),
        format!(
            "GET /auth/signIn/bitbucket HTTP/1.1\r\nHost: evil.example\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        ),
        "GET /auth/signIn/bitbucket HTTP/1.1\r\nConnection: close\r\n\r\n".to_owned(),
        "GET /auth/signIn/bitbucket HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n".to_owned(),
        format!("GET http://evil.example/auth/signIn/bitbucket HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"),
        format!("GET /auth/signIn/bitbucket HTTP/1.1\r\nHost: {host}@evil.example\r\nConnection: close\r\n\r\n"),
        format!("GET /auth/signIn/bitbucket HTTP/1.1\r\nHost: {host}, evil.example\r\nConnection: close\r\n\r\n"),
    ] {
        let answer = say(&app, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 4"), "{request}: {answer}");
        assert!(!answer.contains("evil"), "{request}: {answer}");
    }
}

/// Attack: headers and cookies larger than a server should read
/// Standards: RFC 6585 5; ASVS 4.1.3
#[tokio::test]
async fn oversized_headers_are_rejected_and_the_next_request_is_answered() {
    let app = TestApp::new().await;
    let host = app.origin.strip_prefix("http://").unwrap();
    let many: String = (0..2000).map(|n| format!("X-{n}: y\r\n")).collect();
    for head in [format!("Cookie: {}\r\n", "a=b; ".repeat(200_000)), format!("X: {}\r\n", "y".repeat(1 << 20)), many] {
        let request = format!("GET /auth/session HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{head}\r\n");
        let answer = say(&app, request.as_bytes()).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
    assert!(app.signed_in().await.session().await.is_some());
}
