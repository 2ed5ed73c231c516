//! Information that must not be disclosed

use axum::routing::post;
use axum::{Json, Router};
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::log::Log;
use super::test_app::{HTML, JSON, TestApp, listen, parameter};

const MARKS: [&str; 5] =
    ["<script>alert(1)</script>", "\"><img src=x>", "'-alert(1)-'", "{{7*7}}", "%0d%0aSet-Cookie:x=1"];

/// Attack: error pages and answers that say back what was sent
/// Standards: ASVS 1.2.1, 16.5.1
#[tokio::test]
async fn no_response_repeats_input_of_the_request() {
    let app = TestApp::new().await;
    for mark in MARKS {
        let mut url = reqwest::Url::parse(&app.origin).unwrap();
        for path in ["/auth/signIn", "/auth/callback", "/auth/providers", "/auth", "/auth/session"] {
            url.set_path(&format!("{path}/{mark}"));
            url.query_pairs_mut().clear().extend_pairs(
                ["state", "code", "error", "error_description", "redirectTo", "iss", "redirect"]
                    .map(|name| (name, mark)),
            );
            for accept in [HTML, JSON] {
                let mut browser = app.browser();
                let headers = [accept, ("referer", mark), ("x-csrf-token", mark), ("user-agent", mark)];
                let answer = browser.send(Method::GET, url.as_str(), &headers, "").await;
                assert!(answer.status.as_u16() < 500, "{}: {answer:?}", url.path());
                let said = format!("{:?}{}", answer.headers, answer.body);
                for part in [mark, "alert(1)", "img src", "7*7"] {
                    assert!(!said.contains(part), "{}: {said}", url.path());
                }
            }
        }
    }
}

/// Attack: a new header or a second response by line ends in what becomes a header
/// Standards: RFC 9110 5.5; ASVS 1.2.2, 4.2.4
#[tokio::test]
async fn no_line_break_is_copied_into_a_header() {
    let app = TestApp::new().await;
    for wanted in ["/x%0d%0aSet-Cookie:%20a=b", "/x%0aLocation:%20https://evil.example", "/%E5%98%8A%E5%98%8Dx:y"] {
        let mut browser = app.browser();
        let end = browser.sign_in(&format!("/auth/signIn/bitbucket?redirectTo={wanted}")).await;
        assert!(end.headers.get("x").is_none() && end.headers.get_all("location").iter().count() == 1);
        assert!(end.set_cookies().iter().all(|line| line.starts_with("aura-auth.")), "{:?}", end.set_cookies());
        assert!(end.location().starts_with('/') && end.location().is_ascii(), "{}", end.location());
    }
}

/// Attack: whether somebody is signed in, or to what, read from an error
/// Standards: ASVS 16.5.1
#[tokio::test]
async fn all_unreadable_sessions_get_the_same_error() {
    let app = TestApp::new().await;
    let mut told = Vec::new();
    for token in ["x", "a.b.c", "a..b.c.d", &"x".repeat(3000)] {
        let mut forger = app.browser();
        forger.headers = vec![("cookie".to_owned(), format!("aura-auth.session_token={token}"))];
        let mut answer = forger.get_json("/auth/session").await.json();
        assert!(answer["error"].is_object());
        if let Some(error) = answer["error"].as_object_mut() {
            error.remove("reference");
        }
        told.push(answer);
    }
    assert!(told.windows(2).all(|pair| pair[0] == pair[1]), "{told:?}");
}

/// Attack: log injection: lines that a request or a provider writes into the log, and a log that they fill
/// Standards: ASVS 16.4.1
#[tokio::test]
async fn requests_and_providers_cannot_forge_log_lines() {
    const FORGED: &str = "\nFORGED WARN aura_auth::event: event=\"sign_in.succeeded\" sub=\"mallory\"\r\n\u{1b}[2J";
    let (log, _guard) = Log::of_this_thread();
    let (listener, provider_origin) = listen().await;
    let refusal = json!({ "error": FORGED.repeat(1000), "error_description": FORGED, "error_uri": FORGED });
    let refuse = move || std::future::ready((StatusCode::BAD_REQUEST, Json(refusal)));
    tokio::spawn(axum::serve(listener, Router::new().route("/token", post(refuse))).into_future());
    let app = TestApp::configured_with(|builder, provider| {
        builder.oauth([provider.id("lying").token_url(&format!("{provider_origin}/token"))])
    })
    .await;

    let mut browser = app.browser();
    assert!(browser.sign_in("/auth/signIn/lying").await.status.is_redirection());
    let mut url = reqwest::Url::parse(&app.origin).unwrap();
    for path in ["signIn", "callback", "providers", ""] {
        url.set_path(&format!("/auth/{path}/{FORGED}"));
        url.query_pairs_mut().clear().extend_pairs(
            ["state", "code", "error", "error_description", "redirectTo", "iss"].map(|name| (name, FORGED)),
        );
        browser.get(url.as_str()).await;
        browser.post_form(url.as_str(), &[("csrf_token", FORGED), ("name", FORGED)]).await;
    }
    let begun = browser.get("/auth/signIn/bitbucket").await;
    let state = parameter(begun.location(), "state").unwrap();
    url.set_path("/auth/callback/bitbucket");
    url.query_pairs_mut().clear().extend_pairs([("error", FORGED), ("error_description", FORGED), ("state", &state)]);
    browser.get(url.as_str()).await;

    let ours = log.ours();
    assert!(
        ours.contains("the token endpoint rejected the request")
            && ours.contains("the provider ended the authorization")
    );
    for line in log.lines() {
        assert!(!line.starts_with("FORGED") && !line.contains('\u{1b}'), "{line}");
    }
    assert!(ours.lines().all(|line| line.len() < 1000), "{ours}");
}
