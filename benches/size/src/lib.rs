//! A small app: router, a few routes, one resource, meta, forms and buttons; by features, a server
//! function too, and the session with every hook and component of the library in place of values of
//! its own. The markup is the same, so that the difference is the library.
#![cfg(feature = "hydrate")]
#![allow(missing_docs, reason = "nobody calls it")]

#[cfg(feature = "session")]
mod account;
#[cfg(feature = "server-function")]
mod greeting;
#[cfg(not(feature = "session"))]
mod plain;

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{Router, Routes};

#[cfg(feature = "session")]
use self::account::{Account, Pages, provide};
#[cfg(not(feature = "session"))]
use self::plain::{Account, Pages, provide};

#[component]
fn App() -> impl IntoView {
    provide_meta_context();
    provide();
    view! {
        <Title text="Size"/>
        <Router>
            <Routes fallback=|| "There is no page here.">
                <Pages/>
            </Routes>
        </Router>
    }
}

#[component]
fn Home() -> impl IntoView {
    let number = Resource::new(|| (), |()| async { 1 });
    view! {
        <Suspense fallback=|| "…">{move || number.get()}</Suspense>
        <form on:submit=move |event| event.prevent_default()><button>"Search"</button></form>
        {
            #[cfg(feature = "server-function")]
            greeting::Greeting()
        }
        <Account/>
    }
}

#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_body(App);
}
