use leptos_router::location::Url;

use super::super::AuthAction;
use crate::Method;

/// Whom to sign in with, and where the person goes then; see [`use_sign_in`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInWith {
    /// The provider's id.
    pub provider: String,
    /// A path of the app, or a URL of a trusted origin; else back to the page that they are on.
    pub redirect_to: Option<String>,
}

impl From<&str> for SignInWith {
    fn from(provider: &str) -> Self {
        Self { provider: provider.to_owned(), redirect_to: None }
    }
}

impl From<(&str, &str)> for SignInWith {
    fn from((provider, redirect_to): (&str, &str)) -> Self {
        Self { provider: provider.to_owned(), redirect_to: Some(redirect_to.to_owned()) }
    }
}

/// Signs in: leaves for the address that starts the flow, which sends the browser on to the provider.
///
/// **What.** [`dispatch`](AuthAction::dispatch) takes the provider, or the provider and where the
/// person goes then. It stays [`pending`](AuthAction::pending) until the page is gone; what fails
/// after that is shown by the app's error page.
///
/// **Without scripts** use the component [`SignIn`](fn@super::super::SignIn), or a link to
/// `/auth/signIn/bitbucket?redirectTo=/dashboard` with `rel="external"`, so that the router leaves it
/// to the browser.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::use_sign_in;
///
/// #[component]
/// fn Login() -> impl IntoView {
///     let sign_in = use_sign_in();
///     view! {
///         <button
///             aria-busy=move || sign_in.pending().then_some("true")
///             on:click=move |_| sign_in.dispatch(("bitbucket", "/dashboard"))
///         >
///             "Continue with Bitbucket"
///         </button>
///     }
/// }
/// ```
#[must_use]
pub fn use_sign_in() -> AuthAction<SignInWith, ()> {
    AuthAction::new(Method::Get, "signIn", None, |wanted: SignInWith, ask| {
        ask.path = format!("signIn/{}", Url::escape(&wanted.provider));
        if let Some(redirect_to) = &wanted.redirect_to {
            ask.path.push_str("?redirectTo=");
            ask.path.push_str(&Url::escape(redirect_to));
        }
    })
}
