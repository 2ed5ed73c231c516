//! Floods of requests

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex};

use aura_auth::testing::StandInEndpoint;
use aura_auth::{AuthEvent, LimitedAction, RateLimit, RateLimits};
use reqwest::Method;
use serde_json::json;

use super::test_app::{JSON, TestApp, parameter};

/// Attack: rate limits evaded by walking through an IPv6 /64 (CVE-2026-45364 elsewhere)
/// Standards: RFC 6177 2; ASVS 2.4.1
#[tokio::test]
async fn an_ipv6_network_of_64_bits_is_one_client() {
    let limit = RateLimits::none().limit(LimitedAction::SignIn, RateLimit::per_minutes(3, 1));
    let app = TestApp::configured(|builder| {
        builder.rate_limits(limit).trusted_proxy_headers(true).trusted_origins(["http://127.0.0.1:*"])
    })
    .await;
    let mut browser = app.browser();
    let mut ask = async |address: String| {
        let headers = [JSON, ("x-forwarded-for", &*address)];
        browser.send(Method::GET, "/auth/signIn/bitbucket", &headers, "").await.status.as_u16()
    };
    let mut statuses = Vec::new();
    for host in 0..12_u64 {
        let address = Ipv6Addr::from((0x2001_0db8_u128 << 96) | u128::from(host.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        statuses.push(ask(address.to_string()).await);
    }
    assert_eq!(statuses, [[302; 3].as_slice(), &[429; 9]].concat());
    // The same network in another spelling, and then the next network, which is a different client.
    assert_eq!(ask("2001:0DB8:0:0::1".to_owned()).await, 429);
    assert_eq!(ask("2001:db8:0:1::1".to_owned()).await, 302);
    // An IPv4-mapped IPv6 address counts as the IPv4 address.
    for _ in 0..3 {
        assert_eq!(ask("203.0.113.9".to_owned()).await, 302);
    }
    assert_eq!(ask("::ffff:203.0.113.9".to_owned()).await, 429);
}

/// A client with many addresses behind the app's own proxy. `Browser` is not used here, because it would keep the
/// cookies of thousands of flows.
struct Addresses {
    http: reqwest::Client,
    app: String,
}

impl Addresses {
    fn of(app: &TestApp) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { http, app: app.origin.clone() }
    }

    async fn get(&self, address: IpAddr, url: &str, cookies: &str) -> reqwest::Response {
        let request = self.http.get(url).header(JSON.0, JSON.1).header("cookie", cookies);
        request.header("x-forwarded-for", address.to_string()).send().await.unwrap()
    }

    /// Starts a flow, and sends a code that the provider never issued.
    async fn send_made_up_code(&self, address: IpAddr) -> reqwest::Response {
        let begun = self.get(address, &format!("{}/auth/signIn/bitbucket", self.app), "").await;
        assert_eq!(begun.status(), 302);
        let cookies = begun.headers().get_all("set-cookie").iter();
        let cookies: Vec<_> = cookies.map(|line| line.to_str().unwrap().split(';').next().unwrap()).collect();
        let state = parameter(begun.headers()["location"].to_str().unwrap(), "state").unwrap();
        let callback = format!("{}/auth/callback/bitbucket?code=made-up&state={state}", self.app);
        self.get(address, &callback, &cookies.join("; ")).await
    }
}

async fn behind_a_proxy(limits: RateLimits) -> (TestApp, Arc<Mutex<Vec<AuthEvent>>>) {
    let events = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&events);
    let app = TestApp::configured(|builder| {
        let told = move |event: &AuthEvent| log.lock().unwrap().push(event.clone());
        builder.rate_limits(limits).on_event(told).trusted_proxy_headers(true).trusted_origins(["http://127.0.0.1:*"])
    })
    .await;
    (app, events)
}

