use aura_auth::leptos::{SignOut, SignedIn, SignedOut, use_session};
use leptos::prelude::*;
use leptos_router::components::A;

use crate::app::SIGN_IN_PAGE;

/// The link to the front page, and who is signed in.
#[component]
pub(crate) fn Header() -> impl IntoView {
    let session = use_session();
    view! {
        <header>
            <A href="/" attr:class="brand">
                <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
                    <circle cx="16" cy="16" r="15" class="halo"></circle>
                    <circle cx="16" cy="16" r="7"></circle>
                </svg>
                "Aura Auth"
            </A>
            <nav aria-label="Account">
                <SignedOut>
                    <A href=SIGN_IN_PAGE attr:class="button quiet">"Sign in"</A>
                </SignedOut>
                <SignedIn>
                    <A href="/dashboard" attr:class="who">
                        {move || session.user().and_then(|user| user.name).unwrap_or_else(|| "Dashboard".to_owned())}
                    </A>
                    <SignOut class="button quiet">"Sign out"</SignOut>
                </SignedIn>
            </nav>
        </header>
    }
}
