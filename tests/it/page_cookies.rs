//! The size of this library's cookies in a page request. nginx and others reject header lines of more than 8 KB.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aura_auth::testing::{InjectedFault, StandInEndpoint};
use aura_auth::{AuthBuilder, ClaimType, Expiration, PendingSignIn, SessionConfig, SignInDecision};
use reqwest::Method;
use serde_json::{Value, json};

use super::log::Log;
use super::test_app::{Browser, StoredCookie, TestApp, TestResponse};
use super::typescript;

/// The largest `Cookie` line, in bytes.
const LINE: usize = 8 * 1024;
/// The part of it that all flows together may use, in bytes.
const FLOWS: usize = 3 * 1024;

/// Returns a path of this many bytes that does not compress well.
fn long_path(bytes: usize) -> String {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$()*+,;:@/?[]|^`{}&=";
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    let letters = (0..bytes - "/?".len()).map(|_| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        char::from(LETTERS[(seed % LETTERS.len() as u64) as usize])
    });
    format!("/?{}", letters.collect::<String>())
}

/// Returns the URL that starts a sign-in with this `redirectTo`.
fn sign_in(redirect_to: &str) -> String {
    let query = reqwest::Url::parse_with_params("http://x/", [("redirectTo", redirect_to)]).unwrap();
    format!("/auth/signIn/bitbucket?{}", query.query().unwrap())
}

/// Returns the size of all cookies whose name contains `name`, including the separators.
fn bytes(browser: &Browser, name: &str) -> usize {
    let found = browser.cookies.iter().filter(|cookie| cookie.path == "/" && cookie.name.contains(name));
    found.map(|cookie| cookie.name.len() + cookie.value.len() + "=; ".len()).sum()
}

/// Returns the size of the whole `Cookie` line of a page request.
fn line(browser: &Browser) -> usize {
    "Cookie: \r\n".len() + browser.cookie_header("/").unwrap_or_default().len()
}

/// Attack: a page that begins sign-ins with long addresses until a proxy refuses the browser's cookies
/// Standards: RFC 6265 6.1; ASVS 3.3.5
#[tokio::test]
async fn flow_cookies_with_long_redirect_targets_stay_under_3_kb_and_keep_the_newest() {
    let (app, mut browser) = TestApp::behind_https().await;
    let wanted = long_path(2_048);
    let mut begun = browser.get(&sign_in(&wanted)).await;
    for _ in 0..5 {
        begun = browser.get(&sign_in(&wanted)).await;
        app.clock.advance(1);
        let flows = bytes(&browser, ".flow.");
        assert!(browser.flows() > 0 && flows <= FLOWS, "{flows} bytes of {} flows", browser.flows());
        assert!(begun.location().len() < LINE / 4, "a long address is not in `state`");
    }
    let callback = browser.decide(begun.location(), "ada", "approve").await;
    let end = browser.get(&callback.replace("https://app.example", &app.origin)).await;
    assert_eq!(end.location(), wanted, "a long address still works");
}

#[tokio::test]
async fn short_flow_cookies_are_kept_beside_a_long_one_while_they_fit() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let mut callbacks = Vec::new();
    for redirect_to in ["/1", "/2", "/3", "/4", &long_path(1_500)] {
        callbacks.push(browser.callback_url(&sign_in(redirect_to)).await);
        app.clock.advance(1);
    }
    let flows = bytes(&browser, ".flow.");
    assert!((2..5).contains(&browser.flows()) && flows <= FLOWS, "{flows} bytes of {} flows", browser.flows());
    assert_eq!(browser.get(&callbacks[3]).await.location(), "/4", "the newest of the other flows still works");
    // The cookie of the oldest flow was evicted, so this flow starts again.
    let again = browser.get(&callbacks[0]).await;
    assert!(again.location().contains("/site/oauth2/authorize"), "{again:?}");
}

/// If the flow's cookie is missing, only `state` contains the redirect target. `state` has no target over 512 bytes.
#[tokio::test]
async fn a_restarted_flow_with_a_long_redirect_target_ends_at_the_front_page() {
    let app = TestApp::new().await;
    for (length, kept) in [(512, true), (513, false)] {
        let mut browser = app.browser();
        let wanted = long_path(length);
        let callback = browser.callback_url(&sign_in(&wanted)).await;
        browser.cookies.clear();
        let begun = browser.get(&callback).await;
        let callback = browser.decide(begun.location(), "ada", "approve").await;
        assert_eq!(browser.get(&callback).await.location(), if kept { &wanted } else { "/" }, "{length}");
    }
}

/// Signs in while the provider returns this profile.
async fn sign_in_as(app: &TestApp, profile: &Value) -> (Browser, TestResponse) {
    app.bitbucket.inject_fault(StandInEndpoint::User, Some(InjectedFault::Json(profile.to_string())));
    let mut browser = app.browser();
    let end = browser.sign_in("/auth/signIn/bitbucket").await;
    (browser, end)
}

/// Configures a hook that adds a claim of this many bytes.
fn with_claim(bytes: usize) -> impl FnOnce(AuthBuilder) -> AuthBuilder {
    move |builder| {
        builder.on_sign_in(move |sign_in: PendingSignIn| async move {
            SignInDecision::AllowAs(sign_in.user.with("notes", "x".repeat(bytes)))
        })
    }
}

fn is_refused_whole(browser: &Browser, end: &TestResponse) {
    assert!(end.set_cookies().iter().all(|line| line.contains("Max-Age=0")), "{:?}", end.set_cookies());
    assert_eq!(bytes(browser, "session"), 0);
}

#[tokio::test]
async fn a_claim_that_makes_the_session_too_large_is_reported_as_the_app_s_error() {
    for bytes in [3_500, 20_000] {
        let (log, _guard) = Log::of_this_thread();
        let app = TestApp::configured(with_claim(bytes)).await;
        let mut browser = app.browser();
        let end = browser.sign_in("/auth/signIn/bitbucket").await;
        assert_eq!(end.shown_error(), "SESSION_TOO_LARGE", "{bytes}");
        is_refused_whole(&browser, &end);
        let log = log.ours();
        let line = log.lines().find(|line| line.contains("an operation failed")).unwrap();
        assert!(line.contains("SESSION_TOO_LARGE") && line.contains("the app's own claims"), "{line}");
    }
    // The same applies to a user id that the app has chosen.
    let app = TestApp::configured(|builder| {
        builder.on_sign_in(async |sign_in: PendingSignIn| {
            SignInDecision::AllowAs(sign_in.user.with_sub("x".repeat(4_000)))
        })
    })
    .await;
    assert_eq!(app.browser().sign_in("/auth/signIn/bitbucket").await.shown_error(), "SESSION_TOO_LARGE");
}

#[tokio::test]
async fn provider_data_that_makes_the_session_too_large_is_reported_as_the_provider_s_error() {
    // The app's claim is small enough, but the provider's user id is not.
    let app = TestApp::configured(with_claim(10)).await;
    for length in [4_000, 100_000] {
        let (browser, end) = sign_in_as(&app, &json!({ "uuid": "x".repeat(length) })).await;
        assert_eq!(end.shown_error(), "SET_COOKIE_INVALID_VALUE", "{length}");
        is_refused_whole(&browser, &end);
    }
}

#[tokio::test]
async fn an_update_or_refresh_that_makes_the_session_too_large_is_rejected() {
    let sizes = Arc::new(AtomicUsize::new(10));
    let size = Arc::clone(&sizes);
    let app = TestApp::configured(move |builder| {
        builder
            .session(SessionConfig::default().editable_claims((0..12).map(|n| (format!("c{n}"), ClaimType::Text))))
            .on_sign_in(move |sign_in: PendingSignIn| {
                let notes = "x".repeat(size.load(Ordering::Relaxed));
                async move { SignInDecision::AllowAs(sign_in.user.with("notes", notes)) }
            })
    })
    .await;
    let mut browser = app.signed_in().await;
    sizes.store(20_000, Ordering::Relaxed);
    let refresh = "/auth/providers/bitbucket/user/refresh";
    assert_eq!(browser.send_with_csrf(Method::POST, refresh, "").await.error_code(), "SESSION_TOO_LARGE");
    let claims: Value = (0..12).map(|n| (format!("c{n}"), json!("\u{1F600}".repeat(256)))).collect();
    let update = json!({ "user": claims }).to_string();
    let answer = browser.send_with_csrf(Method::PATCH, "/auth/session", &update).await;
    assert_eq!(answer.error_code(), "UPDATE_SESSION_INVALID");
    let user = browser.session().await.unwrap().user;
    assert_eq!(user.get::<String>("notes").unwrap().len(), 10, "the claim is unchanged");
    assert!(user.get::<String>("c0").is_none());
}

/// A session that another server has split into eight parts is read and also prolonged. If this server rejected it, its
/// owner would lose the session at the other server too.
#[tokio::test]
async fn a_session_that_another_server_split_into_eight_cookies_is_accepted() {
    let app =
        TestApp::configured(|builder| builder.session(SessionConfig::default().expiration(Expiration::Rolling))).await;
    let claims = json!({ "sub": "x", "name": "x".repeat(14_000), "iat": 1_767_225_600, "nbf": 1_767_225_600,
        "exp": 1_767_229_200, "jti": "j" });
    let token = typescript::seal(&claims);
    let mut browser = app.browser();
    for (part, value) in token.as_bytes().chunks(token.len().div_ceil(8)).enumerate() {
        let name = format!("aura-auth.session_token.{part}");
        let value = String::from_utf8(value.to_vec()).unwrap();
        browser.cookies.push(StoredCookie { name, value, path: "/".to_owned() });
    }
    app.clock.advance(60);
    assert_eq!(browser.session().await.unwrap().user.name.unwrap().len(), 14_000);
    assert!(browser.session().await.unwrap().expires.unix_timestamp() > 1_767_229_200);
}

/// The provider returns the largest accepted profile, earlier sessions have ended, and other sites' pages start flows.
///
/// Attack: all that others can make a browser keep, at once
/// Standards: RFC 6265 6.1; ASVS 3.3.5
#[tokio::test]
async fn the_largest_cookies_that_others_can_cause_fit_into_one_header_line() {
    let (app, mut browser) = TestApp::behind_https().await;
    // If this path were longer, its flow would evict the person's own flow, and the sign-in would start again.
    let long = sign_in(&long_path(1_500));
    let callback_of = async |browser: &mut Browser, length: usize| {
        let profile = json!({
            "uuid": "{a54f16da-24e9-4d7f-a3a7-b1ba2cd98aa3}",
            "display_name": "\u{1F600}".repeat(300),
            "links": { "avatar": { "href": format!("https://example.org/{}", "a".repeat(length)) } },
        });
        app.bitbucket.inject_fault(StandInEndpoint::User, Some(InjectedFault::Json(profile.to_string())));
        let email = format!("{}@{}.org", "a".repeat(64), "b".repeat(180));
        let emails = json!({ "values": [{ "email": email, "is_primary": true, "is_confirmed": true }] });
        app.bitbucket.inject_fault(StandInEndpoint::Emails, Some(InjectedFault::Json(emails.to_string())));
        app.clock.advance(1);
        let begun = browser.get("/auth/signIn/bitbucket").await;
        // Another site's page starts a flow at the same time.
        app.clock.advance(1);
        browser.get(&long).await;
        let callback = browser.decide(begun.location(), "ada", "approve").await;
        browser.get(&callback.replace("https://app.example", &app.origin)).await
    };
    // Finds the longest avatar URL with which the session still fits.
    let (mut fits, mut too_long) = (0, 2_048);
    while too_long - fits > 1 {
        let length = (fits + too_long) / 2;
        let end = callback_of(&mut browser, length).await;
        if end.location() == "/" {
            fits = length;
        } else {
            assert_eq!(end.shown_error(), "SET_COOKIE_INVALID_VALUE");
            too_long = length;
        }
        assert!(line(&browser) <= LINE, "{} bytes after the sign-in", line(&browser));
    }
    assert!(fits > 500, "{fits}");
    assert_eq!(callback_of(&mut browser, fits).await.location(), "/");
    let flow = browser.flows();
    assert!(bytes(&browser, ".signed_out") > 100);
    assert!(bytes(&browser, "session_") > 4_800, "{}", bytes(&browser, "session_"));
    for redirect_to in ["/", "/", "/", "/", "/", &long_path(2_048), "/", &long_path(1_000)] {
        app.clock.advance(1);
        browser.get(&sign_in(redirect_to)).await;
        assert!(browser.flows() >= flow.min(1) && line(&browser) <= LINE, "{} bytes", line(&browser));
    }
    browser.cookies.retain(|cookie| !cookie.name.contains(".flow."));
    browser.get("/auth/signIn/bitbucket").await;
    assert!(line(&browser) <= 6 * 1024, "{} bytes with one flow of the usual size", line(&browser));
}

/// Both flows fit while the session is small.
#[tokio::test]
async fn a_larger_session_evicts_the_cookies_of_the_oldest_flows() {
    let sizes = Arc::new(AtomicUsize::new(10));
    let size = Arc::clone(&sizes);
    let (app, mut browser) = TestApp::behind_https_with(move |builder| {
        builder.on_sign_in(move |sign_in: PendingSignIn| {
            let notes = "x".repeat(size.load(Ordering::Relaxed));
            async move { SignInDecision::AllowAs(sign_in.user.with("notes", notes)) }
        })
    })
    .await;
    let callback = browser.callback_url("/auth/signIn/bitbucket").await;
    browser.get(&callback.replace("https://app.example", &app.origin)).await;
    for redirect_to in [&long_path(1_840), "/"] {
        app.clock.advance(1);
        browser.get(&sign_in(redirect_to)).await;
    }
    assert_eq!(browser.flows(), 2);
    sizes.store(2_250, Ordering::Relaxed);
    let refresh = "/auth/providers/bitbucket/user/refresh";
    let answer = browser.send_with_csrf(Method::POST, refresh, "").await;
    assert_eq!(answer.json()["success"], true, "{}", answer.body);
    assert_eq!(browser.flows(), 1, "the newest flow stays");
    assert!(line(&browser) <= LINE, "{} bytes", line(&browser));
}
