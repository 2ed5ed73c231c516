//! Cookies that somebody else has set

use aura_auth::testing::session_cookie;
use aura_auth::{AuthBuilder, AuthError, Expiration, SessionConfig, User};
use axum::http::header::{HeaderMap, HeaderName, SET_COOKIE};

use super::test_app::{Browser, JSON, TestApp, TestResponse};

/// Returns a browser that also sends planted cookies. They come first, because their path is longer.
fn planted(browser: &Browser, cookies: &str) -> Browser {
    let mut browser = browser.clone();
    browser.headers.push(("cookie".to_owned(), cookies.to_owned()));
    browser
}

/// Creates session cookies, each with its own session. A neighbour gets such cookies when it signs in itself.
fn of_mallory(app: &TestApp, name: &str, count: usize) -> String {
    let user = || User::new("mallory");
    let cookies = (0..count).map(|_| session_cookie(&app.auth, user()).unwrap());
    let tokens = cookies.map(|cookie| cookie.split_once('=').unwrap().1.to_owned());
    tokens.map(|token| format!("{name}={token}")).collect::<Vec<_>>().join("; ")
}

const SESSION: &str = "__Secure-aura-auth.session_token";
const PIN: &str = "__Host-aura-auth.session_pin";

/// Signs a person in over https.
async fn signed_in_over_https(app: &TestApp, browser: Browser) -> (Browser, String) {
    let mut browser = app.signed_in_over_https(browser).await;
    let sub = browser.session().await.unwrap().user.sub;
    (browser, sub)
}

/// Attack: cookie tossing: a sibling host plants sessions of its own, which come first by their longer path
/// Standards: RFC 6265 5.4, 8.6; RFC 6265bis 4.1.3.2, 8.6; ASVS 3.3.3, 3.5.4
#[tokio::test]
async fn a_session_planted_by_another_host_does_not_replace_the_person_s_own() {
    let (app, browser) = TestApp::behind_https().await;
    let (mut browser, ada) = signed_in_over_https(&app, browser).await;
    for count in 1..8 {
        let mut victim = planted(&browser, &of_mallory(&app, SESSION, count));
        assert_eq!(victim.session().await.unwrap().user.sub, ada, "{count} planted");
    }
    let mut victim = planted(&browser, &format!("{SESSION}=x"));
    assert_eq!(victim.session().await.unwrap().user.sub, ada);
    // If the same session is sent twice, as an older and a newer cookie, this is not an attack.
    let own = browser.cookie(SESSION).unwrap().to_owned();
    let mut twice = planted(&browser, &format!("{SESSION}={own}"));
    assert_eq!(twice.session().await.unwrap().user.sub, ada);
    // The CSRF token must not decide here: a response to the planted session may have replaced it.
    browser.cookies.retain(|cookie| !cookie.name.contains("csrf_token"));
    let mut victim = planted(&browser, &of_mallory(&app, SESSION, 4));
    assert_eq!(victim.session().await.unwrap().user.sub, ada);
}

/// Attack: cookie tossing on http, where no cookie is this host's alone: the CSRF token's says whose session it is
/// Standards: RFC 6265 5.4, 8.6; ASVS 3.3.3, 3.5.4
#[tokio::test]
async fn over_http_a_planted_session_does_not_replace_the_person_s_own() {
    let app = TestApp::new().await;
    let mut browser = app.signed_in().await;
    let ada = browser.session().await.unwrap().user.sub;
    let name = "aura-auth.session_token";
    for count in 1..8 {
        let mut victim = planted(&browser, &of_mallory(&app, name, count));
        assert_eq!(victim.session().await.unwrap().user.sub, ada, "{count} planted");
    }
    browser.cookies.retain(|cookie| !cookie.name.contains("csrf_token"));
    let mut victim = planted(&browser, &of_mallory(&app, name, 1));
    let answer = victim.get_json("/auth/session").await;
    assert_eq!(answer.error_code(), "SESSION_NOT_PINNED");
    assert!(answer.set_cookies().iter().any(|line| line.starts_with(&format!("{name}=; "))), "{answer:?}");
}

