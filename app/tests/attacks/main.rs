//! Runs the library's attacks again on this app, with all its pages and its own server, and adds attacks on the
//! program.
#![cfg(feature = "ssr")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]
#![allow(dead_code, reason = "the test app has more in it than these tests need")]

mod app;
#[path = "../../../tests/support/log.rs"]
mod log;
mod program;
#[path = "../../../tests/support/session_attacks.rs"]
mod session_attacks;
#[path = "../support/mod.rs"]
mod support;
#[path = "../../../tests/support/test_app.rs"]
mod test_app;

#[path = "../../../tests/attacks/callback.rs"]
mod callback;
#[path = "../../../tests/attacks/cookies.rs"]
mod cookies;
#[path = "../../../tests/attacks/cost.rs"]
mod cost;
#[path = "../../../tests/attacks/cross_site.rs"]
mod cross_site;
#[path = "../../../tests/attacks/disclosure.rs"]
mod disclosure;
#[path = "../../../tests/attacks/hosts.rs"]
mod hosts;
#[path = "../../../tests/attacks/limits.rs"]
mod limits;
#[path = "../../../tests/attacks/proxies.rs"]
mod proxies;
#[path = "../../../tests/attacks/redirects.rs"]
mod redirects;
#[path = "../../../tests/attacks/requests.rs"]
mod requests;
#[path = "../../../tests/attacks/sessions.rs"]
mod sessions;
#[path = "../../../tests/attacks/ssrf.rs"]
mod ssrf;
#[path = "../../../tests/attacks/tokens.rs"]
mod tokens;
