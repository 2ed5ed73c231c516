//! Keeps the session in an open page up to date. It reacts to other tabs, time, visibility, the network and rejected
//! requests.
//!
//! [`state`](self::state) is a state machine without a browser: it takes events and returns effects. `browser`
//! translates the browser's events into events of the state machine, and executes its effects.

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
