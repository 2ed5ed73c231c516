use leptos::prelude::*;

use super::actions::{SignIn, SignOut};

/// The action that signs in, and goes where its answer says.
///
/// **On the server** it does nothing. **Without scripts** an
/// [`ActionForm`](leptos::form::ActionForm) of it works all the same.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::{SignIn, use_sign_in};
///
/// #[component]
/// fn Login() -> impl IntoView {
///     let sign_in = use_sign_in();
///     let start = move |_| {
///         sign_in.dispatch(SignIn {
///             provider: "bitbucket".to_owned(),
///             redirect_to: Some("/dashboard".to_owned()),
///         });
///     };
///     view! { <button on:click=start>"Continue with Bitbucket"</button> }
/// }
/// ```
#[must_use]
pub fn use_sign_in() -> ServerAction<SignIn> {
    let action = ServerAction::<SignIn>::new();
    Effect::new(move || {
        if let Some(Ok(started)) = action.value().get() {
            leave(&started.sign_in_url);
        }
    });
    action
}

/// The action that signs out, and then loads the page that its answer names, so that nothing of
/// the session stays in memory.
#[must_use]
pub fn use_sign_out() -> ServerAction<SignOut> {
    let action = ServerAction::<SignOut>::new();
    Effect::new(move || {
        if let Some(Ok(signed_out)) = action.value().get() {
            leave(signed_out.redirect_url.as_deref().unwrap_or("/"));
        }
    });
    action
}

/// Loads another page, by the browser and not by the router: it may be another site's.
fn leave(url: &str) {
    if window().location().assign(url).is_err() {
        leptos::logging::error!("the browser refused to go to the next page");
    }
}
