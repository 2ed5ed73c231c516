use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{Event, HtmlFormElement};

use crate::operation::{SERVER_FUNCTION_PREFIX, TOKEN_FUNCTION_PREFIX};

/// Handles `submit` of all forms of our server functions before their own handlers do. If a form is already being sent
/// (`aria-busy`), it is not sent again. If this browser lacks the APIs to send the form by script, the browser sends it
/// itself.
pub(super) fn guard(base_path: &str) {
    let providers = format!("{base_path}/providers/");
    let on_submit = Closure::<dyn Fn(Event)>::new(move |event: Event| {
        let Some(form) = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok()) else { return };
        let action = form.get_attribute("action").unwrap_or_default();
        if ![SERVER_FUNCTION_PREFIX, TOKEN_FUNCTION_PREFIX, &providers].iter().any(|prefix| action.starts_with(prefix))
        {
            return;
        }
        let is_busy = form.get_attribute("aria-busy").as_deref() == Some("true");
        if is_busy {
            event.prevent_default();
        }
        if is_busy || !can_send() {
            event.stop_immediate_propagation();
        }
    });
    // The listener is on the document, in the capture phase. So it runs before every handler of the form.
    let listener = on_submit.as_ref().unchecked_ref();
    if document().add_event_listener_with_callback_and_bool("submit", listener, true).is_ok() {
        on_submit.forget();
    }
}

/// Checks whether this browser has the APIs that are needed to call a server function.
fn can_send() -> bool {
    ["fetch", "Request", "Headers", "AbortController", "FormData", "URLSearchParams"]
        .iter()
        .all(|name| js_sys::Reflect::get(&window(), &(*name).into()).is_ok_and(|value| value.is_function()))
}
