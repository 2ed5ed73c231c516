use aura_auth::AuthError;
use aura_auth::leptos::{use_auth_error, use_redirect_to};
use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::{BitbucketButton, Live};

/// The providers, one a line; more have room. Who is signed in is sent on.
#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    let (asked, error) = (use_redirect_to(), use_auth_error());
    let redirect_to = Signal::derive(move || Some(asked.get().unwrap_or_else(|| "/dashboard".to_owned())));
    let message = move || error.get().map_or("", AuthError::message);
    view! {
        <Title text="Sign in"/>
        <section class="card">
            <h1>"Sign in"</h1>
            <Live role="alert" class="notice" text=Signal::derive(message)/>
            <p>"Choose how. You come back to where you wanted to be."</p>
            <ul class="providers">
                <li><BitbucketButton redirect_to/></li>
            </ul>
            <p class="support">
                "Bitbucket tells this app your name, your picture and your confirmed address. It never sees your password."
            </p>
        </section>
    }
}
