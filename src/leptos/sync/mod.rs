//! Keeps the session true in an open page: other tabs, time, visibility, the network, refusals.
//!
//! [`state`](self::state) decides, without a browser: events in, effects out. `browser` turns what the
//! browser reports into events and carries the effects out.

#[cfg(not(feature = "ssr"))]
mod browser;
#[cfg(any(test, not(feature = "ssr")))]
mod message;
#[cfg(feature = "ssr")]
mod on_server;
#[cfg(any(test, not(feature = "ssr")))]
mod state;
#[cfg(test)]
mod state_tests;

#[cfg(not(feature = "ssr"))]
pub(super) use self::browser::PageSync;
#[cfg(feature = "ssr")]
pub(super) use self::on_server::PageSync;
