use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::AuthError;

/// The `redirectTo` of a sign-in or error page's address: where the person wanted to go.
///
/// It is for [`SignIn`](fn@super::SignIn), whose server decides whether they may. It is decoded once;
/// the router's own query map decodes twice, so a path with `%2F` in it would not come back.
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
    let search = use_location().search;
    Signal::derive(move || search.with(|search| parameter(search, "redirectTo")))
}

/// The error that has brought the person to this page, as its address says: a sign-in that failed, or
/// a session that ended while they were on a protected page. None while the address has a form's
/// error, which [`AuthForm`](fn@super::AuthForm) shows at the form.
///
/// Its words are this library's own, so nobody can make a page say anything by an address.
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
    Signal::derive(move || {
        search.with(|search| match parameter(search, "form") {
            Some(_) => None,
            None => AuthError::from_code(&parameter(search, "error")?),
        })
    })
}

/// The error of the form that is sent to `path`, as the page's address has it when the form was sent
/// without scripts.
pub(super) fn form_error(search: &str, path: &str) -> Option<AuthError> {
    let form = parameter(search, "form")?;
    if form != path {
        return None;
    }
    AuthError::from_code(&parameter(search, "error")?)
}

/// A parameter's value, if it has one.
fn parameter(search: &str, name: &str) -> Option<String> {
    find(search.strip_prefix('?').unwrap_or(search), name).filter(|value| !value.is_empty())
}

#[cfg(feature = "ssr")]
fn find(search: &str, name: &str) -> Option<String> {
    url::form_urlencoded::parse(search.as_bytes()).find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

#[cfg(not(feature = "ssr"))]
fn find(search: &str, name: &str) -> Option<String> {
    web_sys::UrlSearchParams::new_with_str(search).ok()?.get(name)
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_decoded_once() {
        let redirect_to = |search| parameter(search, "redirectTo");
        assert_eq!(redirect_to("x=1&redirectTo=%2Fa%3Fb%3D1%252F2+3").as_deref(), Some("/a?b=1%2F2 3"));
        assert_eq!(redirect_to("?redirectTo=/plain").as_deref(), Some("/plain"));
        assert_eq!(redirect_to("redirectTo="), None);
        assert_eq!(redirect_to("other=/x&xredirectTo=/y"), None);
    }

    #[test]
    fn an_error_is_shown_at_its_own_form() {
        let search = "?error=INVALID_CSRF_TOKEN&form=signOut";
        assert_eq!(form_error(search, "signOut"), Some(AuthError::InvalidCsrfToken));
        assert_eq!(form_error(search, "session"), None);
        assert_eq!(form_error("?error=NO_SUCH&form=signOut", "signOut"), None);
        assert_eq!(form_error("?error=INVALID_CSRF_TOKEN", "signOut"), None);
    }
}
