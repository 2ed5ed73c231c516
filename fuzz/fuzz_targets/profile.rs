//! Any profile from a provider is accepted or rejected. If its session can be read, the session has the same user.
#![no_main]

use std::sync::OnceLock;

use aura_auth::oauth::BitbucketProfile;
use aura_auth::{Auth, testing};
use futures::FutureExt as _;
use http::HeaderMap;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    static AUTH: OnceLock<Auth> = OnceLock::new();
    let auth = AUTH.get_or_init(aura_auth_fuzz::auth);
    let Ok(profile) = serde_json::from_slice::<BitbucketProfile>(data) else { return };
    let user = profile.into_user();
    let Ok(cookie) = testing::session_cookie(auth, user.clone()) else { return };
    let mut headers = HeaderMap::new();
    headers.insert("host", "localhost".parse().unwrap());
    headers.insert("cookie", cookie.parse().unwrap());
    if let Some(session) = auth.api().get_session(&headers).now_or_never().unwrap().session() {
        assert_eq!(session.user, user);
    }
});
