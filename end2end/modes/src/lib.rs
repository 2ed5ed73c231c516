//! An app with another base path, pages of every rendering mode, and two forms of one action.
#![cfg(any(feature = "ssr", feature = "hydrate"))]
#![allow(missing_docs, reason = "for tests")]
#![recursion_limit = "256"]

use aura_auth::AuthError;
use aura_auth::leptos::{
    ProtectedRoute, SignIn, SignOut, SignedIn, SignedOut, provide_session, use_access_token, use_disconnect_provider,
    use_is_provider_connected, use_redirect_to, use_refresh_user_info, use_revoke_token, use_session,
    use_update_session,
};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::components::{A, Route, Router, Routes};
use leptos_router::static_routes::StaticRoute;
use leptos_router::{SsrMode, path};

pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head><title>"Modes"</title><HydrationScripts options/></head>
            <body><App/></body>
        </html>
    }
}

#[component]
pub fn App() -> impl IntoView {
    provide_session();
    view! {
        <Router>
            // This is above the routes, where Leptos does not provide the error of a form.
            <header><SignedIn><SignOut>"Sign out"</SignOut></SignedIn></header>
            <nav>
                <A href="/out-of-order">"Out of order"</A>
                <A href="/private#third">"Private"</A>
            </nav>
            <Routes fallback=|| "There is no page here.">
                <Route path=path!("/") view=Forms/>
                <Route path=path!("/out-of-order") view=Status/>
                <Route path=path!("/in-order") view=Status ssr=SsrMode::InOrder/>
                <Route path=path!("/partially") view=Status ssr=SsrMode::PartiallyBlocked/>
                <Route path=path!("/async") view=Status ssr=SsrMode::Async/>
                <Route path=path!("/static") view=Status ssr=SsrMode::Static(StaticRoute::new())/>
                <ProtectedRoute path=path!("/private") view=Status/>
                <Route path=path!("/sign-in") view=SignInPage/>
                <Route path=path!("/readme") view=ReadmeTasks/>
            </Routes>
        </Router>
    }
}

/// The README's examples that run in the browser.
#[component]
fn ReadmeTasks() -> impl IntoView {
    use aura_auth_readme::{a_server_function_for_signed_in_people, call_bitbucket_s_api, show_who_is_signed_in};
    view! {
        <section aria-label="Tasks">
            <show_who_is_signed_in::Nav/>
            <a_server_function_for_signed_in_people::Notes/>
            <call_bitbucket_s_api::Workspaces/>
        </section>
    }
}

#[component]
fn SignInPage() -> impl IntoView {
    view! { <SignIn provider="bitbucket" redirect_to=use_redirect_to()>"Sign in"</SignIn> }
}

/// Shows who is signed in, read in each possible way.
#[component]
fn Status() -> impl IntoView {
    let session = use_session();
    let name = move || session.user().and_then(|user| user.name).unwrap_or_else(|| "nobody".to_owned());
    let runs = StoredValue::new(0);
    let runs_for_user = move || {
        let _ = session.user();
        runs.update_value(|runs| *runs += 1);
        runs.get_value()
    };
    view! {
        <p id="runs">{runs_for_user}</p>
        <p id="expires">{move || Some(session.expires()?.unix_timestamp())}</p>
        <p id="status">{move || session.status().as_str()}</p>
        <p id="name">{name}</p>
        <p id="resource">{move || session.get().flatten().and_then(|session| session.user.name)}</p>
        <Suspense fallback=|| "waiting">
            <p id="awaited">{move || Suspend::new(async move { session.await.and_then(|session| session.user.name) })}</p>
        </Suspense>
        <Transition fallback=|| "waiting"><p id="transition">{name}</p></Transition>
    }
}

/// Two forms of one action, and hooks that need a provider's tokens.
#[component]
fn Forms() -> impl IntoView {
    let session = use_session();
    let update = use_update_session();
    let error = move || update.value().get().and_then(Result::err);
    view! {
        <SignedOut><SignIn provider="bitbucket">"Sign in"</SignIn></SignedOut>
        <SignedIn>
            <p id="name">{move || session.user().and_then(|user| user.name)}</p>
            <ActionForm action=update>
                <input name="name" aria-label="Name"/><button>"Rename"</button>
            </ActionForm>
            <ActionForm action=update>
                <input type="hidden" name="name" value="Anonymous"/><button>"Forget my name"</button>
            </ActionForm>
            <p role="alert" id="update-error">{move || error().map(AuthError::message)}</p>
            <Provider/>
        </SignedIn>
    }
}

#[component]
fn Provider() -> impl IntoView {
    let connected = use_is_provider_connected("bitbucket");
    let token = use_access_token("bitbucket");
    let (refresh, disconnect) = (use_refresh_user_info("bitbucket"), use_disconnect_provider("bitbucket"));
    let revoke = use_revoke_token("bitbucket");
    let revoke_error = move || revoke.value().get().and_then(Result::err);
    let length = move || {
        token
            .get()
            .map(|token| token.map_or_else(|error| error.code().to_owned(), |token| token.expose().len().to_string()))
    };
    view! {
        <Transition fallback=|| "waiting">
            <p id="connected">{move || connected.get().and_then(Result::ok).unwrap_or_default().to_string()}</p>
            <p id="token">{length}</p>
        </Transition>
        <ActionForm action=refresh>
            <input type="hidden" name="provider" value="bitbucket"/><button>"Read again"</button>
        </ActionForm>
        <ActionForm action=disconnect>
            <input type="hidden" name="provider" value="bitbucket"/><button>"Disconnect"</button>
        </ActionForm>
        <ActionForm action=revoke>
            <input type="hidden" name="provider" value="bitbucket"/><button>"Revoke"</button>
        </ActionForm>
        <p role="alert" id="revoke-error">{move || revoke_error().map(AuthError::code)}</p>
        <button on:click=move |_| connected.refetch()>"Check"</button>
    }
}

#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_body(App);
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("data-hydrated", "");
    }
}
