use leptos::prelude::SharedValue;

/// On the app's error page: the words with which the app's
/// [`on_sign_in`](crate::AuthBuilder::on_sign_in) refused the sign-in, if it did. They come from
/// this server and not from whoever wrote the address.
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::use_denial_reason;
///
/// #[component]
/// fn Failed() -> impl IntoView {
///     let words = use_denial_reason().unwrap_or_else(|| "The sign-in did not work.".to_owned());
///     view! { <p>{words}</p> }
/// }
/// ```
#[must_use]
pub fn use_denial_reason() -> Option<String> {
    SharedValue::new(denial_reason).into_inner()
}

#[cfg(feature = "ssr")]
fn denial_reason() -> Option<String> {
    let request = super::request::Request::find()?;
    let query = request.parts.uri.query()?;
    let (_, reason) = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "reason")?;
    request.auth.api().denial_reason(&reason)
}

/// The page is only ever reached by a redirect, and so from the server.
#[cfg(not(feature = "ssr"))]
fn denial_reason() -> Option<String> {
    None
}
