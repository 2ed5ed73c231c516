//! The application: pages that the server renders and the browser hydrates.

#![recursion_limit = "256"]

pub mod app;
mod components;
mod pages;
#[cfg(feature = "ssr")]
pub mod server;

/// Hydrates the page that the server rendered.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
    // The browser tests wait for this attribute: from here on, the wasm handles the page.
    if let Some(root) = leptos::prelude::document().document_element() {
        let _ = root.set_attribute("data-hydrated", "");
    }
}
