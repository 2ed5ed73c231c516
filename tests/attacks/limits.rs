//! Floods

use std::net::Ipv6Addr;

use aura_auth::{LimitedAction, RateLimit, RateLimits};

use super::world::{JSON, World};

/// Attack: rate limits evaded by walking through an IPv6 /64 (CVE-2026-45364 elsewhere)
/// Standards: RFC 6177 2; ASVS 2.4.1
#[tokio::test]
async fn an_ipv6_network_of_64_bits_is_one_client() {
    let limit = RateLimits::none().limit(LimitedAction::SignIn, RateLimit::per_minutes(3, 1));
    let world = World::configured(|builder| {
        builder.rate_limits(limit).trusted_proxy_headers(true).trusted_origins(["http://127.0.0.1:*"])
    })
    .await;
    let mut browser = world.browser();
    let mut ask = async |address: String| {
        let headers = [JSON, ("x-forwarded-for", &*address)];
        browser.send(reqwest::Method::GET, "/auth/signIn/bitbucket", &headers, "").await.status.as_u16()
    };
    let mut statuses = Vec::new();
    for host in 0..12_u64 {
        let address = Ipv6Addr::from((0x2001_0db8_u128 << 96) | u128::from(host.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        statuses.push(ask(address.to_string()).await);
    }
    assert_eq!(statuses, [[302; 3].as_slice(), &[429; 9]].concat());
    // The same client spelled otherwise, and the next network, which is another.
    assert_eq!(ask("2001:0DB8:0:0::1".to_owned()).await, 429);
    assert_eq!(ask("2001:db8:0:1::1".to_owned()).await, 302);
    // An IPv4 address in IPv6's clothes is the IPv4 address.
    for _ in 0..3 {
        assert_eq!(ask("203.0.113.9".to_owned()).await, 302);
    }
    assert_eq!(ask("::ffff:203.0.113.9".to_owned()).await, 429);
}
