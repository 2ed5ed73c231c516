//! One test for each attack, over real HTTP, against a running app and a stand-in for Bitbucket.
//!
//! The `Attack:` and `Standards:` lines of each test's documentation become a row of the table in `SECURITY.md`, and an
//! entry in `docs/standards.md`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]
#![allow(dead_code, reason = "the app has more in it than these tests need")]

#[path = "../support/app.rs"]
mod app;
#[path = "../support/log.rs"]
mod log;
#[path = "../support/session_attacks.rs"]
mod session_attacks;
#[path = "../support/test_app.rs"]
mod test_app;

mod callback;
mod cookies;
mod cost;
mod cross_site;
mod disclosure;
mod hosts;
mod limits;
mod proxies;
mod redirects;
mod requests;
mod sessions;
mod ssrf;
mod standards;
mod table;
mod tokens;
