//! Forwarding headers that a client has written

use aura_auth::{LimitedAction, RateLimit, RateLimits};
use reqwest::{Method, StatusCode};

use super::requests::say;
use super::test_app::{JSON, TestApp, parameter};

/// Starts an app behind one trusted proxy, which may have any address. The app trusts two origins and allows one
/// sign-in a minute for each address.
async fn behind_a_proxy() -> TestApp {
    let limits = RateLimits::none().limit(LimitedAction::SignIn, RateLimit::per_minutes(1, 1));
    TestApp::configured(|builder| {
        let origins = ["https://app.example", "https://other.example"];
        builder.rate_limits(limits).trusted_proxy_headers(true).trusted_origins(origins)
    })
    .await
}

/// Attack: a quoted pair in the client's own `Forwarded` hides the proxy's element
/// Standards: RFC 7239 4, 8.1; RFC 9110 5.6.4; ASVS 2.4.1, 4.1.3
#[tokio::test]
async fn a_quoted_pair_does_not_hide_the_entry_that_the_proxy_appends() {
    let app = behind_a_proxy().await;
    let mut browser = app.browser();
    for (index, client) in [
        r#"for=6.6.6.0;proto=https;host=other.example;x="a\"""#,
        r#"for=6.6.6.1;proto=https;host=other.example;x="\\\"""#,
        r#"for=6.6.6.2;proto=https;host=other.example;x="\"\"\"""#,
        r#"for=6.6.6.3;proto=https;host=other.example;x="a,b;for=6.6.6.6\"""#,
    ]
    .into_iter()
    .enumerate()
    {
        let header = format!("{client}, for=203.0.113.9;proto=https;host=app.example");
        let headers = [JSON, ("forwarded", &*header)];
        let answer = browser.send(Method::GET, "/auth/signIn/bitbucket", &headers, "").await;
        // All requests come from the same address, so the second one exceeds the limit.
        if index == 0 {
            let redirect_uri = parameter(answer.location(), "redirect_uri").unwrap();
            assert_eq!(redirect_uri, "https://app.example/auth/callback/bitbucket", "{client}");
        } else {
            assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{client}");
        }
    }
}

/// Attack: a forwarding header that cannot be parsed, so that a parser which skips it takes what the client wrote
/// Standards: RFC 7239 4, 8.1; ASVS 2.2.1, 4.1.3
#[tokio::test]
async fn a_forwarding_header_that_does_not_parse_is_refused() {
    let with_base_url = TestApp::configured(|builder| {
        builder.base_url("https://app.example").trusted_proxy_headers(true).trusted_origins(["https://app.example"])
    });
    for app in [behind_a_proxy().await, with_base_url.await] {
        for lines in [
            &["Forwarded: for=6.6.6.6;x=\"a, for=203.0.113.9"][..],
            &["Forwarded: for=6.6.6.6;x=\"a", "Forwarded: y=\"b\";for=203.0.113.9"],
            &["Forwarded: for=6.6.6.6;for=203.0.113.9"],
            &["Forwarded: for=6.6.6.6:80"],
            &["Forwarded: for=\"6.6.6.6:80:81\""],
            &["Forwarded: for=\u{e9}", "Forwarded: for=203.0.113.9"],
            &["X-Forwarded-For: 6.6.6.6, \u{e9}"],
            &["X-Forwarded-For: evil, 203.0.113.9"],
            &["X-Forwarded-For: 203.0.113.9, evil"],
            &["X-Forwarded-Host: other.example\u{e9}", "X-Forwarded-Host: app.example"],
            &["X-Forwarded-Host: app.example@evil.example"],
            &["X-Forwarded-Proto: https:"],
        ] {
            let request = format!(
                "GET /auth/signIn/bitbucket HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\nX-Forwarded-Proto: https\r\n{}\r\n\r\n",
                lines.join("\r\n")
            );
            let answer = say(&app, request.as_bytes()).await;
            assert!(answer.starts_with("HTTP/1.1 400"), "{lines:?}: {answer}");
            assert!(answer.contains("MALFORMED_FORWARDED_HEADER") && !answer.contains("evil"), "{lines:?}: {answer}");
        }
        let many = format!("X-Forwarded-For: {}", "6.6.6.6,".repeat(1000));
        let request = format!(
            "GET /auth/session HTTP/1.1\r\nHost: app.example\r\nConnection: close\r\n{many}203.0.113.9\r\n\r\n"
        );
        assert!(say(&app, request.as_bytes()).await.starts_with("HTTP/1.1 400"));
    }
}
