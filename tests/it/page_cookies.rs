//! How much of a page's `Cookie` header is ours: nginx and others refuse a header line of more than 8 KB.

use aura_auth::testing::{Misbehavior, StandInEndpoint};
use aura_auth::{AuthBuilder, PendingSignIn, SignInDecision, User};
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::log::Log;
use super::world::{Browser, World, parameter};

/// The longest `Cookie` line, in bytes.
const LINE: usize = 8 * 1024;
/// What all flows together may have of it.
const FLOWS: usize = 3 * 1024;

/// An address of this many bytes that does not compress well.
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

/// The address of a sign-in that ends at `redirect_to`.
fn sign_in(redirect_to: &str) -> String {
    let query = reqwest::Url::parse_with_params("http://x/", [("redirectTo", redirect_to)]).unwrap();
    format!("/auth/signIn/bitbucket?{}", query.query().unwrap())
}

/// The bytes of the cookies whose name has this in it, each with what separates it from the next.
fn bytes(browser: &Browser, name: &str) -> usize {
    let found = browser.cookies.iter().filter(|cookie| cookie.path == "/" && cookie.name.contains(name));
    found.map(|cookie| cookie.name.len() + cookie.value.len() + "=; ".len()).sum()
}

/// The bytes of the whole `Cookie` line of a page.
fn line(browser: &Browser) -> usize {
    "Cookie: \r\n".len() + browser.cookie_header("/").unwrap_or_default().len()
}

/// Attack: a page that begins sign-ins with long addresses until a proxy refuses the browser's cookies
/// Standards: RFC 6265 6.1; ASVS 3.3.5
#[tokio::test]
async fn five_flows_with_long_addresses_have_3_kb_and_the_newest_is_among_them() {
    let (world, mut browser) = World::behind_https().await;
    let wanted = long_path(2_048);
    let mut begun = browser.get(&sign_in(&wanted)).await;
    for _ in 0..5 {
        begun = browser.get(&sign_in(&wanted)).await;
        world.clock.advance(1);
        let flows = bytes(&browser, ".flow.");
        assert!(browser.flows() > 0 && flows <= FLOWS, "{flows} bytes of {} flows", browser.flows());
        assert!(begun.location().len() < LINE / 4, "a long address is not in `state`");
    }
    let callback = browser.decide(begun.location(), "ada", "approve").await;
    let end = browser.get(&callback.replace("https://app.example", &world.app)).await;
    assert_eq!(end.location(), wanted, "the limit is as it was");
}

#[tokio::test]
async fn short_flows_stay_beside_a_long_one_as_far_as_they_fit() {
    let world = World::new().await;
    let mut browser = world.browser();
    let mut callbacks = Vec::new();
    for redirect_to in ["/1", "/2", "/3", "/4", &long_path(1_500)] {
        callbacks.push(browser.callback_url(&sign_in(redirect_to)).await);
        world.clock.advance(1);
    }
    let flows = bytes(&browser, ".flow.");
    assert!((2..5).contains(&browser.flows()) && flows <= FLOWS, "{flows} bytes of {} flows", browser.flows());
    assert_eq!(browser.get(&callbacks[3]).await.location(), "/4", "the newest of the others is there");
    assert_eq!(browser.flows(), 1);
    // The oldest one begins again by itself.
    let again = browser.get(&callbacks[0]).await;
    assert!(again.location().contains("/site/oauth2/authorize"), "{again:?}");
}

/// Where the flow's cookie is gone, `state` alone knows the way, and it carries no long one.
#[tokio::test]
async fn a_stale_flow_with_a_long_address_begins_again_to_the_front_page() {
    let world = World::new().await;
    for (length, kept) in [(512, true), (513, false)] {
        let mut browser = world.browser();
        let wanted = long_path(length);
        let callback = browser.callback_url(&sign_in(&wanted)).await;
        browser.cookies.clear();
        let begun = browser.get(&callback).await;
        let callback = browser.decide(begun.location(), "ada", "approve").await;
        assert_eq!(browser.get(&callback).await.location(), if kept { &wanted } else { "/" }, "{length}");
    }
}

fn print_sizes(browser: &Browser) {
    for cookie in &browser.cookies {
        println!("{} {}", cookie.name, cookie.name.len() + cookie.value.len() + 3);
    }
}

#[tokio::test]
async fn measure() {
    let (world, mut browser) = World::behind_https().await;
    let begun = browser.get("/auth/signIn/bitbucket?redirectTo=/dashboard").await;
    print_sizes(&browser);
    let callback = browser.decide(begun.location(), "ada", "approve").await;
    browser.get(&callback.replace("https://app.example", &world.app)).await;
    browser.get(&sign_in(&long_path(2048))).await;
    print_sizes(&browser);
}
