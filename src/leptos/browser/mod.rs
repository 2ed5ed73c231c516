//! What keeps the session true in the browser.

mod channel;
mod navigation;
mod store;
mod unauthorized;
mod wake;

use std::future::Future;
use std::pin::Pin;

use leptos::prelude::*;

use super::SessionHandle;

pub(super) use self::store::{Store, check, check_now, ended, learned};

/// From here on the page follows the session.
pub(super) fn keep_true(session: SessionHandle) {
    channel::listen(session);
    wake::listen(session);
    unauthorized::listen(session);
    if session.with(|state| state.store.is_current) {
        channel::tell(session, true);
    } else {
        check(session);
    }
}

/// Milliseconds since 1970 by the browser's clock, which all its tabs share.
fn now() -> f64 {
    js_sys::Date::now()
}

fn is_hidden() -> bool {
    document().visibility_state() != web_sys::VisibilityState::Visible
}

/// Runs a future; boxed, so that there is one kind.
pub(super) fn spawn(future: Pin<Box<dyn Future<Output = ()>>>) {
    leptos::task::spawn_local(future);
}
