use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::page_url::parameter;
use crate::AuthError;

/// The `redirectTo` of a sign-in or error page's address: where the person wanted to go. In the browser
/// it has the fragment of that address too, which browsers keep through redirects and never send.
///
/// It is for [`SignIn`](fn@super::SignIn), whose server decides whether they may go there. It is decoded
/// once; the router's own query map decodes twice, so a path with `%2F` in it would not come back.
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
        location.hash.with(|hash| {
            if !redirect_to.contains('#') && !hash.is_empty() {
                redirect_to.push('#');
                redirect_to.push_str(hash.trim_start_matches('#'));
            }
        });
        Some(redirect_to)
    })
}

/// The error that has brought the person to this page, as its address says: a sign-in that failed, or
/// a session that ended while they were on a protected page.
///
/// The sentence is always one of this library's own, so nobody can make a page say anything by an
/// address.
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
