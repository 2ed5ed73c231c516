use aura_auth::AuthError;
use aura_auth::leptos::{ConfiguredProvider, use_auth_error, use_providers, use_redirect_to};
use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::{Live, ProviderButton};

/// A button for each configured provider. A signed-in person is redirected.
#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    let (asked, error) = (use_redirect_to(), use_auth_error());
    let redirect_to = Signal::derive(move || Some(asked.get().unwrap_or_else(|| "/dashboard".to_owned())));
    let message = move || error.get().map_or("", AuthError::message).to_owned();
    let providers = use_providers();
    let names: Vec<_> = providers.iter().map(|provider| provider.name.clone()).collect();
    let button = move |ConfiguredProvider { id, name, .. }: ConfiguredProvider| {
        view! { <li><ProviderButton id name redirect_to/></li> }
    };
    view! {
        <Title text="Sign in"/>
        <section class="card">
            <h1>"Sign in"</h1>
            <Live role="alert" class="notice" text=Signal::derive(message)/>
            <p>"Choose how to sign in. Then your page opens."</p>
            <ul class="providers">
                {providers.into_iter().map(button).collect_view()}
            </ul>
            <p class="support">
                {names.join(" or ")}
                " tells this app your name, your picture and your confirmed address. It never sees your password."
            </p>
        </section>
    }
}