/// Attack: 2,000 addresses with made-up codes use up what the provider allows, so that nobody can sign in
/// Standards: ASVS 2.4.1, 6.3.1, 13.1.3
#[tokio::test]
async fn made_up_codes_of_2_000_addresses_do_not_block_other_sign_ins() {
    let (app, events) = behind_a_proxy(RateLimits::default()).await;
    let attackers = Addresses::of(&app);
    let mut answers = [0; 2];
    for _ in 0..2 {
        for number in 0..2000_u32 {
            // Each address is in a network of its own.
            let address = Ipv4Addr::from_bits(0x0b00_0000 | number << 8 | 7);
            let answer = attackers.send_made_up_code(address.into()).await;
            match answer.status().as_u16() {
                502 => answers[0] += 1,
                503 => {
                    assert_eq!(answer.headers()["retry-after"], "3", "1,500 an hour are one in 2.4 seconds");
                    answers[1] += 1;
                }
                status => panic!("{status} {}", answer.text().await.unwrap()),
            }
        }
    }
    // Each address sends one code in the first round, and all 2,000 codes are sent to the provider. In the second round
    // all addresses are suspect and share a quarter of 6,000 calls, which is 1,500.
    assert_eq!(answers, [3500, 500]);
    assert_eq!(app.bitbucket.requests(StandInEndpoint::Token), 3500);
    let used_up = AuthEvent::ProviderBudgetUsedUp { provider: "bitbucket".to_owned() };
    assert_eq!(events.lock().unwrap().iter().filter(|event| **event == used_up).count(), 500);

    let mut person = app.browser();
    person.headers = vec![("x-forwarded-for".to_owned(), "198.51.100.7".to_owned())];
    assert_eq!(person.sign_in("/auth/signIn/bitbucket").await.location(), "/");
    assert!(person.session().await.is_some());
}

/// Attack: made-up codes from one address, from one network, and many at once
/// Standards: ASVS 2.4.1, 6.3.1
#[tokio::test]
async fn after_ten_rejected_codes_an_address_causes_no_more_provider_requests() {
    let (app, events) = behind_a_proxy(RateLimits::default()).await;
    let attacker = Addresses::of(&app);
    for address in ["203.0.113.9", "2001:db8:1:2::3"] {
        let before = app.bitbucket.requests(StandInEndpoint::Token);
        let address: IpAddr = address.parse().unwrap();
        for _ in 0..10 {
            assert_eq!(attacker.send_made_up_code(address).await.status(), 502);
        }
        for _ in 0..5 {
            let answer = attacker.send_made_up_code(address).await;
            assert_eq!(answer.status(), 429);
            assert_eq!(answer.headers()["retry-after"], "90");
            let body: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
            assert_eq!((&body["code"], &body["oauth"]), (&json!("RATE_LIMIT_EXCEEDED"), &json!(null)));
        }
        assert_eq!(app.bitbucket.requests(StandInEndpoint::Token), before + 10);
        assert!(events.lock().unwrap().contains(&AuthEvent::RateLimited { action: "failedExchange" }));
    }
    // A person with that address gets an error. A person with another address can sign in.
    let mut person = app.browser();
    person.headers = vec![("x-forwarded-for".to_owned(), "203.0.113.9".to_owned())];
    let end = person.sign_in("/auth/signIn/bitbucket").await;
    assert_eq!(
        (end.shown_error().as_str(), end.headers["retry-after"].to_str().unwrap()),
        ("RATE_LIMIT_EXCEEDED", "90")
    );
    person.headers[0].1 = "203.0.113.10".to_owned();
    assert_eq!(person.sign_in("/auth/signIn/bitbucket").await.location(), "/");
    // One attempt becomes available again after a tenth of 15 minutes, which is 90 seconds.
    person.headers[0].1 = "203.0.113.9".to_owned();
    app.clock.advance(90);
    assert_eq!(person.sign_in("/auth/signIn/bitbucket").await.location(), "/");
}

