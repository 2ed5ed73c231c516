//! Requests that a browser sends although the person has not clicked on "sign in".

use aura_auth::testing::StandInEndpoint;
use reqwest::Method;

use super::test_app::{HTML, TestApp};

const SIGN_IN: &str = "/auth/signIn/bitbucket?redirectTo=/private";

/// Attack: a page that begins sign-ins without a click: by prefetching them, or as images, scripts and styles
/// Standards: RFC 6265 6.1; ASVS 3.5.8
#[tokio::test]
async fn only_a_page_navigation_starts_a_flow_and_a_prefetch_does_not() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    for header in [
        ("sec-purpose", "prefetch"),
        ("sec-purpose", "prefetch;prerender"),
        ("sec-purpose", "prefetch;anonymous-client-ip"),
        ("purpose", "prefetch"),
        ("purpose", "Prerender"),
        ("x-moz", "prefetch"),
        ("x-purpose", "preview"),
        ("sec-fetch-dest", "image"),
        ("sec-fetch-dest", "script"),
        ("sec-fetch-dest", "style"),
        ("sec-fetch-dest", "worker"),
        ("sec-fetch-dest", ""),
        ("sec-fetch-dest", "something new"),
    ] {
        let answer = browser.send(Method::GET, SIGN_IN, &[HTML, header], "").await;
        // A browser discards a prefetched response with this status, so a click sends a new request.
        assert_eq!(answer.error_code(), "UNPROCESSABLE_ENTITY", "{header:?}");
        assert!(answer.set_cookies().is_empty() && !answer.headers.contains_key("location"), "{header:?}");
        assert_eq!(answer.headers["cache-control"], "no-store", "{header:?}");
    }
    for headers in [
        &[HTML, ("sec-fetch-dest", "document")][..],
        &[HTML, ("sec-fetch-dest", "empty")],
        &[HTML],
        &[HTML, ("sec-purpose", "something else")],
    ] {
        assert!(!browser.send(Method::GET, SIGN_IN, headers, "").await.set_cookies().is_empty(), "{headers:?}");
    }
    // This request only returns the URL and starts no flow, so a prefetch may send it.
    let url = format!("{SIGN_IN}&redirect=false");
    let answer = browser.send(Method::GET, &url, &[("sec-purpose", "prefetch")], "").await;
    assert!(answer.json()["signInURL"].is_string(), "{answer:?}");
}

/// Attack: an image whose address is the callback of a stale flow
/// Standards: RFC 6265 6.1; ASVS 3.5.8
#[tokio::test]
async fn a_stale_flow_does_not_restart_for_an_image_or_a_prefetch() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let callback = browser.callback_url(SIGN_IN).await;
    browser.cookies.clear();
    for header in [("sec-fetch-dest", "image"), ("sec-purpose", "prefetch")] {
        let answer = browser.send(Method::GET, &callback, &[HTML, header], "").await;
        assert_eq!(answer.shown_error(), "COOKIE_NOT_FOUND", "{header:?}");
        assert!(answer.set_cookies().is_empty(), "{header:?}");
    }
    assert!(browser.get(&callback).await.location().contains("/site/oauth2/authorize"));
    assert_eq!(app.bitbucket.requests(StandInEndpoint::Token), 0);
}
