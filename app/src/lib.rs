//! The application: pages that the server renders and the browser hydrates.

#![recursion_limit = "256"]

pub mod app;
mod components;
mod pages;
#[cfg(feature = "ssr")]
pub mod server;

/// Takes over the page that the server rendered.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
    // For tests: from here on the page is the program's.
    if let Some(root) = leptos::prelude::document().document_element() {
        let _ = root.set_attribute("data-hydrated", "");
    }
}
