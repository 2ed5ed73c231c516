//! What a proxy says, and what somebody says who pretends to be one.

use reqwest::StatusCode;

use super::world::{World, parameter};

async fn behind(hops: usize) -> World {
    World::configured(|builder| {
        builder
            .trusted_proxy_headers(true)
            .trusted_proxy_hops(hops)
            .trusted_origins_by(|origin| matches!(origin, "https://app.example" | "https://www.example"))
    })
    .await
}

#[tokio::test]
async fn the_outermost_trusted_hop_s_word_counts() {
    for (hops, headers, redirect_uri) in [
        (
            1,
            vec![("x-forwarded-proto", "http, https"), ("x-forwarded-host", "www.example, app.example")],
            "app.example",
        ),
        (
            2,
            vec![("x-forwarded-proto", "https, http"), ("x-forwarded-host", "www.example, app.example")],
            "www.example",
        ),
        (2, vec![("x-forwarded-proto", "https"), ("x-forwarded-host", "app.example")], "app.example"),
        (1, vec![("forwarded", "proto=https;host=app.example")], "app.example"),
        (1, vec![("forwarded", "proto=http;host=evil.example, proto=https;host=\"app.example\"")], "app.example"),
        (1, vec![("forwarded", "proto=https;host=app.example"), ("x-forwarded-host", "app.example")], "app.example"),
    ] {
        let mut browser = behind(hops).await.browser();
        browser.headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let begun = browser.get("/auth/signIn/bitbucket").await;
        assert_eq!(begun.status, StatusCode::FOUND, "{headers:?} {}", begun.body);
        let found = parameter(begun.location(), "redirect_uri").unwrap();
        assert_eq!(found, format!("https://{redirect_uri}/auth/callback/bitbucket"), "{headers:?}");
    }
}

/// Attack: the client's own `Forwarded` or `X-Forwarded-*` through a trusted proxy
/// Standards: RFC 7239 8.1; RFC 9700 4.13; ASVS 4.1.3
#[tokio::test]
async fn what_is_not_trusted_or_contradicts_itself_is_refused() {
    for headers in [
        vec![("x-forwarded-proto", "https"), ("x-forwarded-host", "evil.example")],
        vec![("x-forwarded-proto", "javascript"), ("x-forwarded-host", "app.example")],
        vec![("x-forwarded-proto", "https"), ("x-forwarded-host", "app.example@evil.example")],
        vec![("x-forwarded-proto", "https"), ("x-forwarded-host", "app.example/evil")],
        // A proxy that writes X-Forwarded-* hands on the client's own Forwarded.
        vec![
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "app.example"),
            ("forwarded", "proto=https;host=www.example"),
        ],
        vec![("x-forwarded-proto", "https"), ("x-forwarded-host", "app.example"), ("forwarded", "proto=http")],
    ] {
        let mut browser = behind(1).await.browser();
        browser.headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let answer = browser.get_json("/auth/signIn/bitbucket").await;
        assert_eq!(answer.error_code(), "INVALID_TRUSTED_ORIGIN", "{headers:?}");
        assert!(!format!("{answer:?}").contains("evil"), "{answer:?}");
    }
}
