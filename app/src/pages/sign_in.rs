use aura_auth::leptos::{SignIn, SignedIn, SignedOut, use_redirect_to};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;

/// The providers, one a line; more have room.
#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    let asked = use_redirect_to();
    let redirect_to = Signal::derive(move || Some(asked.get().unwrap_or_else(|| "/dashboard".to_owned())));
    view! {
        <Title text="Sign in"/>
        <section class="card">
            <h1>"Sign in"</h1>
            <SignedOut>
                <p>"Choose how. You come back here, signed in."</p>
                <ul class="providers">
                    <li>
                        <SignIn provider="bitbucket" redirect_to=redirect_to class="button">
                            "Continue with Bitbucket"
                        </SignIn>
                    </li>
                </ul>
            </SignedOut>
            <SignedIn>
                <p>"You are signed in."</p>
                <A href="/dashboard" attr:class="button">"Open your dashboard"</A>
            </SignedIn>
        </section>
    }
}
