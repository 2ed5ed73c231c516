//! What keeps the session true in the browser.

mod channel;
pub(super) mod form;
mod navigation;
mod request;
mod store;
mod unauthorized;
mod wake;

use std::future::Future;
use std::pin::Pin;

use leptos::prelude::*;

use super::SessionHandle;
use crate::json::Json;

pub(super) use self::navigation::follow;
pub(super) use self::request::request_with_token;
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
    Json(document().into()).text("visibilityState").as_deref() != Some("visible")
}

/// Runs a future; boxed, so that there is one kind.
pub(super) fn spawn(future: Pin<Box<dyn Future<Output = ()>>>) {
    leptos::task::spawn_local(future);
}

/// Runs something now and whenever what it has read changes; boxed, so that there is one kind.
pub(super) fn effect(run: Box<dyn Fn()>) {
    Effect::new(run);
}