#[tokio::test]
async fn when_the_provider_calls_are_used_up_a_sign_in_is_rejected_with_retry_after() {
    let limits = RateLimits::default().provider_calls(RateLimit::per_minutes(7, 60));
    let (app, events) = behind_a_proxy(limits).await;
    // A sign-in takes three calls. If a sign-in has begun, it is completed.
    for _ in 0..3 {
        assert_eq!(app.browser().sign_in("/auth/signIn/bitbucket").await.location(), "/");
    }
    let asked = app.bitbucket.requests(StandInEndpoint::Token);
    let mut browser = app.browser();
    let end = browser.sign_in("/auth/signIn/bitbucket").await;
    assert_eq!(
        (end.shown_error().as_str(), end.headers["retry-after"].to_str().unwrap()),
        ("OAUTH_PROVIDER_BUSY", "515")
    );
    let callback = browser.callback_url("/auth/signIn/bitbucket").await;
    let answer = browser.get_json(&callback).await;
    assert_eq!((answer.status.as_u16(), answer.error_code().as_str()), (503, "OAUTH_PROVIDER_BUSY"));
    assert_eq!(answer.headers["retry-after"], "515");
    assert_eq!(app.bitbucket.requests(StandInEndpoint::Token), asked);
    let used_up = AuthEvent::ProviderBudgetUsedUp { provider: "bitbucket".to_owned() };
    assert_eq!(events.lock().unwrap().iter().filter(|event| **event == used_up).count(), 2);
    app.clock.advance(515);
    assert_eq!(browser.sign_in("/auth/signIn/bitbucket").await.location(), "/");
}

/// Attack: rate limits evaded by walking through the larger networks that one person has, an IPv6 /56 or /48
/// Standards: RFC 6177 2; ASVS 2.4.1
#[tokio::test]
async fn an_ipv6_56_or_48_network_has_a_limit_too() {
    let limits = RateLimits::none().limit(LimitedAction::SignIn, RateLimit::per_minutes(3, 1));
    let (app, _) = behind_a_proxy(limits).await;
    let client = Addresses::of(&app);
    let sign_in = format!("{}/auth/signIn/bitbucket", app.origin);
    // Each request comes from a /64 of its own.
    let mut allowed = [0; 2];
    for (kind, shift) in [64, 72].into_iter().enumerate() {
        for number in 1..100_u128 {
            let network = 0x2001_0db8_0001_u128 + kind as u128;
            let address = Ipv6Addr::from_bits(network << 80 | number << shift | 1);
            let answer = client.get(address.into(), &sign_in, "").await;
            allowed[kind] += u32::from(answer.status() == 302);
        }
    }
    assert_eq!(allowed, [12, 48], "the limits of a /56 and of a /48 network");
}

/// Attack: a signed-in person evades the limit of their session by other addresses
/// Standards: ASVS 2.4.1
#[tokio::test]
async fn a_session_s_limit_applies_from_every_address() {
    use LimitedAction::{GetProviderTokens, GetSession, RefreshUserInfo, RevokeToken, UpdateSession};
    let actions = [UpdateSession, GetProviderTokens, GetSession, RefreshUserInfo, RevokeToken];
    let limits = actions
        .into_iter()
        .fold(RateLimits::none(), |limits, action| limits.limit(action, RateLimit::per_minutes(3, 1)));
    let (app, _) = behind_a_proxy(limits).await;
    let mut browser = app.signed_in().await;
    let token = browser.csrf_token().await;
    app.clock.advance(60);
    for (method, path, body) in [
        (Method::PATCH, "/auth/session", r#"{"user":{"name":"X"}}"#),
        (Method::GET, "/auth/providers/bitbucket/tokens", ""),
        (Method::GET, "/auth/session", ""),
        (Method::POST, "/auth/providers/bitbucket/user/refresh", ""),
        (Method::POST, "/auth/providers/bitbucket/tokens/revoke", ""),
    ] {
        let mut are_limited = Vec::new();
        for number in 0..6 {
            let address = format!("203.0.113.{number}");
            let headers = [JSON, ("x-csrf-token", &*token), ("x-forwarded-for", &*address)];
            let answer = browser.send(method.clone(), path, &headers, body).await;
            are_limited.push(answer.status == 429);
        }
        assert_eq!(are_limited, [false, false, false, true, true, true], "{method} {path}");
    }
    // Another session has its own limit.
    let answer = app.signed_in().await.send_with_csrf(Method::PATCH, "/auth/session", "{}").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}
