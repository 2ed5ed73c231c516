//! An app with islands. Only the islands run in the browser, and an island passes its contexts to the islands inside
//! it.
#![cfg(any(feature = "ssr", feature = "hydrate"))]
#![allow(missing_docs, reason = "for one test")]

use aura_auth::AuthError;
use aura_auth::leptos::{SignIn, SignOut, SignedIn, SignedOut, provide_session, use_session, use_update_session};
use leptos::form::ActionForm;
use leptos::prelude::*;

pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head><title>"Islands"</title><HydrationScripts options islands=true/></head>
            <body><App/></body>
        </html>
    }
}

#[component]
pub fn App() -> impl IntoView {
    view! {
        <Session>
            <h1>"What the server alone renders"</h1>
            <Who/>
        </Session>
    }
}

/// A server function for signed-in people. Its error type belongs to the app, not to the library.
#[server]
async fn note() -> Result<(), ServerFnError> {
    aura_auth::leptos::require_session().await?;
    Ok(())
}

#[island]
fn Session(children: Children) -> impl IntoView {
    provide_session();
    children()
}

#[island]
fn Who() -> impl IntoView {
    let session = use_session();
    let note = ServerAction::<Note>::new();
    let update = use_update_session();
    let (drawn, draw) = signal(0);
    // This signal makes the form render again, as any signal of an app could.
    let edit = move || {
        drawn.track();
        let busy = move || update.pending().get().then_some("true");
        let error = move || update.value().get().and_then(Result::err);
        view! {
            <ActionForm action=update attr:aria-busy=busy>
                <input name="name" aria-label="Name"/>
                <button aria-busy=busy>"Rename"</button>
                <div role="alert">{move || error().map(AuthError::message)}</div>
            </ActionForm>
        }
    };
    view! {
        <p id="who">{move || session.user().and_then(|user| user.name).unwrap_or_else(|| "nobody".to_owned())}</p>
        <p id="user">{move || session.user().and_then(|user| serde_json::to_string(&user).ok())}</p>
        <SignedIn><SignOut>"Sign out"</SignOut></SignedIn>
        <SignedOut>
            <SignIn provider="bitbucket" redirect_to=Signal::derive(move || Some(format!("/?drawn={}", drawn.get())))>
                "Sign in"
            </SignIn>
        </SignedOut>
        {edit}
        <button on:click=move |_| *draw.write() += 1>"Draw anew"</button>
        <button on:click=move |_| {
            note.dispatch(Note {});
        }>"Note"</button>
    }
}

#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
