//! Whatever cookies there are beside it, in whatever parts, one's own session is found.
#![no_main]

use std::sync::OnceLock;

use aura_auth::{Auth, User, testing};
use futures::FutureExt as _;
use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;

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
        // Four are looked into; and parts of the same name are parts of the same cookie.
        let others = text.matches(name).count();
        // A browser may say that it has ended the session; the fuzzer finds out how.
        let has_ended = text.contains("signed_out");
        if !has_ended && others < if is_whole { 4 } else { 1 } {
            assert_eq!(found.session().map(|session| session.user.sub.as_str()), Some("{x}"), "{text}");
        }
    }
});
