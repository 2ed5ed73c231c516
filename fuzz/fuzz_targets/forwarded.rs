//! Whatever forwarding headers a request has, a sign-in leads back to a trusted origin or does not start.
#![no_main]

use std::sync::OnceLock;

use aura_auth::{Auth, RateLimits, RedirectOptions};
use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use tokio::runtime::{Builder, Runtime};
use url::Url;

fn made() -> &'static (Auth, Runtime) {
    static MADE: OnceLock<(Auth, Runtime)> = OnceLock::new();
    MADE.get_or_init(|| {
        let auth = aura_auth_fuzz::builder()
            .trusted_proxy_headers(true)
            .trusted_origins(["https://app.example", "https://*.example.org"])
            .rate_limits(RateLimits::none())
            .build();
        (auth.unwrap(), Builder::new_current_thread().build().unwrap())
    })
}

const NAMES: [&str; 6] =
    ["host", "forwarded", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-for", "x-forwarded-port"];

fuzz_target!(|data: &[u8]| {
    let (auth, runtime) = made();
    let mut headers = HeaderMap::new();
    // Each line of the input is a header: its first byte selects the name, and the rest is the value.
    for line in data.split(|byte| *byte == b'\n') {
        let [which, value @ ..] = line else { continue };
        let Ok(value) = HeaderValue::from_bytes(value) else { continue };
        headers.append(HeaderName::from_static(NAMES[usize::from(*which) % NAMES.len()]), value);
    }
    let reply = runtime.block_on(auth.api().sign_in(&headers, "bitbucket", RedirectOptions::default()));
    let Some(location) = reply.location() else { return };
    let location = Url::parse(location).unwrap();
    let Some((_, redirect_uri)) = location.query_pairs().find(|(name, _)| name == "redirect_uri") else { return };
    let redirect_uri = Url::parse(&redirect_uri).unwrap();
    let host = redirect_uri.host_str().unwrap_or_default();
    assert_eq!(redirect_uri.scheme(), "https", "{headers:?}");
    assert!(host == "app.example" || host.ends_with(".example.org"), "{headers:?} lead to {redirect_uri}");
    assert!(redirect_uri.port().is_none() && redirect_uri.username().is_empty(), "{redirect_uri}");
});
