use std::time::Duration;

use leptos::prelude::*;

use super::super::SessionHandle;
use super::super::session::State;
use super::{channel, check, is_hidden, now};
use crate::json::Json;

/// The server is asked at most once in this time, in milliseconds, because the page came back into
/// view, the network returned or the session is over.
pub(super) const AT_MOST_EVERY: f64 = 30_000.0;
/// How often, in milliseconds, a page that can be seen looks at the clock. A timer to the end of the
/// session would stand still while the machine sleeps.
const LOOK_EVERY: f64 = 60_000.0;

/// Looks after the session when the page comes back into view, the network returns or time passes.
pub(super) fn listen(session: SessionHandle) {
    // The third bubbles from the document.
    let names = ["focus", "online", "visibilitychange", "pageshow", "pagehide"];
    let listeners =
        names.map(|name| window_event_listener_untyped(name, move |event| hear(session, name, &Json(event.into()))));
    on_cleanup(move || {
        listeners.into_iter().for_each(WindowListenerHandle::remove);
        channel::close(session);
    });
    tick(session);
}

fn hear(session: SessionHandle, name: &str, event: &Json) {
    match name {
        "pagehide" => channel::close(session),
        "pageshow" => {
            // Back brought the page out of the browser's memory, with a session that may be over.
            if event.boolean("persisted") == Some(true) {
                channel::listen(session);
                session.with(State::set_restored);
                check(session);
            }
        }
        _ => wake(session),
    }
}

fn wake(session: SessionHandle) {
    if is_hidden() {
        return;
    }
    let due = session.with(|state| state.store.ask_again.get() || now() - state.store.asked_at.get() >= AT_MOST_EVERY);
    if due {
        check(session);
    }
    tick(session);
}

/// Looks at the clock, asks the server if that is due, and says when to look again; a page that
/// can't be seen does nothing until it can.
pub(super) fn tick(session: SessionHandle) {
    let (now, since_asked) = session.with(|state| {
        let store = &state.store;
        if let Some(timer) = store.timer.take() {
            timer.clear();
        }
        (now() + store.clock_ahead, now() - store.asked_at.get())
    });
    #[expect(clippy::cast_possible_truncation, reason = "seconds of this millennium")]
    session.with(|state| state.set_now((now / 1000.0) as i64));
    if is_hidden() {
        return;
    }
    #[expect(clippy::cast_precision_loss, reason = "seconds of this millennium")]
    let left = untrack(|| session.expires()).map(|end| end.unix_timestamp() as f64 * 1000.0 - now);
    let is_stale = untrack(|| session.with(State::is_stale));
    if left.is_none() && !is_stale {
        // Nothing ends.
        return;
    }
    let is_over = left.is_some_and(|left| left <= 0.0);
    let mut wait = match left {
        // The end itself is not missed, and the last minutes are counted by seconds.
        Some(left) if left <= 2.0 * LOOK_EVERY => 1000.0,
        _ => LOOK_EVERY,
    };
    if is_over || is_stale {
        if since_asked >= AT_MOST_EVERY || (is_over && since_asked > left.map_or(0.0, |left| -left)) {
            check(session);
            wait = AT_MOST_EVERY;
        } else {
            wait = AT_MOST_EVERY - since_asked;
        }
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a minute at most")]
    let wait = Duration::from_millis(wait as u64);
    let timer = set_timeout_with_handle(move || tick(session), wait).ok();
    session.with(|state| state.store.timer.set(timer));
}
