use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::AuthError;
use crate::leptos::page_url::{fragment, parameter};

/// Returns the `redirectTo` parameter of a sign-in page or error page: the page that the person wanted to open. In the
/// browser, the value includes the fragment of the current URL. Browsers keep a fragment through redirects, but never
/// send it to the server.
///
/// Pass the value to [`SignIn`](fn@crate::leptos::SignIn). The server then decides whether the redirect is allowed. The
/// value is decoded once. The router's own query map decodes it twice, which breaks a path that contains `%2F`.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::{SignIn, use_redirect_to};
///
/// #[component]
/// fn SignInPage() -> impl IntoView {
///     let redirect_to = use_redirect_to();
///     view! { <SignIn provider="bitbucket" redirect_to>"Continue with Bitbucket"</SignIn> }
/// }
/// ```
#[must_use]
pub fn use_redirect_to() -> Signal<Option<String>> {
    let location = use_location();
    Signal::derive(move || {
        let mut redirect_to = location.search.with(|search| parameter(search, "redirectTo"))?;
        let fragment = fragment(&location);
        if !redirect_to.contains('#') && !fragment.is_empty() {
            redirect_to.push('#');
            redirect_to.push_str(fragment.trim_start_matches('#'));
        }
        Some(redirect_to)
    })
}

/// Returns the error in this page's URL: a sign-in failed, or a session ended while the person was on a protected page.
///
/// The message is always one of this library's own, so the author of a link can't choose the text that the page shows.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::use_auth_error;
///
/// #[component]
/// fn Notice() -> impl IntoView {
///     let error = use_auth_error();
///     view! { <div role="alert">{move || error.get().map(|error| error.message())}</div> }
/// }
/// ```
#[must_use]
pub fn use_auth_error() -> Signal<Option<AuthError>> {
    let search = use_location().search;
    Signal::derive(move || search.with(|search| AuthError::from_code(&parameter(search, "error")?)))
}
