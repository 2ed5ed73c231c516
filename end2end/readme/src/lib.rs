//! The README's examples, compiled for the server and for the browser, and a site that consists of its tasks.
#![cfg(any(feature = "ssr", feature = "hydrate"))]
#![allow(
    dead_code,
    unused_imports,
    reason = "nothing calls some of the examples, and the browser has no body of a server function"
)]

include!(concat!(env!("OUT_DIR"), "/examples.rs"));

use aura_auth::leptos::{GuestRoute, ProtectedRoute, provide_session};
use leptos::prelude::*;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::path;

/// A page for each task.
#[component]
pub fn Tasks() -> impl IntoView {
    provide_session();
    view! {
        <Router>
            <show_who_is_signed_in::Nav/>
            <main>
                <Routes fallback=|| "There is no page here.">
                    <Route path=path!("/") view=a_server_function_for_signed_in_people::Notes/>
                    <GuestRoute path=path!("/sign-in") view=sign_in_with_github_too::SignInPage/>
                    <ProtectedRoute path=path!("/workspaces") view=call_bitbucket_s_api::Workspaces/>
                    <ProtectedRoute path=path!("/account") view=users_in_your_own_database::Account/>
                </Routes>
            </main>
        </Router>
    }
}