/// Attack: a sibling host fills the browser's cookies until one's own session is gone, and only the planted one counts
/// Standards: RFC 6265 6.1, 8.6; RFC 6265bis 4.1.3.2; ASVS 3.3.3
#[tokio::test]
async fn a_session_without_its_pin_is_rejected() {
    let (app, browser) = TestApp::behind_https().await;
    let (browser, ada) = signed_in_over_https(&app, browser).await;
    for evicted in [&[SESSION][..], &[PIN], &[SESSION, PIN]] {
        let mut left = browser.clone();
        left.cookies.retain(|cookie| !evicted.contains(&&*cookie.name));
        let mut victim = planted(&left, &of_mallory(&app, SESSION, 1));
        let answer = victim.get_json("/auth/session").await;
        assert_eq!(answer.error_code(), "SESSION_NOT_PINNED", "{evicted:?}");
        let cleared = answer.set_cookies();
        for name in [SESSION, PIN] {
            assert!(cleared.iter().any(|line| line.starts_with(&format!("{name}=; "))), "{cleared:?}");
        }
        // Server code that only has the headers sees the same cookies.
        let cookies = left.cookie_header("/").into_iter().chain([of_mallory(&app, SESSION, 1)]);
        let headers = [("cookie", cookies.collect::<Vec<_>>().join("; ")), ("x-forwarded-proto", "https".to_owned())]
            .into_iter()
            .chain([("x-forwarded-host", "app.example".to_owned())])
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect::<HeaderMap>();
        let reply = app.auth.api().get_session(&headers).await;
        assert_eq!(reply.as_result(), Err(AuthError::SessionNotPinned));
        assert!(reply.headers().get_all(SET_COOKIE).iter().any(|line| line.as_bytes().starts_with(SESSION.as_bytes())));
        let page = victim.get("/").await;
        assert!(!page.body.contains("Ada Lovelace") && !page.body.contains("mallory"), "{}", page.body);
        assert!(page.set_cookies().iter().any(|line| line.starts_with(&format!("{SESSION}=; "))));
        let token = victim.get_json("/auth/csrfToken").await;
        assert_eq!(token.error_code(), "SESSION_NOT_PINNED");
        assert!(!token.set_cookies().iter().any(|line| line.contains("csrf_token")), "{:?}", token.set_cookies());
        // A new sign-in still works, and its session counts although the planted one is still sent.
        let (mut again, sub) = signed_in_over_https(&app, victim).await;
        assert_eq!(sub, ada);
        let page = again.get("/").await;
        assert!(page.body.contains("Ada Lovelace"), "{page:?}");
    }
}

/// Attack: more planted session cookies than a server looks at
/// Standards: RFC 6265 6.1; ASVS 3.3.3, 13.1.3
#[tokio::test]
async fn more_than_eight_session_cookies_are_all_rejected() {
    let (app, browser) = TestApp::behind_https().await;
    let (browser, _) = signed_in_over_https(&app, browser).await;
    let mut victim = planted(&browser, &of_mallory(&app, SESSION, 8));
    assert_eq!(victim.get_json("/auth/session").await.error_code(), "SESSION_NOT_PINNED");
    let app = TestApp::new().await;
    let browser = app.signed_in().await;
    let mut victim = planted(&browser, &of_mallory(&app, "aura-auth.session_token", 8));
    assert_eq!(victim.get_json("/auth/session").await.error_code(), "SESSION_NOT_PINNED");
    // Cookies with other names do not count towards the limit of eight.
    let others: String = (0..200).map(|number| format!("other{number}=x; ")).collect();
    let mut victim = planted(&browser, &format!("{others}x=y"));
    assert!(victim.session().await.is_some());
}

/// Returns the `Max-Age` with which this response sets the cookie.
fn life(answer: &TestResponse, name: &str) -> Option<String> {
    let line = answer.set_cookies().into_iter().find(|line| line.starts_with(&format!("{name}=")))?;
    line.split("; ").find_map(|part| part.strip_prefix("Max-Age=")).map(str::to_owned)
}

