use leptos::prelude::window;
use wasm_bindgen::JsCast as _;
use web_sys::{NavigationType, PerformanceNavigationTiming};

use crate::leptos::page_settings::PageSettings;
use crate::leptos::sync::browser::is_hidden;
use crate::leptos::sync::state::Opening;

/// Returns how this page was loaded.
pub(super) fn opening(settings: &PageSettings) -> Opening {
    let performance = window().performance();
    let origin = performance.as_ref().map(web_sys::Performance::time_origin);
    let entry = performance.and_then(|performance| {
        performance.get_entries_by_type("navigation").get(0).dyn_into::<PerformanceNavigationTiming>().ok()
    });
    let at = |time: fn(&PerformanceNavigationTiming) -> f64| {
        entry.as_ref().zip(origin).map_or_else(js_sys::Date::now, |(entry, origin)| origin + time(entry))
    };
    #[expect(clippy::cast_precision_loss, reason = "a double holds the seconds of this millennium")]
    let server_time = settings.now as f64 * 1000.0;
    Opening {
        known: settings.known,
        // Back can load a page from the HTTP cache, whatever its age.
        is_fresh: entry
            .as_ref()
            .is_none_or(|entry| entry.type_() != NavigationType::BackForward && entry.transfer_size() != 0.0),
        asked_at: at(|entry| entry.request_start()),
        answered_at: at(|entry| entry.response_start()),
        server_time,
        hidden: is_hidden(),
    }
}
