use leptos::prelude::*;
use leptos_router::hooks::use_location;
use leptos_router::location::Url;

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
    Signal::derive(move || search.with(|search| parse(search)))
}

fn parse(search: &str) -> Option<String> {
    let value = search.trim_start_matches('?').split('&').find_map(|pair| pair.strip_prefix("redirectTo="))?;
    Some(Url::unescape(&value.replace('+', " "))).filter(|value| !value.is_empty())
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::parse;

    #[test]
    fn it_is_decoded_once() {
        assert_eq!(parse("x=1&redirectTo=%2Fa%3Fb%3D1%252F2+3").as_deref(), Some("/a?b=1%2F2 3"));
        assert_eq!(parse("?redirectTo=/plain").as_deref(), Some("/plain"));
        assert_eq!(parse("redirectTo="), None);
        assert_eq!(parse("other=/x"), None);
    }
}
