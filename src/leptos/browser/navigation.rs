use leptos::prelude::window;
use wasm_bindgen::JsCast as _;
use web_sys::{NavigationType, PerformanceNavigationTiming};

/// How this page came here.
pub(super) struct Navigation {
    /// When it was asked for, in milliseconds since 1970: what it says is at least as new.
    pub(super) asked_at: f64,
    /// When its first byte was there.
    pub(super) answered_at: f64,
    /// Whether the server made it for this request; Back takes pages out of the cache, as old as
    /// they may be.
    pub(super) is_fresh: bool,
}

impl Navigation {
    pub(super) fn current() -> Self {
        let unknown = || Self { asked_at: super::now(), answered_at: super::now(), is_fresh: true };
        let Some(performance) = window().performance() else { return unknown() };
        let entry = performance.get_entries_by_type("navigation").get(0);
        if entry.is_undefined() {
            return unknown();
        }
        let entry: PerformanceNavigationTiming = entry.unchecked_into();
        let origin = performance.time_origin();
        Self {
            asked_at: origin + entry.request_start(),
            answered_at: origin + entry.response_start(),
            is_fresh: entry.type_() != NavigationType::BackForward && entry.transfer_size() > 0.0,
        }
    }
}
