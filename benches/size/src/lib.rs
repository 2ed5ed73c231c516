//! A typical small app: router, one resource in a `Suspense`, one server function with its `ActionForm`, meta. With the
//! feature `session` it also has the session, a sign-in and a sign-out. With the feature `all` it has every hook and
//! component of the library.
#![cfg(feature = "hydrate")]
#![allow(missing_docs, reason = "nobody calls it")]

#[cfg(feature = "all")]
mod all;
#[cfg(all(feature = "session", not(feature = "all")))]
mod session;

use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
#[cfg(not(feature = "all"))]
use leptos_router::components::Route;
use leptos_router::components::{Router, Routes};
#[cfg(not(feature = "all"))]
use leptos_router::path;

#[cfg(feature = "all")]
use self::all::{self as auth, Pages};
#[cfg(all(feature = "session", not(feature = "all")))]
use self::session as auth;

#[server]
async fn greet(name: String) -> Result<String, ServerFnError> {
    Ok(name)
}

#[component]
fn App() -> impl IntoView {
    provide_meta_context();
    #[cfg(any(feature = "session", feature = "all"))]
    aura_auth::leptos::provide_session();
    view! {
        <Title text="Size"/>
        <Router>
            <Routes fallback=|| "There is no page here.">
                <Pages/>
            </Routes>
        </Router>
    }
}

#[cfg(not(feature = "all"))]
#[component(transparent)]
fn Pages() -> impl leptos_router::MatchNestedRoutes + Clone {
    view! {
        <Route path=path!("/") view=Home/>
        <Route path=path!("/about") view=|| "About"/>
    }
    .into_inner()
}

#[component]
fn Home() -> impl IntoView {
    let number = Resource::new(|| (), |()| async { 1 });
    let greet = ServerAction::<Greet>::new();
    view! {
        <Suspense fallback=|| "…">{move || number.get()}</Suspense>
        <ActionForm action=greet><input name="name"/><button>"Greet"</button></ActionForm>
        <p>{move || greet.value().get().and_then(Result::ok)}</p>
        {
            #[cfg(any(feature = "session", feature = "all"))]
            auth::Account()
        }
    }
}

#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_body(App);
}
