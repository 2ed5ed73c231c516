use aura_auth::AuthError;
use aura_auth::leptos::{
    SignIn, SignedIn, SignedOut, use_auth_error, use_denial_reason, use_providers, use_redirect_to,
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;

/// Explains why a sign-in failed, and what to do next.
#[component]
pub(crate) fn Failed() -> impl IntoView {
    let query = use_query_map();
    let parameter = move |name: &str| query.read().get(name);
    let error = use_auth_error();
    let title = move || match error.get() {
        Some(AuthError::AccessDenied) => "You did not sign in",
        Some(AuthError::SignInDenied) => "That account can't sign in here",
        _ => "That did not work",
    };
    let reason = use_denial_reason();
    let words = move || {
        let known = error.get().map_or("The sign-in did not finish. Please try again.", AuthError::message);
        reason.clone().unwrap_or_else(|| known.to_owned())
    };
    // Anybody can write the URL, so only values that this server can have written are shown.
    let support = move || {
        let code = error.get().map(AuthError::code)?;
        let reference = parameter("reference").filter(|text| is_reference(text));
        Some(reference.map_or_else(|| code.to_owned(), |reference| format!("{code} · {reference}")))
    };
    // The provider that the sign-in was started with, if the app has this provider.
    let wanted = untrack(|| parameter("provider"));
    let providers: Vec<_> = use_providers().into_iter().map(|provider| provider.id).collect();
    let known = providers.iter().find(|id| Some(*id) == wanted.as_ref()).or(providers.first());
    let provider = known.cloned().unwrap_or_default();
    let asked = use_redirect_to();
    let redirect_to = Signal::derive(move || Some(asked.get().unwrap_or_else(|| "/dashboard".to_owned())));
    view! {
        <Title text="That did not work"/>
        <section class="card">
            <h1>{title}</h1>
            <p>{words}</p>
            <div class="actions">
                <SignedOut>
                    <SignIn provider=provider.clone() redirect_to=redirect_to class="button">
                        "Try again"
                    </SignIn>
                </SignedOut>
                <SignedIn>
                    <A href="/dashboard" attr:class="button">
                        "Open your dashboard"
                    </A>
                </SignedIn>
                <A href="/" attr:class="button quiet">"Go to the front page"</A>
            </div>
            <p class="support">{move || support().map(|code| format!("Code for support: {code}"))}</p>
        </section>
    }
}

fn is_reference(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}
