use leptos::prelude::SharedValue;

/// Returns, on the app's error page, the text with which the app's [`on_sign_in`](crate::AuthBuilder::on_sign_in)
/// denied the sign-in, if it gave one. The text is encrypted in the URL by this server, so the author of a link can't
/// choose it.
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
    let request = crate::leptos::request::Request::find()?;
    let query = request.parts.uri.query()?;
    let (_, reason) = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "reason")?;
    request.auth.api().denial_reason(&reason)
}

/// Always `None`: the error page is only reached by a redirect, so the server renders it.
#[cfg(not(feature = "ssr"))]
fn denial_reason() -> Option<String> {
    None
}
