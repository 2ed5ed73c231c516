//! Cookies that somebody else set

use aura_auth::User;
use aura_auth::testing::session_cookie;

use super::world::{Browser, JSON, World};

/// The browser's own cookies, behind one that a neighbour planted with a longer path.
fn planted(browser: &Browser, cookie: &str) -> Browser {
    let mut browser = browser.clone();
    let own = browser.cookie_header("/auth/session").unwrap_or_default();
    browser.cookies.clear();
    browser.headers.push(("cookie".to_owned(), format!("{cookie}; {own}")));
    browser
}

fn of_mallory(world: &World, prefix: &str) -> String {
    let cookie = session_cookie(&world.auth, User { sub: "mallory".into(), ..User::default() }).unwrap();
    format!("{prefix}{cookie}")
}

/// Attack: cookie tossing: a sibling host plants its own session, which comes first by its longer path
/// Standards: RFC 6265 5.4, 8.6; RFC 6265bis 8.6; ASVS 3.3.3, 3.5.4
#[tokio::test]
async fn a_planted_session_does_not_take_the_place_of_one_s_own() {
    let (world, mut browser) = World::behind_https().await;
    let begun = browser.get("/auth/signIn/bitbucket").await;
    let callback = browser.decide(begun.location(), "ada", "approve").await;
    browser.get(&callback.replace("https://app.example", &world.app)).await;
    let ada = browser.session().await.unwrap().user.sub;

    let mut victim = planted(&browser, &of_mallory(&world, "__Secure-"));
    assert_eq!(victim.session().await.unwrap().user.sub, ada);
    let mut victim = planted(&browser, "__Secure-aura-auth.session_token=x");
    assert_eq!(victim.session().await.unwrap().user.sub, ada);
    // The same session twice, as an older and a newer cookie of it, is no attack.
    let own = browser.cookie("__Secure-aura-auth.session_token").unwrap().to_owned();
    let mut twice = planted(&browser, &format!("__Secure-aura-auth.session_token={own}"));
    assert_eq!(twice.session().await.unwrap().user.sub, ada);

    // Where nothing says which of two is one's own, it is neither; and one's own is not cleared,
    // which would leave the other.
    browser.cookies.retain(|cookie| !cookie.name.contains("csrf_token"));
    let mut victim = planted(&browser, &of_mallory(&world, "__Secure-"));
    let answer = victim.get_json("/auth/session").await;
    assert_eq!(answer.error_code(), "SESSION_INVALID");
    assert!(answer.set_cookies().is_empty(), "{:?}", answer.set_cookies());
}

/// Attack: cookie tossing: a sibling host plants a CSRF token that it knows, to use it from its page
/// Standards: RFC 6265bis 4.1.3.2; ASVS 3.3.3, 3.5.1
#[tokio::test]
async fn a_planted_csrf_token_changes_nothing() {
    let world = World::new().await;
    let mut attacker = world.signed_in().await;
    let known = attacker.csrf_token().await;
    let browser = world.signed_in().await;
    let mut victim = planted(&browser, &format!("aura-auth.csrf_token={known}"));
    let headers = [JSON, ("x-csrf-token", &*known)];
    let answer = victim.send(reqwest::Method::POST, "/auth/signOut", &headers, "").await;
    assert_eq!(answer.error_code(), "INVALID_CSRF_TOKEN");
}

/// Attack: a sibling host fills the cookies of flows and parts with its own
/// Standards: RFC 6265 6.1, 8.6; ASVS 3.3.5
#[tokio::test]
async fn planted_flows_and_parts_are_nobody_s() {
    let world = World::new().await;
    let browser = world.signed_in().await;
    let flows: String = (0..40).map(|flow| format!("aura-auth.flow.planted{flow}=x; ")).collect();
    let parts: String = (0..9).map(|part| format!("aura-auth.session_token.{part}=x; ")).collect();
    let mut victim = planted(&browser, &format!("{flows}{parts}x=y"));
    assert!(victim.session().await.is_some());
    let begun = victim.get("/auth/signIn/bitbucket").await;
    let kept = begun.set_cookies().iter().filter(|line| line.contains(".flow.") && !line.contains("Max-Age=0")).count();
    assert_eq!(kept, 1);
}
