use leptos::prelude::*;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{PageTransitionEvent, PerformanceObserver, PerformanceObserverEntryList, PerformanceObserverInit};

use crate::leptos::sync::browser::{PageSync, is_hidden};
use crate::leptos::sync::state::Event;

/// Dispatches the browser's events until the root component is removed.
pub(super) fn listen(sync: PageSync, base_path: &str) {
    listen_to_window(sync);
    listen_to_refusals(sync, base_path);
}

fn listen_to_window(sync: PageSync) {
    // `visibilitychange` is an event of the document, and bubbles to the window.
    let names = ["focus", "online", "visibilitychange", "pageshow", "pagehide"];
    let listeners = names.map(|name| {
        window_event_listener_untyped(name, move |event| match name {
            "visibilitychange" => sync.dispatch(Event::Visibility { hidden: is_hidden() }),
            "pagehide" => sync.dispatch(Event::Left),
            "pageshow" => {
                if event.unchecked_into::<PageTransitionEvent>().persisted() {
                    sync.dispatch(Event::Restored);
                }
            }
            _ => sync.dispatch(Event::Focused),
        })
    });
    on_cleanup(move || {
        listeners.into_iter().for_each(WindowListenerHandle::remove);
        sync.dispatch(Event::Left);
    });
}

/// Reports each request of the page to this app that was answered with 401, whatever code sent it and whatever its
/// error type is. The status comes from the browser's resource timing entries. A browser without `responseStatus` there
/// notices the change at the next request for the session.
fn listen_to_refusals(sync: PageSync, base_path: &str) {
    let session_endpoint = format!("{base_path}/session");
    let origin = window().location().origin().unwrap_or_default();
    let on_entries = Closure::<dyn Fn(PerformanceObserverEntryList)>::new(move |list: PerformanceObserverEntryList| {
        let text = |entry: &JsValue, name: &str| js_sys::Reflect::get(entry, &name.into()).ok()?.as_string();
        let is_refused = list.get_entries().iter().any(|entry| {
            let path = text(&entry, "name").unwrap_or_default();
            let is_ours = path.strip_prefix(&origin).is_some_and(|path| !path.starts_with(&session_endpoint));
            let status = js_sys::Reflect::get(&entry, &"responseStatus".into()).ok().and_then(|value| value.as_f64());
            is_ours && status == Some(401.0) && text(&entry, "initiatorType").as_deref() == Some("fetch")
        });
        if is_refused {
            sync.dispatch(Event::Unauthorized);
        }
    });
    let Ok(observer) = PerformanceObserver::new(on_entries.as_ref().unchecked_ref()) else { return };
    observer.observe(&PerformanceObserverInit::new(&js_sys::Array::of1(&"resource".into())));
    on_entries.forget();
}

/// Reloads a page whose code has crashed, for example during hydration, since it no longer follows the session. The
/// reload happens when the page becomes visible again.
pub(super) fn reload_after_crash() {
    // This does not use Leptos' signals: after a crash, no state of the crashed program may be needed.
    let crashed = std::rc::Rc::new(std::cell::Cell::new(false));
    for name in ["error", "unhandledrejection"] {
        let crashed = std::rc::Rc::clone(&crashed);
        window_event_listener_untyped(name, move |event| {
            let member = if name == "error" { "error" } else { "reason" };
            let error = js_sys::Reflect::get(&event, &member.into()).ok();
            let kind = error.and_then(|error| js_sys::Reflect::get(&error, &"name".into()).ok()?.as_string());
            if kind.as_deref() == Some("RuntimeError") {
                crashed.set(true);
            }
        });
    }
    window_event_listener_untyped("visibilitychange", move |_| {
        if crashed.get() && !is_hidden() {
            let _ = window().location().reload();
        }
    });
}
