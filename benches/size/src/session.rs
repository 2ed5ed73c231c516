//! What most apps use: who is signed in, a sign-in and a sign-out.

use aura_auth::leptos::{SignIn, SignOut, SignedIn, SignedOut, use_session};
use leptos::prelude::*;

#[component]
pub(crate) fn Account() -> impl IntoView {
    let session = use_session();
    view! {
        <SignedOut><SignIn provider="bitbucket">"Sign in"</SignIn></SignedOut>
        <SignedIn>
            <p>{move || session.user().and_then(|user| user.name)}</p>
            <SignOut>"Sign out"</SignOut>
        </SignedIn>
    }
}
