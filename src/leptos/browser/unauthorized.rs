use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{PerformanceObserver, PerformanceObserverEntryList};

use super::super::SessionHandle;
use super::wake::AT_MOST_EVERY;
use super::{check, now};
use crate::json::Json;

/// Asks for the session when a server function, or another request of the page's to this app, was
/// answered with 401. The browser's list of requests says so whatever sent them and whatever their
/// errors' types are; a browser that keeps no statuses there finds out at the next look.
pub(super) fn listen(session: SessionHandle) {
    let own = session.endpoint("session");
    let origin = window().location().origin().unwrap_or_default();
    let seen = Closure::<dyn Fn(PerformanceObserverEntryList)>::new(move |list: PerformanceObserverEntryList| {
        let is_news = list.get_entries().iter().map(Json).any(|entry| {
            let path = entry.text("name").unwrap_or_default();
            path.strip_prefix(&origin).is_some_and(|path| !path.starts_with(&own)) && is_refusal(&entry)
        });
        if is_news && untrack(|| session.is_authenticated()) && is_due(session) {
            check(session);
        }
    });
    let Ok(observer) = PerformanceObserver::new(seen.as_ref().unchecked_ref()) else { return };
    let init = Json::object();
    init.set("type", "resource");
    observer.observe(init.0.unchecked_ref());
    // The page's for as long as there is a page.
    seen.forget();
}

/// An endpoint of the app's may answer 401 for reasons of its own.
fn is_due(session: SessionHandle) -> bool {
    session.with(|state| {
        let store = &state.store;
        let due = now() - store.refused_at.get() >= AT_MOST_EVERY;
        if due {
            store.refused_at.set(now());
        }
        due
    })
}

fn is_refusal(entry: &Json) -> bool {
    entry.text("initiatorType").as_deref() == Some("fetch") && entry.number("responseStatus") == Some(401.0)
}
