//! Where a browser may be sent: values of `redirectTo` from people, programs and attackers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::test_app::{TestApp, parameter};

/// Values that try to leave the app. All of them must be rejected.
const ATTACKS: [&str; 77] = [
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "\t//evil.example",
    " //evil.example",
    "//evil.example/%2e%2e",
    "/.//evil.example",
    "/..//evil.example",
    "/./\\evil.example",
    "/%2e//evil.example",
    "/%2E%2E//evil.example",
    "/x/..//evil.example",
    "/x/../\\evil.example",
    "/x/%2e%2e//evil.example",
    "//evil.example:80",
    "//user@evil.example",
    "//localhost@evil.example",
    "//127.0.0.1@evil.example/",
    "//evil.example#/dashboard",
    "//evil.example?/dashboard",
    "//[::1]@evil.example",
    "//evil%2Eexample",
    "//evil。example",
    "／／evil.example",
    "/／evil.example/..//evil.example",
    "http://evil.example",
    "https://evil.example/dashboard",
    "HTTPS://EVIL.EXAMPLE",
    "http:evil.example",
    "http:/evil.example",
    "http:\\\\evil.example",
    "https:///evil.example",
    "http://evil.example\\@localhost",
    "http://localhost@evil.example",
    "http://localhost:pass@evil.example",
    "http://localhost.evil.example",
    "http://evil.example/localhost",
    "http://evil.example#localhost",
    "http://evil.example?localhost",
    "http://evil.example:3000",
    "http://localhost:1",
    "https://localhost",
    "ftp://localhost/",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "java\tscript:alert(1)",
    " javascript:alert(1)",
    "javascript://localhost/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "blob:http://localhost/x",
    "about:blank",
    "mailto:a@evil.example",
    "intent://evil.example#Intent;end",
    "evil.example",
    "//trusted.example/",
    "dashboard",
    "?next=evil",
    "#evil",
    "",
    " ",
    "\0",
    "undefined",
    "null",
    "/auth/signIn/bitbucket",
    "/x/../auth/signIn/bitbucket",
    "https://trusted.example.evil.example/",
    "https://user@trusted.example/",
    "http://trusted.example/",
];

/// Pages of the app or of a trusted origin. These values must not change.
const DEEP_LINKS: [&str; 14] = [
    "/",
    "/dashboard",
    "/dashboard?tab=team#members",
    "/repos/acme/site/src/main/app/lib.rs?at=feature%2Flogin&fileviewer=file-view-default#lib.rs-12",
    "/search?q=50%25%20off+%22x%22&sort=-updated",
    "/~ada/notes,2026;v=2/(draft)",
    "/a@b.example/c:d",
    "/%E6%97%A5%E6%9C%AC",
    "/next?url=https%3A%2F%2Fevil.example",
    "/a//b///c",
    "/trailing/",
    "/authors",
    "https://trusted.example/",
    "https://trusted.example/docs?x=1#y",
];

async fn ends_at(app: &TestApp, wanted: &str) -> String {
    let mut browser = app.browser();
    let mut url = reqwest::Url::parse(&app.origin).unwrap();
    url.set_path("/auth/signIn/bitbucket");
    url.query_pairs_mut().append_pair("redirectTo", wanted);
    browser.sign_in(url.as_str()).await.location().to_owned()
}

/// Attack: open redirect by `redirectTo`, in 78 spellings
/// Standards: RFC 9700 4.11.1; ASVS 3.7.2
#[tokio::test]
async fn no_redirect_to_value_redirects_to_another_site() {
    let app = TestApp::configured(|builder| builder.trusted_origins(["https://trusted.example"])).await;
    for wanted in ATTACKS {
        assert_eq!(ends_at(&app, wanted).await, "/", "{wanted:?}");
    }
    let too_long = format!("/{}", "a".repeat(2048));
    assert_eq!(ends_at(&app, &too_long).await, "/");
}

#[tokio::test]
async fn a_sign_in_redirects_to_deep_links_unchanged() {
    let app = TestApp::configured(|builder| builder.trusted_origins(["https://trusted.example"])).await;
    for wanted in DEEP_LINKS {
        assert_eq!(ends_at(&app, wanted).await, wanted);
    }
    assert_eq!(ends_at(&app, &format!("{}/dashboard?x", app.origin)).await, "/dashboard?x");
    assert_eq!(ends_at(&app, "/日本").await, "/%E6%97%A5%E6%9C%AC");
    let long = format!("/{}", "a".repeat(2047));
    assert_eq!(ends_at(&app, &long).await, long);
}

/// Attack: open redirect by sign-out
/// Standards: RFC 9700 4.11.1; ASVS 3.7.2
#[tokio::test]
async fn a_sign_out_does_not_redirect_to_another_site() {
    let app = TestApp::new().await;
    for (wanted, expected) in [("//evil.example", "/"), ("https://evil.example", "/"), ("/bye?x", "/bye?x")] {
        let mut browser = app.signed_in().await;
        let token = browser.csrf_token().await;
        let answer = browser.post_form("/auth/signOut", &[("csrf_token", &token), ("redirectTo", wanted)]).await;
        assert_eq!(answer.location(), expected);
    }
}

/// Attack: open redirect by a sign-in that started while an origin was still trusted
/// Standards: RFC 9700 4.11.1; ASVS 3.7.2
#[tokio::test]
async fn after_an_origin_loses_its_trust_no_flow_redirects_to_it() {
    let trusted = Arc::new(AtomicBool::new(true));
    let flag = Arc::clone(&trusted);
    let app = TestApp::configured(|builder| {
        builder.trusted_origins_by(move |origin| origin == "https://partner.example" && flag.load(Ordering::Relaxed))
    })
    .await;
    let start = "/auth/signIn/bitbucket?redirectTo=https://partner.example/welcome";
    assert_eq!(app.browser().sign_in(start).await.location(), "https://partner.example/welcome");

    // Each flow starts while the origin is trusted: one succeeds, one is refused, and two become stale.
    let mut succeeds = app.browser();
    let success = succeeds.callback_url(start).await;
    let mut refuses = app.browser();
    let begun = refuses.get(start).await;
    let refusal = refuses.decide(begun.location(), "ada", "deny").await;
    let mut stale = app.browser();
    let restart = stale.callback_url(start).await;
    let mut old = app.browser();
    let too_old = old.callback_url(start).await;

    trusted.store(false, Ordering::Relaxed);
    assert_eq!(succeeds.get(&success).await.location(), "/");
    assert!(succeeds.session().await.is_some());
    let refused = refuses.get(&refusal).await;
    assert_eq!(parameter(refused.location(), "redirectTo").as_deref(), Some("/"));
    app.clock.advance(600);
    let begun = stale.get(&restart).await;
    // The restart has replaced the target. It stays replaced even if the origin is trusted again.
    trusted.store(true, Ordering::Relaxed);
    let callback = stale.decide(begun.location(), "ada", "approve").await;
    assert_eq!(stale.get(&callback).await.location(), "/");
    trusted.store(false, Ordering::Relaxed);
    app.clock.advance(3000);
    let expired = old.get(&too_old).await;
    assert_eq!(parameter(expired.location(), "redirectTo").as_deref(), Some("/"));
}
