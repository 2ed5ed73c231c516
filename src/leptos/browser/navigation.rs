use leptos::prelude::{document, window};
use wasm_bindgen::JsCast as _;
use web_sys::HtmlElement;

use crate::json::Json;

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
        let performance = window().performance();
        let entries = performance.as_ref().map(|performance| performance.get_entries_by_type("navigation"));
        let entry = Json(entries.map(|entries| entries.get(0)).unwrap_or_default());
        let origin = Json(performance.into()).number("timeOrigin");
        let at = |name| Some(origin? + entry.number(name)?);
        Self {
            asked_at: at("requestStart").unwrap_or_else(super::now),
            answered_at: at("responseStart").unwrap_or_else(super::now),
            is_fresh: entry.text("type").as_deref() != Some("back_forward")
                && entry.number("transferSize") != Some(0.0),
        }
    }
}

/// Goes to another page of the app as a link to it does: the router sees the click. Its own function for
/// it brings a reading of relative paths along, and is several times this.
pub(in crate::leptos) fn follow(target: &str) {
    let (Ok(link), Some(body)) = (document().create_element("a"), document().body()) else { return };
    let link = Json(link.into());
    link.set("href", target);
    // How the router is told that Back shall not come here again.
    link.set("replace", true);
    let link: HtmlElement = link.0.unchecked_into();
    if body.append_child(&link).is_ok() {
        link.click();
        link.remove();
    }
}
