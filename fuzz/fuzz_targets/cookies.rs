//! The browser's own session is found, whatever other cookies are sent, and also if it is split into parts.
#![no_main]

use std::sync::OnceLock;

use aura_auth::{Auth, User, testing};
use futures::FutureExt as _;
use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;

/// How many values of one cookie name the server reads.
const MAX_VALUES: usize = 8;

fn made() -> &'static (Auth, String) {
    static MADE: OnceLock<(Auth, String)> = OnceLock::new();
    MADE.get_or_init(|| {
        let auth = aura_auth_fuzz::auth();
        let cookie = testing::session_cookie(&auth, User::new("{x}")).unwrap();
        (auth, cookie)
    })
}

fuzz_target!(|data: &[u8]| {
    let (auth, own) = made();
    let (name, value) = own.split_once('=').unwrap();
    let (before, after) = data.split_at(data.len() / 2);
    let middle = value.len() / 3;
    let in_parts = format!("{name}.0={}; {name}.1={}", &value[..middle], &value[middle..]);
    for (own, is_whole) in [(own, true), (&in_parts, false)] {
        let line = [before, b"; ", own.as_bytes(), b"; ", after].concat();
        let Ok(line) = HeaderValue::from_bytes(&line) else { return };
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("localhost"));
        headers.insert("cookie", line);
        let found = auth.api().get_session(&headers).now_or_never().unwrap();
        let text = String::from_utf8_lossy(data);
        // The server reads at most eight values of a cookie name, so there may be seven others. If the session is split,
        // another part with the same name would change it.
        let others = text.matches(name).count();
        let parts = text.matches(&format!("{name}.")).count();
        // A browser may send a list of ended sessions. The fuzzer can find a list that contains this session.
        let has_ended = text.contains("signed_out");
        if !has_ended && others < MAX_VALUES && (is_whole || parts == 0) {
            assert_eq!(found.session().map(|session| session.user.sub.as_str()), Some("{x}"), "{text}");
        }
    }
});
