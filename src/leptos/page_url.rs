//! The URL of the page, on the server and in the browser, inside and outside of a `<Router>`.

use leptos::prelude::*;
use leptos_router::location::Location;

/// Returns a parameter of the page's query, decoded once. Returns `None` if it is missing or empty.
pub(in crate::leptos) fn parameter(search: &str, name: &str) -> Option<String> {
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

/// Returns the fragment of the page's URL. Browsers do not send it, and the router's `hash` warns if the server reads it.
#[cfg(feature = "ssr")]
pub(in crate::leptos) fn fragment(_: &Location) -> String {
    String::new()
}

/// Returns the fragment of the page's URL.
#[cfg(not(feature = "ssr"))]
pub(in crate::leptos) fn fragment(location: &Location) -> String {
    location.hash.get()
}

/// Returns the path and query of the page. The signal changes when the router navigates.
#[cfg(feature = "ssr")]
pub(in crate::leptos) fn page_path() -> Signal<String> {
    let path = use_context::<::http::request::Parts>()
        .and_then(|parts| parts.uri.path_and_query().map(|path| path.as_str().to_owned()));
    Signal::stored(path.unwrap_or_default())
}

/// Returns the path and query of the page. The signal changes when the router navigates.
#[cfg(not(feature = "ssr"))]
pub(in crate::leptos) fn page_path() -> Signal<String> {
    use leptos_router::location::{BrowserUrl, LocationProvider as _};

    match use_context::<BrowserUrl>() {
        // The router's URL, since the router changes the browser's URL only after the new page's components have run.
        Some(router) => {
            let url = router.as_url().clone();
            Signal::derive(move || {
                url.with(|url| {
                    let separator = if url.search().is_empty() { "" } else { "?" };
                    format!("{}{separator}{}", url.path(), url.search().trim_start_matches('?'))
                })
            })
        }
        None => {
            let location = window().location();
            let path = location.pathname().unwrap_or_default() + &location.search().unwrap_or_default();
            Signal::stored(path)
        }
    }
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
}
