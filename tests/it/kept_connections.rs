//! Connections to a provider that are kept between calls, and what happens if one has been closed meanwhile.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aura_auth::AuthBuilder;
use reqwest::ClientBuilder;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::test_app::{TestApp, listen};

const LATE: Duration = Duration::from_millis(400);
const SIGN_IN: &str = "/auth/signIn/own";

/// The requests that a provider has received, and the number of connections.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<(Vec<String>, usize)>>);

impl Seen {
    /// Returns the requests, as method and path.
    fn requests(&self) -> Vec<String> {
        self.0.lock().unwrap().0.clone()
    }

    fn connections(&self) -> usize {
        self.0.lock().unwrap().1
    }
}

/// When the provider's server closes a connection.
#[derive(Clone, Copy)]
enum Ends {
    /// It keeps every connection.
    Never,
    /// With a reset, when a connection sends its second request.
    AtSecondRequest,
    /// With a reset, when a connection sends any request with this method.
    At(&'static str),
    /// Like `At`, but only after [`LATE`].
    LateAt(&'static str),
}

/// Starts a provider that writes HTTP itself, so that it can decide when each connection is closed.
fn serve(listener: TcpListener, ends: Ends) -> Seen {
    let seen = Seen::default();
    let log = seen.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            log.0.lock().unwrap().1 += 1;
            tokio::spawn(connection(stream, ends, log.clone()));
        }
    });
    seen
}

async fn connection(mut stream: TcpStream, ends: Ends, seen: Seen) {
    for number in 1.. {
        let Some(line) = request(&mut stream).await else { return };
        let method = line.split(' ').next().unwrap().to_owned();
        seen.0.lock().unwrap().0.push(line.clone());
        let resets = match ends {
            Ends::Never => false,
            Ends::AtSecondRequest => number == 2,
            Ends::At(ended) => method == ended,
            Ends::LateAt(ended) => {
                if method == ended {
                    tokio::time::sleep(LATE).await;
                }
                method == ended
            }
        };
        if resets {
            return stream.set_zero_linger().unwrap();
        }
        let body = match line.as_str() {
            "POST /token" => r#"{"access_token":"abc"}"#,
            "GET /user" => r#"{"uuid":"{x}"}"#,
            _ => "[]",
        };
        let length = body.len();
        let answer =
            format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}");
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
}

/// Reads a request with its body. Returns `None` at the end of the connection.
async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if bytes.len() >= end + 4 + length.unwrap_or(0) {
                return Some(head.split(' ').take(2).collect::<Vec<_>>().join(" "));
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

/// Starts an app that uses this server as its provider.
async fn app(ends: Ends) -> (TestApp, Seen) {
    app_with(ends, |builder| builder).await
}

async fn app_with(ends: Ends, change: impl FnOnce(AuthBuilder) -> AuthBuilder) -> (TestApp, Seen) {
    let (listener, origin) = listen().await;
    let app = TestApp::configured_with(|builder, provider| {
        let provider = provider.id("own").token_url(&format!("{origin}/token"));
        let provider = provider.user_info_url(&format!("{origin}/user")).emails_url(&format!("{origin}/emails"));
        change(builder.oauth([provider]))
    })
    .await;
    let seen = serve(listener, ends);
    (app, seen)
}

#[tokio::test]
async fn a_get_request_is_retried_once_if_its_kept_connection_was_reset() {
    let (app, seen) = app(Ends::AtSecondRequest).await;
    assert_eq!(app.browser().sign_in(SIGN_IN).await.location(), "/");
    // The token request opens a connection. Each later request uses a kept connection, which the server resets.
    assert_eq!(seen.requests(), ["POST /token", "GET /user", "GET /user", "GET /emails", "GET /emails"]);
    assert_eq!(seen.connections(), 3);
}

#[tokio::test]
async fn a_get_request_is_sent_at_most_twice() {
    let (app, seen) = app(Ends::At("GET")).await;
    assert_eq!(app.browser().sign_in(SIGN_IN).await.shown_error(), "NETWORK_REQUEST_FAILED");
    assert_eq!(seen.requests(), ["POST /token", "GET /user", "GET /user"]);
}

/// A code can be used only once, and the reuse of a refresh token counts as theft (RFC 9700, 4.14.2).
#[tokio::test]
async fn a_token_request_is_never_retried_after_a_connection_reset() {
    let (app, seen) = app(Ends::AtSecondRequest).await;
    assert_eq!(app.browser().sign_in(SIGN_IN).await.location(), "/");
    let before = seen.requests().len();
    assert_eq!(app.browser().sign_in(SIGN_IN).await.shown_error(), "NETWORK_REQUEST_FAILED");
    assert_eq!(seen.requests()[before..], ["POST /token"]);
}

#[tokio::test]
async fn a_retried_get_has_only_the_remaining_time() {
    let (app, _) = app_with(Ends::LateAt("GET"), |builder| builder.provider_timeout(LATE * 3 / 2)).await;
    // Each attempt ends after 400 ms. The limit of 600 ms is for both attempts together, so the second one times out.
    assert_eq!(app.browser().sign_in(SIGN_IN).await.shown_error(), "NETWORK_TIMEOUT");
}

/// The test does not check how long a connection is kept, because it would have to wait for that time.
#[tokio::test]
async fn a_connection_is_kept_open_unless_the_app_disables_it() {
    for (change, is_kept) in [
        (None, true),
        (Some((|client| client.user_agent("the app's own client")) as fn(ClientBuilder) -> ClientBuilder), true),
        (Some(|client| client.pool_idle_timeout(Duration::ZERO)), false),
    ] {
        let (app, seen) = app_with(Ends::Never, |builder| match change {
            Some(change) => builder.http_client(change),
            None => builder,
        })
        .await;
        for _ in 0..2 {
            assert_eq!(app.browser().sign_in(SIGN_IN).await.location(), "/");
        }
        assert_eq!(seen.connections() == 1, is_kept);
    }
}