/// Standards: RFC 6265bis 4.1.3.2; ASVS 7.4.1
#[tokio::test]
async fn the_session_cookie_and_its_pin_are_set_and_cleared_together() {
    let rolling = SessionConfig::default().expiration(Expiration::Rolling);
    let (app, mut browser) = TestApp::behind_https_with(|builder| builder.session(rolling)).await;
    let begun = browser.get("/auth/signIn/bitbucket").await;
    let callback = browser.decide(begun.location(), "ada", "approve").await;
    let signed_in = browser.get(&callback.replace("https://app.example", &app.origin)).await;
    let pin = browser.cookie(PIN).unwrap().to_owned();
    app.clock.advance(2 * 24 * 3600);
    let renewed = browser.get("/").await;
    app.clock.advance(3600);
    let body = r#"{"user":{"name":"Countess"}}"#;
    let updated = browser.send_with_csrf(reqwest::Method::PATCH, "/auth/session", body).await;
    assert_eq!(updated.status, 200, "{}", updated.body);
    for answer in [&signed_in, &renewed, &updated] {
        assert!(life(answer, SESSION).is_some_and(|seconds| seconds != "0"), "{answer:?}");
        assert_eq!(life(answer, PIN), life(answer, SESSION), "{answer:?}");
    }
    assert_eq!(browser.cookie(PIN), Some(&*pin));
    assert!(browser.get("/").await.body.contains("Countess"));
    let mut other = browser.clone();
    assert_eq!(browser.send_with_csrf(reqwest::Method::POST, "/auth/signOut", "").await.status, 202);
    assert_eq!((browser.cookie(SESSION), browser.cookie(PIN)), (None, None));
    // A copy in another tab gets an error that the session has ended, and both of its cookies are cleared.
    assert_eq!(other.get_json("/auth/session").await.error_code(), "SESSION_EXPIRED");
    assert_eq!((other.cookie(SESSION), other.cookie(PIN)), (None, None));
}

/// Standards: ASVS 3.3.3
#[tokio::test]
async fn a_session_without_a_pin_is_accepted_if_typescript_servers_are_configured() {
    let (app, browser) = TestApp::behind_https_with(AuthBuilder::typescript_sessions).await;
    let mut typescript = browser.clone();
    typescript.headers.push(("cookie".to_owned(), of_mallory(&app, SESSION, 1)));
    assert_eq!(typescript.clone().session().await.unwrap().user.sub, "mallory");
    let answer = typescript.get("/").await;
    assert!(answer.set_cookies().iter().any(|line| line.starts_with(&format!("{PIN}="))), "the session gets a pin");
    // If two sessions are sent without a pin and without the CSRF token of either, neither counts.
    let mut two = browser.clone();
    two.headers.push(("cookie".to_owned(), of_mallory(&app, SESSION, 2)));
    assert_eq!(two.get_json("/auth/session").await.error_code(), "SESSION_NOT_PINNED");
    // If there is a pin, it decides in this mode too.
    let (browser, ada) = signed_in_over_https(&app, browser).await;
    let mut victim = planted(&browser, &of_mallory(&app, SESSION, 2));
    assert_eq!(victim.session().await.unwrap().user.sub, ada);
    let mut left = browser;
    left.cookies.retain(|cookie| cookie.name != SESSION);
    let mut victim = planted(&left, &of_mallory(&app, SESSION, 1));
    assert_eq!(victim.get_json("/auth/session").await.error_code(), "SESSION_NOT_PINNED");
    // The option can also be set in the environment.
    for (value, counts) in [("true", true), ("false", false)] {
        let environment = [("AURA_AUTH_TYPESCRIPT_SESSIONS", value)];
        let (app, mut browser) = TestApp::behind_https_with(|builder| builder.environment(environment)).await;
        browser.headers.push(("cookie".to_owned(), of_mallory(&app, SESSION, 1)));
        assert_eq!(browser.session().await.is_some(), counts, "{value}");
    }
}

/// Attack: two apps on one host and two ports: looking at the one signs out of the other
/// Standards: RFC 6265 8.5; ASVS 7.4.1
#[tokio::test]
async fn the_session_cookie_of_another_app_on_the_same_host_is_not_cleared() {
    let app = TestApp::new().await;
    let other = TestApp::configured(|builder| builder.secret("Qm7Xk2Vt9Rb4Lz6Wc1Hd8Pf3Js5Gn0Ya+Ue/IoTbMw4=")).await;
    let mut browser = app.signed_in().await;
    browser.origin.clone_from(&other.origin);
    let answer = browser.get_json("/auth/session").await;
    assert_eq!(answer.error_code(), "SESSION_INVALID");
    assert!(answer.set_cookies().is_empty(), "{:?}", answer.set_cookies());
    assert!(browser.get("/").await.set_cookies().is_empty());
    browser.origin.clone_from(&app.origin);
    assert!(browser.session().await.is_some());
}

/// Attack: a sibling host plants a cookie of provider tokens before one's own
/// Standards: RFC 6265 5.4, 8.6; ASVS 3.3.3
#[tokio::test]
async fn planted_provider_tokens_do_not_replace_the_person_s_own() {
    let app = TestApp::new().await;
    let mut attacker = app.signed_in().await;
    let mut browser = app.signed_in().await;
    let token = browser.csrf_token().await;
    let path = "/auth/providers/bitbucket/tokens";
    let theirs = attacker.cookie_header(path).unwrap();
    let theirs: Vec<&str> = theirs.split("; ").filter(|pair| pair.contains(".provider_tokens.")).collect();
    assert!(!theirs.is_empty());
    let own = browser.cookie_header(path).unwrap();
    let access_token = async |browser: &mut Browser| {
        let answer = browser.send(reqwest::Method::GET, path, &[JSON, ("x-csrf-token", &token)], "").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["tokens"]["accessToken"].clone()
    };
    let before = access_token(&mut browser).await;
    browser.cookies.clear();
    browser.headers.push(("cookie".to_owned(), format!("{}; {own}", theirs.join("; "))));
    assert_eq!(access_token(&mut browser).await, before);
    let theirs = attacker.send_with_csrf(reqwest::Method::GET, path, "").await;
    assert_ne!(theirs.json()["tokens"]["accessToken"], before);
}

/// Attack: cookie tossing: a sibling host plants a CSRF token that it knows, to use it from its page
/// Standards: RFC 6265bis 4.1.3.2; ASVS 3.3.3, 3.5.1
#[tokio::test]
async fn a_csrf_token_planted_by_another_host_is_rejected() {
    let app = TestApp::new().await;
    let mut attacker = app.signed_in().await;
    let known = attacker.csrf_token().await;
    let browser = app.signed_in().await;
    let mut victim = planted(&browser, &format!("aura-auth.csrf_token={known}"));
    let headers = [JSON, ("x-csrf-token", &*known)];
    let answer = victim.send(reqwest::Method::POST, "/auth/signOut", &headers, "").await;
    assert_eq!(answer.error_code(), "INVALID_CSRF_TOKEN");
}

/// Attack: a sibling host fills the cookies of flows and parts with its own
/// Standards: RFC 6265 6.1, 8.6; ASVS 3.3.5
#[tokio::test]
async fn planted_flow_and_part_cookies_are_ignored() {
    let app = TestApp::new().await;
    let browser = app.signed_in().await;
    let flows: String = (0..40).map(|flow| format!("aura-auth.flow.planted{flow}=x; ")).collect();
    let parts: String = (0..9).map(|part| format!("aura-auth.session_token.{part}=x; ")).collect();
    let mut victim = planted(&browser, &format!("{flows}{parts}x=y"));
    assert!(victim.session().await.is_some());
    let begun = victim.get("/auth/signIn/bitbucket").await;
    let kept = begun.set_cookies().iter().filter(|line| line.contains(".flow.") && !line.contains("Max-Age=0")).count();
    assert_eq!(kept, 1);
    // A cookie whose name can't be a flow's name does not count, so the browser's own flow is still found.
    let flow = victim.cookies.iter().find(|cookie| cookie.name.contains(".flow.")).unwrap().name.clone();
    let token = victim.csrf_token().await;
    let signed_out = victim.send(reqwest::Method::POST, "/auth/signOut", &[JSON, ("x-csrf-token", &token)], "").await;
    assert!(signed_out.set_cookies().iter().any(|line| line.starts_with(&format!("{flow}=; "))), "{signed_out:?}");
}
